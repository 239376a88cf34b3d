import { bodyOf, patchTags, required, tracked } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmResource, type ArmWorld, type ResourceType } from '../../types.ts';
import { invalidResourceReference } from './errors.ts';
import { shortNameRule } from './names.ts';
import { configurationsOf, interfaceType } from './interfaceAddresses.ts';
import { buildInterface, subnetFor } from './networkInterfaces.ts';
import { linkMembers } from './privateLink.ts';
import { removeRecords } from './zoneRecords.ts';
import { newEtag, remove, write, type Reference } from './written.ts';

export const endpointType = 'Microsoft.Network/privateEndpoints';

interface ConnectionBody {
  name: string;
  properties: { privateLinkServiceId: string; groupIds?: string[]; requestMessage?: string };
}

/** An address that a body fixes for one member of a group. */
interface StaticConfiguration {
  name: string;
  properties: { groupId: string; memberName: string; privateIPAddress: string };
}

interface ConnectionState {
  status: string;
  description: string;
}

/** A connection that is wanted, with its target. */
interface Wanted {
  body: ConnectionBody;
  manual: boolean;
  target: ArmResource;
}

/** The target and its groups must exist. @throws ArmError 400 */
function wantedConnections(call: ArmCall): Wanted[] {
  const { privateLinkServiceConnections = [], manualPrivateLinkServiceConnections = [] } = bodyOf(call).properties!;
  const all = [
    ...(privateLinkServiceConnections as ConnectionBody[]).map((body) => ({ body, manual: false })),
    ...(manualPrivateLinkServiceConnections as ConnectionBody[]).map((body) => ({ body, manual: true })),
  ];
  required(all[0], 'properties.privateLinkServiceConnections');
  return all.map(({ body, manual }) => {
    const { privateLinkServiceId, groupIds = [] } = body.properties;
    const target = call.world.store.get(privateLinkServiceId);
    if (!target) throw invalidResourceReference(privateLinkServiceId, call.path.id);
    for (const group of groupIds) {
      if (linkMembers(target, group)) continue;
      const message = `Call to ${target.type} failed. Error message: The group id '${group}' is not valid for ${target.id}.`;
      throw new ArmError(400, 'BadRequest', message);
    }
    return { body, manual, target };
  });
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

const connectionPrefix = (endpoint: string) => `${endpoint}.`;

/** The endpoint as its target sees it: `{target}/privateEndpointConnections/{endpoint}.{guid}`. */
function registerAtTarget(call: ArmCall, { manual, target }: Wanted): void {
  const { world, path } = call;
  const name = `${connectionPrefix(path.name)}${world.guid()}`;
  const state = manual
    ? { status: 'Pending', description: 'Please approve my request' }
    : { status: 'Approved', description: 'Auto-Approved' };
  world.store.put({
    id: `${target.id}/privateEndpointConnections/${name}`,
    name,
    type: `${target.type}/privateEndpointConnections`,
    properties: {
      privateEndpoint: { id: path.id },
      privateLinkServiceConnectionState: state,
      provisioningState: 'Succeeded',
    },
  });
}

/** The connection that stands at a target for an endpoint. */
function connectionAt(world: ArmWorld, targetId: string, endpointId: string): ArmResource | undefined {
  return world.store
    .under(targetId)
    .find(
      ({ type, properties }) =>
        type.endsWith('/privateEndpointConnections') &&
        (properties?.privateEndpoint as Reference | undefined)?.id.toLowerCase() === endpointId.toLowerCase(),
    );
}

type Connection = ConnectionBody & { properties: { privateLinkServiceConnectionState?: object } };
const connectionLists = ['privateLinkServiceConnections', 'manualPrivateLinkServiceConnections'] as const;

function connectionsOf(endpoint: ArmResource, list: (typeof connectionLists)[number]): Connection[] {
  return (endpoint.properties?.[list] ?? []) as Connection[];
}

/** Whether a body asks for the connections that an endpoint has: then its addresses and approvals stay. */
function leadsTheSameWay(endpoint: ArmResource, subnetId: string, wanted: Wanted[]): boolean {
  const way = (name: string, { privateLinkServiceId, groupIds = [] }: ConnectionBody['properties']) =>
    `${name} ${privateLinkServiceId} ${[...groupIds].sort().join(',')}`.toLowerCase();
  const [before, manualBefore] = connectionLists.map((list) =>
    connectionsOf(endpoint, list).map(({ name, properties }) => way(name, properties)),
  );
  const asked = (manual: boolean) =>
    wanted.filter((one) => one.manual === manual).map(({ body }) => way(body.name, body.properties));
  const same = (a: string[] = [], b: string[]) => a.toSorted().join('\n') === b.toSorted().join('\n');
  const { id } = endpoint.properties?.subnet as Reference;
  return id.toLowerCase() === subnetId.toLowerCase() && same(before, asked(false)) && same(manualBefore, asked(true));
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

/** The state of a connection is its target's word: an owner may approve or reject it there. */
function withState(world: ArmWorld, endpoint: ArmResource, connection: Connection): Connection {
  const at = connectionAt(world, connection.properties.privateLinkServiceId, endpoint.id);
  const state = at?.properties?.privateLinkServiceConnectionState as ConnectionState | undefined;
  const shown = state ?? { status: 'Disconnected', description: '' };
  const { status, description } = shown;
  return {
    ...connection,
    properties: {
      ...connection.properties,
      privateLinkServiceConnectionState: { status, description, actionsRequired: 'None' },
    },
  };
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
