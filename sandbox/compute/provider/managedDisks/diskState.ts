import type { ArmResource } from '../../../arm/types.ts';
import { activeSas } from '../errors.ts';
import { text } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';

export type DiskState = 'Unattached' | 'Attached' | 'Reserved' | 'ActiveSAS' | 'ReadyToUpload' | 'ActiveUpload';

/** The `diskState` of a disk or snapshot at this moment: an expired SAS no longer counts. */
export function diskState(parts: ComputeParts, resource: ArmResource): DiskState {
  const upload = parts.uploads.get(resource.id.toLowerCase());
  if (upload) return upload === 'active' ? 'ActiveUpload' : 'ReadyToUpload';
  if (parts.sas.active(resource.id)) return 'ActiveSAS';
  const owner = text(resource, 'managedBy');
  if (!owner) return 'Unattached';
  // A disk of a deallocated machine stays its own, unused.
  return parts.power.get(owner.toLowerCase()) === 'deallocated' ? 'Reserved' : 'Attached';
}

/** @throws ArmError 409 OperationNotAllowed */
export function refuseActiveSas(parts: ComputeParts, resource: ArmResource): void {
  if (parts.sas.active(resource.id)) throw activeSas(resource.name);
}

/** GET and lists of disks and snapshots. */
export function withDiskState(parts: ComputeParts, resource: ArmResource): ArmResource {
  return { ...resource, properties: { ...resource.properties, diskState: diskState(parts, resource) } };
}

/** The contents, SAS and upload of a deleted disk or snapshot go with it. */
export function dropDisk(parts: ComputeParts, resource: ArmResource): void {
  parts.volumes.delete(resource.id);
  parts.sas.forget(resource.id);
  parts.blobs.forget(resource.id);
  parts.uploads.delete(resource.id.toLowerCase());
  parts.world.store.delete(resource.id);
}
