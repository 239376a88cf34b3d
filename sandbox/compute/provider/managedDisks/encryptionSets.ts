import { assignIdentity } from '../../../arm/providers/managedIdentity/assigned.ts';
import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { checkName, invalidParameter, missingParameter, notAllowed, notOneOf } from '../errors.ts';
import { chosen, object, objects, properties, sameId, text } from '../fields.ts';
import type { Json } from '../fields.ts';
import { DISK, DISK_ENCRYPTION_SET, DISK_RESTORE_POINT, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';
import { encryptionSetOf } from './encryption.ts';

const TYPES = [
  'EncryptionAtRestWithCustomerKey',
  'EncryptionAtRestWithPlatformAndCustomerKeys',
  'ConfidentialVmEncryptedWithCustomerKey',
];
const KEY_URL = /^https:\/\/[a-z0-9-]+\.(vault|managedhsm)\.azure\.net\/keys\/[\w-]+(\/[0-9a-f]+)?$/i;

/** Disk encryption sets: which key of a vault disks are encrypted with. Here the key is kept and shown, never used. */
export function diskEncryptionSetType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;

  const write = (call: ArmCall, existing: ArmResource | undefined, base: ArmResource): ArmReply => {
    const body = bodyOf(call);
    const asked: Json = body.properties ?? {};
    const had = properties(existing);
    const encryptionType = text(asked, 'encryptionType') ?? text(had, 'encryptionType') ?? TYPES[0]!;
    if (!TYPES.includes(encryptionType)) throw notOneOf('encryptionType', encryptionType, TYPES);
    const rotates = asked['rotationToLatestKeyVersionEnabled'] ?? had['rotationToLatestKeyVersionEnabled'] ?? false;
    const before = object(had, 'activeKey');
    const activeKey = asked['activeKey'] == null ? before : checkedKey(object(asked, 'activeKey'), rotates === true);
    if (!text(activeKey, 'keyUrl')) throw missingParameter('activeKey.keyUrl');
    const rotated = existing && !sameId(text(before, 'keyUrl'), text(activeKey, 'keyUrl'));
    const identity =
      'identity' in body || !existing ? assignIdentity(parts.world, body['identity'], existing) : existing['identity'];
    store.put({
      ...base,
      identity: identity ?? undefined,
      properties: {
        ...chosen(had, ['federatedClientId']),
        ...chosen(asked, ['federatedClientId']),
        encryptionType,
        activeKey,
        previousKeys: rotated ? [...objects(had, 'previousKeys'), before] : objects(had, 'previousKeys'),
        rotationToLatestKeyVersionEnabled: rotates,
        ...(rotated
          ? { lastKeyRotationTimestamp: parts.world.clock.iso() }
          : had['lastKeyRotationTimestamp'] != null && { lastKeyRotationTimestamp: had['lastKeyRotationTimestamp'] }),
        provisioningState: 'Succeeded',
      },
    });
    return accepted();
  };

  return {
    type: DISK_ENCRYPTION_SET,
    put(call, existing) {
      checkName('diskEncryptionSet', call.path.name);
      return write(call, existing, tracked(call, existing));
    },
    patch(call, existing) {
      const { tags } = bodyOf(call);
      return write(call, existing, { ...existing, ...(tags && { tags }) });
    },
    delete(_call, existing) {
      const [user] = associated(parts, existing);
      if (user) {
        throw notAllowed(
          `Disk encryption set ${existing.name} cannot be deleted: it is associated with ${user.id}. ` +
            'Remove the associated resources, or move them to another disk encryption set.',
        );
      }
      store.delete(existing.id);
      return accepted();
    },
  };
}

/** GET …/associatedResources: ids of what is encrypted with the set. */
export function associatedResources(parts: ComputeParts, set: ArmResource): ArmReply {
  return { status: 200, body: { value: associated(parts, set).map(({ id }) => id) } };
}

function associated({ world }: ComputeParts, set: ArmResource): ArmResource[] {
  return [DISK, SNAPSHOT, DISK_RESTORE_POINT]
    .flatMap((type) => world.store.list({ type }))
    .filter((resource) => sameId(encryptionSetOf(resource.properties), set.id));
}

/** @throws ArmError 400 InvalidParameter */
function checkedKey(key: Json, rotates: boolean): Json {
  const url = text(key, 'keyUrl') ?? '';
  const match = KEY_URL.exec(url);
  if (match && (match[2] || rotates)) return key;
  throw invalidParameter(
    'activeKey.keyUrl',
    `The value '${url}' of parameter 'activeKey.keyUrl' is invalid: it is the URL of a version of a Key Vault key, or of a ` +
      'key without version when rotationToLatestKeyVersionEnabled is true.',
  );
}
