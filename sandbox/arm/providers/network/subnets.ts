import { bodyOf, proxy, required } from '../../resource.ts';
import type { ArmCall, ArmResource, ArmWorld, ResourceType } from '../../types.ts';
import { contains, formatCidr, network, overlaps, parseCidr, type Cidr } from './cidr.ts';
import {
  invalidCidrNotation,
  invalidPrefixFormat,
  invalidResourceReference,
  invalidSubnet,
  prefixInUse,
  subnetInUse,
  subnetRangesOverlap,
} from './errors.ts';
import { nameRule } from './names.ts';
import { interfacesIn } from './interfaceAddresses.ts';
import { newEtag, remove, settling, type Reference } from './written.ts';

export const subnetType = 'Microsoft.Network/virtualNetworks/subnets';

/** A subnet as a body gives it, alone or inside a virtual network. */
export interface SubnetBody {
  name: string;
  properties?: Record<string, unknown>;
}

/** @throws ArmError 400 when the text is no prefix, or has host bits */
export function checkedPrefix(text: string, id: string): Cidr {
  const prefix = parseCidr(text);
  if (!prefix) throw invalidPrefixFormat(text, id);
  const clean = network(prefix);
  if (clean.first !== prefix.first) throw invalidCidrNotation(text, id, formatCidr(clean));
  return prefix;
}

/** The prefixes of a subnet's properties. */
export function prefixesOf(properties: Record<string, unknown> = {}): string[] {
  const { addressPrefix, addressPrefixes } = properties as { addressPrefix?: string; addressPrefixes?: string[] };
  return addressPrefixes?.length ? addressPrefixes : addressPrefix ? [addressPrefix] : [];
}

/** Subnets must lie inside the network's space and apart from each other. @throws ArmError 400 */
export function checkSubnets(networkId: string, space: string[], subnets: SubnetBody[]): void {
  const networkName = networkId.split('/').at(-1)!;
  const outer = space.map((text) => checkedPrefix(text, networkId));
  const seen: Cidr[] = [];
  for (const { name, properties } of subnets) {
    const prefixes = prefixesOf(properties);
    required(prefixes[0], 'properties.addressPrefix');
    for (const text of prefixes) {
      const prefix = checkedPrefix(text, `${networkId}/subnets/${name}`);
      if (!outer.some((range) => contains(range, prefix))) throw invalidSubnet(name, networkName);
      if (seen.some((other) => overlaps(other, prefix))) throw subnetRangesOverlap(name, networkName);
      seen.push(prefix);
    }
  }
}

/**
 * What may keep a subnet from becoming what a body asks for: something it points at is missing, or an address in use
 * would lose its prefix.
 * @throws ArmError 400 InvalidResourceReference, InUsePrefixCannotBeDeleted
 */
export function checkChange(world: ArmWorld, id: string, properties: Record<string, unknown> = {}): void {
  for (const key of ['networkSecurityGroup', 'routeTable', 'natGateway']) {
    const reference = properties[key] as Reference | null | undefined;
    if (reference && !world.store.get(reference.id)) throw invalidResourceReference(reference.id, id);
  }
  const before = world.store.get(id);
  const kept = new Set(prefixesOf(properties));
  const lost = prefixesOf(before?.properties).find((prefix) => !kept.has(prefix));
  if (before && lost !== undefined && interfacesIn(world.store, id).length > 0) throw prefixInUse(lost, before.name);
}

function delegation(id: string, given: { name: string; properties?: { serviceName?: string } }, etag: string) {
  return {
    name: given.name,
    id: `${id}/delegations/${given.name}`,
    etag,
    type: `${subnetType}/delegations`,
    properties: {
      serviceName: given.properties?.serviceName,
      actions: ['Microsoft.Network/virtualNetworks/subnets/action'],
      provisioningState: 'Succeeded',
    },
  };
}

