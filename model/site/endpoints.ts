import { diskAccessesNeeded } from '../exports.ts';
import { isHome, repositoriesOf, sitesOf, type Environment, type SiteConfig } from './environment.ts';
import { diskAccesses, homeLayout, type Named, repositoryLayout, siteKey, siteLayout } from './layout.ts';
import { placement, siteNetwork } from './network.ts';
import type { Piece } from './piece.ts';
import type { EndpointGroup, RequiredZones } from './zones.ts';

/** What a private endpoint of a site's network leads to. */
export interface EndpointTarget {
  target: Named;
  group: EndpointGroup;
}

export function siteDiskAccesses(environment: Environment, site: SiteConfig): Named[] {
  return diskAccesses(siteKey(environment, site), diskAccessesNeeded(environment));
}

/**
 * Everything that has a private endpoint in a site's network (house plan, section 4). In one zone an account has at most
 * one endpoint for a sub-resource: a second one would take the first's record away. Where sites share the customer's
 * zones, what several sites reach has its only endpoint in the home site's network, and the customer's routing leads there.
 */
export function endpointTargets(environment: Environment, site: SiteConfig): EndpointTarget[] {
  const home = homeLayout(environment);
  const layout = siteLayout(siteKey(environment, site));
  const own = layout.account;
  const shared = environment.dns !== 'own';
  const reached = shared ? environment.repositories : repositoriesOf(environment, site);
  const repositories = reached.map((repository) => ({
    target: repositoryLayout(siteKey(environment, environment.home), repository).account,
    group: 'blob' as const,
  }));
  const disks = siteDiskAccesses(environment, site).map((target) => ({ target, group: 'disks' as const }));
  const vault = { target: home.vault, group: 'vault' as const };
  const ownBlob = { target: own, group: 'blob' as const };
  const ownQueue = { target: own, group: 'queue' as const };
  const staging = site.sqlStaging ? [{ target: layout.sqlServer, group: 'sqlServer' as const }] : [];
  if (!isHome(environment, site)) {
    const elsewhere = shared ? [] : [{ target: home.account, group: 'queue' as const }, vault, ...repositories];
    return [ownBlob, ownQueue, ...elsewhere, ...disks, ...staging];
  }
  const host = (['blob', 'queue', 'table'] as const).map((group) => ({ target: home.hostAccount, group }));
  const api = { target: home.functionApp, group: 'sites' as const };
  const others = sitesOf(environment)
    .filter((other) => !shared && !isHome(environment, other))
    .map((other) => ({ target: siteLayout(siteKey(environment, other)).account, group: 'blob' as const }));
  return [ownBlob, ownQueue, ...host, vault, api, ...repositories, ...disks, ...staging, ...others];
}

/** The name of the private endpoint to a target's sub-resource; its network interface is called the same plus `-nic`. */
export function endpointName(target: Named, group: EndpointGroup): string {
  return `${target.name}-${group}`;
}

/** A private endpoint in a site's network and, unless a policy of the customer's makes it, its entry in the zones. */
export function endpointPieces(
  environment: Environment,
  site: SiteConfig,
  { target, group }: EndpointTarget,
  requiredZones: RequiredZones,
): Piece[] {
  const { resourceGroup } = siteLayout(siteKey(environment, site));
  const { subnets, zoneId } = siteNetwork(environment, site);
  const name = endpointName(target, group);
  const id = `${resourceGroup.id}/providers/Microsoft.Network/privateEndpoints/${name}`;
  const zones = requiredZones[group];
  const key = `endpoint-${name}`;
  return [
    {
      key,
      kind: 'privateEndpoint',
      id,
      owner: 'strongroom',
      after: ['network'],
      target: { id: target.id, group },
      settings: {
        ...placement(environment, site),
        subnet: { id: subnets.endpoints },
        customNetworkInterfaceName: `${name}-nic`,
        privateLinkServiceConnections: [{ name: group, privateLinkServiceId: target.id, groupIds: [group] }],
      },
    },
    {
      key: `records-${name}`,
      kind: 'privateDnsZoneGroup',
      id: `${id}/privateDnsZoneGroups/default`,
      owner: environment.dns === 'policy' ? 'customer' : 'strongroom',
      after: [key, ...(environment.dns === 'own' ? zones.map((zone) => `link-${zone}`) : [])],
      settings:
        environment.dns === 'policy'
          ? {}
          : {
              privateDnsZoneConfigs: zones.map((zone) => ({
                name: zone.replaceAll('.', '-'),
                privateDnsZoneId: zoneId(zone),
              })),
            },
    },
  ];
}
