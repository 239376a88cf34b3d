import type { OrchestrationContext } from 'durable-functions';
import type { CheckInput, Probed, WorkerHandle } from '../../model/activities.ts';
import { checkError, type OwnStep } from '../../model/check/steps.ts';
import { errorInfo, StrongroomError } from '../../model/errors.ts';
import { probeIds, probeInstanceId } from '../../model/names.ts';
import { siteLayout } from '../../model/site/layout.ts';
import { elapsed, pollWait, timing } from '../../model/timing.ts';
import { alone } from './alone.ts';
import { ensureSite } from './ensureSite.ts';
import { all, call, cleanUp, sleep, type Steps } from './steps.ts';
import { onWorker } from './withWorker.ts';

/** Tries out a site: the session with the id of this instance. Gives how many steps there were, all of them well. */
export function* checkSite(context: OrchestrationContext): Steps<{ steps: number }> {
  const input = context.df.getInput<CheckInput>();
  const { session, site } = input;
  const resourceId = siteLayout(site).resourceGroup.id;
  try {
    const steps = yield* alone(context, { session, resourceId, doing: 'checked' }, check(context, input));
    yield* call(context, 'advanceSession', { session, to: 'completed' });
    return { steps };
  } catch (error) {
    yield* call(context, 'advanceSession', { session, to: 'failed', error: errorInfo(error) });
    throw new StrongroomError('INTERNAL', `Check of ${resourceId} failed: ${errorInfo(error).message}`);
  }
}

/** @throws CHECK_FAILED when something is not as it should be */
function* check(context: OrchestrationContext, input: CheckInput): Steps<number> {
  const { session, site } = input;
  const own: OwnStep[] = [];
  let probed: Probed | null = null;
  try {
    probed = yield* tryOut(context, input, own);
  } finally {
    yield* cleanUp(context, session, call(context, 'discardProbeDisk', { session, site }));
  }
  const steps = yield* call(context, 'recordCheck', { session, site, own, probed });
  const error = checkError(steps);
  if (error) throw error;
  return steps.length;
}

/** A site that lacks a piece gets no worker: it would say less than the piece does. Without a disk the rest is tried. */
function* tryOut(context: OrchestrationContext, input: CheckInput, own: OwnStep[]): Steps<Probed | null> {
  const { session, site, workers } = input;
  yield* call(context, 'advanceSession', { session, to: 'checkingSite' });
  const stands = yield* tried(
    context,
    own,
    'every piece of the site',
    ensureSite(context, { session, site }),
    'stands',
  );
  if (!stands) return null;
  const disk = yield* tried(context, own, 'make a disk and two snapshots', probeDisk(context, input), 'made');
  const { base, newer } = probeIds(session, site);
  const began = context.df.currentUtcDateTime.toISOString();
  const name = 'start a worker and hear of it';
  let heard = false;
  let probed: Probed | null = null;
  try {
    yield* onWorker(context, { session, site, workers }, function* (worker) {
      heard = true;
      own.push({ name, seen: worker.slot, ms: elapsed(began, context.df.currentUtcDateTime) });
      probed = yield* asked(context, input, own, worker, disk ? [newer, base] : null);
    });
  } catch (error) {
    const ms = elapsed(began, context.df.currentUtcDateTime);
    own.push({ name: heard ? 'hear of the worker to the end' : name, seen: '', ms, error: errorInfo(error) });
  }
  return probed;
}

/** When a disk cannot even be opened for export, everything else is tried without it. */
function* asked(
  context: OrchestrationContext,
  { session, limits }: CheckInput,
  own: OwnStep[],
  worker: WorkerHandle,
  snapshots: [newer: string, base: string] | null,
): Steps<Probed> {
  const ask = function* (what: 'disk' | 'rest', opened: typeof snapshots): Steps<Probed> {
    const input = { session, worker, limits, snapshots: opened };
    const [probed] = yield* all<Probed>(context, 'probe', [{ instanceId: probeInstanceId(session, what), input }]);
    return probed!;
  };
  if (!snapshots) return yield* ask('rest', null);
  const began = context.df.currentUtcDateTime.toISOString();
  try {
    return yield* ask('disk', snapshots);
  } catch (error) {
    const info = errorInfo(error);
    if (info.code === 'WORKER_LOST') throw error;
    const ms = elapsed(began, context.df.currentUtcDateTime);
    own.push({ name: 'open two snapshots for export', seen: '', ms, error: info });
    return yield* ask('rest', null);
  }
}

function* probeDisk(context: OrchestrationContext, { session, site }: CheckInput): Steps<void> {
  const since = context.df.currentUtcDateTime.toISOString();
  for (let polls = 0; elapsed(since, context.df.currentUtcDateTime) < timing.operation; polls++) {
    const { ready } = yield* call(context, 'prepareProbeDisk', { session, site });
    if (ready) return;
    yield* sleep(context, pollWait(polls));
  }
  const minutes = timing.operation / 60_000;
  throw new StrongroomError('AZURE_UNAVAILABLE', `A disk and its snapshots were not made within ${minutes} minutes.`);
}

/** Notes how a step of the appliance's own went. False when it failed. */
function* tried(
  context: OrchestrationContext,
  own: OwnStep[],
  name: string,
  work: Steps<unknown>,
  seen: string,
): Steps<boolean> {
  const began = context.df.currentUtcDateTime.toISOString();
  const note = (step: Pick<OwnStep, 'seen' | 'error'>) =>
    own.push({ name, ms: elapsed(began, context.df.currentUtcDateTime), ...step });
  try {
    yield* work;
    note({ seen });
    return true;
  } catch (error) {
    note({ seen: '', error: errorInfo(error) });
    return false;
  }
}
