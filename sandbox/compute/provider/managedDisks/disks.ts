import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { diskSku, isProvisioned, performance } from '../catalogue/diskSkus.ts';
import { checkName, checkZones, conflictingInput, notAllowed, zonesFixed } from '../errors.ts';
import { chosen, number, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK, GIB } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { accessActions } from './access.ts';
import { checkDiskUpdate, checkKind, refusePrivateUpload, resized } from './diskChecks.ts';
import { diskSource } from './diskSource.ts';
import { diskState, dropDisk, ownersOf, refuseActiveSas, withDiskState } from './diskState.ts';
import { encryptionOf } from './encryption.ts';
import { exportPolicy } from './exportPolicy.ts';

/** What a request may say of a disk beside its source, size, encryption, performance and export policy. */
const OPTIONAL = [
  'osType',
  'hyperVGeneration',
  'purchasePlan',
  'supportedCapabilities',
  'securityProfile',
  'encryptionSettingsCollection',
  'diskIOPSReadOnly',
  'diskMBpsReadOnly',
  'maxShares',
  'burstingEnabled',
  'supportsHibernation',
  'optimizedForFrequentAttach',
  'availabilityPolicy',
] as const;

/** What a disk is made from: a request to Microsoft.Compute/disks, or a machine's wish for one. */
export interface DiskWish {
  resource: ArmResource;
  sku: unknown;
  properties: Json;
}

/** Makes a disk and its contents and puts it into the store. @throws ArmError */
export async function createDisk(parts: ComputeParts, { resource, ...wish }: DiskWish): Promise<ArmResource> {
  const { world } = parts;
  const location = resource.location ?? '';
  checkName('disk', resource.name);
  checkZones(resource.id, location, resource['zones']);
  if (world.store.get(resource.id)) {
    const [, , , , group] = resource.id.split('/');
    throw conflictingInput(
      `Disk '${resource.name}' already exists in resource group '${group}'. Only CreateOption.Attach is supported.`,
    );
  }
  const sku = diskSku(wish.sku);
  const source = diskSource(parts, { asked: wish.properties, sku: sku.name, location });
  const sizeGB = Math.ceil(source.sizeBytes / GIB);
  checkKind(sku.name, sizeGB, wish.properties);
  const policy = exportPolicy(parts, location, wish.properties, {});
  const encryption = encryptionOf(parts, location, wish.properties, source.inherited);
  if (source.upload) refusePrivateUpload(resource.name, { ...policy, encryption });
  try {
    await source.fill(resource.id);
  } catch (error) {
    parts.volumes.delete(resource.id);
    throw error;
  }
  if (source.upload) parts.uploads.set(resource.id.toLowerCase(), 'ready');
  const disk: ArmResource = {
    ...resource,
    sku,
    properties: {
      ...source.inherited,
      ...chosen(wish.properties, OPTIONAL),
      ...performance(sku.name, sizeGB, wish.properties),
      encryption,
      ...policy,
      creationData: source.creationData,
      diskSizeGB: sizeGB,
      diskSizeBytes: source.sizeBytes,
      timeCreated: world.clock.iso(),
      uniqueId: world.guid(),
      provisioningState: 'Succeeded',
    },
  };
  world.store.put(disk);
  return disk;
}

export function diskType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;

  const update = (call: ArmCall, disk: ArmResource, replace: boolean): ArmReply => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const zones = (disk['zones'] ?? []) as string[];
    if (body['zones'] != null && String(body['zones']) !== String(zones)) throw zonesFixed(disk.id, zones);
    const sku = body['sku'] ? diskSku(body['sku']) : diskSku(disk['sku']);
    checkDiskUpdate(parts, disk, sku.name, asked);
    const had = properties(disk);
    const sizeGB = number(asked, 'diskSizeGB') ?? number(had, 'diskSizeGB') ?? 0;
    checkKind(sku.name, sizeGB, asked);
    const location = disk.location ?? '';
    // A PUT that names no disk access has none.
    const policy = exportPolicy(parts, location, asked, replace ? { ...had, diskAccessId: undefined } : had);
    const encryption = encryptionOf(parts, location, asked, had);
    const grown = resized(parts, disk, sku.name, asked);
    const { diskAccessId: _access, tier, ...kept } = had;
    // A tier above the size's own stays; the size's own grows with it.
    const keepsTier = sku.name === text(disk['sku'], 'name') && Object.keys(grown).length === 0;
    store.put({
      ...disk,
      ...(replace ? { tags: undefined, ...tracked(call, disk) } : body.tags && { tags: body.tags }),
      sku,
      properties: {
        ...kept,
        ...chosen(asked, OPTIONAL),
        ...performance(sku.name, sizeGB, { ...(keepsTier && { tier }), ...provisioned(sku.name, had), ...asked }),
        encryption,
        ...policy,
        ...grown,
      },
    });
    return accepted();
  };

  return {
    type: DISK,
    async put(call) {
      await parts.inOrder(call.path.id, async () => {
        const existing = store.get(call.path.id);
        if (existing) return void update(call, existing, true);
        const body = bodyOf(call);
        const resource = { ...tracked(call, undefined), ...chosen(body, ['zones', 'extendedLocation']) };
        await createDisk(parts, { resource, sku: body['sku'], properties: body.properties ?? {} });
      });
      return accepted();
    },
    patch: (call, existing) => update(call, existing, false),
    delete(_call, disk) {
      const owners = ownersOf(disk);
      if (owners.length > 0) throw notAllowed(`Disk ${disk.name} is attached to VM ${owners.join(', ')}.`);
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
        if (uploading) refusePrivateUpload(disk.name, properties(disk));
        if (state === 'Attached') {
          throw notAllowed(
            `Cannot grant access to disk ${disk.name}: it is attached to running VM ${ownersOf(disk).join(', ')}.`,
          );
        }
      },
    }),
  };
}

/** IOPS and MB/s that were set stay what they are. */
function provisioned(sku: string, had: Json): Json {
  return isProvisioned(sku) ? chosen(had, ['diskIOPSReadWrite', 'diskMBpsReadWrite']) : {};
}
