import { joinsSubnet } from '../../access/links.ts';
import type { LinkedAccess } from '../../types.ts';

const joins = (at: string, type: string): LinkedAccess => ({ at, action: `Microsoft.Network/${type}/join/action` });
const peers = (at: string): LinkedAccess => ({ at, action: 'Microsoft.Network/virtualNetworks/peer/action' });

/** What a subnet is tied to ("Add, change, or delete a virtual network subnet", permissions; linked access checks of `subnets/write`). */
const subnet = (at: string): LinkedAccess[] => [
  joins(`${at}.networkSecurityGroup.id`, 'networkSecurityGroups'),
  joins(`${at}.routeTable.id`, 'routeTables'),
  joins(`${at}.natGateway.id`, 'natGateways'),
];

/**
 * What bodies of Microsoft.Network name. From the permission reference (`…/join/action`), the pages on permissions of
 * each resource, and real answers in public threads: route tables (planetary-computer-hub #25), security groups
 * (tectonic-installer #1954), zones of zone groups (terraform-azurerm-caf-enterprise-scale #615), approval of private
 * endpoints in its short form (azure-docs #96892). That a zone link joins its network: role Private DNS Zone Contributor.
 */
export const networkLinks: Record<string, readonly LinkedAccess[]> = {
  'Microsoft.Network/virtualNetworks': [
    ...subnet('properties.subnets[].properties'),
    peers('properties.virtualNetworkPeerings[].properties.remoteVirtualNetwork.id'),
  ],
  'Microsoft.Network/virtualNetworks/subnets': subnet('properties'),
  'Microsoft.Network/virtualNetworks/virtualNetworkPeerings': [peers('properties.remoteVirtualNetwork.id')],
  'Microsoft.Network/networkInterfaces': [
    joinsSubnet('properties.ipConfigurations[].properties.subnet.id'),
    joins('properties.ipConfigurations[].properties.publicIPAddress.id', 'publicIPAddresses'),
    joins('properties.networkSecurityGroup.id', 'networkSecurityGroups'),
  ],
  'Microsoft.Network/natGateways': [joins('properties.publicIpAddresses[].id', 'publicIPAddresses')],
  'Microsoft.Network/privateEndpoints': [
    joinsSubnet('properties.subnet.id'),
    // A manual connection waits for its owner instead.
    {
      at: 'properties.privateLinkServiceConnections[].properties.privateLinkServiceId',
      action: '{type}/privateEndpointConnectionsApproval/action',
      shown: 'PrivateEndpointConnectionsApproval/action',
    },
  ],
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': [
    joins('properties.privateDnsZoneConfigs[].properties.privateDnsZoneId', 'privateDnsZones'),
  ],
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': [joins('properties.virtualNetwork.id', 'virtualNetworks')],
};
