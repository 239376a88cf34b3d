import type { OrchestrationContext } from 'durable-functions';
import type {
  BackupDiskInput,
  BackupInput,
  DiskRead,
  MachinePlan,
  TakenSnapshot,
  WorkerHandle,
} from '../../model/activities.ts';
import type { BaseChoice } from '../../model/base.ts';
import { errorInfo, StrongroomError, type ErrorCode } from '../../model/errors.ts';
import { diskInstanceId, sessionRandom } from '../../model/names.ts';
import { pointId, type DiskPoint, type MachinePoint } from '../../model/point.ts';
import { elapsed, pollWait, timing } from '../../model/timing.ts';
import { alone } from './alone.ts';
import { ensureSite } from './ensureSite.ts';
import { addressOf, awaitJob } from './job.ts';
import { probeOnce } from './probe.ts';
import { all, call, cleanUp, sleep, warn, warned, type Steps } from './steps.ts';
import { withWorker } from './withWorker.ts';

/** How a vault appears whose endpoint, link or record is gone: the public address refuses, or the name has none. */
const UNREACHED: ErrorCode[] = ['KEY_REFUSED', 'AZURE_UNAVAILABLE'];

/** Backs up one virtual machine: the session with the id of this instance. Gives the id of the new restore point. */
export function* backupVm(context: OrchestrationContext): Steps<{ point: string }> {
  const input = context.df.getInput<BackupInput>();
  const { session, resourceId } = input;
  try {
    const point = yield* alone(context, { session, resourceId, doing: 'backed up' }, backUp(context, input));
    yield* call(context, 'advanceSession', { session, to: 'completed', point });
    return { point };
  } catch (error) {
    yield* call(context, 'advanceSession', { session, to: 'failed', error: errorInfo(error) });
    throw new StrongroomError('INTERNAL', `Backup of ${resourceId} failed: ${errorInfo(error).message}`);
  }
}

function* backUp(context: OrchestrationContext, input: BackupInput): Steps<string> {
  const { session, resourceId, repository, tracking, workers } = input;
  yield* call(context, 'advanceSession', { session, to: 'snapshotting' });
  const { machine, ...plan } = yield* call(context, 'describeMachine', { resourceId, repository });
  const disks = plan.disks.map(({ key, name, size }) => ({ key, name, size, state: 'waiting' as const }));
  yield* call(context, 'putDisks', { session, disks });
  let point: string;
  try {
    const time = context.df.currentUtcDateTime.toISOString();
    yield* takeSnapshots(context, { session, plan, time });
    const snapshots = yield* readySnapshots(context, session, plan);
    const { choices, warnings } = yield* call(context, 'chooseBases', {
      resourceId,
      repository,
      tracking,
      disks: plan.disks.map((disk) => ({ ...disk, familyId: snapshotOf(snapshots, disk.key).familyId })),
    });
    yield* warn(context, session, warnings);
    point = yield* withWorker(context, { session, site: plan.site, workers }, (worker) =>
      transfer(context, input, { plan, machine, snapshots, choices, worker }),
    );
  } catch (error) {
    const keys = plan.disks.map(({ key }) => ({ key }));
    const discarded = call(context, 'discardSnapshots', { session, vm: plan.vm, disks: keys });
    yield* cleanUp(context, session, warned(context, session, discarded));
    throw error;
  }
  const diskIds = plan.disks.map((disk) => disk.resourceId);
  const pruned = call(context, 'pruneSnapshots', { session, resourceId, diskIds });
  yield* cleanUp(context, session, warned(context, session, pruned));
  return point;
}

interface Transfer {
  plan: Omit<MachinePlan, 'machine'>;
  machine: MachinePlan['machine'];
  snapshots: TakenSnapshot[];
  choices: Record<string, BaseChoice>;
  worker: WorkerHandle;
}

