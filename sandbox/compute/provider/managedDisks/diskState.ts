import type { ArmResource } from '../../../arm/types.ts';
import { activeSas } from '../errors.ts';
import { text } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';
import { failCopiesOf } from '../snapshots/backgroundCopies.ts';

export type DiskState = 'Unattached' | 'Attached' | 'Reserved' | 'ActiveSAS' | 'ReadyToUpload' | 'ActiveUpload';

/** Ids of the machines that have a disk: one, or several for a shared disk. */
export function ownersOf(disk: ArmResource): string[] {
  const owner = text(disk, 'managedBy');
  return (disk['managedByExtended'] as string[] | undefined) ?? (owner ? [owner] : []);
}

/** The machines that have a disk and a place on a host. */
export function runningOwners(parts: ComputeParts, disk: ArmResource): string[] {
  return ownersOf(disk).filter((id) => (parts.power.get(id.toLowerCase()) ?? 'deallocated') !== 'deallocated');
}

/** The `diskState` of a disk or snapshot at this moment: an expired SAS no longer counts. */
export function diskState(parts: ComputeParts, resource: ArmResource): DiskState {
  const upload = parts.uploads.get(resource.id.toLowerCase());
  if (upload) return upload === 'active' ? 'ActiveUpload' : 'ReadyToUpload';
  if (parts.sas.active(resource.id)) return 'ActiveSAS';
  if (ownersOf(resource).length === 0) return 'Unattached';
  // A disk of a deallocated machine stays its own, unused.
  return runningOwners(parts, resource).length > 0 ? 'Attached' : 'Reserved';
}

/** @throws ArmError 409 OperationNotAllowed */
export function refuseActiveSas(parts: ComputeParts, resource: ArmResource): void {
  if (parts.sas.active(resource.id)) throw activeSas(resource.name);
}

/** GET and lists of disks and snapshots. */
export function withDiskState(parts: ComputeParts, resource: ArmResource): ArmResource {
  return { ...resource, properties: { ...resource.properties, diskState: diskState(parts, resource) } };
}

/** The contents, SAS, upload and copy of a deleted disk or snapshot go after it, should the process end in between. */
export function dropDisk(parts: ComputeParts, resource: ArmResource): void {
  parts.world.store.delete(resource.id);
  const lost = `The source ${resource.id} was deleted before the copy was complete.`;
  failCopiesOf(parts, resource.id, 'CopySourceNotFound', lost);
  parts.volumes.delete(resource.id);
  parts.sas.forget(resource.id);
  parts.blobs.forget(resource.id);
  parts.uploads.delete(resource.id.toLowerCase());
  parts.copies.delete(resource.id.toLowerCase());
}
