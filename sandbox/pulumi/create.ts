import { observed } from './exchange.ts';
import type { Inputs, Operation, Operations } from './operation.ts';
import { missingOnWire } from './wire.ts';

/** A resource as Pulumi keeps it: its ARM id and its outputs (azure-native's names: properties stand flat). */
export interface Created {
  id: string;
  state: Record<string, unknown>;
}

/**
 * Creates or replaces a resource through its SDK client.
 * @throws Error for a type without an operation, a missing name, an input that did not reach the wire, or Azure's refusal.
 */
export async function createResource(operations: Operations, type: string, inputs: Inputs): Promise<Created> {
  const operation = operations[type];
  if (!operation) throw new Error(`no SDK operation is known for it; add it to sandbox/pulumi/providers.`);
  const path = operation.path.map((key) => segment(key, inputs[key]));
  const body = bodyOf(operation, inputs);
  const { result, sent } = await observed(() => operation.put(path, body)).catch(refuse);
  const missing = missingOnWire(body, sent.body ?? {}, operation.wireNames);
  if (missing.length > 0) throw new Error(`the SDK did not send ${missing.join(', ')}.`);
  const state = JSON.parse(JSON.stringify(result)) as Record<string, unknown>;
  if (typeof state.id !== 'string') throw new Error('the answer has no id.');
  return { id: state.id, state };
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

function segment(key: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`input ${key} is missing: names are not made up here.`);
}

function bodyOf(operation: Operation, inputs: Inputs): Inputs {
  const body = Object.fromEntries(Object.entries(inputs).filter(([key]) => !operation.path.includes(key)));
  const { identity } = body as { identity?: { userAssignedIdentities?: unknown } };
  // azure-native takes a list of ids where ARM takes a map from id to an empty object.
  if (Array.isArray(identity?.userAssignedIdentities)) {
    const ids = identity.userAssignedIdentities as string[];
    body.identity = { ...identity, userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) };
  }
  return body;
}
