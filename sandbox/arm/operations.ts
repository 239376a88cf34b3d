import { setTimeout as delay } from 'node:timers/promises';
import { idKey } from './store.ts';
import { ArmError, type ArmReply, type ArmWorld, type LongRunning } from './types.ts';

/** How long operations look to those who poll. Tests turn these. */
export interface OperationPace {
  /**
   * A poll waits this long (real milliseconds) for its operation's end before it answers "in progress". Clients that
   * see `Retry-After` wait whole seconds (the SDKs' pollers take 0 for absent and wait two), so a poll that answers a
   * little late is what keeps a local run fast.
   */
  holdMs: number;
  /** Polls that answer "in progress" although the work has ended. */
  extraPolls: number;
}

/** What the operation was asked for. */
export interface OperationOrigin {
  method: string;
  subscriptionId: string;
  namespace: string;
  location: string;
  resourceId: string;
  apiVersion: string;
  /** The body of the final answer of a PUT or PATCH: the resource as GET shows it. */
  finalBody(): unknown;
}

interface Operation {
  id: string;
  origin: OperationOrigin;
  startTime: string;
  endTime?: string;
  status: 'InProgress' | 'Succeeded' | 'Failed';
  error?: ArmError;
  result?: unknown;
  extraPolls: number;
  settled: Promise<void>;
}

const host = 'https://management.azure.com';
/** How long an operation can be asked for after its end: its result may hold a secret (an export's SAS). */
const KEPT_MS = 3_600_000;
const retryAfter = { 'Retry-After': '1' };

/** The long-running operations of a world. */
export function createOperations(world: Pick<ArmWorld, 'clock' | 'guid' | 'store'>, pace: OperationPace) {
  const operations = new Map<string, Operation>();

  function forgetOld(): void {
    const now = world.clock.now();
    for (const [id, { endTime }] of operations) {
      if (endTime !== undefined && now - Date.parse(endTime) > KEPT_MS) operations.delete(id);
    }
  }

  function place(operation: Operation, kind: 'operations' | 'operationResults'): string {
    const { subscriptionId, namespace, location } = operation.origin;
    return `/subscriptions/${subscriptionId}/providers/${namespace}/locations/${location}/${kind}/${operation.id}`;
  }

  function url(operation: Operation, kind: 'operations' | 'operationResults'): string {
    return `${host}${place(operation, kind)}?api-version=${operation.origin.apiVersion}`;
  }

  /** A failed operation leaves its resource behind in state Failed. */
  function markFailed(resourceId: string): void {
    const properties = world.store.get(resourceId)?.properties;
    const state = properties?.provisioningState;
    if (properties && (state === 'Creating' || state === 'Updating' || state === 'Deleting')) {
      properties.provisioningState = 'Failed';
    }
  }

  function asArmError(error: unknown): ArmError {
    if (error instanceof ArmError) return error;
    return new ArmError(
      500,
      'InternalServerError',
      error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
  }

  async function run(operation: Operation, work: LongRunning['work']): Promise<void> {
    try {
      operation.result = await work();
      operation.status = 'Succeeded';
    } catch (error) {
      operation.error = asArmError(error);
      operation.status = 'Failed';
      markFailed(operation.origin.resourceId);
    }
    operation.endTime = world.clock.iso();
  }

  /** True when this poll sees the end. */
  async function ended(operation: Operation): Promise<boolean> {
    const stop = new AbortController();
    const wait = delay(pace.holdMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    await Promise.race([operation.settled, wait]);
    stop.abort();
    if (operation.status === 'InProgress') return false;
    return operation.extraPolls-- <= 0;
  }

  function errorBody({ code, message, details }: ArmError): unknown {
    return { code, message, ...details };
  }

  async function statusReply(operation: Operation): Promise<ArmReply> {
    const done = await ended(operation);
    const { origin, result, error } = operation;
    const body = {
      id: place(operation, 'operations'),
      name: operation.id,
      startTime: operation.startTime,
      status: done ? operation.status : 'InProgress',
      ...(done && { endTime: operation.endTime }),
      ...(done && error && { error: errorBody(error) }),
      ...(done && origin.method === 'POST' && result !== undefined && { properties: { output: result } }),
    };
    return { status: 200, body, headers: done ? {} : retryAfter };
  }

  async function resultReply(operation: Operation): Promise<ArmReply> {
    if (!(await ended(operation))) {
      return { status: 202, headers: { ...retryAfter, Location: url(operation, 'operationResults') } };
    }
    if (operation.error) throw operation.error;
    const { method, finalBody } = operation.origin;
    const body = method === 'POST' ? operation.result : method === 'DELETE' ? undefined : finalBody();
    return { status: 200, body };
  }

  return {
    /** Starts an operation and gives the headers that announce it. */
    start(longRunning: LongRunning, origin: OperationOrigin): Record<string, string> {
      forgetOld();
      const operation: Operation = {
        id: world.guid(),
        origin,
        startTime: world.clock.iso(),
        status: 'InProgress',
        extraPolls: pace.extraPolls,
        settled: Promise.resolve(),
      };
      operation.settled = run(operation, longRunning.work);
      operations.set(operation.id, operation);
      const { style } = longRunning;
      return {
        ...retryAfter,
        ...(style !== 'location' && { 'Azure-AsyncOperation': url(operation, 'operations') }),
        ...(style !== 'azure-async' && { Location: url(operation, 'operationResults') }),
      };
    },

    /** Answers a poll; undefined when the path is none of an operation. */
    poll(pathname: string): Promise<ArmReply> | undefined {
      const match = /\/locations\/[^/]+\/(operations|operationResults)\/([^/]+)\/?$/i.exec(pathname);
      if (!match) return undefined;
      forgetOld();
      const operation = operations.get(match[2]!.toLowerCase());
      const sameSubscription =
        operation && idKey(pathname).startsWith(`/subscriptions/${operation.origin.subscriptionId.toLowerCase()}/`);
      if (!operation || !sameSubscription) {
        throw new ArmError(404, 'NotFound', `The entity was not found. Operation '${match[2]}' does not exist.`);
      }
      return match[1]!.toLowerCase() === 'operations' ? statusReply(operation) : resultReply(operation);
    },

    /** Resolves when no operation runs any more: a world that stops waits for it. */
    async idle(): Promise<void> {
      await Promise.all([...operations.values()].map((operation) => operation.settled));
    },
  };
}

export type Operations = ReturnType<typeof createOperations>;
