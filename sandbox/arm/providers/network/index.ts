import { networkVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { natGateways } from './natGateways.ts';
import { networkInterfaces } from './networkInterfaces.ts';
import { privateDnsZoneGroups } from './privateDnsZoneGroups.ts';
import { privateDnsZones } from './privateDnsZones.ts';
import { privateEndpoints } from './privateEndpoints.ts';
import { publicIPAddresses } from './publicAddresses.ts';
import { routeTables } from './routeTables.ts';
import { networkSecurityGroups } from './securityGroups.ts';
import { subnets } from './subnets.ts';
import { virtualNetworks } from './virtualNetworks.ts';
import { virtualNetworkLinks } from './zoneLinks.ts';
import { addressRecords } from './zoneRecordSets.ts';

/** Microsoft.Network: networks, what stands in them, and private DNS. */
export const network: Provider = {
  namespace: 'Microsoft.Network',
  apiVersions: networkVersions,
  types: [
    virtualNetworks,
    subnets,
    networkSecurityGroups,
    networkInterfaces,
    publicIPAddresses,
    natGateways,
    routeTables,
    privateEndpoints,
    privateDnsZoneGroups,
    privateDnsZones,
    virtualNetworkLinks,
    addressRecords,
  ],
};
