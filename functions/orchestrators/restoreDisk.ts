import type { OrchestrationContext } from 'durable-functions';
import type { RestoreDiskInput } from '../../model/activities.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { Outcome } from '../../model/outcome.ts';
import { elapsed, pollWait, timing } from '../../model/timing.ts';
import { withExportSlot } from './exportSlot.ts';
import { addressOf, awaitJob } from './job.ts';
import { call, cleanUp, outcomeOf, sleep, type Steps } from './steps.ts';

/** Writes one disk of a point to a new managed disk, which it makes. Gives the new disk's id. */
export function* restoreDisk(context: OrchestrationContext): Steps<Outcome<string>> {
  const input = context.df.getInput<RestoreDiskInput>();
  const { session, disk } = input;
  const outcome = yield* outcomeOf(write(context, input));
  if (!outcome.ok) {
    const update = { key: disk.key, state: 'failed' as const, error: outcome.error };
    yield* cleanUp(context, session, call(context, 'updateDisk', { session, disk: update }));
  }
  return outcome;
}

function* write(context: OrchestrationContext, input: RestoreDiskInput): Steps<string> {
  const { session, worker, disk, diskId } = input;
  const address = addressOf(context, session, worker, 'write');
  const warnings = yield* withExportSlot(context, input, { exports: 1, family: null }, function* (diskAccessId) {
    yield* call(context, 'updateDisk', { session, disk: { key: disk.key, state: 'running', target: diskId } });
    const made = yield* call(context, 'createRestoreDisk', { diskAccessId, input });
    yield* ready(context, diskId);
    try {
      yield* call(context, 'sendRestoreDisk', { address, input });
      yield* awaitJob(context, address, 'restoreDisk');
      yield* call(context, 'revokeExports', { address }); // must work: until then Azure takes the upload for unfinished
    } catch (error) {
      yield* cleanUp(context, session, call(context, 'revokeExports', { address }));
      throw error;
    }
    return made.warnings;
  });
  for (const warning of warnings) yield* call(context, 'warnSession', { session, warning });
  yield* call(context, 'updateDisk', { session, disk: { key: disk.key, state: 'done' } });
  return diskId;
}

function* ready(context: OrchestrationContext, diskId: string): Steps<void> {
  const since = context.df.currentUtcDateTime.toISOString();
  for (let polls = 0; elapsed(since, context.df.currentUtcDateTime) < timing.operation; polls++) {
    if (yield* call(context, 'restoreDiskReady', { diskId })) return;
    yield* sleep(context, pollWait(polls));
  }
  throw new StrongroomError('AZURE_UNAVAILABLE', `Disk ${diskId} was not ready for its upload in time.`);
}
