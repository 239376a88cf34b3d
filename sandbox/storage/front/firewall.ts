import { BlockList, isIP } from 'node:net';
import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import type { Caller } from '../../core/types.ts';

/** Where a request comes from, as the storage service sees it. */
export interface Origin {
  /** Source address; of people one from the documentation's range (RFC 5737). */
  address: string;
  /** The subnet, where it has the service endpoint of storage. */
  subnetId?: string;
  /** It came through this approved private endpoint connection. */
  privateEndpointConnectionId?: string;
}

interface NetworkRules {
  defaultAction?: string;
  ipRules?: { value?: string }[];
  virtualNetworkRules?: { id?: string; action?: string }[];
}

/** Whether an account's firewall lets an origin in ("Configure Azure Storage firewalls and virtual networks"). */
export function mayReach(account: ArmResource, origin: Origin): boolean {
  // Its rules do not hold for private endpoints.
  if (origin.privateEndpointConnectionId !== undefined) return true;
  const { publicNetworkAccess, networkAcls } = account.properties ?? {};
  if (publicNetworkAccess !== undefined && publicNetworkAccess !== null && publicNetworkAccess !== 'Enabled')
    return false;
  const { defaultAction, ipRules = [], virtualNetworkRules = [] } = (networkAcls ?? {}) as NetworkRules;
  if (defaultAction !== 'Deny') return true;
  const subnet = origin.subnetId?.toLowerCase();
  if (subnet !== undefined) return virtualNetworkRules.some(({ id }) => id?.toLowerCase() === subnet);
  return ipRules.some(({ value = '' }) => contains(value, origin.address));
}

/** Whether an address lies in a range such as `198.51.100.0/24`, or is the one given. */
function contains(range: string, address: string): boolean {
  const [start = '', bits] = range.split('/');
  const family = isIP(start) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(start) === 0 || isIP(start) !== isIP(address)) return false;
  const list = new BlockList();
  if (bits === undefined) list.addAddress(start, family);
  else list.addSubnet(start, Number(bits), family);
  return list.check(address, family);
}

/** Addresses that are nobody's (RFC 5737). */
const PERSON = '203.0.113.10';
const AZURE = '198.51.100.10';

/** Where a caller's requests come from, private endpoints aside. */
export function originOf(world: ArmWorld, { kind, resourceId }: Caller): Origin {
  if (kind === 'operator' || kind === 'deployer') return { address: PERSON };
  const resource = resourceId === undefined ? undefined : world.store.get(resourceId);
  const subnetId = kind === 'machine' ? subnetOfMachine(world, resource) : resource?.properties?.virtualNetworkSubnetId;
  const subnet = typeof subnetId === 'string' ? world.store.get(subnetId) : undefined;
  const endpoints = (subnet?.properties?.serviceEndpoints ?? []) as { service?: string }[];
  const serves = endpoints.some(({ service }) => /^Microsoft\.Storage(\.Global)?$/i.test(service ?? ''));
  return { address: AZURE, ...(subnet && serves && { subnetId: subnet.id }) };
}

function subnetOfMachine(world: ArmWorld, machine: ArmResource | undefined): string | undefined {
  const profile = machine?.properties?.networkProfile as { networkInterfaces?: { id?: string }[] } | undefined;
  const [first] = profile?.networkInterfaces ?? [];
  const nic = first?.id === undefined ? undefined : world.store.get(first.id);
  const [ip] = (nic?.properties?.ipConfigurations ?? []) as { properties?: { subnet?: { id?: string } } }[];
  return ip?.properties?.subnet?.id;
}
