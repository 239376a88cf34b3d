import type { Disk } from '@azure/arm-compute';
import { StrongroomError } from '../model/errors.ts';
import { closedToExport, sameExportPolicy, type ExportPolicy } from '../model/exports.ts';
import type { DiskProperties } from '../model/point.ts';
import { parseResourceId } from '../model/resourceId.ts';
import { armCall, armFind, type Arm } from './arm.ts';
import { exportPolicyOf, exportProperties, exportUpdate } from './exportPolicy.ts';
import { choosesSectors, uploadBody, type UploadDiskRequest } from './uploadDisk.ts';

/** Every sku has disks of this size, and charges nothing smaller. */
const TINY_GB = 4;

export interface DiskInfo {
  id: string;
  uniqueId: string;
  /** Bytes. */
  size: number;
  properties: DiskProperties;
  exportPolicy: ExportPolicy;
}

/** Managed disks (Microsoft.Compute/disks). */
export interface Disks {
  /** A disk to back up. @throws NOT_FOUND, UNSUPPORTED naming a disk whose data cannot be had */
  get(id: string): Promise<DiskInfo>;
  /**
   * Starts an empty disk that takes an upload from where its export policy says, like the source in generation, security,
   * capabilities, plan, zone and sku. Leaves it as it is when it carries the same tags.
   * @throws ALREADY_EXISTS when a disk of that name has other tags
   */
  createForUpload(request: UploadDiskRequest): Promise<void>;
  /** Starts the smallest and cheapest empty disk, which cannot be exported. Leaves an existing one as it is. */
  createTiny(request: { id: string; location: string; tags: Record<string, string> }): Promise<void>;
  /** Whether the disk is made. @throws AZURE_REFUSED when Azure gave up */
  isMade(id: string): Promise<boolean>;
  /** Whether the disk takes an upload. */
  readyForUpload(id: string): Promise<boolean>;
  /** A write URL with its SAS: a secret. */
  grantWrite(id: string, seconds: number): Promise<string>;
  /** Ends the upload: the disk becomes usable. No error when there is none, or no disk. */
  revoke(id: string): Promise<void>;
  /**
   * Says from where it may be exported, in one update; none when it is so already, or when it is gone.
   * @throws NOT_FOUND also when the disk access is gone
   */
  setExportPolicy(id: string, policy: ExportPolicy): Promise<void>;
  /** Deletes the disk if it carries those tags; no error when it is gone. */
  deleteTagged(id: string, tags: Record<string, string>): Promise<void>;
  groupExists(subscriptionId: string, resourceGroup: string): Promise<boolean>;
}

