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
  const { addressPrefix, addressPrefixes } = subnet.properties as {
    addressPrefix?: string;
    addressPrefixes?: string[];
  };
  const prefix = addressPrefix ?? addressPrefixes![0]!;
  const { first, size } = parseCidr(prefix)!;
  const mine = options.configurationId.toLowerCase();
  const uses = interfacesIn(store, subnet.id).filter(({ configurationId }) => configurationId.toLowerCase() !== mine);
  const taken = new Set([...uses.map(({ address }) => address), ...(options.taken ?? [])]);
  if (options.wanted !== undefined) {
    const address = parseAddress(options.wanted);
    if (address === undefined || address < first + RESERVED_FIRST || address >= first + size - RESERVED_LAST) {
      throw addressNotInSubnet(options.wanted, prefix);
    }
    if (taken.has(options.wanted)) {
      const user = uses.find((use) => use.address === options.wanted)?.configurationId ?? options.configurationId;
      throw addressInUse(options.configurationId, options.wanted, user);
    }
    return options.wanted;
  }
  for (let address = first + RESERVED_FIRST; address < first + size - RESERVED_LAST; address++) {
    const text = formatAddress(address);
    if (!taken.has(text)) return text;
  }
  throw subnetIsFull(subnet.name, prefix);
}
