import { bodyOf, required } from '../../resource.ts';
import type { ArmCall, ArmReply, ResourceType } from '../../types.ts';

const type = 'Microsoft.Web/sites/privateEndpointConnections';

/** The site's side of private endpoints: Microsoft.Network makes them, the owner approves, rejects or removes them. */
export const siteConnections: ResourceType = {
  type,
  put(call, existing) {
    const { id, name } = call.path;
    const { privateLinkServiceConnectionState } = required(bodyOf(call).properties, 'properties');
    const state = required(privateLinkServiceConnectionState, 'properties.privateLinkServiceConnectionState');
    const properties = { ...existing?.properties, privateLinkServiceConnectionState: state };
    call.world.store.put({ id, name, type, properties: { ...properties, provisioningState: 'Succeeded' } });
    return { status: 200 };
  },
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};

/** GET …/sites/{name}/privateLinkResources: what of a site a private endpoint can lead to. */
export function privateLinkResources(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET' || call.path.type !== 'Microsoft.Web/sites/privateLinkResources') return undefined;
  const { id } = call.world.store.require(call.path.id.replace(/\/[^/]+$/, ''));
  const properties = {
    groupId: 'sites',
    requiredMembers: ['sites'],
    requiredZoneNames: ['privatelink.azurewebsites.net'],
  };
  const resource = {
    id: `${id}/privateLinkResources/sites`,
    name: 'sites',
    type: 'Microsoft.Web/sites/privateLinkResources',
  };
  return { status: 200, body: { value: [{ ...resource, properties }] } };
}
