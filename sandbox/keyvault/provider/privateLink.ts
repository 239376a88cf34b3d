import { bodyOf } from '../../arm/resource.ts';
import type { ResourceType } from '../../arm/types.ts';
import { VAULT } from '../contents/vaults.ts';

export const CONNECTION = `${VAULT}/privateEndpointConnections`;

/** The vault's side of private endpoints: Microsoft.Network makes them, the owner approves, rejects or removes them. */
export const connectionType: ResourceType = {
  type: CONNECTION,
  put(call, existing) {
    const { id, name, type } = call.path;
    const properties = { ...existing?.properties, ...bodyOf(call).properties, provisioningState: 'Succeeded' };
    call.world.store.put({ id, name, type, properties });
    return { status: 200 };
  },
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};

/** GET …/privateLinkResources */
export const linkResourceType: ResourceType = {
  type: `${VAULT}/privateLinkResources`,
  list: (call) => [
    {
      id: `${call.path.id}/vault`,
      name: 'vault',
      type: `${VAULT}/privateLinkResources`,
      properties: {
        groupId: 'vault',
        requiredMembers: ['default'],
        requiredZoneNames: ['privatelink.vaultcore.azure.net'],
      },
    },
  ],
};
