import type { ArmResource } from '../../../arm/types.ts';
import type { FoundImage } from '../catalogue/images.ts';
import { invalidParameter, missingParameter, notHere, propertyFixed } from '../errors.ts';
import { chosen, number, object, objects, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { createDisk } from '../managedDisks/disks.ts';
import { dropDisk } from '../managedDisks/diskState.ts';
import { DISK } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { attach, attachable, clings, diskIdOf } from './attachments.ts';
import type { DiskOwner } from './attachments.ts';
import { free, making, touching } from './unfinished.ts';

/** The machine that a storage profile is for. `image`: what its OS disk is made from; undefined: an attached one. */
export interface ProfileOwner extends DiskOwner {
  trustedLaunch: boolean;
  image: FoundImage | undefined;
  /** It is running or stopped: its OS disk stays where it is. */
  allocated: boolean;
}

/**
 * Makes and attaches the disks that `storageProfile` asks for. To be called within `settled`, which lets go of those that
 * it no longer names. Returns the profile as Azure keeps it.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 ConflictingUserInput, OperationNotAllowed
 */
export async function applyStorageProfile(
  parts: ComputeParts,
  owner: ProfileOwner,
  asked: Json,
  before: Json | undefined,
): Promise<Json> {
  const osBefore = before && object(before, 'osDisk');
  const osAsked = 'osDisk' in asked || !osBefore ? object(asked, 'osDisk') : osBefore;
  const dataBefore = objects(before, 'dataDisks');
  const dataAsked =
    'dataDisks' in asked ? objects(asked, 'dataDisks').filter((d) => d['toBeDetached'] !== true) : dataBefore;
  checkLuns(dataAsked);
  // Everything that exists already is looked at before anything is made.
  for (const disk of [osAsked, ...dataAsked]) {
    if (text(disk, 'createOption') === 'Attach') attachable(parts, owner, diskIdOf(disk));
  }
  const osDisk = await osDiskOf(parts, owner, osAsked, osBefore);
  const dataDisks: Json[] = [];
  for (const disk of dataAsked) dataDisks.push(await dataDiskOf(parts, owner, disk, dataBefore));
  const kept = [osDisk, ...dataDisks].map((d) => diskIdOf(d));
  const left = [...(osBefore ? [osBefore] : []), ...dataBefore].filter(
    (old) => !kept.some((id) => sameId(id, diskIdOf(old))),
  );
  const clinging = left.filter((old) => 'lun' in old && clings(parts, owner.id, old));
  for (const old of left) touching(parts, owner.id, diskIdOf(old) ?? '');
  return {
    ...(owner.image
      ? { imageReference: imageReference(owner.image, object(asked, 'imageReference')) }
      : chosen(before, ['imageReference'])),
    osDisk,
    dataDisks: [...dataDisks, ...clinging.map((old) => ({ ...old, toBeDetached: true }))],
    ...chosen(before, ['diskControllerType']),
    ...chosen(asked, ['diskControllerType']),
  };
}

/** What happens to the disks of a machine that is deleted: `deleteOption` says. */
export function releaseStorageProfile(parts: ComputeParts, ownerId: string, profile: Json): void {
  for (const disk of [object(profile, 'osDisk'), ...objects(profile, 'dataDisks')]) {
    const id = diskIdOf(disk) ?? '';
    if (!parts.world.store.get(id)) continue;
    free(parts, ownerId, id);
    if (text(disk, 'deleteOption') === 'Delete') dropDisk(parts, parts.world.store.require(id));
  }
}

/** A kept storage profile with what its disks are now: they may have grown or changed their SKU. */
export function currentStorageProfile(parts: ComputeParts, profile: Json): Json {
  const now = (disk: Json) => {
    const resource = parts.world.store.get(diskIdOf(disk) ?? '');
    if (!resource) return disk;
    const encryptionSet = text(object(resource.properties, 'encryption'), 'diskEncryptionSetId');
    return {
      ...disk,
      diskSizeGB: properties(resource)['diskSizeGB'],
      managedDisk: {
        ...object(disk, 'managedDisk'),
        storageAccountType: text(resource['sku'], 'name'),
        ...(encryptionSet && { diskEncryptionSet: { id: encryptionSet } }),
      },
    };
  };
  return { ...profile, osDisk: now(object(profile, 'osDisk')), dataDisks: objects(profile, 'dataDisks').map(now) };
}

function checkLuns(dataDisks: Json[]): void {
  const luns = dataDisks.map((disk) => number(disk, 'lun'));
  const wrong = luns.some((lun) => lun === undefined || lun < 0 || lun > 63);
  if (!wrong && new Set(luns).size === luns.length) return;
  throw invalidParameter('dataDisk.lun', 'A data disk needs a lun from 0 to 63, and each lun can be used once.');
}

function imageReference({ publisher, offer, sku, exactVersion }: FoundImage, asked: Json): Json {
  return { publisher, offer, sku, version: text(asked, 'version') ?? 'latest', exactVersion };
}

async function osDiskOf(
  parts: ComputeParts,
  owner: ProfileOwner,
  asked: Json,
  before: Json | undefined,
): Promise<Json> {
  const attachedId = diskIdOf(asked);
  if (before && (!attachedId || sameId(attachedId, diskIdOf(before)))) {
    if (asked['name'] != null && asked['name'] !== before['name']) throw propertyFixed('osDisk.name');
    return { ...before, ...chosen(asked, ['caching', 'deleteOption', 'writeAcceleratorEnabled']) };
  }
  if (before && owner.allocated) throw propertyFixed('osDisk.managedDisk.id');
  if (asked['vhd'] != null) throw notHere('unmanaged disks');
  const option = text(asked, 'createOption');
  if (before || option === 'Attach') {
    return attached(parts, owner, asked, { osType: text(asked, 'osType') ?? 'Linux' });
  }
  const { image } = owner;
  if (option !== 'FromImage') {
    throw invalidParameter('osDisk.createOption', `Cannot make an OS disk with createOption '${option ?? 'null'}'.`);
  }
  if (!image) throw missingParameter('imageReference');
  const osType = text(asked, 'osType') ?? image.os;
  const name = text(asked, 'name') ?? `${owner.name}_OsDisk_1_${parts.world.guid().replaceAll('-', '')}`;
  const disk = await create(parts, owner, name, asked, {
    creationData: { createOption: 'FromImage', imageReference: { id: imageId(owner, image) } },
    diskSizeGB: asked['diskSizeGB'] ?? image.sizeGB,
    osType,
    hyperVGeneration: image.generation,
    supportedCapabilities: { acceleratedNetwork: true, architecture: 'x64', diskControllerTypes: 'SCSI, NVMe' },
    ...(owner.trustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }),
  });
  return entry(disk, { deleteOption: 'Detach', ...asked, osType, createOption: option });
}

