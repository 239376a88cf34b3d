import { bodyOf, idOf, parseId, segmentsOf } from './body.ts';
import type { ImportedState } from './changes.ts';
import type { Created } from './evaluate.ts';
import { observed } from './exchange.ts';
import type { Inputs, Operation, Operations } from './operation.ts';
import { missingOnWire } from './wire.ts';

/** @throws Error for a type that no provider here has */
export function operationOf(operations: Operations, type: string): Operation {
  const operation = operations[type];
  if (!operation) throw new Error(`no SDK operation is known for it; add it to sandbox/pulumi/providers.`);
  return operation;
}

/**
 * Creates a resource through its SDK client.
 * @throws Error when it exists (azure-native never adopts), for a missing name, an input that did not reach the wire, or
 * Azure's refusal.
 */
export async function createResource(operation: Operation, inputs: Inputs, subscriptionId: string): Promise<Created> {
  const at = segmentsOf(operation, inputs);
  const found = await read(operation, at);
  if (found && !operation.isDefault?.(found.result)) {
    throw new Error(`cannot create already existing resource '${idOf(operation, at, subscriptionId)}'`);
  }
  return write(operation, at, bodyOf(operation, inputs));
}

/** Brings a resource to its inputs. What it leaves unsaid of subresources stays as it is. */
export async function updateResource(operation: Operation, inputs: Inputs): Promise<Created> {
  const at = segmentsOf(operation, inputs);
  const unsaid = operation.subresources.filter((key) => inputs[key] === undefined);
  const found = unsaid.length > 0 ? await read(operation, at) : undefined;
  const kept = Object.fromEntries(unsaid.map((key) => [key, found?.result[key]]));
  return write(operation, at, bodyOf(operation, inputs), kept);
}

/** Deletes a resource; one that is gone already is fine. @throws Error where ARM has no deletion, or Azure's refusal */
export async function deleteResource(operation: Operation, id: string): Promise<void> {
  if (!operation.delete) throw new Error('ARM cannot delete it; let it go with `retainOnDelete`.');
  const segments = parseId(operation, id);
  const at = operation.parameters.map((key) => segments[key]!);
  await Promise.resolve(operation.delete(at)).catch((error: unknown) => {
    if (!isAbsent(error)) refuse(error);
  });
}

/** A resource as it is in Azure. @throws Error when it does not exist or the id is not of its type */
export async function importResource(
  operation: Operation,
  id: string,
): Promise<{ state: Inputs; imported: ImportedState }> {
  const segments = parseId(operation, id);
  const at = operation.parameters.map((key) => segments[key]!);
  const found = await read(operation, at);
  if (!found) throw new Error(`resource '${id}' does not exist`);
  return { state: found.result, imported: { segments, body: found.received } };
}

async function read(operation: Operation, at: string[]): Promise<{ result: Inputs; received: Inputs } | undefined> {
  try {
    const { result, exchange } = await observed(() => operation.get(at));
    return { result: plain(result), received: exchange.received as Inputs };
  } catch (error) {
    if (isAbsent(error)) return undefined;
    return refuse(error);
  }
}

async function write(operation: Operation, at: string[], body: Inputs, kept: Inputs = {}): Promise<Created> {
  const { result, exchange } = await observed(() => operation.put(at, { ...kept, ...body })).catch(refuse);
  const missing = missingOnWire(body, exchange.sent ?? {}, operation.wireNames);
  if (missing.length > 0) throw new Error(`the SDK did not send ${missing.join(', ')}.`);
  const state = plain(result);
  if (typeof state.id !== 'string') throw new Error('the answer has no id.');
  return { id: state.id, state };
}

/** What the SDK returns, as JSON. */
function plain(result: unknown): Inputs {
  return JSON.parse(JSON.stringify(result)) as Inputs;
}

function isAbsent(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}

/** Azure's own code and message in place of the SDK's rendering of the whole response. */
function refuse(error: unknown): never {
  const { statusCode, details } = error as { statusCode?: number; details?: { error?: ArmFailure } & ArmFailure };
  const failure = details?.error ?? details;
  if (statusCode === undefined || failure?.code === undefined) throw error;
  throw new Error(`${statusCode} ${failure.code}: ${failure.message ?? ''}`, { cause: error });
}

interface ArmFailure {
  code?: string;
  message?: string;
}