/** From this version on, new subnets are private unless a body says otherwise ("Default outbound access in Azure"). */
const PRIVATE_BY_DEFAULT = '2025-07-01';

/** What a subnet has when a body does not say it. A subnet without `defaultOutboundAccess` has a way out; it stays as it was. */
function defaults({ apiVersion, world }: ArmCall, id: string): Record<string, unknown> {
  const existing = world.store.get(id);
  const isPrivate = existing ? existing.properties?.defaultOutboundAccess === false : apiVersion >= PRIVATE_BY_DEFAULT;
  return {
    privateEndpointNetworkPolicies: 'Disabled',
    privateLinkServiceNetworkPolicies: 'Enabled',
    ...(isPrivate && { defaultOutboundAccess: false }),
  };
}

/** Puts a checked subnet into the store. `base` is its id, name and type. */
export function storeSubnet(call: ArmCall, base: ArmResource, given: Record<string, unknown>, state: string): void {
  const { world } = call;
  const etag = newEtag(world);
  const delegations = (given.delegations ?? []) as Parameters<typeof delegation>[1][];
  world.store.put({
    ...base,
    etag,
    properties: {
      ...defaults(call, base.id),
      ...given,
      delegations: delegations.map((one) => delegation(base.id, one, etag)),
      provisioningState: state,
    },
  });
}

/** With what stands in it. */
export function viewSubnet(world: ArmWorld, subnet: ArmResource): ArmResource {
  const users = interfacesIn(world.store, subnet.id);
  const configurations = users.map(({ configurationId }) => ({ id: configurationId }));
  const endpoints = users.flatMap(({ endpointId }) => (endpointId ? [{ id: endpointId }] : []));
  return {
    ...subnet,
    properties: {
      ...subnet.properties,
      ...(configurations.length > 0 && { ipConfigurations: configurations }),
      ...(endpoints.length > 0 && { privateEndpoints: endpoints }),
    },
  };
}

/** @throws ArmError 400 InUseSubnetCannotBeDeleted */
export function checkUnused(world: ArmWorld, subnet: ArmResource): void {
  const user = interfacesIn(world.store, subnet.id)[0]?.configurationId ?? integratedSite(world, subnet.id);
  if (user) throw subnetInUse(subnet.name, user);
}

/** What an app that sends its traffic through a subnet leaves there. */
function integratedSite(world: ArmWorld, subnetId: string): string | undefined {
  const uses = world.store
    .list({ type: 'Microsoft.Web/sites' })
    .some(({ properties }) => String(properties?.virtualNetworkSubnetId).toLowerCase() === subnetId.toLowerCase());
  return uses ? `${subnetId}/serviceAssociationLinks/AppServiceLink` : undefined;
}

function siblings(call: ArmCall, networkId: string): SubnetBody[] {
  return call.world.store
    .list({ type: subnetType, under: networkId })
    .filter(({ id }) => id.toLowerCase() !== call.path.id.toLowerCase());
}

/** Microsoft.Network/virtualNetworks/subnets. */
export const subnets: ResourceType = {
  type: subnetType,
  nameRule,
  put(call, existing) {
    const { world, path } = call;
    const virtualNetwork = world.store.require(path.id.split('/').slice(0, -2).join('/'));
    const { addressPrefixes } = virtualNetwork.properties!.addressSpace as { addressPrefixes: string[] };
    const properties = required(bodyOf(call).properties, 'properties');
    checkSubnets(virtualNetwork.id, addressPrefixes, [
      ...siblings(call, virtualNetwork.id),
      { name: path.name, properties },
    ]);
    checkChange(world, path.id, properties);
    storeSubnet(call, proxy(call), properties, 'Updating');
    return settling(call, existing ? 200 : 201);
  },
  delete(call, existing) {
    checkUnused(call.world, existing);
    return remove(call, existing);
  },
  view: (subnet, call) => viewSubnet(call.world, subnet),
};