async function dataDiskOf(parts: ComputeParts, owner: ProfileOwner, asked: Json, before: Json[]): Promise<Json> {
  const old = before.find((d) => d['lun'] === asked['lun']);
  const wantedId = diskIdOf(asked);
  if (old && (!wantedId || sameId(wantedId, diskIdOf(old)))) {
    return { ...old, ...chosen(asked, ['caching', 'deleteOption', 'writeAcceleratorEnabled']) };
  }
  const option = text(asked, 'createOption');
  const lun = { lun: asked['lun'], toBeDetached: false };
  if (option === 'Attach') return attached(parts, owner, asked, lun);
  const source = text(object(asked, 'sourceResource'), 'id');
  const sourced = source && ['Copy', 'Restore'].includes(option ?? '');
  if (option !== 'Empty' && !sourced) {
    throw invalidParameter('dataDisk.createOption', `Cannot make a data disk with createOption '${option ?? 'null'}'.`);
  }
  const name =
    text(asked, 'name') ?? `${owner.name}_DataDisk_${String(asked['lun'])}_${parts.world.guid().replaceAll('-', '')}`;
  const disk = await create(parts, owner, name, asked, {
    creationData: sourced ? { createOption: option, sourceResourceId: source } : { createOption: 'Empty' },
    diskSizeGB: asked['diskSizeGB'],
  });
  return entry(disk, { deleteOption: 'Detach', ...asked, ...lun, createOption: option });
}

/** Makes a disk of the machine's own. */
async function create(
  parts: ComputeParts,
  owner: ProfileOwner,
  name: string,
  asked: Json,
  wanted: Json,
): Promise<ArmResource> {
  const managed = object(asked, 'managedDisk');
  const encryptionSet = text(object(managed, 'diskEncryptionSet'), 'id');
  const id = owner.id.replace(/virtualMachines\/[^/]+$/i, `disks/${name}`);
  const { location, zones } = owner;
  const resource = { id, name, type: DISK, location, managedBy: owner.id, ...(zones && { zones }) };
  making(parts, owner.id, id);
  const wish = {
    resource,
    sku: { name: text(managed, 'storageAccountType') ?? 'Premium_LRS' },
    properties: {
      ...wanted,
      ...(encryptionSet && {
        encryption: { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: encryptionSet },
      }),
    },
  };
  const disk = await parts.inOrder(id, () => createDisk(parts, wish));
  attach(parts, owner, disk);
  return disk;
}

function attached(parts: ComputeParts, owner: ProfileOwner, asked: Json, more: Json): Json {
  const disk = attachable(parts, owner, diskIdOf(asked));
  touching(parts, owner.id, disk.id);
  attach(parts, owner, disk);
  return entry(disk, { deleteOption: 'Detach', ...asked, ...more, createOption: 'Attach' });
}

/** The disk as the machine's profile names it; size and SKU are looked up when it is shown. */
function entry(disk: ArmResource, asked: Json): Json {
  return {
    ...chosen(asked, [
      'lun',
      'osType',
      'createOption',
      'deleteOption',
      'toBeDetached',
      'writeAcceleratorEnabled',
      'diffDiskSettings',
    ]),
    name: disk.name,
    caching: text(asked, 'caching') ?? ('lun' in asked ? 'None' : 'ReadWrite'),
    managedDisk: { id: disk.id },
  };
}

function imageId(owner: ProfileOwner, { publisher, offer, sku, exactVersion }: FoundImage): string {
  return (
    `/Subscriptions/${owner.id.split('/')[2]}/Providers/Microsoft.Compute/Locations/${owner.location}` +
    `/Publishers/${publisher}/ArtifactTypes/VMImage/Offers/${offer}/Skus/${sku}/Versions/${exactVersion}`
  );
}
