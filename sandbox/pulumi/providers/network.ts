import { NetworkManagementClient } from '@azure/arm-network';
import type {
  NatGateway,
  NetworkSecurityGroup,
  PrivateDnsZoneGroup,
  PrivateEndpoint,
  PublicIPAddress,
  Subnet,
  VirtualNetwork,
} from '@azure/arm-network';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function network({ credential, subscriptionId, options }: Arm): Operations {
  const client = new NetworkManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:network:VirtualNetwork': put(
      ['resourceGroupName', 'virtualNetworkName'],
      (at, body: VirtualNetwork) => client.virtualNetworks.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:Subnet': put(['resourceGroupName', 'virtualNetworkName', 'subnetName'], (at, body: Subnet) =>
      client.subnets.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:NetworkSecurityGroup': put(
      ['resourceGroupName', 'networkSecurityGroupName'],
      (at, body: NetworkSecurityGroup) => client.networkSecurityGroups.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:NatGateway': put(['resourceGroupName', 'natGatewayName'], (at, body: NatGateway) =>
      client.natGateways.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:PublicIPAddress': put(
      ['resourceGroupName', 'publicIpAddressName'],
      (at, body: PublicIPAddress) => client.publicIPAddresses.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:PrivateEndpoint': put(
      ['resourceGroupName', 'privateEndpointName'],
      (at, body: PrivateEndpoint) => client.privateEndpoints.createOrUpdate(...at, body, poll),
    ),
    'azure-native:network:PrivateDnsZoneGroup': put(
      ['resourceGroupName', 'privateEndpointName', 'privateDnsZoneGroupName'],
      (at, body: PrivateDnsZoneGroup) => client.privateDnsZoneGroups.createOrUpdate(...at, body, poll),
    ),
  };
}