export function createDisks(arm: Arm): Disks {
  const at = (id: string) => {
    const { subscriptionId, resourceGroup, name } = parseResourceId(id);
    return { disks: arm.compute(subscriptionId).disks, resourceGroup, name };
  };
  const find = (id: string) => {
    const { disks, resourceGroup, name } = at(id);
    return armFind(`read disk ${id}`, () => disks.get(resourceGroup, name));
  };
  return {
    async get(id) {
      const { disks, resourceGroup, name } = at(id);
      const disk = await armCall(`read disk ${id}`, () => disks.get(resourceGroup, name));
      const refusal = refusalOf(disk);
      if (refusal) throw new StrongroomError('UNSUPPORTED', `Disk ${disk.id} ${refusal}`);
      const { uniqueId, diskSizeBytes } = disk;
      return {
        id: disk.id!,
        uniqueId: uniqueId!,
        size: diskSizeBytes!,
        properties: propertiesOf(disk),
        exportPolicy: exportPolicyOf(disk),
      };
    },

    async createForUpload(request) {
      const { id, tags } = request;
      const existing = await find(id);
      if (existing && carries(existing, tags)) return;
      if (existing) throw new StrongroomError('ALREADY_EXISTS', `A disk ${id} exists. Choose another namePrefix.`);
      const { disks, resourceGroup, name } = at(id);
      await armCall(`create disk ${id}`, () =>
        disks.createOrUpdate(resourceGroup, name, uploadBody(request)).submitted(),
      );
    },

    async createTiny({ id, location, tags }) {
      if (await find(id)) return;
      const { disks, resourceGroup, name } = at(id);
      const body: Disk = {
        location,
        sku: { name: 'Standard_LRS' },
        creationData: { createOption: 'Empty' },
        diskSizeGB: TINY_GB,
        ...exportProperties(closedToExport),
        tags,
      };
      await armCall(`create disk ${id}`, () => disks.createOrUpdate(resourceGroup, name, body).submitted());
    },

    async isMade(id) {
      const state = (await find(id))?.provisioningState;
      if (state === 'Failed') throw new StrongroomError('AZURE_REFUSED', `Disk ${id} could not be made.`);
      return state === 'Succeeded';
    },

    async readyForUpload(id) {
      const disk = await find(id);
      if (disk?.provisioningState === 'Failed')
        throw new StrongroomError('AZURE_REFUSED', `Disk ${id} could not be made.`);
      return disk?.diskState === 'ReadyToUpload' || disk?.diskState === 'ActiveUpload';
    },

    async grantWrite(id, durationInSeconds) {
      const { disks, resourceGroup, name } = at(id);
      const { accessSAS } = await armCall(`grant write access to disk ${id}`, () =>
        disks.grantAccess(resourceGroup, name, { access: 'Write', durationInSeconds }),
      );
      return accessSAS!;
    },

    async revoke(id) {
      const { disks, resourceGroup, name } = at(id);
      await armFind(`revoke access to disk ${id}`, () => disks.revokeAccess(resourceGroup, name));
    },

    async setExportPolicy(id, policy) {
      const present = await find(id);
      if (!present || sameExportPolicy(exportPolicyOf(present), policy)) return;
      const { disks, resourceGroup, name } = at(id);
      const what = `set ${policy.networkAccessPolicy} ${policy.diskAccessId} on disk ${id}`;
      await armCall(what, () => disks.update(resourceGroup, name, exportUpdate(policy)));
    },

    async deleteTagged(id, tags) {
      const existing = await find(id);
      if (!existing || !carries(existing, tags)) return;
      const { disks, resourceGroup, name } = at(id);
      // Azure deletes no disk whose upload is open, and complains of an unfinished one when it is closed.
      await Promise.allSettled([disks.revokeAccess(resourceGroup, name)]);
      await armFind(`delete disk ${id}`, () => disks.delete(resourceGroup, name));
    },

    async groupExists(subscriptionId, resourceGroup) {
      const pages = arm.compute(subscriptionId).disks.listByResourceGroup(resourceGroup).byPage();
      return (await armFind(`list disks of ${resourceGroup}`, () => pages.next())) !== undefined;
    },
  };
}

/**
 * Why a disk cannot be backed up, and the way out; '' when it can: of some a snapshot does not give the data, or not as a
 * fixed VHD (azure-facts sections 2.1, 2.3).
 */
function refusalOf(disk: Disk): string {
  const { maxShares = 1 } = disk;
  if (maxShares > 1)
    return (
      `is shared (maxShares ${maxShares}): a snapshot may miss what its other machines have not written yet. Detach it ` +
      'from the machine and protect its data from inside the cluster.'
    );
  if (sectorSize(disk) !== 512)
    return (
      `has logical sectors of ${sectorSize(disk)} bytes: Azure exports it as VHDX, not as VHD. Move its data to a disk ` +
      'with logical sectors of 512 bytes.'
    );
  return '';
}

/** Bytes. Only Ultra and Premium SSD v2 disks have a choice: 4096 when nothing was said (API 2026-03-02). */
function sectorSize({ sku, creationData }: Disk): number {
  return creationData?.logicalSectorSize ?? (choosesSectors(sku?.name) ? 4096 : 512);
}

/** What of a disk its backup and restore need. Absent fields stay absent. */
export function propertiesOf(disk: Disk): DiskProperties {
  const { location, sku, zones, osType, hyperVGeneration, securityProfile, supportedCapabilities } = disk;
  const { purchasePlan, encryption, tags } = disk;
  const properties = {
    location,
    sku: sku?.name,
    zones,
    osType,
    hyperVGeneration,
    securityProfile,
    supportedCapabilities,
    purchasePlan,
    encryption,
    tags,
  };
  return JSON.parse(JSON.stringify(properties)) as DiskProperties;
}

function carries(disk: Disk, tags: Record<string, string>): boolean {
  return Object.entries(tags).every(([name, value]) => disk.tags?.[name] === value);
}
