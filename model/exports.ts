import type { Environment } from './site/environment.ts';

/**
 * How many exports of snapshots and imports into disks may be open at once. Azure's limits are part of the configuration,
 * because its documents disagree (azure-facts sections 2.1 and 4). model/leases.ts keeps to them.
 */
export type ExportLimits = Pick<
  Environment,
  'network' | 'disksInParallel' | 'exportsPerDiskAccess' | 'sasPerSnapshotFamily'
>;

/** What a session keeps to from its beginning to its end. */
export function exportLimits(environment: Environment): ExportLimits {
  const { network, disksInParallel, exportsPerDiskAccess, sasPerSnapshotFamily } = environment;
  return { network, disksInParallel, exportsPerDiskAccess, sasPerSnapshotFamily };
}

/** A comparison opens the new snapshot and its base; a full read or a restore opens one. */
export const EXPORTS_OF_COMPARISON = 2;

/** How many disk accesses a site needs so that `disksInParallel` comparisons never wait for one. */
export function diskAccessesNeeded({
  network,
  disksInParallel,
  exportsPerDiskAccess,
}: Omit<ExportLimits, 'sasPerSnapshotFamily'>): number {
  if (network === 'public') return 0;
  return Math.ceil(disksInParallel / Math.floor(exportsPerDiskAccess / EXPORTS_OF_COMPARISON));
}

/** From where a snapshot or a disk may be exported: Azure's three properties that only make sense together. */
export interface ExportPolicy {
  /** `AllowAll`, `AllowPrivate` or `DenyAll` */
  networkAccessPolicy: string;
  /** `Enabled` or `Disabled` */
  publicNetworkAccess: string;
  /** ARM id; '' for none. With `AllowPrivate` there must be one, otherwise none (409 ConflictingUserInput). */
  diskAccessId: string;
}

/** From nowhere: how snapshots are made, and how restored disks are left. */
export const closedToExport: ExportPolicy = {
  networkAccessPolicy: 'DenyAll',
  publicNetworkAccess: 'Disabled',
  diskAccessId: '',
};

/** While a disk is read or written. `diskAccessId` null: in a public network. */
export function openToExport(diskAccessId: string | null): ExportPolicy {
  return diskAccessId === null
    ? { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled', diskAccessId: '' }
    : { networkAccessPolicy: 'AllowPrivate', publicNetworkAccess: 'Disabled', diskAccessId };
}

/** Whether two say the same. */
export function sameExportPolicy(a: ExportPolicy, b: ExportPolicy): boolean {
  return (
    a.networkAccessPolicy === b.networkAccessPolicy &&
    a.publicNetworkAccess === b.publicNetworkAccess &&
    a.diskAccessId.toLowerCase() === b.diskAccessId.toLowerCase()
  );
}
