import type { ArmResource, ResourceStore } from '../../types.ts';
import { formatAddress, parseAddress, parseCidr } from './cidr.ts';
import { addressInUse, addressNotInSubnet, subnetIsFull } from './errors.ts';
import type { Reference } from './written.ts';

export const interfaceType = 'Microsoft.Network/networkInterfaces';

/** Azure keeps the first four addresses of a subnet and its last one. */
const RESERVED_FIRST = 4;
const RESERVED_LAST = 1;

/** One IP configuration of a network interface, as stored. */
export interface IpConfiguration {
  name: string;
  id: string;
  etag: string;
  type: string;
  properties: {
    provisioningState: string;
    privateIPAddress: string;
    privateIPAllocationMethod: string;
    privateIPAddressVersion: string;
    primary: boolean;
    subnet: Reference;
    publicIPAddress?: Reference;
    [field: string]: unknown;
  };
}

/** What uses an address of a subnet. */
export interface AddressUse {
  configurationId: string;
  interfaceId: string;
  address: string;
  endpointId: string | undefined;
}

export function configurationsOf(networkInterface: ArmResource): IpConfiguration[] {
  return (networkInterface.properties?.ipConfigurations ?? []) as IpConfiguration[];
}

/** Everything with an address in a subnet. */
export function interfacesIn(store: ResourceStore, subnetId: string): AddressUse[] {
  const wanted = subnetId.toLowerCase();
  return store.list({ type: interfaceType }).flatMap((networkInterface) =>
    configurationsOf(networkInterface)
      .filter(({ properties }) => properties.subnet.id.toLowerCase() === wanted)
      .map(({ id, properties }) => ({
        configurationId: id,
        interfaceId: networkInterface.id,
        address: properties.privateIPAddress,
        endpointId: (networkInterface.properties?.privateEndpoint as Reference | undefined)?.id,
      })),
  );
}

function prefixOf(subnet: ArmResource): string {
  const { addressPrefix, addressPrefixes } = subnet.properties as {
    addressPrefix?: string;
    addressPrefixes?: string[];
  };
  return addressPrefix ?? addressPrefixes![0]!;
}

/** Whether an address of a prefix is one that Azure gives away. */
export function isUsable(prefix: string, text: string): boolean {
  const { first, size } = parseCidr(prefix)!;
  const address = parseAddress(text);
  return address !== undefined && address >= first + RESERVED_FIRST && address < first + size - RESERVED_LAST;
}

function* usable(prefix: string): Generator<string> {
  const { first, size } = parseCidr(prefix)!;
  for (let address = first + RESERVED_FIRST; address < first + size - RESERVED_LAST; address++) {
    yield formatAddress(address);
  }
}

/** The lowest addresses of a subnet that nothing has. */
export function freeAddresses(store: ResourceStore, subnet: ArmResource, count: number): string[] {
  const taken = new Set(interfacesIn(store, subnet.id).map(({ address }) => address));
  const found: string[] = [];
  for (const text of usable(prefixOf(subnet))) {
    if (found.length === count) break;
    if (!taken.has(text)) found.push(text);
  }
  return found;
}

/**
 * Finds an address for an IP configuration: the one asked for, or the lowest free one.
 * @param taken addresses that the same interface takes beside it
 * @throws ArmError 400 SubnetIsFull, PrivateIPAddressInUse, PrivateIPAddressNotInSubnet
 */
export function allocateAddress(
  store: ResourceStore,
  subnet: ArmResource,
  options: { configurationId: string; wanted?: string; taken?: string[] },
): string {
  const prefix = prefixOf(subnet);
  const mine = options.configurationId.toLowerCase();
  const uses = interfacesIn(store, subnet.id).filter(({ configurationId }) => configurationId.toLowerCase() !== mine);
  const taken = new Set([...uses.map(({ address }) => address), ...(options.taken ?? [])]);
  if (options.wanted !== undefined) {
    if (!isUsable(prefix, options.wanted)) throw addressNotInSubnet(options.wanted, prefix);
    if (taken.has(options.wanted)) {
      const user = uses.find((use) => use.address === options.wanted)?.configurationId ?? options.configurationId;
      throw addressInUse(options.configurationId, options.wanted, user);
    }
    return options.wanted;
  }
  for (const text of usable(prefix)) if (!taken.has(text)) return text;
  throw subnetIsFull(subnet.name, prefix);
}
