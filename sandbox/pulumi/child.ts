/** The applier's process: one deployment or import, then it ends. Started by index.ts, spoken to over its IPC channel. */
import { ManagedIdentityCredential } from '@azure/identity';
import { createDeployment } from './deployment.ts';
import type { Steps } from './deployment.ts';
import { evaluateProgram } from './evaluate.ts';
import type { ProgramRequest } from './evaluate.ts';
import { observer } from './exchange.ts';
import { importResources } from './importFile.ts';
import type { ImportFile } from './importFile.ts';
import type { Operations } from './operation.ts';
import { operationsOf } from './providers/index.ts';
import type { Kept, StackChange } from './stack.ts';

/** A program to bring about, or resources to take in. */
export type Order = ProgramRequest & { entries: Kept[]; import?: { file: ImportFile; protect: boolean } };

/** What a deployment did and gave. */
export interface Applied extends Steps {
  outputs: Record<string, unknown>;
  /** Resources of the stack. */
  resources: { urn: string; type: string; id: string }[];
}

/** From the child: steps of the stack's memory as they are taken, then the end. */
export type Report = { change: StackChange } | { applied: Applied } | { imported: string[] } | { error: string };

process.once('disconnect', () => process.exit(1));
process.once('message', (order: Order) => void answer(order));
process.on('unhandledRejection', (reason) => end({ error: describe(reason) }));

async function answer(order: Order): Promise<void> {
  try {
    end(order.import ? { imported: await takeIn(order, order.import) } : { applied: await apply(order) });
  } catch (error) {
    end({ error: describe(error) });
  }
}

async function apply(order: Order): Promise<Applied> {
  const deployment = createDeployment(world(order));
  const outputs = await evaluateProgram(order, deployment.register);
  await deployment.finish();
  const resources = deployment.resources().map(({ urn, type, id }) => ({ urn, type, id }));
  return { ...deployment.steps, outputs, resources };
}

function takeIn(order: Order, { file, protect }: { file: ImportFile; protect: boolean }): Promise<string[]> {
  const { project, stack } = order;
  return importResources({ ...world(order), project, stack, file, protect });
}

function world({ config, entries }: Order) {
  const subscriptionId = config['azure-native:subscriptionId'];
  if (!subscriptionId) throw new Error('Configuration lacks azure-native:subscriptionId.');
  const credential = new ManagedIdentityCredential();
  const made = new Map<string, Operations>();
  const operations = (of: string): Operations => {
    const found =
      made.get(of) ??
      operationsOf({
        credential,
        subscriptionId: of,
        options: { additionalPolicies: [{ policy: observer, position: 'perCall' }] },
      });
    made.set(of, found);
    return found;
  };
  const change = (step: StackChange) => process.send?.({ change: step } satisfies Report);
  return { subscriptionId, entries, operations, change };
}

function describe(reason: unknown): string {
  return reason instanceof Error
    ? reason.name === 'ApplyError'
      ? reason.message
      : (reason.stack ?? reason.message)
    : String(reason);
}

function end(result: Report): void {
  process.send?.(result, () => process.exit(0));
}
