import { PrivateDnsManagementClient } from '@azure/arm-privatedns';
import type { PrivateZone, VirtualNetworkLink } from '@azure/arm-privatedns';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function privatedns({ credential, subscriptionId, options }: Arm): Operations {
  const client = new PrivateDnsManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:privatedns:PrivateZone': put(['resourceGroupName', 'privateZoneName'], (at, body: PrivateZone) =>
      client.privateZones.createOrUpdate(...at, body, poll),
    ),
    'azure-native:privatedns:VirtualNetworkLink': put(
      ['resourceGroupName', 'privateZoneName', 'virtualNetworkLinkName'],
      (at, body: VirtualNetworkLink) => client.virtualNetworkLinks.createOrUpdate(...at, body, poll),
    ),
  };
}
