import type { ExportSuffix } from '../../arm/providers/network/privateLink.ts';
import type { ExportRate } from '../disks/exportRate.ts';

/** What Azure refuses for want of capacity (errors that are final at the request, or found while the machine is placed). */
export type ShortageCode =
  | 'SkuNotAvailable'
  | 'AllocationFailed'
  | 'ZonalAllocationFailed'
  | 'OverconstrainedAllocationRequest'
  | 'OverconstrainedZonalAllocationRequest';

/** A want of machines: of those that fit all that is named, none can be had. */
export interface Shortage {
  code: ShortageCode;
  vmSize?: string;
  location?: string;
  zone?: string;
}

/** Limits that Azure documents and that a world may turn, also while it runs. */
export interface ComputeLimits {
  /** Incremental snapshots of one disk within five minutes (incremental snapshots, restrictions). */
  snapshotsPerFiveMinutes: number;
  /** Incremental snapshots of one disk. */
  snapshotsPerDisk: number;
  /** Snapshots of one Premium SSD v2 or Ultra disk whose background copy goes on. */
  pendingCopiesPerDisk: number;
  /** Snapshots of Premium SSD v2 and Ultra disks of one subscription whose background copy goes on. */
  pendingCopies: number;
  /** How long a background copy takes, on the world's clock. */
  backgroundCopySeconds: number;
  /** Exports at once of one family of snapshots. */
  activeSasPerFamily: number;
  /** Imports and exports at once through one disk access. */
  activeSasPerDiskAccess: number;
  /** Where disk accesses that are made from now on have their hosts. */
  exportSuffix: ExportSuffix;
  /** vCPUs of one region in a subscription, and of one size family there. */
  regionalCores: number;
  familyCores: number;
  /** vCPUs of spot machines of one region. */
  spotCores: number;
  /** Restore points of one machine and consistency mode within an hour; of one machine in all. */
  restorePointsPerHour: number;
  restorePointsPerMachine: number;
  /** What the data plane of one disk or snapshot gives before it answers 503; single ones may differ (`disks.setExportRate`). */
  exportRate: ExportRate;
  /** What cannot be had now. */
  shortages: Shortage[];
}

export const defaultComputeLimits: ComputeLimits = {
  snapshotsPerFiveMinutes: 7,
  snapshotsPerDisk: 500,
  pendingCopiesPerDisk: 3,
  pendingCopies: 50,
  backgroundCopySeconds: 60,
  activeSasPerFamily: 5,
  activeSasPerDiskAccess: 5,
  exportSuffix: 'blob.core.windows.net',
  regionalCores: 100,
  familyCores: 100,
  spotCores: 100,
  restorePointsPerHour: 3,
  restorePointsPerMachine: 500,
  exportRate: 'unlimited',
  shortages: [],
};
