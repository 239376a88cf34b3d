import { checkedAccess } from './diskAccesses.ts';
import { conflictingInput, invalidParameter, notOneOf } from '../errors.ts';
import { text } from '../fields.ts';
import type { Json } from '../fields.ts';
import type { ComputeParts } from '../parts.ts';

const POLICIES = ['AllowAll', 'AllowPrivate', 'DenyAll'];
const PUBLIC = ['Enabled', 'Disabled'];
const AUTH_MODES = ['None', 'AzureActiveDirectory'];

/**
 * How disks and snapshots may be exported: `networkAccessPolicy` (AllowAll unless said), `publicNetworkAccess` (Enabled
 * unless said), `diskAccessId` (required with AllowPrivate, and only there), `dataAccessAuthMode`.
 * @throws ArmError 400 InvalidParameter, 404 NotFound, 409 ConflictingUserInput
 */
export function exportPolicy(parts: ComputeParts, location: string, asked: Json, before: Json): Json {
  const policy = oneOf('networkAccessPolicy', POLICIES, asked, before);
  const cleared = 'diskAccessId' in asked && !asked['diskAccessId'];
  const diskAccessId = cleared ? undefined : (text(asked, 'diskAccessId') ?? text(before, 'diskAccessId'));
  if (policy === 'AllowPrivate' && !diskAccessId) {
    throw invalidParameter('diskAccessId', 'diskAccessId must be set when networkAccessPolicy is AllowPrivate.');
  }
  if (policy !== 'AllowPrivate' && diskAccessId) {
    throw conflictingInput(`diskAccessId must not be set when networkAccessPolicy is ${policy}.`);
  }
  return {
    networkAccessPolicy: policy,
    ...(diskAccessId && { diskAccessId: checkedAccess(parts, diskAccessId, location) }),
    publicNetworkAccess: oneOf('publicNetworkAccess', PUBLIC, asked, before),
    dataAccessAuthMode: oneOf('dataAccessAuthMode', AUTH_MODES, asked, before),
  };
}

/** What is asked, what was before, or the first of what there is. */
function oneOf(name: string, allowed: readonly string[], asked: Json, before: Json): string {
  const value = text(asked, name) ?? text(before, name) ?? allowed[0]!;
  if (!allowed.includes(value)) throw notOneOf(name, value, allowed);
  return value;
}
