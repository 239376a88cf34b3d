import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import type { ArmCall, ArmResource, ArmWorld, ResourceType } from '../../types.ts';
import { shortNameRule } from './names.ts';
import { disconnect, peeringsOf } from './peerings.ts';
import {
  checkedPrefix,
  checkChange,
  checkSubnets,
  checkUnused,
  storeSubnet,
  subnetType,
  viewSubnet,
  type SubnetBody,
} from './subnets.ts';
import { remove, write } from './written.ts';

function subnetsOf(world: ArmWorld, networkId: string): ArmResource[] {
  return world.store.list({ type: subnetType, under: networkId });
}

/** Brings a network's subnets to what a body lists: others go, unless something uses them. */
function replaceSubnets(call: ArmCall, networkId: string, wanted: SubnetBody[]): void {
  const { world } = call;
  const names = new Set(wanted.map(({ name }) => name.toLowerCase()));
  const gone = subnetsOf(world, networkId).filter(({ name }) => !names.has(name.toLowerCase()));
  for (const subnet of gone) checkUnused(world, subnet);
  for (const { name, properties } of wanted) checkChange(world, `${networkId}/subnets/${name}`, properties);
  for (const subnet of gone) world.store.delete(subnet.id);
  for (const { name, properties = {} } of wanted) {
    const id = `${networkId}/subnets/${name}`;
    const known = world.store.get(id);
    const base = { id: known?.id ?? id, name: known?.name ?? name, type: subnetType };
    storeSubnet(call, base, properties, 'Succeeded');
  }
}

/**
 * Microsoft.Network/virtualNetworks. Subnets are resources of their own and shown inline. A PUT that does not mention
 * `subnets` leaves them alone; an empty list takes them away.
 */
export const virtualNetworks: ResourceType = {
  type: 'Microsoft.Network/virtualNetworks',
  nameRule: shortNameRule,
  put(call, existing) {
    const { world, path } = call;
    const { subnets, virtualNetworkPeerings: _shown, ...properties } = required(bodyOf(call).properties, 'properties');
    const space = required(
      properties.addressSpace as { addressPrefixes?: string[] } | undefined,
      'properties.addressSpace',
    );
    const prefixes = required(space.addressPrefixes, 'properties.addressSpace.addressPrefixes');
    for (const prefix of prefixes) checkedPrefix(prefix, path.id);
    const wanted = subnets as SubnetBody[] | undefined;
    checkSubnets(path.id, prefixes, wanted ?? subnetsOf(world, path.id));
    const defaults = {
      enableDdosProtection: false,
      privateEndpointVNetPolicies: 'Disabled',
    };
    const network = { ...tracked(call, existing), properties: { ...defaults, ...properties } };
    if (wanted) replaceSubnets(call, path.id, wanted);
    return write(call, existing, network);
  },
  patch: patchTags,
  delete(call, existing) {
    for (const subnet of subnetsOf(call.world, existing.id)) checkUnused(call.world, subnet);
    return remove(call, existing, () => disconnect(call.world, peeringsOf(call.world, existing.id)));
  },
  view(network, call) {
    const subnets = subnetsOf(call.world, network.id).map((subnet) => viewSubnet(call.world, subnet));
    return {
      ...network,
      properties: { ...network.properties, subnets, virtualNetworkPeerings: peeringsOf(call.world, network.id) },
    };
  },
};
