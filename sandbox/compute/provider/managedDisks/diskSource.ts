import { invalidParameter, missingParameter, notAllowed, notHere, referenceNotFound } from '../errors.ts';
import { chosen, number, object, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { importImage } from '../../disks/imageFile.ts';
import { isProvisioned } from '../catalogue/diskSkus.ts';
import { DISK, DISK_RESTORE_POINT, GIB, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import type { ArmResource } from '../../../arm/types.ts';
import { refuseUnfinishedCopy } from '../snapshots/backgroundCopies.ts';
import { diskState } from './diskState.ts';

/** Bytes that `uploadSizeBytes` may have: 20 MiB to 32 TiB, and a footer. */
const UPLOAD = { least: 20_972_032, most: 35_183_298_347_520, footer: 512 };
/** What an image's OS disk has when nothing is asked. */
const IMAGE_GIB = 30;

/** What a disk is wanted as. */
export interface DiskRequest {
  /** `properties` of the request. */
  asked: Json;
  sku: string;
  location: string;
}

/** What a disk begins with. `fill` makes its contents. */
export interface DiskSource {
  creationData: Json;
  sizeBytes: number;
  /** Taken over from the source: OS type, generation, security and so on. */
  inherited: Json;
  upload: boolean;
  fill(id: string): Promise<void>;
}

/** Properties of a disk that its snapshots have, and a snapshot's copies. */
export const INHERITED = [
  'osType',
  'hyperVGeneration',
  'purchasePlan',
  'supportedCapabilities',
  'securityProfile',
  'encryptionSettingsCollection',
  'encryption',
] as const;

/**
 * Reads `creationData` and what goes with it.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 OperationNotAllowed, 501 SandboxNotSupported
 */
export function diskSource(parts: ComputeParts, request: DiskRequest): DiskSource {
  const creation = object(request.asked, 'creationData');
  const option = text(creation, 'createOption');
  switch (option) {
    case 'Empty':
      return plain(
        parts,
        chosen(creation, ['createOption', 'logicalSectorSize', 'performancePlus']),
        askedBytes(request, true),
      );
    case 'FromImage':
      return fromImage(parts, creation, askedBytes(request, false));
    case 'Copy':
      return copy(parts, creation, request, [DISK, SNAPSHOT]);
    case 'Restore':
      return copy(parts, creation, request, [DISK_RESTORE_POINT]);
    case 'Upload':
      return upload(parts, creation);
    case undefined:
      throw missingParameter(`disk.creationData${request.asked['creationData'] == null ? '' : '.createOption'}`);
    default:
      throw notHere(`disks with createOption '${option}'`);
  }
}

/** The size that a request gives, in bytes. @throws ArmError 400 InvalidParameter */
function askedBytes(request: DiskRequest, needed: true): number;
function askedBytes(request: DiskRequest, needed: boolean): number | undefined;
function askedBytes({ asked, sku }: DiskRequest, needed: boolean): number | undefined {
  const gib = number(asked, 'diskSizeGB');
  if (gib === undefined && !needed) return undefined;
  checkSizeGB(gib, sku);
  return gib! * GIB;
}

/** @throws ArmError 400 InvalidParameter */
export function checkSizeGB(gib: number | undefined, sku: string): void {
  const most = isProvisioned(sku) ? 65_536 : 32_767;
  if (gib !== undefined && Number.isInteger(gib) && gib >= 1 && gib <= most) return;
  throw invalidParameter(
    'disk.diskSizeGB',
    `The value '${gib ?? 'null'}' of parameter 'disk.diskSizeGB' is out of range. Value '${gib ?? 'null'}' must be between '1' and '${most}' inclusive.`,
  );
}

function plain(parts: ComputeParts, creationData: Json, sizeBytes: number): DiskSource {
  return {
    creationData,
    sizeBytes,
    inherited: {},
    upload: false,
    fill: async (id) => parts.volumes.create(id, sizeBytes),
  };
}

function fromImage(parts: ComputeParts, creation: Json, asked: number | undefined): DiskSource {
  const sizeBytes = asked ?? IMAGE_GIB * GIB;
  const source = plain(parts, chosen(creation, ['createOption', 'imageReference', 'galleryImageReference']), sizeBytes);
  return {
    ...source,
    fill: async (id) => {
      parts.volumes.create(id, sizeBytes);
      if (!parts.imageDisk) return;
      const { diskSizeBytes } = await importImage(parts.volumes, id, parts.imageDisk);
      if (diskSizeBytes > sizeBytes) {
        throw invalidParameter('osDisk.diskSizeGB', 'The specified disk size is smaller than the size of the image.');
      }
      parts.volumes.grow(id, sizeBytes);
    },
  };
}

function copy(parts: ComputeParts, creation: Json, request: DiskRequest, types: string[]): DiskSource {
  const source = copySource(parts, creation, types);
  const from = properties(source);
  const location = source.location ?? text(from, 'sourceResourceLocation');
  if (location !== request.location) {
    throw invalidParameter(
      'creationData.sourceResourceId',
      `The source ${source.name} is in ${location}, the disk in ${request.location}: copy a snapshot there with ` +
        "createOption 'CopyStart' first.",
    );
  }
  const current = parts.volumes.size(source.id);
  const sizeBytes = askedBytes(request, false) ?? current;
  if (sizeBytes < current) {
    throw invalidParameter('disk.diskSizeGB', 'The requested disk size is smaller than the size of the source.');
  }
  return {
    creationData: {
      createOption: creation['createOption'],
      sourceResourceId: source.id,
      sourceUniqueId: from['uniqueId'] ?? from['sourceUniqueId'],
      ...chosen(creation, ['logicalSectorSize', 'performancePlus']),
    },
    sizeBytes,
    inherited: chosen(from, INHERITED),
    upload: false,
    fill: async (id) => parts.volumes.copy(source.id, id, sizeBytes),
  };
}

/**
 * What `creationData.sourceResourceId` names, in a state that can be copied.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 OperationNotAllowed
 */
export function copySource(parts: ComputeParts, creation: Json, types: string[]): ArmResource {
  const id = text(creation, 'sourceResourceId');
  if (!id) throw missingParameter('creationData.sourceResourceId');
  const source = parts.world.store.get(id);
  if (!source) throw referenceNotFound(id);
  if (!types.includes(source.type)) {
    const wanted = types.map((type) => type.split('/').at(-1)).join(', ');
    throw invalidParameter(
      'creationData.sourceResourceId',
      `${id} is no source for createOption '${text(creation, 'createOption')}': that takes ${wanted}.`,
    );
  }
  if (['ReadyToUpload', 'ActiveUpload'].includes(diskState(parts, source))) {
    throw notAllowed(`Disk ${source.name} is being uploaded: it cannot be copied before EndGetAccess.`);
  }
  refuseUnfinishedCopy(parts, source);
  return source;
}

function upload(parts: ComputeParts, creation: Json): DiskSource {
  const bytes = number(creation, 'uploadSizeBytes');
  if (bytes === undefined || !(bytes >= UPLOAD.least && bytes <= UPLOAD.most)) {
    throw invalidParameter(
      'disk.creationData.uploadSizeBytes',
      `The value '${bytes ?? 'null'}' of parameter 'disk.creationData.uploadSizeBytes' is out of range. ` +
        `The value must be between '${UPLOAD.least}' and '${UPLOAD.most}', inclusive.`,
    );
  }
  const sizeBytes = bytes - UPLOAD.footer;
  if (sizeBytes % 512 !== 0) {
    throw invalidParameter('disk.creationData.uploadSizeBytes', 'uploadSizeBytes must be a multiple of 512.');
  }
  const creationData = chosen(creation, ['createOption', 'uploadSizeBytes', 'logicalSectorSize']);
  return {
    creationData,
    sizeBytes,
    inherited: {},
    upload: true,
    fill: async (id) => {
      parts.volumes.create(id, sizeBytes);
      parts.blobs.beginUpload(id);
    },
  };
}
