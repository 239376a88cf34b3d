import { ownerConnections } from '../../ownerConnections.ts';
import type { ArmCall, ArmReply } from '../../types.ts';

/** The site's side of private endpoints. */
export const siteConnections = ownerConnections('Microsoft.Web/sites');

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
