import type { ArmResource, ArmWorld } from '../arm/types.ts';
import { parseCidr, formatAddress } from '../arm/providers/network/cidr.ts';
import { configurationsOf } from '../arm/providers/network/interfaceAddresses.ts';
import { peeringType } from '../arm/providers/network/peerings.ts';
import { prefixesOf } from '../arm/providers/network/subnets.ts';
import type { Reference } from '../arm/providers/network/written.ts';
import { isFlex } from '../arm/providers/web/siteConfig.ts';
import type { Caller } from '../core/types.ts';

/** A caller inside a virtual network. */
export interface Inside {
  kind: 'network';
  networkId: string;
  subnet: ArmResource;
  /** Of a machine; an app's instances have none of their own. */
  networkInterface?: ArmResource;
  /** Private. */
  address: string;
  /** Present: the network is the way to private addresses only; the rest is reached from this public address. */
  besides?: string;
}

/** Where a caller stands. Addresses outside are nobody's (RFC 5737). */
export type Place = Inside | { kind: 'internet'; address: string } | { kind: 'nowhere'; why: string };

/** Of people. */
const PERSON = '203.0.113.10';
/** Of what leaves Azure by an address that is not the customer's. */
export const AZURE = '198.51.100.10';

/** The network that a subnet belongs to. */
export function networkOf(subnetId: string): string {
  return subnetId.split('/').slice(0, -2).join('/');
}

/**
 * Where a caller stands: a machine in the subnet of its primary interface, an app in the one that it is integrated with,
 * people outside, unless they are connected to a subnet as over a VPN.
 */
export function placeOf({ store }: ArmWorld, { kind, resourceId }: Caller): Place {
  const resource = resourceId === undefined ? undefined : store.get(resourceId);
  if (resourceId !== undefined && !resource) return { kind: 'nowhere', why: `${resourceId} does not exist` };
  if (kind === 'operator' || kind === 'deployer') {
    return resource ? connected(resource, PERSON) : { kind: 'internet', address: PERSON };
  }
  if (!resource) return { kind: 'internet', address: AZURE };
  return kind === 'machine' ? machinePlace(store, resource) : appPlace(store, resource);
}

function machinePlace(store: ArmWorld['store'], machine: ArmResource): Place {
  const profile = machine.properties?.networkProfile as
    { networkInterfaces?: (Reference & { properties?: { primary?: boolean } })[] } | undefined;
  const interfaces = profile?.networkInterfaces ?? [];
  const primary = interfaces.find(({ properties }) => properties?.primary) ?? interfaces[0];
  const networkInterface = primary && store.get(primary.id);
  const [configuration] = networkInterface ? configurationsOf(networkInterface) : [];
  const subnet = configuration && store.get(configuration.properties.subnet.id);
  if (!networkInterface || !subnet) return { kind: 'nowhere', why: `machine ${machine.name} has no network interface` };
  const { privateIPAddress: address } = configuration.properties;
  return { kind: 'network', networkId: networkOf(subnet.id), subnet, networkInterface, address };
}

/** Flex Consumption routes everything into its network; other plans when told to ("virtual network integration"). */
function appPlace(store: ArmWorld['store'], site: ArmResource): Place {
  const { virtualNetworkSubnetId, vnetRouteAllEnabled, outboundVnetRouting, serverFarmId } = (site.properties ??
    {}) as Record<string, unknown>;
  const subnet = typeof virtualNetworkSubnetId === 'string' ? store.get(virtualNetworkSubnetId) : undefined;
  if (!subnet) return { kind: 'internet', address: AZURE };
  const routing = (outboundVnetRouting ?? {}) as { allTraffic?: boolean; applicationTraffic?: boolean };
  const web = store.get(`${site.id}/config/web`)?.properties;
  const told = [vnetRouteAllEnabled, web?.vnetRouteAllEnabled, routing.allTraffic, routing.applicationTraffic];
  const routesAll = isFlex(store, serverFarmId) || told.includes(true);
  return connected(subnet, routesAll ? undefined : AZURE);
}

/** Whoever is in a subnet without an interface of its own there. */
function connected(subnet: ArmResource, besides: string | undefined): Inside {
  const address = formatAddress(parseCidr(prefixesOf(subnet.properties)[0]!)!.first + 4);
  const networkId = networkOf(subnet.id);
  return { kind: 'network', networkId, subnet, address, ...(besides !== undefined && { besides }) };
}

/** The networks that a network is peered with, in both directions, in the order of the peerings. */
export function peersOf({ store }: ArmWorld, networkId: string): string[] {
  return store
    .list({ type: peeringType, under: networkId })
    .filter(
      ({ properties }) => properties?.peeringState === 'Connected' && properties.allowVirtualNetworkAccess !== false,
    )
    .map(({ properties }) => (properties!.remoteVirtualNetwork as Reference).id);
}

/** Address prefixes of a network. */
export function spaceOf({ store }: ArmWorld, networkId: string): string[] {
  const { addressPrefixes = [] } = (store.get(networkId)?.properties?.addressSpace ?? {}) as {
    addressPrefixes?: string[];
  };
  return addressPrefixes;
}
