import { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { conflictingInput, notAllowed, referenceNotFound } from '../errors.ts';
import { number, object, objects, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { diskState, ownersOf, refuseActiveSas } from '../managedDisks/diskState.ts';
import { DISK } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';

/** The machine that disks belong to. */
export interface DiskOwner {
  id: string;
  name: string;
  location: string;
  zones: readonly string[] | undefined;
}

/** The managed disk that an entry of a storage profile names. */
export function diskIdOf(disk: Json): string | undefined {
  return text(object(disk, 'managedDisk'), 'id');
}

/**
 * A disk that a machine may have.
 * @throws ArmError 400 BadRequest, 404 NotFound, 409 ConflictingUserInput, OperationNotAllowed
 */
export function attachable(parts: ComputeParts, owner: DiskOwner, id: string | undefined): ArmResource {
  const disk = id ? parts.world.store.get(id) : undefined;
  if (disk?.type !== DISK) throw referenceNotFound(id ?? '');
  const owners = ownersOf(disk);
  if (owners.some((current) => isLeaving(parts, current, disk.id))) {
    throw new ArmError(
      409,
      'AttachDiskWhileBeingDetached',
      `Cannot attach data disk '${disk.name}' to VM '${owner.name}' because the disk is currently being detached or the ` +
        'last detach operation failed. Please wait until the disk is completely detached and then try again or ' +
        'delete/detach the disk explicitly again.',
    );
  }
  if (owners.some((current) => sameId(current, owner.id))) return disk;
  const most = number(disk.properties, 'maxShares') ?? 1;
  if (owners.length >= most) {
    throw conflictingInput(
      `Disk '${disk.name}' cannot be attached as the disk is already owned by VM '${owners.join("', '")}'.`,
    );
  }
  refuseActiveSas(parts, disk);
  const state = diskState(parts, disk);
  if (state === 'ReadyToUpload' || state === 'ActiveUpload') {
    throw notAllowed(`Disk ${disk.name} is in ${state} state: it cannot be attached before its upload has ended.`);
  }
  if (disk.location !== owner.location) {
    throw badRequest(`Disk ${disk.id} cannot be attached to the VM because it is not in location ${owner.location}.`);
  }
  const [diskZone] = (disk['zones'] ?? []) as string[];
  const [zone] = owner.zones ?? [];
  if (diskZone !== zone && !/_ZRS$/.test(text(disk['sku'], 'name') ?? '')) {
    throw badRequest(
      `Disk ${disk.name} cannot be attached to the VM because it is not in the same zone as the VM. ` +
        `VM zone: '${zone ?? ''}'. Disk zone: '${diskZone ?? ''}'.`,
    );
  }
  return disk;
}

/** Whether a machine was to let go of a disk, and has it still. */
function isLeaving({ world }: ComputeParts, machineId: string, diskId: string): boolean {
  const storage = object(world.store.get(machineId)?.properties, 'storageProfile');
  return objects(storage, 'dataDisks').some(
    (entry) => entry['toBeDetached'] === true && sameId(diskIdOf(entry), diskId),
  );
}

/** Makes the machine an owner of the disk. */
export function attach(parts: ComputeParts, owner: DiskOwner, disk: ArmResource): void {
  const others = ownersOf(disk).filter((id) => !sameId(id, owner.id));
  putOwners(parts, disk, [...others, owner.id]);
}

/** Whether a data disk cannot be detached now (fault `disk.detach`). */
export function clings({ world }: ComputeParts, machine: string, entry: Json): boolean {
  return world.faults.strike('disk.detach', { id: diskIdOf(entry), machine }) !== undefined;
}

/** The machine lets go of a disk. */
export function detach(parts: ComputeParts, ownerId: string, disk: ArmResource): void {
  putOwners(
    parts,
    disk,
    ownersOf(disk).filter((owner) => !sameId(owner, ownerId)),
  );
}

/** A shared disk lists all its owners, another only says whose it is. */
function putOwners(parts: ComputeParts, disk: ArmResource, owners: string[]): void {
  const { managedBy: _by, managedByExtended: _all, ...rest } = disk;
  const { shareInfo: _shares, LastOwnershipUpdateTime: _time, ...kept } = properties(disk);
  const shared = (number(disk.properties, 'maxShares') ?? 1) > 1;
  parts.world.store.put({
    ...(rest as ArmResource),
    ...(owners.length > 0 && { managedBy: owners[0] }),
    ...(shared && owners.length > 0 && { managedByExtended: owners }),
    properties: {
      ...kept,
      ...(shared && owners.length > 0 && { shareInfo: owners.map((vmUri) => ({ vmUri })) }),
      LastOwnershipUpdateTime: parts.world.clock.iso(),
    },
  });
}

function badRequest(message: string): ArmError {
  return new ArmError(400, 'BadRequest', message);
}
