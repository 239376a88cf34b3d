import { NetworkManagementClient } from '@azure/arm-network';
import type {
  NatGateway,
  NetworkSecurityGroup,
  PrivateDnsZoneGroup,
  PrivateEndpoint,
  PublicIPAddress,
  RouteTable,
  Subnet,
  VirtualNetwork,
} from '@azure/arm-network';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

const virtualNetwork = inGroup('Microsoft.Network/virtualNetworks/{virtualNetworkName}');
const privateEndpoint = inGroup('Microsoft.Network/privateEndpoints/{privateEndpointName}');

export function network({ credential, subscriptionId, options }: Arm): Operations {
  const client = new NetworkManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:network:VirtualNetwork': operation(
      virtualNetwork,
      {
        put: (at, body: VirtualNetwork) => client.virtualNetworks.createOrUpdate(...at, body, poll),
        get: (at) => client.virtualNetworks.get(...at),
        delete: (at) => client.virtualNetworks.delete(...at, poll),
      },
      { subresources: ['subnets', 'virtualNetworkPeerings'] },
    ),
    'azure-native:network:Subnet': operation(`${virtualNetwork}/subnets/{subnetName}`, {
      put: (at, body: Subnet) => client.subnets.createOrUpdate(...at, body, poll),
      get: (at) => client.subnets.get(...at),
      delete: (at) => client.subnets.delete(...at, poll),
    }),
    'azure-native:network:NetworkSecurityGroup': operation(
      inGroup('Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}'),
      {
        put: (at, body: NetworkSecurityGroup) => client.networkSecurityGroups.createOrUpdate(...at, body, poll),
        get: (at) => client.networkSecurityGroups.get(...at),
        delete: (at) => client.networkSecurityGroups.delete(...at, poll),
      },
      { subresources: ['securityRules'] },
    ),
    'azure-native:network:RouteTable': operation(
      inGroup('Microsoft.Network/routeTables/{routeTableName}'),
      {
        put: (at, body: RouteTable) => client.routeTables.createOrUpdate(...at, body, poll),
        get: (at) => client.routeTables.get(...at),
        delete: (at) => client.routeTables.delete(...at, poll),
      },
      { subresources: ['routes'] },
    ),
    'azure-native:network:NatGateway': operation(inGroup('Microsoft.Network/natGateways/{natGatewayName}'), {
      put: (at, body: NatGateway) => client.natGateways.createOrUpdate(...at, body, poll),
      get: (at) => client.natGateways.get(...at),
      delete: (at) => client.natGateways.delete(...at, poll),
    }),
    'azure-native:network:PublicIPAddress': operation(
      inGroup('Microsoft.Network/publicIPAddresses/{publicIpAddressName}'),
      {
        put: (at, body: PublicIPAddress) => client.publicIPAddresses.createOrUpdate(...at, body, poll),
        get: (at) => client.publicIPAddresses.get(...at),
        delete: (at) => client.publicIPAddresses.delete(...at, poll),
      },
      { replacedBy: ['publicIPAddressVersion', 'publicIPPrefix', 'sku'] },
    ),
    'azure-native:network:PrivateEndpoint': operation(
      privateEndpoint,
      {
        put: (at, body: PrivateEndpoint) => client.privateEndpoints.createOrUpdate(...at, body, poll),
        get: (at) => client.privateEndpoints.get(...at),
        delete: (at) => client.privateEndpoints.delete(...at, poll),
      },
      { replacedBy: ['subnet'] },
    ),
    'azure-native:network:PrivateDnsZoneGroup': operation(
      `${privateEndpoint}/privateDnsZoneGroups/{privateDnsZoneGroupName}`,
      {
        put: (at, body: PrivateDnsZoneGroup) => client.privateDnsZoneGroups.createOrUpdate(...at, body, poll),
        get: (at) => client.privateDnsZoneGroups.get(...at),
        delete: (at) => client.privateDnsZoneGroups.delete(...at, poll),
      },
    ),
  };
}
