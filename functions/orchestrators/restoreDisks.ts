import type { OrchestrationContext } from 'durable-functions';
import type { RestoreDiskInput, RestoreInput } from '../../model/activities.ts';
import { errorInfo, StrongroomError } from '../../model/errors.ts';
import { diskInstanceId, restoredDiskIds } from '../../model/names.ts';
import { all, call, cleanUp, type Steps } from './steps.ts';
import { withWorker } from './withWorker.ts';

/** Restores disks of a point to new managed disks: the session with the id of this instance. Gives their ids. */
export function* restoreDisks(context: OrchestrationContext): Steps<{ disks: string[] }> {
  const input = context.df.getInput<RestoreInput>();
  const { session, point, target } = input;
  const diskIds = restoredDiskIds(session, input.disks, target);
  try {
    yield* restore(context, input, diskIds);
    yield* call(context, 'advanceSession', { session, to: 'completed' });
    return { disks: diskIds };
  } catch (error) {
    yield* call(context, 'advanceSession', { session, to: 'failed', error: errorInfo(error) });
    throw new StrongroomError('INTERNAL', `Restore of ${point} failed: ${errorInfo(error).message}`);
  }
}

function* restore(context: OrchestrationContext, input: RestoreInput, diskIds: string[]): Steps<void> {
  const { session, point, repository, site, workers, limits } = input;
  const waiting = input.disks.map(({ key, name, size }) => ({ key, name, size, state: 'waiting' as const }));
  yield* call(context, 'putDisks', { session, disks: waiting });
  try {
    yield* withWorker(context, { session, site, workers }, function* (worker) {
      const children = input.disks.map((disk, i) => {
        const child: RestoreDiskInput = { session, worker, repository, point, disk, diskId: diskIds[i]!, limits };
        return { instanceId: diskInstanceId(session, disk.key), input: child };
      });
      yield* all(context, 'restoreDisk', children);
    });
  } catch (error) {
    yield* cleanUp(context, session, call(context, 'discardRestoreDisks', { session, diskIds }));
    throw error;
  }
  yield* cleanUp(context, session, call(context, 'keepRestoreDisks', { session, diskIds }));
}
