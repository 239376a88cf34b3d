import { ArmError } from '../../../arm/types.ts';
import type { ArmResource, ResourceType } from '../../../arm/types.ts';
import { notAllowed } from '../errors.ts';
import { chosen, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { accessActions } from '../managedDisks/access.ts';
import { INHERITED } from '../managedDisks/diskSource.ts';
import { dropDisk } from '../managedDisks/diskState.ts';
import { DISK_RESTORE_POINT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { beginCopy, copyFields } from '../snapshots/backgroundCopies.ts';
import { familyOf, keyOf } from '../snapshots/snapshotRules.ts';

/** What a restore point has of one disk: its content of that moment, copied in the background. */
export function createDiskRestorePoint(
  parts: ComputeParts,
  restorePointId: string,
  disk: ArmResource,
  encryption: Json,
): ArmResource {
  const { world } = parts;
  const name = `${disk.name}_${world.guid()}`;
  const from = properties(disk);
  const point: ArmResource = {
    id: `${restorePointId}/diskRestorePoints/${name}`,
    name,
    type: DISK_RESTORE_POINT,
    properties: {
      ...chosen(
        from,
        INHERITED.filter((field) => !/^encryption/.test(field)),
      ),
      ...chosen(from, ['supportsHibernation', 'networkAccessPolicy', 'publicNetworkAccess', 'diskAccessId']),
      timeCreated: world.clock.iso(),
      sourceResourceId: disk.id,
      sourceResourceLocation: disk.location,
      sourceUniqueId: from['uniqueId'],
      // Restore points of a disk are a family beside its snapshots'.
      familyId: familyOf(parts, `restore-points/${keyOf(disk)}`),
      encryption,
      logicalSectorSize: (from['creationData'] as Json | undefined)?.['logicalSectorSize'] ?? 512,
    },
  };
  parts.volumes.copy(disk.id, point.id);
  beginCopy(parts, point.id, disk.id);
  world.store.put(point);
  return point;
}

/** `…/diskRestorePoints/{name}`: read, listed and exported; they come and go with their restore point. */
export function diskRestorePointType(parts: ComputeParts): ResourceType {
  return {
    type: DISK_RESTORE_POINT,
    view: (point) => ({ ...point, properties: { ...point.properties, ...diskPointCopy(parts, point) } }),
    actions: accessActions(parts, {
      refuse(point, access) {
        if (access === 'Write') throw notAllowed(`Disk restore point ${point.name} can be read only.`);
      },
    }),
  };
}

/** How far the copy is, as disk restore points say it. */
export function diskPointCopy(parts: ComputeParts, point: ArmResource): Json {
  const { completionPercent, snapshotAccessState, copyCompletionError } = copyFields(parts, point);
  const replicationState = copyCompletionError ? 'Failed' : completionPercent === 100 ? 'Succeeded' : 'InProgress';
  return { completionPercent, snapshotAccessState, replicationState };
}

/** The disks of a restore point. */
export function diskPointsOf({ world }: ComputeParts, restorePoint: ArmResource): ArmResource[] {
  return world.store.list({ type: DISK_RESTORE_POINT, under: restorePoint.id });
}

/** @throws ArmError 409 DiskRestorePointUsedByCustomer */
export function refuseExported(parts: ComputeParts, restorePoint: ArmResource): void {
  if (!diskPointsOf(parts, restorePoint).some((point) => parts.sas.active(point.id))) return;
  throw new ArmError(
    409,
    'DiskRestorePointUsedByCustomer',
    'There is an active shared access signature outstanding for disk restore point. Call EndGetAccess before deleting ' +
      'the restore point.',
    { details: { target: text(restorePoint, 'id') } },
  );
}

/** Removes a restore point and its disks' contents. */
export function dropRestorePoint(parts: ComputeParts, restorePoint: ArmResource): void {
  for (const point of diskPointsOf(parts, restorePoint)) dropDisk(parts, point);
  parts.world.store.delete(restorePoint.id);
}