/** Repository ready → disks in parallel → point committed in the repository → point in the index. */
function* transfer(context: OrchestrationContext, input: BackupInput, work: Transfer): Steps<string> {
  const { session, repository, tracking, limits } = input;
  const { plan, snapshots, choices, worker } = work;
  yield* probeOnce(context, { session, worker });
  const init = addressOf(context, session, worker, 'init');
  yield* call(context, 'sendJob', { address: init, job: { kind: 'initRepository', repository } });
  yield* awaitJob(context, init, 'initRepository');

  const children = plan.disks.map(({ key, size }) => {
    const { id: snapshot, familyId } = snapshotOf(snapshots, key);
    const child: BackupDiskInput = {
      session,
      worker,
      repository,
      disk: { key, size },
      snapshot,
      familyId,
      exportPolicy: plan.exportPolicies[key]!,
      choice: choices[key]!,
      tracking,
      limits,
    };
    return { instanceId: diskInstanceId(session, key), input: child };
  });
  const reads = yield* all<DiskRead>(context, 'backupDisk', children);
  const disks = plan.disks.map((disk, i) => {
    const { id, familyId, time } = snapshotOf(snapshots, disk.key);
    return { ...disk, snapshot: { id, familyId, time }, ...reads[i]! };
  });

  yield* call(context, 'advanceSession', { session, to: 'committing' });
  const point = pointOf(session, work, disks);
  const commit = addressOf(context, session, worker, 'commit');
  yield* call(context, 'sendJob', { address: commit, job: { kind: 'commitPoint', repository, point } });
  yield* awaitJob(context, commit, 'commitPoint');
  yield* call(context, 'recordPoint', { point, repository });
  return point.id;
}

/** The restore point. Its time is the first snapshot's; plain snapshots of several disks are each consistent alone. */
function pointOf(session: string, { plan, machine, snapshots }: Transfer, disks: DiskPoint[]): MachinePoint {
  const time = snapshots.map((snapshot) => snapshot.time).sort()[0]!;
  const { id: resourceId, name, location } = plan.vm;
  return {
    version: 1,
    id: pointId(time, sessionRandom(session)),
    time,
    session,
    source: { kind: 'vm', resourceId, name, location },
    consistency: disks.length === 1 ? 'crash-consistent' : 'per-disk',
    machine,
    disks,
  };
}

/**
 * Sealing the tags needs Key Vault. When the vault does not answer, the site, which has the endpoint that leads to it, is
 * seen to first; otherwise that comes later, together with the worker.
 */
function* takeSnapshots(
  context: OrchestrationContext,
  input: { session: string; plan: Omit<MachinePlan, 'machine'>; time: string },
): Steps<void> {
  try {
    yield* call(context, 'createSnapshots', input);
  } catch (error) {
    if (!UNREACHED.includes(errorInfo(error).code)) throw error;
    const { session, plan } = input;
    yield* ensureSite(context, { session, site: plan.site, purpose: 'vault' });
    yield* call(context, 'createSnapshots', input);
  }
}

/** Waits until every snapshot's data can be exported: at once for most disks, hours for Ultra and Premium SSD v2. */
function* readySnapshots(
  context: OrchestrationContext,
  session: string,
  { vm, disks }: Omit<MachinePlan, 'machine'>,
): Steps<TakenSnapshot[]> {
  const since = context.df.currentUtcDateTime.toISOString();
  const keys = disks.map(({ key }) => ({ key }));
  for (let polls = 0; elapsed(since, context.df.currentUtcDateTime) < timing.snapshotCopy; polls++) {
    const snapshots = yield* call(context, 'readSnapshots', { session, vm, disks: keys });
    if (snapshots.every(({ ready }) => ready)) return snapshots;
    yield* sleep(context, pollWait(polls));
  }
  throw new StrongroomError('AZURE_UNAVAILABLE', `The snapshots of ${vm.name} were not complete in time.`);
}

function snapshotOf(snapshots: TakenSnapshot[], key: string): TakenSnapshot {
  const found = snapshots.find((snapshot) => snapshot.key === key);
  if (!found) throw new StrongroomError('INTERNAL', `There is no snapshot of disk ${key}.`);
  return found;
}
