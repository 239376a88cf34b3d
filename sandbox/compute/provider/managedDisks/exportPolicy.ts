import { ArmError } from '../../../arm/types.ts';
import { invalidParameter, referenceNotFound } from '../errors.ts';
import { text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';

/**
 * How disks and snapshots may be exported: `networkAccessPolicy` (AllowAll unless said), `publicNetworkAccess` (Enabled
 * unless said), `diskAccessId` (required with AllowPrivate, and only there), `dataAccessAuthMode`.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 ConflictingUserInput
 */
export function exportPolicy(parts: ComputeParts, location: string, asked: Json, before: Json): Json {
  const policy = text(asked, 'networkAccessPolicy') ?? text(before, 'networkAccessPolicy') ?? 'AllowAll';
  const cleared = 'diskAccessId' in asked && !asked['diskAccessId'];
  const diskAccessId = cleared ? undefined : (text(asked, 'diskAccessId') ?? text(before, 'diskAccessId'));
  if (!['AllowAll', 'AllowPrivate', 'DenyAll'].includes(policy)) {
    throw invalidParameter('networkAccessPolicy', `The value '${policy}' of networkAccessPolicy is not valid.`);
  }
  if (policy === 'AllowPrivate' && !diskAccessId) {
    throw invalidParameter('diskAccessId', 'diskAccessId must be set when networkAccessPolicy is AllowPrivate.');
  }
  if (policy !== 'AllowPrivate' && diskAccessId) {
    throw new ArmError(
      409,
      'ConflictingUserInput',
      `diskAccessId must not be set when networkAccessPolicy is ${policy}.`,
    );
  }
  if (diskAccessId) {
    const access = parts.world.store.get(diskAccessId);
    if (!access) throw referenceNotFound(diskAccessId);
    if (access.location !== location) {
      throw invalidParameter('diskAccessId', `Disk access ${access.id} is not in ${location}.`);
    }
  }
  return {
    networkAccessPolicy: policy,
    ...(diskAccessId && { diskAccessId }),
    publicNetworkAccess: text(asked, 'publicNetworkAccess') ?? text(before, 'publicNetworkAccess') ?? 'Enabled',
    dataAccessAuthMode: text(asked, 'dataAccessAuthMode') ?? text(before, 'dataAccessAuthMode') ?? 'None',
  };
}
