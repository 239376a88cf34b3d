import { subnetPrefixes } from './addresses.ts';
import { isHome, type Environment, type SiteConfig } from './environment.ts';
import { siteKey, siteLayout, subnetNames } from './layout.ts';
import type { Piece } from './piece.ts';
import { workerRules } from './workerRules.ts';

/** The network that a site uses, its own or the customer's, and the zones that its endpoints write into. */
export interface SiteNetwork {
  id: string;
  subnets: { workers: string; endpoints: string; functions: string | undefined };
  /** ARM id of a private DNS zone; undefined with `dns: existing` when the configuration lacks it. */
  zoneId(zoneName: string): string | undefined;
}

export function siteNetwork(environment: Environment, site: SiteConfig): SiteNetwork {
  const { network, resourceGroup } = siteLayout(siteKey(environment, site));
  const own = (name: string) => `${network.id}/subnets/${name}`;
  const subnets = site.subnets ?? {
    workers: own(subnetNames.workers),
    endpoints: own(subnetNames.endpoints),
    functions: isHome(environment, site) ? own(subnetNames.functions) : undefined,
  };
  return {
    id: subnets.workers.replace(/\/subnets\/[^/]+$/i, ''),
    subnets: { ...subnets, functions: subnets.functions },
    zoneId: (zoneName) =>
      environment.dns === 'own'
        ? `${resourceGroup.id}/providers/Microsoft.Network/privateDnsZones/${zoneName}`
        : environment.zoneIds[zoneName],
  };
}

/** What every piece has in common: where it stands, and its tags. */
export function placement(environment: Environment, site: SiteConfig) {
  return { location: site.region, tags: siteTags(environment, site) };
}

/** The appliance's own tags win over the customer's of the same name. */
export function siteTags(environment: Environment, site: SiteConfig): Record<string, string> {
  return { ...environment.tags, ...siteLayout(siteKey(environment, site)).tags };
}

/** The service tag of a network and all that it is connected to by peering or a route of the customer's. */
const CONNECTED = 'VirtualNetwork';

/** Where sites share the customer's zones, endpoints that several sites reach are in the home site's network alone. */
function reachesHome(environment: Environment, site: SiteConfig): boolean {
  return environment.dns !== 'own' && !isHome(environment, site);
}

/** Rules of the workers, way out and network with its subnets; of a customer's network only a look. */
export function networkPieces(environment: Environment, site: SiteConfig): Piece[] {
  const { id } = siteNetwork(environment, site);
  const layout = siteLayout(siteKey(environment, site));
  const place = placement(environment, site);
  const publicMode = environment.network === 'public';
  const rules = (endpoints: string): Piece => ({
    key: 'worker-rules',
    kind: 'networkSecurityGroup',
    id: layout.networkSecurityGroup.id,
    owner: 'strongroom',
    after: [],
    settings: { ...place, securityRules: workerRules(endpoints, publicMode) },
  });
  if (site.subnets) {
    const names = Object.values(site.subnets).map((subnet) => ({ name: subnet.split('/').at(-1)! }));
    const settings = { location: site.region, subnets: names };
    return [rules(CONNECTED), { key: 'network', kind: 'virtualNetwork', id, owner: 'customer', after: [], settings }];
  }
  const prefixes = subnetPrefixes(site.addressSpace);
  const outbound = isHome(environment, site) || publicMode ? outboundPieces(environment, site) : [];
  const wayOut = outbound.at(-1);
  const route = wayOut?.kind === 'natGateway' ? { natGateway: { id: wayOut.id } } : { routeTable: { id: wayOut?.id } };
  return [
    rules(reachesHome(environment, site) ? CONNECTED : prefixes.endpoints),
    ...outbound,
    {
      key: 'network',
      kind: 'virtualNetwork',
      id,
      owner: 'strongroom',
      after: ['worker-rules', ...outbound.map(({ key }) => key)],
      settings: {
        ...place,
        addressSpace: { addressPrefixes: [site.addressSpace] },
        subnets: [
          {
            name: subnetNames.workers,
            addressPrefix: prefixes.workers,
            defaultOutboundAccess: false,
            networkSecurityGroup: { id: layout.networkSecurityGroup.id },
            ...(publicMode && route),
          },
          {
            name: subnetNames.endpoints,
            addressPrefix: prefixes.endpoints,
            defaultOutboundAccess: false,
            privateEndpointNetworkPolicies: 'Disabled',
          },
          ...(isHome(environment, site)
            ? [
                {
                  name: subnetNames.functions,
                  addressPrefix: prefixes.functions,
                  defaultOutboundAccess: false,
                  // Flex Consumption runs in Container Apps environments.
                  delegations: [{ name: 'functions', serviceName: 'Microsoft.App/environments' }],
                  ...route,
                },
              ]
            : []),
        ],
      },
    },
  ];
}

/** The only way out of a site. Opening one is the deployer's affair: the appliance never does it by itself. */
function outboundPieces(environment: Environment, site: SiteConfig): Piece[] {
  const { natGateway, publicIp, routeTable } = siteLayout(siteKey(environment, site));
  const place = placement(environment, site);
  const { outbound } = environment;
  if ('nextHop' in outbound) {
    return [
      {
        key: 'routes',
        kind: 'routeTable',
        id: routeTable.id,
        owner: 'deployer',
        after: [],
        settings: {
          ...place,
          routes: [
            {
              name: 'outbound',
              addressPrefix: '0.0.0.0/0',
              nextHopType: 'VirtualAppliance',
              nextHopIpAddress: outbound.nextHop,
            },
          ],
        },
      },
    ];
  }
  return [
    {
      key: 'nat-address',
      kind: 'publicIPAddress',
      id: publicIp.id,
      owner: 'deployer',
      after: [],
      settings: {
        ...place,
        sku: { name: 'Standard' },
        publicIPAllocationMethod: 'Static',
        publicIPAddressVersion: 'IPv4',
      },
    },
    {
      key: 'nat-gateway',
      kind: 'natGateway',
      id: natGateway.id,
      owner: 'deployer',
      after: ['nat-address'],
      settings: {
        ...place,
        sku: { name: 'Standard' },
        publicIpAddresses: [{ id: publicIp.id }],
        idleTimeoutInMinutes: 4,
      },
    },
  ];
}

/** Zones of the site's own, linked to its network alone. A zone draws every name of its kind to itself: only those that are needed. */
export function zonePieces(environment: Environment, site: SiteConfig, zoneNames: readonly string[]): Piece[] {
  if (environment.dns !== 'own') return [];
  const { network } = siteLayout(siteKey(environment, site));
  const { id: networkId, zoneId } = siteNetwork(environment, site);
  const { tags } = placement(environment, site);
  return zoneNames.flatMap((zoneName): Piece[] => {
    const id = zoneId(zoneName)!;
    const key = `zone-${zoneName}`;
    return [
      { key, kind: 'privateDnsZone', id, owner: 'strongroom', after: [], settings: { location: 'global', tags } },
      {
        key: `link-${zoneName}`,
        kind: 'virtualNetworkLink',
        id: `${id}/virtualNetworkLinks/${network.name}`,
        owner: 'strongroom',
        after: ['network', key],
        settings: { location: 'global', tags, virtualNetwork: { id: networkId }, registrationEnabled: false },
      },
    ];
  });
}
