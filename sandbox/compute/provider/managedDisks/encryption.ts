import type { ArmResource } from '../../../arm/types.ts';
import { invalidParameter, notAllowed, notOneOf, referenceNotFound } from '../errors.ts';
import { object, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK_ENCRYPTION_SET } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';

const PLATFORM = 'EncryptionAtRestWithPlatformKey';
const TYPES = [PLATFORM, 'EncryptionAtRestWithCustomerKey', 'EncryptionAtRestWithPlatformAndCustomerKeys'];

/** What a disk, snapshot or restore point is encrypted with. */
export function encryptionSetOf(from: Json | undefined): string | undefined {
  return text(object(from, 'encryption'), 'diskEncryptionSetId');
}

/**
 * `encryption` of a disk or snapshot: what is asked, else what was there or what the source has, else the platform's key.
 * A disk encryption set must exist in the same region.
 * @throws ArmError 400 InvalidParameter, 404 NotFound
 */
export function encryptionOf(parts: ComputeParts, location: string, asked: Json, before: Json): Json {
  const wanted = object(asked, 'encryption');
  if (Object.keys(wanted).length === 0) return { type: PLATFORM, ...object(before, 'encryption') };
  const id = text(wanted, 'diskEncryptionSetId');
  const type = text(wanted, 'type') ?? (id ? 'EncryptionAtRestWithCustomerKey' : PLATFORM);
  if (!TYPES.includes(type)) throw notOneOf('encryption.type', type, TYPES);
  if (type === PLATFORM) return { type };
  if (!id) {
    throw invalidParameter(
      'encryption.diskEncryptionSetId',
      `Required parameter 'encryption.diskEncryptionSetId' is missing (null) for encryption type '${type}'.`,
    );
  }
  const set = parts.world.store.get(id);
  if (set?.type !== DISK_ENCRYPTION_SET) throw referenceNotFound(id);
  if (set.location !== location) {
    throw invalidParameter('encryption.diskEncryptionSetId', `Disk encryption set ${set.id} is not in ${location}.`);
  }
  return { type, diskEncryptionSetId: set.id };
}

/**
 * A disk and all its incremental snapshots have one disk encryption set (disk-encryption, restrictions).
 * @throws ArmError 409 OperationNotAllowed
 */
export function refuseOtherEncryptionSet(source: ArmResource, encryption: Json): void {
  const [wanted, has] = [text(encryption, 'diskEncryptionSetId'), encryptionSetOf(source.properties)];
  if (sameId(wanted, has)) return;
  throw notAllowed(
    `Incremental snapshots must use the disk encryption set of their source ${source.name}: ` +
      `${has ?? 'none'}, not ${wanted ?? 'none'}.`,
  );
}
