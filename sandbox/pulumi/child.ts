/** The applier's process: one Pulumi evaluation, then it ends. Started by index.ts, spoken to over its IPC channel. */
import { ManagedIdentityCredential } from '@azure/identity';
import { createResource } from './create.ts';
import { evaluateProgram } from './evaluate.ts';
import type { Applied, ProgramRequest } from './evaluate.ts';
import { observer } from './exchange.ts';
import { operationsOf } from './providers/index.ts';

export type Answer = { applied: Applied } | { error: string };

process.once('disconnect', () => process.exit(1));
process.once('message', (request: ProgramRequest) => void answer(request));
process.on('unhandledRejection', (reason) => end({ error: describe(reason) }));

async function answer(request: ProgramRequest): Promise<void> {
  try {
    end({ applied: await apply(request) });
  } catch (error) {
    end({ error: describe(error) });
  }
}

async function apply(request: ProgramRequest): Promise<Applied> {
  const subscriptionId = request.config['azure-native:subscriptionId'];
  if (!subscriptionId) throw new Error('Configuration lacks azure-native:subscriptionId.');
  const operations = operationsOf({
    credential: new ManagedIdentityCredential(),
    subscriptionId,
    options: { additionalPolicies: [{ policy: observer, position: 'perCall' }] },
  });
  return evaluateProgram(request, ({ type, inputs }) => createResource(operations, type, inputs));
}

function describe(reason: unknown): string {
  return reason instanceof Error
    ? reason.name === 'ApplyError'
      ? reason.message
      : (reason.stack ?? reason.message)
    : String(reason);
}

function end(result: Answer): void {
  process.send?.(result, () => process.exit(0));
}
