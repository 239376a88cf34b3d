import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { accessActions } from './access.ts';
import { diskSource } from './diskSource.ts';
import { diskState, dropDisk, refuseActiveSas, withDiskState } from './diskState.ts';
import { checkName, invalidParameter, notAllowed, propertyFixed } from '../errors.ts';
import { exportPolicy } from './exportPolicy.ts';
import { chosen, number, object, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK, GIB } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';

/** What a request may say of a disk beside its source, size and export policy. */
const OPTIONAL = [
  'osType',
  'hyperVGeneration',
  'purchasePlan',
  'supportedCapabilities',
  'securityProfile',
  'encryption',
  'encryptionSettingsCollection',
  'diskIOPSReadWrite',
  'diskMBpsReadWrite',
  'maxShares',
  'tier',
  'burstingEnabled',
  'supportsHibernation',
  'optimizedForFrequentAttach',
] as const;

/** `tier` of a disk's SKU. */
function skuOf(asked: unknown): Json {
  const name = text(asked, 'name') ?? 'Standard_LRS';
  const tier =
    { P: 'Premium', U: 'Ultra' }[name[0] ?? ''] ?? (name.startsWith('StandardSSD') ? 'StandardSSD' : 'Standard');
  return { name, tier: name.startsWith('Premium') ? 'Premium' : tier };
}

/** What a disk is made from: a request to Microsoft.Compute/disks, or a machine's wish for one. */
export interface DiskWish {
  resource: ArmResource;
  sku: unknown;
  properties: Json;
}

/** Makes a disk and its contents and puts it into the store. @throws ArmError */
export async function createDisk(parts: ComputeParts, wish: DiskWish): Promise<ArmResource> {
  const { world } = parts;
  const { resource } = wish;
  checkName('disk', resource.name);
  const source = diskSource(parts, wish.properties);
  const policy = exportPolicy(parts, resource.location ?? '', wish.properties, {});
  await source.fill(resource.id);
  if (source.upload) parts.uploads.set(resource.id.toLowerCase(), 'ready');
  const disk: ArmResource = {
    ...resource,
    sku: skuOf(wish.sku),
    properties: {
      ...source.inherited,
      ...chosen(wish.properties, OPTIONAL),
      encryption: encryptionOf(wish.properties, source.inherited),
      ...policy,
      creationData: source.creationData,
      diskSizeGB: Math.ceil(source.sizeBytes / GIB),
      diskSizeBytes: source.sizeBytes,
      timeCreated: world.clock.iso(),
      uniqueId: world.guid(),
      provisioningState: 'Succeeded',
    },
  };
  world.store.put(disk);
  return disk;
}

export function encryptionOf(asked: Json, before: Json): Json {
  const wanted = object(asked, 'encryption');
  const found = Object.keys(wanted).length > 0 ? wanted : object(before, 'encryption');
  return { type: 'EncryptionAtRestWithPlatformKey', ...found };
}

/** @throws ArmError 400 InvalidParameter, 409 OperationNotAllowed */
function resize(parts: ComputeParts, disk: ArmResource, asked: Json): Json {
  const gib = number(asked, 'diskSizeGB');
  const current = number(disk.properties, 'diskSizeGB') ?? 0;
  if (gib === undefined || gib === current) return {};
  if (gib < current) {
    throw invalidParameter(
      'disk.diskSizeGB',
      `Managed disk '${disk.name}' cannot be reduced from ${current} GB to ${gib} GB.`,
    );
  }
  refuseActiveSas(parts, disk);
  parts.volumes.grow(disk.id, gib * GIB);
  return { diskSizeGB: gib, diskSizeBytes: gib * GIB };
}

export function diskType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;

  const update = (call: ArmCall, disk: ArmResource, replace: boolean): ArmReply => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const wanted = object(asked, 'creationData');
    const made = object(disk.properties, 'creationData');
    for (const name of ['createOption', 'sourceResourceId'] as const) {
      if (wanted[name] != null && !sameId(text(wanted, name), text(made, name)))
        throw propertyFixed(`creationData.${name}`);
    }
    const policy = exportPolicy(parts, disk.location ?? '', asked, properties(disk));
    const { diskAccessId: _old, ...kept } = properties(disk);
    store.put({
      ...disk,
      ...(replace ? { tags: undefined, ...tracked(call, disk) } : body.tags && { tags: body.tags }),
      ...(body['sku'] ? { sku: skuOf(body['sku']) } : {}),
      properties: { ...kept, ...chosen(asked, OPTIONAL), ...policy, ...resize(parts, disk, asked) },
    });
    return accepted();
  };

  return {
    type: DISK,
    async put(call, existing) {
      if (existing) return update(call, existing, true);
      const body = bodyOf(call);
      const { zones } = body as { zones?: string[] };
      const resource = { ...tracked(call, undefined), ...(zones && { zones }) };
      await createDisk(parts, { resource, sku: body['sku'], properties: body.properties ?? {} });
      return accepted();
    },
    patch: (call, existing) => update(call, existing, false),
    delete(_call, disk) {
      if (text(disk, 'managedBy')) {
        throw notAllowed(`Disk ${disk.name} is attached to VM ${text(disk, 'managedBy')}.`);
      }
      refuseActiveSas(parts, disk);
      dropDisk(parts, disk);
      return accepted();
    },
    view: (disk) => withDiskState(parts, disk),
    actions: accessActions(parts, {
      refuse(disk, access) {
        const state = diskState(parts, disk);
        const uploading = state === 'ReadyToUpload' || state === 'ActiveUpload';
        if (access === 'Write' && !uploading) {
          throw notAllowed(
            `Disk ${disk.name} was not created with createOption 'Upload': write access cannot be given.`,
          );
        }
        if (access === 'Read' && uploading)
          throw notAllowed(`Disk ${disk.name} is in state ${state}: it has nothing to read.`);
        if (state === 'Attached') {
          throw notAllowed(
            `Cannot grant access to disk ${disk.name}: it is attached to running VM ${text(disk, 'managedBy')}.`,
          );
        }
      },
    }),
  };
}
