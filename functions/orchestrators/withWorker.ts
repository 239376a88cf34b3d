import type { OrchestrationContext } from 'durable-functions';
import type { MachineState, WorkerHandle } from '../../model/activities.ts';
import { StrongroomError } from '../../model/errors.ts';
import { workerPool } from '../../model/leases.ts';
import { attemptId, workerMachine } from '../../model/names.ts';
import { errorOf } from '../../model/outcome.ts';
import type { SiteKey } from '../../model/site/layout.ts';
import { elapsed, pollWait, timing } from '../../model/timing.ts';
import { ensureSite } from './ensureSite.ts';
import { withLease } from './lease.ts';
import { arrived, call, cleanUp, sleep, type Steps } from './steps.ts';

/** Of which session a worker is, where it runs, and how many may run there at once. */
interface WorkerRequest {
  session: string;
  site: SiteKey;
  workers: number;
}

/** Sees to the site, then {@link onWorker}. */
export function* withWorker<T>(
  context: OrchestrationContext,
  request: WorkerRequest,
  body: (worker: WorkerHandle) => Steps<T>,
): Steps<T> {
  const { session, site } = request;
  yield* call(context, 'advanceSession', { session, to: 'checkingSite' });
  yield* ensureSite(context, { session, site });
  return yield* onWorker(context, request, body);
}

/** Starts a worker of a site that stands, runs `body` with it, and deallocates it in all cases. */
export function* onWorker<T>(
  context: OrchestrationContext,
  { session, site, workers }: WorkerRequest,
  body: (worker: WorkerHandle) => Steps<T>,
): Steps<T> {
  yield* call(context, 'advanceSession', { session, to: 'waitingForWorker' });
  const lease = { pool: workerPool(site, workers), owner: session };
  return yield* withLease(context, lease, function* ([slot]) {
    const worker = { attempt: attemptId(session, 1), site, slot: slot! };
    const machine = workerMachine(site, worker.slot).id;
    yield* call(context, 'advanceSession', { session, to: 'startingWorker', worker: machine });
    try {
      yield* start(context, session, worker);
      yield* call(context, 'advanceSession', { session, to: 'transferring' });
      return yield* body(worker);
    } finally {
      yield* cleanUp(context, session, call(context, 'advanceSession', { session, to: 'cleaningUp' }));
      yield* stop(context, session, worker);
    }
  });
}

function* start(context: OrchestrationContext, session: string, worker: WorkerHandle): Steps<void> {
  yield* call(context, 'ensureWorkerFiles', { site: worker.site });
  yield* call(context, 'openAttempt', { session, worker });
  // A machine that runs already belongs to an attempt that is over.
  yield* deallocate(context, worker);
  yield* call(context, 'startMachine', { session, worker });
  yield* untilMachine(context, worker, ['running'], 'start');
  yield* call(context, 'runWorkerCommand', { session, worker });
  yield* awaitHello(context, session, worker);
}

/** The command goes first: Azure removes none from a machine that is off. */
function* stop(context: OrchestrationContext, session: string, worker: WorkerHandle): Steps<void> {
  yield* cleanUp(context, session, call(context, 'removeWorkerCommand', { session, worker }));
  yield* cleanUp(
    context,
    session,
    (function* () {
      yield* deallocate(context, worker);
      yield* call(context, 'closeAttempt', { session, worker });
    })(),
  );
}

function* deallocate(context: OrchestrationContext, worker: WorkerHandle): Steps<void> {
  const { state } = yield* call(context, 'machineState', { worker });
  if (state === 'deallocated' || state === 'absent') return;
  if (state !== 'stopping') yield* call(context, 'deallocateMachine', { worker });
  yield* untilMachine(context, worker, ['deallocated', 'absent'], 'stop');
}

/** @throws AZURE_REFUSED when the machine fails; AZURE_UNAVAILABLE when Azure takes too long */
function* untilMachine(
  context: OrchestrationContext,
  worker: WorkerHandle,
  wanted: MachineState[],
  verb: 'start' | 'stop',
): Steps<void> {
  const { name } = workerMachine(worker.site, worker.slot);
  const since = context.df.currentUtcDateTime.toISOString();
  for (let polls = 0; elapsed(since, context.df.currentUtcDateTime) < timing.operation; polls++) {
    const { state, detail } = yield* call(context, 'machineState', { worker });
    if (wanted.includes(state)) return;
    // A start that Azure gave up leaves the machine off, with the reason in its status.
    if (state === 'failed' || (verb === 'start' && state === 'deallocated' && detail && polls > 0)) {
      throw new StrongroomError(
        'AZURE_REFUSED',
        `Worker ${name} did not ${verb}: ${detail || 'Azure gives no reason'}.`,
      );
    }
    yield* sleep(context, pollWait(polls));
  }
  throw new StrongroomError(
    'AZURE_UNAVAILABLE',
    `Worker ${name} did not ${verb} within ${timing.operation / 60_000} minutes.`,
  );
}

/**
 * Waits for the worker's authenticated hello, the only proof that the script worked; looks now and then whether the
 * script is known to have failed.
 * @throws BINARY_MISMATCH, WORKER_LOST
 */
function* awaitHello(context: OrchestrationContext, session: string, worker: WorkerHandle): Steps<void> {
  const hello = context.df.waitForExternalEvent(`hello:${worker.attempt}`);
  let wait: number = timing.firstCommandLook;
  for (let waited = 0; waited < timing.hello; waited += wait, wait = Math.min(wait * 2, timing.hello - waited)) {
    if (yield* arrived(context, hello, wait)) return;
    const error = yield* call(context, 'workerCommandError', { worker });
    if (!error) continue;
    if (error.code === 'BINARY_MISMATCH') {
      // What is stored is not what was built, whatever its checksums say: the next session uploads it anew.
      yield* cleanUp(context, session, call(context, 'discardWorkerFiles', { site: worker.site }));
    }
    throw errorOf(error);
  }
  const { name } = workerMachine(worker.site, worker.slot);
  throw new StrongroomError(
    'WORKER_LOST',
    `Worker ${name} started but was not heard of within ${timing.hello / 60_000} minutes. GET /api/sites shows what of its ` +
      'site is not as it should be.',
  );
}
