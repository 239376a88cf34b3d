import { PrivateDnsManagementClient } from '@azure/arm-privatedns';
import type { PrivateZone, VirtualNetworkLink } from '@azure/arm-privatedns';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

const zone = inGroup('Microsoft.Network/privateDnsZones/{privateZoneName}');

export function privatedns({ credential, subscriptionId, options }: Arm): Operations {
  const client = new PrivateDnsManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:privatedns:PrivateZone': operation(zone, {
      put: (at, body: PrivateZone) => client.privateZones.createOrUpdate(...at, body, poll),
      get: (at) => client.privateZones.get(...at),
      delete: (at) => client.privateZones.delete(...at, poll),
    }),
    'azure-native:privatedns:VirtualNetworkLink': operation(`${zone}/virtualNetworkLinks/{virtualNetworkLinkName}`, {
      put: (at, body: VirtualNetworkLink) => client.virtualNetworkLinks.createOrUpdate(...at, body, poll),
      get: (at) => client.virtualNetworkLinks.get(...at),
      delete: (at) => client.virtualNetworkLinks.delete(...at, poll),
    }),
  };
}
