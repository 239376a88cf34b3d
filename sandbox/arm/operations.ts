import { setTimeout as delay } from 'node:timers/promises';
import { operationAsked, placeOf } from './operationKinds.ts';
import { createOperationLog, type Operation, type OperationOrigin } from './operationLog.ts';
import { setProvisioningState } from './resource.ts';
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

/** An operation of this process: when it settles, and how often it still looks unfinished. */
interface Running {
  settled: Promise<void>;
  extraPolls: number;
}

const host = 'https://management.azure.com';
const retryAfter = { 'Retry-After': '1' };
const transitional = new Set(['Creating', 'Updating', 'Deleting', 'Accepted']);

/** A failed operation leaves its resource behind in state Failed; a group that could not be deleted is what it was. */
function markFailed({ store }: Pick<ArmWorld, 'store'>, resourceId: string): void {
  const resource = store.get(resourceId);
  const state = resource?.properties?.provisioningState;
  if (typeof state !== 'string' || !transitional.has(state)) return;
  const isGroup = resource!.type === 'Microsoft.Resources/resourceGroups';
  setProvisioningState(store, resourceId, isGroup ? 'Succeeded' : 'Failed');
}

function errorFields(error: unknown): NonNullable<Operation['error']> {
  if (error instanceof ArmError) {
    const { status, code, message, details } = error;
    return { status, code, message, details };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 500, code: 'InternalServerError', message, details: {} };
}

/** What is needed to follow an operation, and its path. */
interface Poll {
  action: string;
  scope: string;
  path: string;
}

/** The body of the final answer of a PUT or PATCH: the resource as GET shows it. */
type FinalBody = (origin: OperationOrigin) => unknown;

/** The long-running operations of a world. */
export function createOperations(world: Pick<ArmWorld, 'clock' | 'guid' | 'store' | 'state'>, pace: OperationPace) {
  const log = createOperationLog(world);
  const running = new Map<string, Running>();
  // What an earlier run was at when it ended nobody will finish.
  for (const { id } of world.store.under('')) markFailed(world, id);

  function url(operation: Operation, part: 'status' | 'result'): string {
    const { path, query } = placeOf(operation.origin, operation.id, part);
    return `${host}${path}?${query}api-version=${operation.origin.apiVersion}`;
  }

  async function run(operation: Operation, work: LongRunning['work']): Promise<void> {
    try {
      const result = await work();
      log.put({ ...operation, status: 'Succeeded', endTime: world.clock.iso(), result });
    } catch (error) {
      log.put({ ...operation, status: 'Failed', endTime: world.clock.iso(), error: errorFields(error) });
      markFailed(world, operation.origin.path.id);
    }
  }

  /** The operation as this poll sees it; undefined: not at its end. */
  async function ended(id: string): Promise<Operation | undefined> {
    const mine = running.get(id);
    if (!mine) return log.get(id);
    const stop = new AbortController();
    const wait = delay(pace.holdMs, undefined, { signal: stop.signal, ref: false }).catch(() => undefined);
    await Promise.race([mine.settled, wait]);
    stop.abort();
    const operation = log.get(id);
    if (!operation || operation.status === 'InProgress' || mine.extraPolls-- > 0) return undefined;
    running.delete(id);
    return operation;
  }

  async function statusReply(operation: Operation): Promise<ArmReply> {
    const done = await ended(operation.id);
    const { id, startTime, origin } = operation;
    const common = { id: placeOf(origin, id, 'status').path, name: id, startTime };
    if (!done) return { status: 200, body: { ...common, status: 'InProgress' }, headers: retryAfter };
    const { status, endTime, error, result } = done;
    const body = {
      ...common,
      status,
      endTime,
      ...(error && { error: { code: error.code, message: error.message, ...error.details } }),
      ...(origin.method === 'POST' && result !== undefined && { properties: { output: result } }),
    };
    return { status: 200, body };
  }

  async function resultReply(operation: Operation, finalBody: FinalBody): Promise<ArmReply> {
    const done = await ended(operation.id);
    if (!done) return { status: 202, headers: { ...retryAfter, Location: url(operation, 'result') } };
    const { error, origin, result } = done;
    if (error) throw new ArmError(error.status, error.code, error.message, { details: error.details });
    const body = origin.method === 'POST' ? result : origin.method === 'DELETE' ? undefined : finalBody(origin);
    return { status: 200, body };
  }

  return {
    /** Starts an operation and gives the headers that announce it. */
    start(longRunning: LongRunning, origin: OperationOrigin): Record<string, string> {
      log.forgetOld();
      const operation: Operation = { id: world.guid(), origin, startTime: world.clock.iso(), status: 'InProgress' };
      log.put(operation);
      const settled = run(operation, longRunning.work);
      running.set(operation.id, { settled, extraPolls: pace.extraPolls });
      const { style } = longRunning;
      return {
        ...retryAfter,
        ...(style !== 'location' && { 'Azure-AsyncOperation': url(operation, 'status') }),
        ...(style !== 'azure-async' && { Location: url(operation, 'result') }),
      };
    },

    /**
     * Answers a poll; undefined when the path is none of an operation.
     * @param admit throws when the caller may not follow the operation
     */
    poll(asked: URL, admit: (poll: Poll) => unknown, finalBody: FinalBody): Promise<ArmReply> | undefined {
      const found = operationAsked(asked);
      if (!found) return undefined;
      log.forgetOld();
      const operation = log.get(found.id);
      const part = operation && found.part(operation.origin.path.type);
      const place = operation && placeOf(operation.origin, operation.id, part!);
      if (!operation || !place || idKey(place.path) !== idKey(asked.pathname)) {
        // Not every path of that form is one of an operation: deployments have `operations` too.
        if (!/\/locations\/|^\/subscriptions\/[^/]+\/operationresults\//i.test(asked.pathname)) return undefined;
        throw new ArmError(404, 'NotFound', `The entity was not found. Operation '${found.id}' does not exist.`);
      }
      if (place.needs) admit({ ...place.needs, path: place.path });
      return part === 'status' ? statusReply(operation) : resultReply(operation, finalBody);
    },

    /** Resolves when no operation runs any more: a world that stops waits for it. */
    async idle(): Promise<void> {
      await Promise.all([...running.values()].map(({ settled }) => settled));
    },
  };
}

export type Operations = ReturnType<typeof createOperations>;
