import { invalidParameter, notAllowed, notHere, referenceNotFound } from '../errors.ts';
import { chosen, number, object, properties, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { diskState } from './diskState.ts';
import { importImage } from '../../disks/imageFile.ts';
import { DISK, GIB, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import type { ArmResource } from '../../../arm/types.ts';

/** Bytes that `uploadSizeBytes` may have: 20 MiB to 32 TiB, and a footer. */
const UPLOAD = { least: 20_972_032, most: 35_183_298_347_520, footer: 512 };
/** What an image's OS disk has when nothing is asked. */
const IMAGE_GIB = 30;

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
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 OperationNotAllowed, 501 NotImplemented
 */
export function diskSource(parts: ComputeParts, asked: Json): DiskSource {
  const creation = object(asked, 'creationData');
  const option = text(creation, 'createOption');
  switch (option) {
    case 'Empty':
      return plain(parts, { createOption: option }, askedBytes(asked, true));
    case 'FromImage':
      return fromImage(parts, creation, askedBytes(asked, false));
    case 'Copy':
      return copy(parts, creation, asked);
    case 'Upload':
      return upload(parts, creation);
    case undefined:
      throw invalidParameter('disk.creationData', "Required parameter 'disk.creationData' is missing (null).");
    default:
      throw notHere(`disks with createOption '${option}'`);
  }
}

function askedBytes(asked: Json, needed: true): number;
function askedBytes(asked: Json, needed: boolean): number | undefined;
function askedBytes(asked: Json, needed: boolean): number | undefined {
  const gib = number(asked, 'diskSizeGB');
  if (gib === undefined && !needed) return undefined;
  if (gib === undefined || !Number.isInteger(gib) || gib < 1 || gib > 32_767) {
    throw invalidParameter(
      'disk.diskSizeGB',
      `The value '${gib ?? 'null'}' of parameter 'disk.diskSizeGB' is out of range. Value '${gib ?? 'null'}' must be between '1' and '32767' inclusive.`,
    );
  }
  return gib * GIB;
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

function copy(parts: ComputeParts, creation: Json, asked: Json): DiskSource {
  const source = copySource(parts, creation);
  const from = properties(source);
  const current = parts.volumes.size(source.id);
  const sizeBytes = askedBytes(asked, false) ?? current;
  if (sizeBytes < current) {
    throw invalidParameter('disk.diskSizeGB', 'The requested disk size is smaller than the size of the source.');
  }
  return {
    creationData: {
      createOption: 'Copy',
      sourceResourceId: source.id,
      sourceUniqueId: from['uniqueId'],
      ...chosen(creation, ['logicalSectorSize', 'performancePlus']),
    },
    sizeBytes,
    inherited: chosen(from, INHERITED),
    upload: false,
    fill: async (id) => parts.volumes.copy(source.id, id, sizeBytes),
  };
}

/** The disk or snapshot that `creationData.sourceResourceId` names, in a state that can be copied. */
export function copySource(parts: ComputeParts, creation: Json): ArmResource {
  const id = text(creation, 'sourceResourceId');
  if (!id)
    throw invalidParameter(
      'creationData.sourceResourceId',
      "Required parameter 'creationData.sourceResourceId' is missing (null).",
    );
  const source = parts.world.store.get(id);
  if (!source) throw referenceNotFound(id);
  if (source.type !== DISK && source.type !== SNAPSHOT) {
    throw invalidParameter('creationData.sourceResourceId', `${id} is neither a disk nor a snapshot.`);
  }
  if (['ReadyToUpload', 'ActiveUpload'].includes(diskState(parts, source))) {
    throw notAllowed(`Disk ${source.name} is being uploaded: it cannot be copied before EndGetAccess.`);
  }
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
