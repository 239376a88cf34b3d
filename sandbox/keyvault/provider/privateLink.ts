import { ownerConnections } from '../../arm/ownerConnections.ts';
import type { ResourceType } from '../../arm/types.ts';
import { VAULT } from '../contents/vaults.ts';

export const CONNECTION = `${VAULT}/privateEndpointConnections`;

/** The vault's side of private endpoints. */
export const connectionType = ownerConnections(VAULT);

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
