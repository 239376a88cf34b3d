import type { Snapshot } from '@azure/arm-compute';
import type { FoundSnapshot } from '../model/cloudNative.ts';
import { closedToExport, sameExportPolicy, type ExportPolicy } from '../model/exports.ts';
import type { DiskProperties } from '../model/point.ts';
import { parseResourceId } from '../model/resourceId.ts';
import { armCall, armFind, type Arm } from './arm.ts';
import { exportPolicyOf, exportProperties, exportUpdate } from './exportPolicy.ts';

/** A managed-disk snapshot as far as the product reads it. */
export interface SnapshotInfo {
  id: string;
  /** Where it comes from, for {@link FoundSnapshot}. */
  origin: FoundSnapshot;
  /** `incrementalSnapshotFamilyId`: only snapshots of one family can be compared. */
  familyId: string;
  /** `timeCreated`, ISO 8601 UTC. */
  time: string;
  /** Bytes. */
  size: number;
  /** Created, and its background copy (Premium SSD v2, Ultra) is complete. */
  ready: boolean;
  /** Why the background copy failed; '' when it did not. */
  copyError: string;
  exportPolicy: ExportPolicy;
}

export interface SnapshotRequest {
  id: string;
  location: string;
  diskId: string;
  /** The disk's own: a disk and all its snapshots must share one disk encryption set (azure-facts section 2.3). */
  encryption: DiskProperties['encryption'];
  tags: Record<string, string>;
}

/** Incremental snapshots of managed disks (Microsoft.Compute/snapshots). */
export interface Snapshots {
  /** Starts an incremental snapshot that cannot be exported yet. Leaves an existing one as it is. */
  create(request: SnapshotRequest): Promise<void>;
  find(id: string): Promise<SnapshotInfo | undefined>;
  listByGroup(subscriptionId: string, resourceGroup: string): Promise<SnapshotInfo[]>;
  /**
   * Says from where it may be exported, in one update; none when it is so already, or when it is gone.
   * @throws NOT_FOUND also when the disk access is gone
   */
  setExportPolicy(id: string, policy: ExportPolicy): Promise<void>;
  /** An export URL with its SAS: a secret. Asking again while one is out gives a valid one. */
  grant(id: string, seconds: number): Promise<string>;
  /** Ends every export. No error when there is none, or no snapshot. */
  revoke(id: string): Promise<void>;
  /** No error when it is gone. */
  delete(id: string): Promise<void>;
}

export function createSnapshots(arm: Arm): Snapshots {
  const at = (id: string) => {
    const { subscriptionId, resourceGroup, name } = parseResourceId(id);
    return { snapshots: arm.compute(subscriptionId).snapshots, resourceGroup, name };
  };
  const find = async (id: string) => {
    const { snapshots, resourceGroup, name } = at(id);
    const found = await armFind(`read snapshot ${id}`, () => snapshots.get(resourceGroup, name));
    return found && infoOf(found);
  };
  return {
    find,

    async create({ id, location, diskId, encryption, tags }) {
      if (await find(id)) return;
      const { snapshots, resourceGroup, name } = at(id);
      const body: Snapshot = {
        location,
        creationData: { createOption: 'Copy', sourceResourceId: diskId },
        incremental: true,
        ...exportProperties(closedToExport),
        encryption,
        tags,
      };
      await armCall(`create snapshot ${id}`, () => snapshots.createOrUpdate(resourceGroup, name, body).submitted());
    },

    async listByGroup(subscriptionId, resourceGroup) {
      const all: SnapshotInfo[] = [];
      await armCall(`list snapshots of ${resourceGroup}`, async () => {
        for await (const snapshot of arm.compute(subscriptionId).snapshots.listByResourceGroup(resourceGroup)) {
          all.push(infoOf(snapshot));
        }
      });
      return all;
    },

    async setExportPolicy(id, policy) {
      const { snapshots, resourceGroup, name } = at(id);
      const present = await find(id);
      if (!present || sameExportPolicy(present.exportPolicy, policy)) return;
      const what = `set ${policy.networkAccessPolicy} ${policy.diskAccessId} on snapshot ${id}`;
      await armCall(what, () => snapshots.update(resourceGroup, name, exportUpdate(policy)));
    },

    async grant(id, durationInSeconds) {
      const { snapshots, resourceGroup, name } = at(id);
      const { accessSAS } = await armCall(`grant access to snapshot ${id}`, () =>
        snapshots.grantAccess(resourceGroup, name, { access: 'Read', durationInSeconds }),
      );
      return accessSAS!;
    },

    async revoke(id) {
      const { snapshots, resourceGroup, name } = at(id);
      await armFind(`revoke access to snapshot ${id}`, () => snapshots.revokeAccess(resourceGroup, name));
    },

    async delete(id) {
      const { snapshots, resourceGroup, name } = at(id);
      await armFind(`delete snapshot ${id}`, () => snapshots.delete(resourceGroup, name));
    },
  };
}

function infoOf(snapshot: Snapshot): SnapshotInfo {
  const { completionPercent, provisioningState } = snapshot;
  return {
    id: snapshot.id!,
    origin: {
      snapshotId: snapshot.id!,
      sourceDiskId: snapshot.creationData?.sourceResourceId ?? '',
      sourceUniqueId: snapshot.creationData?.sourceUniqueId ?? '',
      tags: snapshot.tags ?? {},
    },
    familyId: snapshot.incrementalSnapshotFamilyId ?? '',
    time: snapshot.timeCreated?.toISOString() ?? '',
    size: snapshot.diskSizeBytes ?? 0,
    ready: provisioningState === 'Succeeded' && (completionPercent === undefined || completionPercent === 100),
    copyError:
      snapshot.copyCompletionError?.errorMessage ?? (provisioningState === 'Failed' ? 'provisioning failed' : ''),
    exportPolicy: exportPolicyOf(snapshot),
  };
}
