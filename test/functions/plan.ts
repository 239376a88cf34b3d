import type { JobAddress, MachinePlan, TakenSnapshot } from '../../model/activities.ts';
import type { ExportLimits, ExportPolicy } from '../../model/exports.ts';
import type { JobResult } from '../../model/jobs.ts';
import type { ImageRef } from '../../model/point.ts';
import { DurableStage } from './durableStage.ts';

export const session = 'backup-20261121t100000z-1a2b3c4d';
const subscriptionId = '11111111-1111-1111-1111-111111111111';
const group = `/subscriptions/${subscriptionId}/resourceGroups/app`;
export const site = { appliance: 'strongroom', subscriptionId, region: 'westeurope' };
export const vm = {
  id: `${group}/providers/Microsoft.Compute/virtualMachines/web`,
  name: 'web',
  location: 'westeurope',
};
export const repository = {
  url: 'https://repo.blob.core.windows.net/backups',
  keyId: 'https://v.vault.azure.net/keys/k',
};
export const limits: ExportLimits = {
  network: 'private',
  disksInParallel: 8,
  exportsPerDiskAccess: 5,
  sasPerSnapshotFamily: 5,
};
export const backupInput = { session, resourceId: vm.id, repository, tracking: 'cbt' as const, workers: 1, limits };

const GiB = 1024 ** 3;
export const image: ImageRef = { size: GiB, depth: 0, root: null };
const stats = { size: GiB, read: 100, stored: 50, blocksRead: 1, blocksNew: 1, blocksZero: 0 };

/** Of the source disks: open, as Azure makes them. */
const openPolicy: ExportPolicy = { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled', diskAccessId: '' };

export const plan: MachinePlan = {
  vm,
  machine: { id: vm.id, properties: {} },
  site,
  disks: [null, 0, 1].map((lun) => {
    const key = lun === null ? 'os' : `lun${lun}`;
    const resourceId = `${group}/providers/Microsoft.Compute/disks/web-${key}`;
    return {
      key,
      lun,
      name: `web-${key}`,
      resourceId,
      uniqueId: `u-${key}`,
      size: GiB,
      properties: { location: 'westeurope' },
    };
  }),
  exportPolicies: { os: openPolicy, lun0: openPolicy, lun1: openPolicy },
};

export const snapshots: TakenSnapshot[] = plan.disks.map(({ key }, i) => ({
  key,
  id: `${group}/providers/Microsoft.Compute/snapshots/s-${key}`,
  familyId: `f-${key}`,
  time: `2026-11-21T10:00:0${5 - i}.000Z`,
  ready: true,
}));

const full = { base: null, fullReason: 'first backup' };

/** What activities answer when nothing goes wrong. Sending a job cues its end; a Run Command cues the hello. */
export function stage(changed: Record<string, (input: never) => unknown> = {}): DurableStage {
  let power = 'absent';
  const end = (address: JobAddress, result: JobResult) =>
    played.cue(`job:${address.jobId}`, { kind: 'done', result }, 1_000);
  const played: DurableStage = new DurableStage({
    describeMachine: () => plan,
    readSnapshots: () => snapshots,
    inspectSite: () => ({ findings: [], zones: {}, ready: [], otherAccounts: [] }),
    chooseBases: () => ({ choices: Object.fromEntries(plan.disks.map(({ key }) => [key, full])), warnings: [] }),
    discardSnapshots: () => ({ warnings: [] }),
    pruneSnapshots: () => ({ deleted: 0, warnings: [] }),
    machineState: () => ({ state: power, detail: '' }),
    startMachine: () => void (power = 'running'),
    deallocateMachine: () => void (power = 'deallocated'),
    runWorkerCommand: () => played.cue(`hello:${session}-1`, {}, 1_000),
    workerSeen: () => ({ lastSeen: new Date(played.now).toISOString() }),
    revokeExports: () => ({ warnings: [] }),
    createRestoreDisk: () => ({ warnings: [] }),
    restoreDiskReady: () => true,
    sendJob: ({ address, job }: { address: JobAddress; job: { kind: string } }) =>
      end(
        address,
        job.kind === 'initRepository'
          ? { kind: 'initRepository', repositoryId: 'r', created: true }
          : { kind: 'commitPoint', point: 'p', stored: 1 },
      ),
    sendBackupDisk: ({ address }: { address: JobAddress }) =>
      end(address, { kind: 'backupDisk', image, read: { mode: 'full', reason: 'first backup' }, stats }),
    sendRestoreDisk: ({ address }: { address: JobAddress }) =>
      end(address, { kind: 'restoreDisk', size: GiB, written: 100 }),
    ...changed,
  });
  return played;
}

/** The states the session went through. */
export function states(played: DurableStage): string[] {
  return played.inputsOf<{ to: string }>('advanceSession').map(({ to }) => to);
}
