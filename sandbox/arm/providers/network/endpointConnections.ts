import { bodyOf, required } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmResource, type ArmWorld } from '../../types.ts';
import { invalidResourceReference } from './errors.ts';
import { linkMembers } from './privateLink.ts';
import type { Reference } from './written.ts';

interface ConnectionBody {
  name: string;
  properties: { privateLinkServiceId: string; groupIds?: string[]; requestMessage?: string };
}

interface ConnectionState {
  status: string;
  description: string;
}

/** A connection that is wanted, with its target. */
export interface Wanted {
  body: ConnectionBody;
  manual: boolean;
  target: ArmResource;
}

/** The target and its groups must exist. @throws ArmError 400 */
export function wantedConnections(call: ArmCall): Wanted[] {
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

const connectionPrefix = (endpoint: string) => `${endpoint}.`;

/** The endpoint as its target sees it: `{target}/privateEndpointConnections/{endpoint}.{guid}`. */
export function registerAtTarget(call: ArmCall, { manual, target }: Wanted): void {
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
export function connectionAt(world: ArmWorld, targetId: string, endpointId: string): ArmResource | undefined {
  return world.store
    .under(targetId)
    .find(
      ({ type, properties }) =>
        type.endsWith('/privateEndpointConnections') &&
        (properties?.privateEndpoint as Reference | undefined)?.id.toLowerCase() === endpointId.toLowerCase(),
    );
}

type Connection = ConnectionBody & { properties: { privateLinkServiceConnectionState?: object } };
export const connectionLists = ['privateLinkServiceConnections', 'manualPrivateLinkServiceConnections'] as const;

export function connectionsOf(endpoint: ArmResource, list: (typeof connectionLists)[number]): Connection[] {
  return (endpoint.properties?.[list] ?? []) as Connection[];
}

/** Whether a body asks for the connections that an endpoint has: then its addresses and approvals stay. */
export function leadsTheSameWay(endpoint: ArmResource, subnetId: string, wanted: Wanted[]): boolean {
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

/** The state of a connection is its target's word: an owner may approve or reject it there. */
export function withState(world: ArmWorld, endpoint: ArmResource, connection: Connection): Connection {
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
