import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import type { ArmCall, ArmResource, ArmWorld, ResourceType } from '../../types.ts';
import {
  connectionAt,
  connectionLists,
  connectionsOf,
  leadsTheSameWay,
  registerAtTarget,
  wantedConnections,
  withState,
  type Wanted,
} from './endpointConnections.ts';
import { shortNameRule } from './names.ts';
import { configurationsOf, interfaceType } from './interfaceAddresses.ts';
import { buildInterface, subnetFor } from './networkInterfaces.ts';
import { linkMembers } from './privateLink.ts';
import { removeRecords } from './zoneRecords.ts';
import { newEtag, remove, write, type Reference } from './written.ts';

export const endpointType = 'Microsoft.Network/privateEndpoints';

/** An address that a body fixes for one member of a group. */
interface StaticConfiguration {
  name: string;
  properties: { groupId: string; memberName: string; privateIPAddress: string };
}

/** The interface of an endpoint: one address for each member of each group. */
function endpointInterface(call: ArmCall, base: ArmResource, subnet: Reference, wanted: Wanted[]): ArmResource {
  const { world, path } = call;
  const given = bodyOf(call).properties!;
  const name = (given.customNetworkInterfaceName as string | undefined) || `${path.name}.nic.${world.guid()}`;
  const id = path.id.replace(/[^/]+\/[^/]+$/, `networkInterfaces/${name}`);
  const members = wanted.flatMap(({ body, target }) =>
    (body.properties.groupIds ?? []).flatMap((groupId) =>
      linkMembers(target, groupId)!.map(({ member, fqdns }) => ({ groupId, requiredMemberName: member, fqdns })),
    ),
  );
  const fixed = (given.ipConfigurations ?? []) as StaticConfiguration[];
  const ipConfigurations = members.map((member) => {
    const { groupId, requiredMemberName } = member;
    const own = fixed.find(({ properties: p }) => p.groupId === groupId && p.memberName === requiredMemberName);
    const address = own && { privateIPAddress: own.properties.privateIPAddress, privateIPAllocationMethod: 'Static' };
    return {
      name: own?.name ?? `privateEndpointIpConfig.${world.guid()}`,
      properties: { subnet, privateLinkConnectionProperties: member, ...address },
    };
  });
  return buildInterface(
    world,
    { id, name, type: interfaceType, location: base.location! },
    { ipConfigurations, privateEndpoint: { id: path.id } },
  );
}

/** Takes away what an endpoint left elsewhere: interface, connections, records. */
function detach(world: ArmWorld, endpoint: ArmResource): void {
  removeRecords(world, endpoint);
  for (const { id } of (endpoint.properties?.networkInterfaces ?? []) as Reference[]) world.store.delete(id);
  for (const { properties } of connectionLists.flatMap((list) => connectionsOf(endpoint, list))) {
    const connection = connectionAt(world, properties.privateLinkServiceId, endpoint.id);
    if (connection) world.store.delete(connection.id);
  }
}

/** Names that an endpoint serves, with their addresses, from its interface. */
export function endpointNames(world: ArmWorld, endpoint: ArmResource): { fqdn: string; ipAddresses: string[] }[] {
  const interfaces = (endpoint.properties?.networkInterfaces ?? []) as Reference[];
  return interfaces
    .flatMap(({ id }) => configurationsOf(world.store.get(id) ?? { id, name: '', type: '' }))
    .flatMap(({ properties }) => {
      const { fqdns = [] } = (properties.privateLinkConnectionProperties ?? {}) as { fqdns?: string[] };
      return fqdns.map((fqdn) => ({ fqdn, ipAddresses: [properties.privateIPAddress] }));
    });
}

/** Microsoft.Network/privateEndpoints: an interface in the subnet, and a connection at the target, approved at once unless manual. */
export const privateEndpoints: ResourceType = {
  type: endpointType,
  nameRule: shortNameRule,
  put(call, existing) {
    const { world, path } = call;
    const given = required(bodyOf(call).properties, 'properties');
    const subnet = required(given.subnet as Reference | undefined, 'properties.subnet');
    const base = tracked(call, existing);
    const stored = subnetFor(world, subnet, { id: path.id, location: base.location! });
    const wanted = wantedConnections(call);
    if (existing && leadsTheSameWay(existing, stored.id, wanted)) {
      return write(call, existing, { ...base, properties: existing.properties! });
    }
    if (existing) detach(world, existing);
    const networkInterface = endpointInterface(call, base, { id: stored.id }, wanted);
    world.store.put(networkInterface);
    for (const one of wanted) registerAtTarget(call, one);
    const connections = (manual: boolean) =>
      wanted
        .filter((one) => one.manual === manual)
        .map(({ body }) => ({
          name: body.name,
          id: `${path.id}/${manual ? 'manualPrivateLinkServiceConnections' : 'privateLinkServiceConnections'}/${body.name}`,
          etag: newEtag(world),
          type: `${endpointType}/${manual ? 'manualPrivateLinkServiceConnections' : 'privateLinkServiceConnections'}`,
          properties: { ...body.properties, provisioningState: 'Succeeded' },
        }));
    return write(call, existing, {
      ...base,
      properties: {
        ...given,
        subnet: { id: stored.id },
        networkInterfaces: [{ id: networkInterface.id }],
        privateLinkServiceConnections: connections(false),
        manualPrivateLinkServiceConnections: connections(true),
        customNetworkInterfaceName: given.customNetworkInterfaceName ?? '',
        ipConfigurations: given.ipConfigurations ?? [],
      },
    });
  },
  patch: patchTags,
  delete: (call, existing) => remove(call, existing, () => detach(call.world, existing)),
  view(endpoint, call) {
    const lists = connectionLists.map((list) => [
      list,
      connectionsOf(endpoint, list).map((connection) => withState(call.world, endpoint, connection)),
    ]);
    const customDnsConfigs = endpointNames(call.world, endpoint);
    // The service keeps a resource GUID (its records name it) but does not show it.
    const { resourceGuid: _hidden, ...properties } = endpoint.properties ?? {};
    return { ...endpoint, properties: { ...properties, ...Object.fromEntries(lists), customDnsConfigs } };
  },
};
