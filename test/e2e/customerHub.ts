/** What a customer with a hub and spokes has before the appliance comes: made by the operator, none of the product's. */
import { documentedZones } from '../../model/site/zones.ts';
import type { Sandbox } from '../../sandbox/index.ts';

const apiVersion = 'api-version=2024-05-01';
const zoneVersion = 'api-version=2024-06-01';
const location = 'westeurope';
/** Of the firewall in the hub. */
const firewall = '10.0.0.4';
const tags = { owner: 'network team' };

export interface Hub {
  /** Groups that hold all of it. */
  groups: string[];
  subnets: { workers: string; endpoints: string; functions: string };
  zoneIds: Record<string, string>;
}

/**
 * A network with three subnets in the appliance's subscription, peered with a hub in another one. There are the zones, which
 * the spoke is linked to, and the firewall, which the only way out leads through.
 */
export async function makeHub({ client, subscriptionId }: Sandbox, hubSubscription: string): Promise<Hub> {
  const groups = {
    spoke: `/subscriptions/${subscriptionId}/resourceGroups/shop-network`,
    hub: `/subscriptions/${hubSubscription}/resourceGroups/hub-network`,
    dns: `/subscriptions/${hubSubscription}/resourceGroups/hub-dns`,
  };
  const put = (id: string, body: object, version = apiVersion) =>
    client.arm('PUT', `${id}?${version}`, { location, tags, ...body });
  const network = (group: string, path: string) => `${group}/providers/Microsoft.Network/${path}`;
  const spoke = network(groups.spoke, 'virtualNetworks/spoke');
  const hub = network(groups.hub, 'virtualNetworks/hub');
  const rules = network(groups.spoke, 'networkSecurityGroups/backup');
  const routes = network(groups.spoke, 'routeTables/via-firewall');

  await Promise.all(Object.values(groups).map((id) => put(id, {}, 'api-version=2024-03-01')));
  await Promise.all([
    put(rules, { properties: { securityRules: [] } }),
    put(routes, {
      properties: {
        routes: [
          {
            name: 'out',
            properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: firewall },
          },
        ],
      },
    }),
    put(hub, {
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 'AzureFirewallSubnet', properties: { addressPrefix: '10.0.0.0/26' } }],
      },
    }),
  ]);
  const subnet = (name: string, addressPrefix: string, more: object = {}) => ({
    name,
    properties: { addressPrefix, defaultOutboundAccess: false, ...more },
  });
  await put(spoke, {
    properties: {
      addressSpace: { addressPrefixes: ['172.20.0.0/22'] },
      subnets: [
        subnet('backup-workers', '172.20.0.0/25', { networkSecurityGroup: { id: rules } }),
        subnet('private-links', '172.20.1.0/24'),
        subnet('backup-functions', '172.20.0.128/26', {
          routeTable: { id: routes },
          delegations: [{ name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }],
        }),
      ],
    },
  });
  const towards = (id: string) => ({
    properties: { remoteVirtualNetwork: { id }, allowVirtualNetworkAccess: true, allowForwardedTraffic: true },
  });
  await put(`${spoke}/virtualNetworkPeerings/hub`, towards(hub));
  await put(`${hub}/virtualNetworkPeerings/spoke`, towards(spoke));

  const { sqlServer: _sqlServer, ...needed } = documentedZones;
  const zoneNames = [...new Set(Object.values(needed).flat())];
  const zones = zoneNames.map(async (name): Promise<[string, string]> => {
    const id = network(groups.dns, `privateDnsZones/${name}`);
    const isGlobal = { location: 'global' };
    await put(id, isGlobal, zoneVersion);
    const properties = { virtualNetwork: { id: spoke }, registrationEnabled: false };
    await put(`${id}/virtualNetworkLinks/spoke`, { ...isGlobal, properties }, zoneVersion);
    return [name, id];
  });
  return {
    groups: Object.values(groups),
    subnets: {
      workers: `${spoke}/subnets/backup-workers`,
      endpoints: `${spoke}/subnets/private-links`,
      functions: `${spoke}/subnets/backup-functions`,
    },
    zoneIds: Object.fromEntries(await Promise.all(zones)),
  };
}
