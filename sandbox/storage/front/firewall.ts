import type { ArmResource } from '../../arm/types.ts';
import { inRange } from '../../core/addresses.ts';
import type { Origin } from '../../core/types.ts';
import type { StorageKind } from '../contents.ts';
import type { Refusal } from './errors.ts';

interface NetworkRules {
  defaultAction?: string;
  ipRules?: { value?: string }[];
  virtualNetworkRules?: { id?: string; action?: string }[];
}

/** "Common REST API error codes": the network is not allowed. */
const NOT_FROM_THERE: Refusal = {
  status: 403,
  code: 'AuthorizationFailure',
  message: 'This request is not authorized to perform this operation.',
};

/** Why an account's firewall refuses what comes from an origin; undefined: it lets it in. */
export function refuseOrigin(account: ArmResource, kind: StorageKind, origin: Origin): Refusal | undefined {
  return mayReach(account, kind, origin) ? undefined : NOT_FROM_THERE;
}

/**
 * Whether an account's firewall lets an origin in ("Configure Azure Storage firewalls and virtual networks"). Its rules do
 * not hold for private endpoints, whose connection must be approved and lead to this very account and service.
 */
export function mayReach(account: ArmResource, kind: StorageKind, origin: Origin): boolean {
  const { privateLink } = origin;
  if (privateLink) {
    const here = privateLink.targetId.toLowerCase() === account.id.toLowerCase() && privateLink.groupId === kind;
    return here && privateLink.approved;
  }
  const { publicNetworkAccess, networkAcls } = account.properties ?? {};
  if (publicNetworkAccess !== undefined && publicNetworkAccess !== null && publicNetworkAccess !== 'Enabled')
    return false;
  const { defaultAction, ipRules = [], virtualNetworkRules = [] } = (networkAcls ?? {}) as NetworkRules;
  if (defaultAction !== 'Deny') return true;
  const subnet = origin.subnetId?.toLowerCase();
  if (subnet !== undefined) return virtualNetworkRules.some(({ id }) => id?.toLowerCase() === subnet);
  return ipRules.some(({ value = '' }) => inRange(origin.address, value));
}
