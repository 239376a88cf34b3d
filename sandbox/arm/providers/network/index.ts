import { networkVersions } from './apiVersions.ts';
import type { Provider } from '../../types.ts';
import { natGateways } from './natGateways.ts';
import { ipConfigurations, networkInterfaces } from './networkInterfaces.ts';
import { virtualNetworkPeerings } from './peerings.ts';
import { privateDnsZoneGroups } from './privateDnsZoneGroups.ts';
import { privateDnsZones } from './privateDnsZones.ts';
import { privateEndpoints } from './privateEndpoints.ts';
import { publicIPAddresses } from './publicAddresses.ts';
import { answerQueries } from './queries.ts';
import { allRecordSets, recordSets } from './recordSets.ts';
import { withLinks } from '../../access/links.ts';
import { shaped } from '../../shape.ts';
import { networkLinks } from './links.ts';
import { networkShapes } from './shapes.ts';
import { routes, routeTables } from './routeTables.ts';
import { defaultSecurityRules, networkSecurityGroups, securityRules } from './securityGroups.ts';
import { subnets } from './subnets.ts';
import { virtualNetworks } from './virtualNetworks.ts';
import { virtualNetworkLinks } from './zoneLinks.ts';

/** Microsoft.Network: networks, what stands in them, and private DNS. */
export const network: Provider = {
  namespace: 'Microsoft.Network',
  apiVersions: networkVersions,
  types: withLinks(
    shaped(
      [
        virtualNetworks,
        subnets,
        virtualNetworkPeerings,
        networkSecurityGroups,
        securityRules,
        defaultSecurityRules,
        networkInterfaces,
        ipConfigurations,
        publicIPAddresses,
        natGateways,
        routeTables,
        routes,
        privateEndpoints,
        privateDnsZoneGroups,
        privateDnsZones,
        virtualNetworkLinks,
        ...recordSets,
        allRecordSets,
      ],
      networkShapes,
    ),
    networkLinks,
  ),
  other: answerQueries,
};
