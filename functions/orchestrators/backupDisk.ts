import type { OrchestrationContext } from 'durable-functions';
import type { BackupDiskInput, DiskRead } from '../../model/activities.ts';
import { mismatchText } from '../../model/base.ts';
import { EXPORTS_OF_COMPARISON } from '../../model/exports.ts';
import type { Outcome } from '../../model/outcome.ts';
import { withExportSlot } from './exportSlot.ts';
import { addressOf, awaitJob } from './job.ts';
import { call, cleanUp, outcomeOf, warn, warned, type Steps } from './steps.ts';

/** Reads one disk's snapshot into the repository. A comparison opens two snapshots, a full read one. */
export function* backupDisk(context: OrchestrationContext): Steps<Outcome<DiskRead>> {
  const input = context.df.getInput<BackupDiskInput>();
  const { session, disk } = input;
  const outcome = yield* outcomeOf(read(context, input));
  if (!outcome.ok) {
    const update = { key: disk.key, state: 'failed' as const, error: outcome.error };
    yield* cleanUp(context, session, call(context, 'updateDisk', { session, disk: update }));
  }
  return outcome;
}

function* read(context: OrchestrationContext, input: BackupDiskInput): Steps<DiskRead> {
  const { session, worker, disk, snapshot, choice, familyId } = input;
  const address = addressOf(context, session, worker, 'read');
  const exports = choice.base?.snapshotId ? EXPORTS_OF_COMPARISON : 1;
  const done = yield* withExportSlot(context, input, { exports, family: familyId }, function* (diskAccessId) {
    yield* call(context, 'updateDisk', { session, disk: { key: disk.key, state: 'running' } });
    try {
      yield* call(context, 'sendBackupDisk', { address, diskAccessId, input });
      return yield* awaitJob(context, address, 'backupDisk');
    } finally {
      yield* cleanUp(context, session, warned(context, session, call(context, 'revokeExports', { address })));
    }
  });
  const { image, read: mode, stats } = done;
  const update = { key: disk.key, state: 'done' as const, mode, read: stats.read, stored: stats.stored };
  yield* call(context, 'updateDisk', { session, disk: update });
  yield* warn(context, session, mismatchText({ key: disk.key, snapshot }, mode));
  return { image, read: mode, stats };
}
