import { assignsIdentities, joinsSubnet, joinsViaServiceEndpoint } from '../../access/links.ts';
import type { LinkedAccess } from '../../types.ts';

/**
 * What bodies of Microsoft.Web name. `serverFarms/join/action`: permission reference, "Joins an App Service Plan"; the
 * subnet of the integration: "Enable virtual network integration", permissions; access rules: azure-pipelines-tasks #16167.
 */
export const webLinks: Record<string, readonly LinkedAccess[]> = {
  'Microsoft.Web/sites': [
    { at: 'properties.serverFarmId', action: 'Microsoft.Web/serverFarms/join/action' },
    joinsSubnet('properties.virtualNetworkSubnetId'),
    joinsViaServiceEndpoint('properties.siteConfig.ipSecurityRestrictions[].vnetSubnetResourceId'),
    assignsIdentities,
  ],
  'Microsoft.Web/sites/config': [joinsViaServiceEndpoint('properties.ipSecurityRestrictions[].vnetSubnetResourceId')],
};
