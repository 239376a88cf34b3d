import type { Disk, Snapshot, SnapshotUpdate } from '@azure/arm-compute';
import type { ExportPolicy } from '../model/exports.ts';

/** The export policy of a disk or snapshot. What Azure leaves out has its default: open to all (API 2026-03-02). */
export function exportPolicyOf({
  networkAccessPolicy = 'AllowAll',
  publicNetworkAccess = 'Enabled',
  diskAccessId = '',
}: Pick<Disk | Snapshot, 'networkAccessPolicy' | 'publicNetworkAccess' | 'diskAccessId'>): ExportPolicy {
  return { networkAccessPolicy, publicNetworkAccess, diskAccessId };
}

/** For a new disk or snapshot. */
export function exportProperties({ networkAccessPolicy, publicNetworkAccess, diskAccessId }: ExportPolicy) {
  return { networkAccessPolicy, publicNetworkAccess, ...(diskAccessId ? { diskAccessId } : {}) };
}

/**
 * For an update. Without a disk access it is an explicit null: while the old one stands, any other policy than
 * `AllowPrivate` is refused (409 ConflictingUserInput; azure-cli #28510). The SDK's type lacks null, its serializer
 * passes it on.
 */
export function exportUpdate({ networkAccessPolicy, publicNetworkAccess, diskAccessId }: ExportPolicy): SnapshotUpdate {
  return { networkAccessPolicy, publicNetworkAccess, diskAccessId: (diskAccessId || null) as string };
}
