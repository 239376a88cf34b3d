import type { ArmCall, ArmReply, ArmResource } from '../../types.ts';
import { parseAddress, parseCidr } from './cidr.ts';
import { freeAddresses, interfacesIn, interfaceType, isUsable } from './interfaceAddresses.ts';
import { prefixesOf, subnetType } from './subnets.ts';

/** Limits of a subscription in a region (azure-subscription-service-limits, networking). */
const limits: [type: string, name: string, localized: string, limit: number][] = [
  ['Microsoft.Network/virtualNetworks', 'VirtualNetworks', 'Virtual Networks', 1000],
  ['Microsoft.Network/publicIPAddresses', 'PublicIPAddresses', 'Public IP Addresses', 1000],
  ['Microsoft.Network/networkSecurityGroups', 'NetworkSecurityGroups', 'Network Security Groups', 5000],
  [interfaceType, 'NetworkInterfaces', 'Network Interfaces', 65536],
  ['Microsoft.Network/routeTables', 'RouteTables', 'Route Tables', 200],
  ['Microsoft.Network/natGateways', 'NatGateways', 'NAT Gateways', 1000],
];

function usages(call: ArmCall, location: string): ArmReply {
  const { store } = call.world;
  const under = `/subscriptions/${call.path.subscriptionId}`;
  const value = limits.map(([type, name, localizedValue, limit]) => ({
    id: `${under}/providers/Microsoft.Network/locations/${location}/usages/${name}`,
    currentValue: store.list({ type, under }).filter((one) => one.location === location.toLowerCase()).length,
    limit,
    unit: 'Count',
    name: { value: name, localizedValue },
  }));
  return { status: 200, body: { value } };
}

function subnetsOf(call: ArmCall): ArmResource[] {
  const { store } = call.world;
  const network = store.require(call.path.id.replace(/\/[^/]+$/, ''));
  return store.list({ type: subnetType, under: network.id });
}

/** How many addresses of each subnet are taken. Azure keeps five of each. */
function subnetUsages(call: ArmCall): ArmReply {
  const value = subnetsOf(call).map((subnet) => ({
    id: subnet.id,
    currentValue: interfacesIn(call.world.store, subnet.id).length,
    limit: prefixesOf(subnet.properties).reduce((sum, text) => sum + parseCidr(text)!.size - 5, 0),
    unit: 'Count',
    name: { value: 'SubnetSpace', localizedValue: 'Subnet size and usage' },
  }));
  return { status: 200, body: { value } };
}

/** Whether an address of a network is free, and five free ones of the same subnet when it is not. */
function checkAddress(call: ArmCall): ArmReply {
  const text = call.query.get('ipAddress') ?? '';
  const address = parseAddress(text);
  const within = (prefix: string) => {
    const { first, size } = parseCidr(prefix)!;
    return address !== undefined && address >= first && address < first + size;
  };
  const subnet = subnetsOf(call).find(({ properties }) => prefixesOf(properties).some(within));
  if (!subnet) return { status: 200, body: { available: false, availableIPAddresses: [], isPlatformReserved: false } };
  const taken = interfacesIn(call.world.store, subnet.id).some((use) => use.address === text);
  const reserved = !prefixesOf(subnet.properties).some((prefix) => isUsable(prefix, text));
  const available = !taken && !reserved;
  return {
    status: 200,
    body: {
      available,
      ...(!available && { availableIPAddresses: freeAddresses(call.world.store, subnet, 5) }),
      isPlatformReserved: reserved,
    },
  };
}

/** Questions under no stored resource: usages of a region or network, free addresses. */
export function answerQueries(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET') return undefined;
  switch (call.path.type.toLowerCase()) {
    case 'microsoft.network/locations/usages':
      return usages(call, call.path.names[0] ?? '');
    case 'microsoft.network/virtualnetworks/usages':
      return subnetUsages(call);
    case 'microsoft.network/virtualnetworks/checkipaddressavailability':
      return checkAddress(call);
    default:
      return undefined;
  }
}
