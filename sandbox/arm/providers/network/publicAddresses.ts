import { bodyOf, patchTags, tracked } from '../../resource.ts';
import type { ArmWorld, ResourceType } from '../../types.ts';
import { formatAddress, parseAddress } from './cidr.ts';
import { publicAddressInUse } from './errors.ts';
import { nameRule } from './names.ts';
import { configurationsOf, interfaceType } from './interfaceAddresses.ts';
import { natGatewayType } from './natGateways.ts';
import { remove, write, type Reference } from './written.ts';

const type = 'Microsoft.Network/publicIPAddresses';
/** A block for documentation (RFC 5737): no public address of the sandbox belongs to anyone. */
const block = parseAddress('203.0.113.0')!;
const blockSize = 256;

function freeAddress(world: ArmWorld): string {
  const taken = new Set(world.store.list({ type }).map(({ properties }) => properties?.ipAddress));
  for (let offset = 1; offset < blockSize - 1; offset++) {
    const address = formatAddress(block + offset);
    if (!taken.has(address)) return address;
  }
  throw new Error(`The sandbox has ${blockSize - 2} public addresses, and all are in use.`);
}

/** What holds a public address: an IP configuration or a NAT gateway. */
function holder(world: ArmWorld, id: string): { ipConfiguration?: Reference; natGateway?: Reference } {
  const same = (reference: Reference | undefined) => reference?.id.toLowerCase() === id.toLowerCase();
  const configuration = world.store
    .list({ type: interfaceType })
    .flatMap(configurationsOf)
    .find(({ properties }) => same(properties.publicIPAddress));
  if (configuration) return { ipConfiguration: { id: configuration.id } };
  const gateway = world.store
    .list({ type: natGatewayType })
    .find(({ properties }) => ((properties?.publicIpAddresses ?? []) as Reference[]).some(same));
  return gateway ? { natGateway: { id: gateway.id } } : {};
}

/** Microsoft.Network/publicIPAddresses. */
export const publicIPAddresses: ResourceType = {
  type,
  nameRule,
  put(call, existing) {
    const { sku = { name: 'Standard' }, zones, properties = {} } = bodyOf(call);
    return write(call, existing, {
      ...tracked(call, existing),
      sku: { tier: 'Regional', ...(sku as object) },
      ...(zones !== undefined && { zones }),
      properties: {
        publicIPAllocationMethod: 'Static',
        publicIPAddressVersion: 'IPv4',
        idleTimeoutInMinutes: 4,
        ipTags: [],
        ddosSettings: { protectionMode: 'VirtualNetworkInherited' },
        ...properties,
        ipAddress: existing?.properties?.ipAddress ?? freeAddress(call.world),
      },
    });
  },
  patch: patchTags,
  delete(call, existing) {
    const { ipConfiguration, natGateway } = holder(call.world, existing.id);
    const user = ipConfiguration ?? natGateway;
    if (user) throw publicAddressInUse(existing.id, user.id);
    return remove(call, existing);
  },
  view: (address, call) => ({
    ...address,
    properties: { ...address.properties, ...holder(call.world, address.id) },
  }),
};
