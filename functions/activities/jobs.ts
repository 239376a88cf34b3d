import type { JobExports } from '../../azure/tables/attempts.ts';
import { shortfalls } from '../../azure/uploadDisk.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { Appliance } from '../appliance.ts';
import { grantExports, revokeExports, sendCommand, targetsOf } from '../exports.ts';
import type { Handlers } from './handlers.ts';
import { allSettled } from './settled.ts';

/** Jobs for workers and the exports that they need. A SAS never leaves the activity that grants it, but sealed. */
export function jobActivities(
  appliance: Appliance,
): Handlers<
  | 'sendJob'
  | 'sendBackupDisk'
  | 'createRestoreDisk'
  | 'restoreDiskReady'
  | 'sendRestoreDisk'
  | 'discardRestoreDisks'
  | 'keepRestoreDisks'
  | 'revokeExports'
> {
  const { attempts, disks, ledger, points, snapshots } = appliance;

  /** The row first: from then on the exports can be found and revoked. */
  async function open(job: JobExports) {
    await ledger.write(job.address.session, 'export', ...targetsOf(job));
    await attempts.putJob(job);
    return grantExports(appliance, job);
  }

  return {
    async sendJob({ address, job }) {
      await attempts.putJob({ address, disk: '', snapshots: [], target: '', ended: false });
      await sendCommand(appliance, address.attempt, { kind: 'job', jobId: address.jobId, job });
      return null;
    },

    async sendBackupDisk({ address, diskAccessId, input: { disk, snapshot, choice, repository } }) {
      const { base, fullReason } = choice;
      const exported = [snapshot, ...(base ? [base.snapshotId] : [])];
      await Promise.all(exported.map((id) => snapshots.useDiskAccess(id, diskAccessId)));
      const { sas, baseSas } = await open({ address, disk: disk.key, snapshots: exported, target: '', ended: false });
      await sendCommand(appliance, address.attempt, {
        kind: 'job',
        jobId: address.jobId,
        job: {
          kind: 'backupDisk',
          repository,
          disk,
          sas,
          base: base ? { sas: baseSas!, image: base.image, point: base.point } : null,
          fullReason,
        },
      });
      return null;
    },

    async createRestoreDisk({ diskAccessId, input: { session, point, disk, diskId } }) {
      const source = (await points.find(point))?.disks.find(({ key }) => key === disk.key);
      if (!source) throw new StrongroomError('NOT_FOUND', `Point ${point} has no disk "${disk.key}" any more.`);
      const { size, properties } = source;
      await ledger.write(session, 'disk', diskId);
      const request = { id: diskId, size, properties, diskAccessId, tags: restoredBy(session) };
      await disks.createForUpload(request);
      return { warnings: shortfalls(request) };
    },

    restoreDiskReady: ({ diskId }) => disks.readyForUpload(diskId),

    async sendRestoreDisk({ address, input: { disk, diskId, point, repository } }) {
      const { sas } = await open({ address, disk: disk.key, snapshots: [], target: diskId, ended: false });
      await sendCommand(appliance, address.attempt, {
        kind: 'job',
        jobId: address.jobId,
        job: { kind: 'restoreDisk', repository, point, disk: disk.key, sas },
      });
      return null;
    },

    async discardRestoreDisks({ session, diskIds }) {
      await allSettled(
        diskIds.map(async (id) => {
          await disks.deleteTagged(id, restoredBy(session));
          await ledger.strike(session, 'export', id);
          await ledger.strike(session, 'disk', id);
        }),
      );
      return null;
    },

    async keepRestoreDisks({ session, diskIds }) {
      await ledger.strike(session, 'disk', ...diskIds);
      return null;
    },

    async revokeExports({ address }) {
      await revokeExports(appliance, address);
      return null;
    },
  };
}

/** Says which session made a disk: only that one may delete it. */
function restoredBy(session: string): Record<string, string> {
  return { 'strongroom-restore': session };
}
