import type { ArmWorld } from '../arm/types.ts';
import { configurationsOf } from '../arm/providers/network/interfaceAddresses.ts';
import type { Reference } from '../arm/providers/network/written.ts';
import { inRange } from '../core/addresses.ts';
import type { Way } from '../core/types.ts';
import { stoppedLeaving } from './filters.ts';
import { AZURE, peersOf, spaceOf, type Inside } from './places.ts';
import { serviceEndpointOf, tagsOf } from './services.ts';

/** Of a firewall that a route leads to: whose it is, is not simulated. */
const FIREWALL = '198.51.100.20';

interface Route {
  name: string;
  properties: { addressPrefix: string; nextHopType: string; nextHopIpAddress?: string };
}

const closed = (why: string): Way => ({ open: false, failure: 'no connection', why });
const open = (address: string, subnetId?: string): Way => ({
  open: true,
  origin: { address, ...(subnetId !== undefined && { subnetId }) },
});

/** The user-defined route with the longest fitting prefix; a service tag stands for prefixes longer than most. */
function routeFor({ store }: ArmWorld, { subnet }: Inside, address: string, tags: string[]): Route | undefined {
  const reference = subnet.properties?.routeTable as Reference | undefined;
  const routes = (reference && (store.get(reference.id)?.properties?.routes as Route[] | undefined)) ?? [];
  const length = ({ properties: { addressPrefix } }: Route) =>
    addressPrefix.includes('/') ? Number(addressPrefix.split('/')[1]) : 20;
  return routes
    .filter(({ properties: { addressPrefix } }) => tags.includes(addressPrefix) || inRange(address, addressPrefix))
    .toSorted((a, b) => length(b) - length(a))[0];
}

/** The public address that a subnet's NAT gateway, or else the caller's interface, gives it; undefined: neither does. */
function ownAddress({ store }: ArmWorld, { subnet, networkInterface }: Inside): string | undefined {
  const addressOf = ({ id }: Reference) => store.get(id)?.properties?.ipAddress as string | undefined;
  const gateway = subnet.properties?.natGateway as Reference | undefined;
  const { publicIpAddresses, publicIpPrefixes } = ((gateway && store.get(gateway.id)?.properties) ?? {}) as {
    publicIpAddresses?: Reference[];
    publicIpPrefixes?: Reference[];
  };
  const [behind] = publicIpAddresses ?? [];
  if (behind) return addressOf(behind);
  if (publicIpPrefixes?.length) return AZURE;
  const [configuration] = networkInterface ? configurationsOf(networkInterface) : [];
  return configuration?.properties.publicIPAddress && addressOf(configuration.properties.publicIPAddress);
}

/**
 * The way to a public host: past the security groups, then as the route table says, then by a service endpoint, a NAT
 * gateway, a public address or the subnet's default outbound access ("Default outbound access in Azure").
 * @param address the host's
 */
export function publicWay(world: ArmWorld, place: Inside, host: string, address: string, port: number): Way {
  if (place.besides !== undefined) return open(place.besides);
  const tags = tagsOf(host);
  const connection = {
    source: { address: place.address, tags: ['VirtualNetwork'] },
    destination: { address, tags },
    port,
  };
  const stopped = stoppedLeaving(world, place, connection);
  if (stopped !== undefined) return closed(stopped);
  const { subnet } = place;
  const endpoints = (subnet.properties?.serviceEndpoints ?? []) as { service?: string }[];
  const service = serviceEndpointOf(host)?.toLowerCase();
  const endpoint = endpoints.some((one) => one.service?.toLowerCase().replace(/\.global$/, '') === service);
  if (service !== undefined && endpoint) return open(place.address, subnet.id);
  const route = routeFor(world, place, address, tags);
  const { nextHopType = 'Internet', nextHopIpAddress = '' } = route?.properties ?? {};
  if (nextHopType.toLowerCase() === 'virtualappliance') {
    const networks = [place.networkId, ...peersOf(world, place.networkId)];
    const reached = networks.flatMap((id) => spaceOf(world, id)).some((prefix) => inRange(nextHopIpAddress, prefix));
    if (reached) return open(FIREWALL);
    return closed(`route ${route!.name} leads to ${nextHopIpAddress}, which is in no network that is connected`);
  }
  if (nextHopType.toLowerCase() !== 'internet') {
    return closed(`route ${route!.name} leads to ${nextHopType}, not to the internet`);
  }
  const own = ownAddress(world, place);
  if (own !== undefined) return open(own);
  if (subnet.properties?.defaultOutboundAccess === false) {
    return closed('the subnet has no outbound access: no NAT gateway, no public address, no route to a firewall');
  }
  return open(AZURE);
}
