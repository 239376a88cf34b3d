import { shortfalls } from '../../azure/uploadDisk.ts';
import { StrongroomError } from '../../model/errors.ts';
import { closedToExport, openToExport } from '../../model/exports.ts';
import type { Appliance } from '../appliance.ts';
import { enterExports, grantExports, revokeExports, sendCommand } from '../exports.ts';
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

  return {
    async sendJob({ address, job }) {
      await attempts.putJob({ address, disk: '', snapshots: [], target: '', ended: false });
      await sendCommand(appliance, address.attempt, { kind: 'job', jobId: address.jobId, job });
      return null;
    },

    async sendBackupDisk({ address, diskAccessId, input }) {
      const { disk, snapshot, exportPolicy, choice, tracking, repository } = input;
      const { base, fullReason } = choice;
      const exported = [snapshot, ...(base?.snapshotId ? [base.snapshotId] : [])];
      const job = { address, disk: disk.key, snapshots: exported, exportPolicy, target: '', ended: false };
      await enterExports(appliance, job);
      await Promise.all(exported.map((id) => snapshots.setExportPolicy(id, openToExport(diskAccessId))));
      const { sas, baseSas } = await grantExports(appliance, job);
      await sendCommand(appliance, address.attempt, {
        kind: 'job',
        jobId: address.jobId,
        job: {
          kind: 'backupDisk',
          repository,
          disk,
          sas,
          base: base && { sas: baseSas, image: base.image, point: base.point, fullRead: base.fullRead },
          tracking,
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
      const exportPolicy = openToExport(diskAccessId);
      const request = { id: diskId, size, properties, exportPolicy, tags: restoredBy(session) };
      await disks.createForUpload(request);
      return { warnings: shortfalls(request) };
    },

    restoreDiskReady: ({ diskId }) => disks.readyForUpload(diskId),

    async sendRestoreDisk({ address, input: { disk, diskId, point, repository } }) {
      const exported = { address, disk: disk.key, snapshots: [], target: diskId, ended: false };
      await enterExports(appliance, exported);
      const { sas } = await grantExports(appliance, exported);
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
      // Its point does not say how its source could be exported: from nowhere is safe, and can be changed.
      await allSettled(diskIds.map((id) => disks.setExportPolicy(id, closedToExport)));
      await ledger.strike(session, 'disk', ...diskIds);
      return null;
    },

    async revokeExports({ address }) {
      return { warnings: await revokeExports(appliance, address) };
    },
  };
}

/** Says which session made a disk: only that one may delete it. */
function restoredBy(session: string): Record<string, string> {
  return { 'strongroom-restore': session };
}
