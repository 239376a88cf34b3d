import { home, second } from './values.ts';

const hub = `/subscriptions/${home}/resourceGroups/hub/providers/Microsoft.Network`;
export const network = (name: string) => `${hub}/virtualNetworks/${name}`;
export const zoneIds = Object.fromEntries(
  [
    'privatelink.blob.core.windows.net',
    'privatelink.queue.core.windows.net',
    'privatelink.table.core.windows.net',
    'privatelink.vaultcore.azure.net',
    'privatelink.azurewebsites.net',
  ].map((zone) => [zone, `${hub}/privateDnsZones/${zone}`]),
);
export const sixSites = ['westeurope', 'northeurope', 'uksouth'].flatMap((region) =>
  [home, second].map((subscriptionId) => ({ subscriptionId, region })),
);

/** Configurations by what they are about. */
export const configurations = {
  'home only': {},
  '3 regions, 2 subscriptions': { sites: sixSites },
  'existing network': {
    sites: [
      {
        region: 'westeurope',
        subnets: {
          workers: `${network('spoke')}/subnets/a`,
          endpoints: `${network('spoke')}/subnets/b`,
          functions: `${network('spoke')}/subnets/c`,
        },
      },
    ],
    dns: 'existing',
    zoneIds,
  },
  'dns policy': { dns: 'policy', sites: [{ region: 'northeurope' }] },
  'public mode': { network: 'public', repositories: [{ name: 'main' }, { name: 'far', region: 'northeurope' }] },
  'a site on demand, a staging server': {
    sites: [
      { subscriptionId: second, region: 'uksouth', declared: false },
      { region: 'uksouth', sqlStaging: true },
    ],
  },
  'an archive, next hop': {
    outbound: { nextHop: '10.0.0.4' },
    repositories: [
      { name: 'main', redundancy: 'ZRS', immutabilityDays: 30 },
      { name: 'archive', region: 'northeurope', redundancy: 'GRS', tier: 'Cold', archive: true },
    ],
  },
};
export type Configuration = keyof typeof configurations;
export const names = Object.keys(configurations) as Configuration[];
