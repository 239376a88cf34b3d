import { ArmError } from '../../../arm/types.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { createDisk } from '../managedDisks/disks.ts';
import { dropDisk, refuseActiveSas } from '../managedDisks/diskState.ts';
import { invalidParameter, referenceNotFound } from '../errors.ts';
import { chosen, number, object, objects, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';

/** What `latest` is for every marketplace image: there is no catalogue of images here. */
const NEWEST_IMAGE = '1.0.20261101';

/** The machine that disks are made for. */
export interface DiskOwner {
  id: string;
  name: string;
  location: string;
  zones: string[] | undefined;
  trustedLaunch: boolean;
}

/**
 * Makes and attaches the disks that `storageProfile` asks for and lets go of those it no longer names. Returns the
 * profile as Azure shows it.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 ConflictingUserInput, OperationNotAllowed
 */
export async function applyStorageProfile(
  parts: ComputeParts,
  owner: DiskOwner,
  asked: Json,
  before: Json | undefined,
): Promise<Json> {
  const imageReference = imageOf(object(asked, 'imageReference'), object(before, 'imageReference'));
  const osBefore = before && object(before, 'osDisk');
  const osAsked = 'osDisk' in asked || !osBefore ? object(asked, 'osDisk') : osBefore;
  const osDisk = await osDiskOf(parts, owner, osAsked, osBefore, imageReference);
  const dataBefore = objects(before, 'dataDisks');
  const dataAsked =
    'dataDisks' in asked ? objects(asked, 'dataDisks').filter((d) => d['toBeDetached'] !== true) : dataBefore;
  const luns = dataAsked.map((d) => number(d, 'lun'));
  if (new Set(luns).size !== luns.length || luns.includes(undefined)) {
    throw invalidParameter('dataDisk.lun', 'A data disk needs a lun, and each lun can be used once.');
  }
  const dataDisks: Json[] = [];
  for (const disk of dataAsked) dataDisks.push(await dataDiskOf(parts, owner, disk, dataBefore));
  const kept = [osDisk, ...dataDisks].map((d) => diskIdOf(d));
  for (const old of [...(osBefore ? [osBefore] : []), ...dataBefore]) {
    if (!kept.some((id) => sameId(id, diskIdOf(old)))) detach(parts, diskIdOf(old));
  }
  return {
    ...(Object.keys(imageReference).length > 0 && { imageReference }),
    osDisk,
    dataDisks,
    ...chosen(asked, ['diskControllerType']),
  };
}

/** What happens to the disks of a machine that is deleted: `deleteOption` says. */
export function releaseStorageProfile(parts: ComputeParts, profile: Json): void {
  for (const disk of [object(profile, 'osDisk'), ...objects(profile, 'dataDisks')]) {
    const resource = parts.world.store.get(diskIdOf(disk) ?? '');
    if (!resource) continue;
    detach(parts, resource.id);
    if (text(disk, 'deleteOption') === 'Delete') dropDisk(parts, resource);
  }
}

export function diskIdOf(disk: Json): string | undefined {
  return text(object(disk, 'managedDisk'), 'id');
}

function imageOf(asked: Json, before: Json): Json {
  const image = Object.keys(asked).length > 0 ? asked : before;
  const { version } = image;
  return version === undefined ? image : { ...image, exactVersion: version === 'latest' ? NEWEST_IMAGE : version };
}

async function osDiskOf(
  parts: ComputeParts,
  owner: DiskOwner,
  asked: Json,
  before: Json | undefined,
  image: Json,
): Promise<Json> {
  const attachedId = diskIdOf(asked);
  if (before && (!attachedId || sameId(attachedId, diskIdOf(before))))
    return { ...before, ...chosen(asked, ['caching', 'deleteOption']) };
  const option = text(asked, 'createOption');
  if (option === 'Attach') return attached(parts, owner, asked, { osType: text(asked, 'osType') ?? 'Linux' });
  if (option !== 'FromImage')
    throw invalidParameter('osDisk.createOption', `Cannot make an OS disk with createOption '${option ?? 'null'}'.`);
  if (Object.keys(image).length === 0)
    throw invalidParameter('imageReference', "Required parameter 'imageReference' is missing (null).");
  const name = text(asked, 'name') ?? `${owner.name}_OsDisk_1_${parts.world.guid().replaceAll('-', '')}`;
  const osType = text(asked, 'osType') ?? (/windows/i.test(JSON.stringify(image)) ? 'Windows' : 'Linux');
  const generation = owner.trustedLaunch || /gen2|-g2|azure-edition/i.test(text(image, 'sku') ?? '') ? 'V2' : 'V1';
  const disk = await createDisk(parts, {
    resource: resourceOf(owner, name),
    sku: { name: text(object(asked, 'managedDisk'), 'storageAccountType') ?? 'Standard_LRS' },
    properties: {
      creationData: { createOption: 'FromImage', imageReference: { id: imageId(owner, image) } },
      diskSizeGB: asked['diskSizeGB'],
      osType,
      hyperVGeneration: generation,
      supportedCapabilities: { acceleratedNetwork: true, architecture: 'x64', diskControllerTypes: 'SCSI, NVMe' },
      ...(owner.trustedLaunch && { securityProfile: { securityType: 'TrustedLaunch' } }),
    },
  });
  return shown(parts, owner, disk, { deleteOption: 'Detach', ...asked, osType, createOption: option });
}

async function dataDiskOf(parts: ComputeParts, owner: DiskOwner, asked: Json, before: Json[]): Promise<Json> {
  const old = before.find((d) => d['lun'] === asked['lun']);
  const wantedId = diskIdOf(asked);
  if (old && (!wantedId || sameId(wantedId, diskIdOf(old))))
    return { ...old, ...chosen(asked, ['caching', 'deleteOption']) };
  const option = text(asked, 'createOption');
  const lun = { lun: asked['lun'], toBeDetached: false };
  if (option === 'Attach') return attached(parts, owner, asked, lun);
  const source = text(object(asked, 'sourceResource'), 'id');
  const sourced = option === 'Copy' && source ? { createOption: 'Copy', sourceResourceId: source } : undefined;
  if (option !== 'Empty' && !sourced) {
    throw invalidParameter('dataDisk.createOption', `Cannot make a data disk with createOption '${option ?? 'null'}'.`);
  }
  const name =
    text(asked, 'name') ?? `${owner.name}_DataDisk_${String(asked['lun'])}_${parts.world.guid().replaceAll('-', '')}`;
  const disk = await createDisk(parts, {
    resource: resourceOf(owner, name),
    sku: { name: text(object(asked, 'managedDisk'), 'storageAccountType') ?? 'Standard_LRS' },
    properties: { creationData: sourced ?? { createOption: 'Empty' }, diskSizeGB: asked['diskSizeGB'] },
  });
  return shown(parts, owner, disk, { deleteOption: 'Detach', ...asked, ...lun, createOption: option });
}

function attached(parts: ComputeParts, owner: DiskOwner, asked: Json, more: Json): Json {
  const id = diskIdOf(asked);
  const disk = id ? parts.world.store.get(id) : undefined;
  if (!disk) throw referenceNotFound(id ?? '');
  const current = text(disk, 'managedBy');
  if (current && !sameId(current, owner.id)) {
    throw new ArmError(
      409,
      'ConflictingUserInput',
      `Disk '${disk.name}' cannot be attached as the disk is already owned by VM '${current}'.`,
    );
  }
  refuseActiveSas(parts, disk);
  return shown(parts, owner, disk, { deleteOption: 'Detach', ...asked, ...more, createOption: 'Attach' });
}

/** Marks the disk as the machine's and shows it as the machine's profile does. */
function shown(parts: ComputeParts, owner: DiskOwner, disk: ArmResource, asked: Json): Json {
  parts.world.store.put({ ...disk, managedBy: owner.id });
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
    diskSizeGB: properties(disk)['diskSizeGB'],
    managedDisk: { storageAccountType: text(disk['sku'], 'name'), id: disk.id },
  };
}

function detach(parts: ComputeParts, id: string | undefined): void {
  const disk = id ? parts.world.store.get(id) : undefined;
  if (!disk) return;
  const { managedBy: _owner, ...free } = disk;
  parts.world.store.put(free as ArmResource);
}

function resourceOf(owner: DiskOwner, name: string): ArmResource {
  const id = owner.id.replace(/virtualMachines\/[^/]+$/, `disks/${name}`);
  return {
    id,
    name,
    type: 'Microsoft.Compute/disks',
    location: owner.location,
    ...(owner.zones && { zones: owner.zones }),
  };
}

function imageId(owner: DiskOwner, image: Json): string {
  const named = text(image, 'id');
  if (named) return named;
  const part = (name: string) => text(image, name) ?? '';
  return (
    `/Subscriptions/${owner.id.split('/')[2]}/Providers/Microsoft.Compute/Locations/${owner.location}` +
    `/Publishers/${part('publisher')}/ArtifactTypes/VMImage/Offers/${part('offer')}/Skus/${part('sku')}` +
    `/Versions/${part('exactVersion')}`
  );
}
