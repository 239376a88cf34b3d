import { bodyOf } from '../../arm/resource.ts';
import type { ArmReply, ArmResource, ArmWorld, ResourceType } from '../../arm/types.ts';
import { resourceNotFound } from '../../arm/store.ts';
import { invalidParameter, sqlError } from '../errors.ts';
import type { Json } from '../parts.ts';
import { started } from '../replies.ts';

/** What private endpoints can lead to, by the owner's type. */
const LINKS: Record<string, { groupId: string; zone: (owner: ArmResource) => string }> = {
  'Microsoft.Sql/servers': { groupId: 'sqlServer', zone: () => 'privatelink.database.windows.net' },
  'Microsoft.Sql/managedInstances': {
    groupId: 'managedInstance',
    zone: ({ properties }) => `privatelink.${String(properties?.['dnsZone'])}.database.windows.net`,
  },
};

/** The connections that private endpoints have made, as the owner shows them. */
export function connectionsOf(world: ArmWorld, owner: ArmResource): ArmResource[] {
  return world.store.list({ type: `${owner.type}/privateEndpointConnections`, under: owner.id }).map(shown);
}

function shown(connection: ArmResource): ArmResource {
  const { privateEndpoint, privateLinkServiceConnectionState } = (connection.properties ?? {}) as Json;
  const { status, description } = (privateLinkServiceConnectionState ?? {}) as Record<string, string>;
  const groupId = LINKS[connection.type.replace(/\/privateEndpointConnections$/, '')]?.groupId;
  return {
    ...connection,
    properties: {
      privateEndpoint,
      ...(connection.type.startsWith('Microsoft.Sql/servers/') && { groupIds: [groupId] }),
      privateLinkServiceConnectionState: { status, description, actionsRequired: 'None' },
      provisioningState: 'Ready',
    },
  };
}

/** The owner's side of private endpoints: Microsoft.Network makes connections, the owner approves, rejects or removes them. */
export function privateEndpointConnectionType(world: ArmWorld, owner: string): ResourceType {
  return {
    type: `${owner}/privateEndpointConnections`,
    put(call, existing) {
      if (!existing) throw resourceNotFound(call.path.id);
      const asked = (bodyOf(call).properties?.['privateLinkServiceConnectionState'] ?? {}) as Record<string, string>;
      const status = ['Approved', 'Rejected'].find((word) => word.toLowerCase() === asked['status']?.toLowerCase());
      if (!status) throw invalidParameter('privateLinkServiceConnectionState.status');
      const before = (existing.properties?.['privateLinkServiceConnectionState'] ?? {}) as { status?: string };
      if (before.status === 'Rejected' || before.status === 'Disconnected') {
        throw sqlError(
          400,
          'PrivateEndpointConnectionStateTransitionInvalid',
          `A private endpoint connection in state ${before.status} cannot become ${status}.`,
        );
      }
      const state = { status, description: asked['description'] ?? '' };
      world.store.put({
        ...existing,
        properties: { ...existing.properties, privateLinkServiceConnectionState: state },
      });
      return started(202);
    },
    delete(_call, connection) {
      world.store.delete(connection.id);
      return started(202);
    },
    view: shown,
  };
}

/** GET …/privateLinkResources and …/privateLinkResources/{group}. */
export function privateLinkResources(owner: ArmResource, name: string): ArmReply {
  const { groupId, zone } = LINKS[owner.type]!;
  const resource = {
    id: `${owner.id}/privateLinkResources/${groupId}`,
    name: groupId,
    type: `${owner.type}/privateLinkResources`,
    properties: { groupId, requiredMembers: [groupId], requiredZoneNames: [zone(owner)] },
  };
  if (name === '') return { status: 200, body: { value: [resource] } };
  if (name.toLowerCase() === groupId.toLowerCase()) return { status: 200, body: resource };
  throw resourceNotFound(`${owner.id}/privateLinkResources/${name}`);
}
