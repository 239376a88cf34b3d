import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../../sandbox/core/types.ts';
import { accountId, group, location, networkId, person, startNetworkWorld, told, type NetworkWorld } from './world.ts';

const BLOB = 'privatelink.blob.core.windows.net';
const HOST = 'acct.blob.core.windows.net';
const ARM = 'management.azure.com';
let world: NetworkWorld;

beforeAll(async () => {
  world = await startNetworkWorld();
  world.account('acct');
});
afterAll(() => world.stop());

const rule = (priority: number, access: string, more: object, direction = 'Outbound') => ({
  name: `${access}-${priority}`,
  properties: {
    priority,
    direction,
    access,
    protocol: '*',
    sourceAddressPrefix: '*',
    sourcePortRange: '*',
    destinationAddressPrefix: '*',
    destinationPortRange: '*',
    ...more,
  },
});
const securityGroup = (name: string, ...securityRules: object[]) =>
  world.put(`networkSecurityGroups/${name}`, { location, properties: { securityRules } });

describe('private endpoints', () => {
  let inside: Caller;
  const way = (caller = inside, host = HOST) => told(world.way(caller, host));
  const subnets = { workers: { addressPrefix: '10.1.0.0/26' }, endpoints: { addressPrefix: '10.1.0.64/26' } };

  beforeAll(async () => {
    await world.addNetwork('net', '10.1.0.0/24', subnets);
    await world.zone(BLOB, 'net');
    inside = await world.machine('vm', 'net/workers');
    await world.endpoint('pe', { target: accountId('acct'), subnet: 'net/endpoints', zone: BLOB });
  });

  it('lead to their target', () => {
    expect(way()).toBe('private blob approved');
    expect(world.way(inside, HOST)).toMatchObject({
      origin: { address: '10.1.0.4', privateLink: { targetId: accountId('acct') } },
    });
  });

  it.each(['Pending', 'Rejected', undefined])('with a connection that is %s the target refuses', (state) => {
    world.setState(accountId('acct'), state);
    expect(way()).toBe('private blob not approved');
  });

  it('are made anew where they were removed at the target', async () => {
    await world.remove('privateEndpoints/pe');
    expect(way()).toContain('public'); // no endpoint, no alias; and this subnet has a way out
    await world.endpoint('pe', { target: accountId('acct'), subnet: 'net/endpoints', zone: BLOB, manual: true });
    expect(way()).toBe('private blob not approved');
    world.setState(accountId('acct'), 'Approved');
    expect(way()).toBe('private blob approved');
  });

  it('of another account do not lead here, whatever a record says', async () => {
    world.account('foreign');
    await world.endpoint('pe-foreign', { target: accountId('foreign'), subnet: 'net/endpoints' });
    const record = `privateDnsZones/${BLOB}/A/acct`;
    const before = (await world.world.call('GET', networkId(record))).body.properties;
    await world.put(record, { properties: { ttl: 10, aRecords: [{ ipv4Address: '10.1.0.69' }] } });
    expect(world.way(inside, HOST)).toMatchObject({ origin: { privateLink: { targetId: accountId('foreign') } } });
    await world.put(record, { properties: { ttl: 10, aRecords: [{ ipv4Address: '10.1.0.4' }] } });
    expect(way()).toContain("network interface vm-nic, which is no private endpoint's");
    await world.put(record, { properties: { ttl: 10, aRecords: before.aRecords } });
  });

  it('are reached from peered networks, once both sides are peered and the zone is linked there', async () => {
    await world.addNetwork('spoke', '10.2.0.0/24', { workers: { addressPrefix: '10.2.0.0/26' } });
    const far = await world.machine('vm-spoke', 'spoke/workers');
    const link = { virtualNetwork: { id: networkId('virtualNetworks/spoke') } };
    await world.put(`privateDnsZones/${BLOB}/virtualNetworkLinks/spoke`, { location: 'global', properties: link });
    expect(way(far)).toMatch(/timed out: nothing has the address 10\.1\.0\.68 there, nor in a peered network\.$/);
    const peer = (from: string, to: string, more = {}) =>
      world.put(`virtualNetworks/${from}/virtualNetworkPeerings/${to}`, {
        properties: { remoteVirtualNetwork: { id: networkId(`virtualNetworks/${to}`) }, ...more },
      });
    await peer('spoke', 'net');
    expect(way(far)).toContain('timed out');
    await peer('net', 'spoke');
    expect(way(far)).toBe('private blob approved');
    await peer('spoke', 'net', { allowVirtualNetworkAccess: false });
    expect(way(far)).toContain('timed out');
  });

  it('stand behind the security groups that the caller leaves through', async () => {
    const id = await securityGroup('workers', rule(200, 'Deny', { destinationAddressPrefix: 'VirtualNetwork' }));
    await world.put('virtualNetworks/net/subnets/workers', {
      properties: { ...subnets.workers, networkSecurityGroup: { id } },
    });
    expect(way()).toMatch(
      /10\.1\.0\.68:443\) timed out: rule Deny-200 of network security group workers denies it \(outbound\)\.$/,
    );
    const allow = rule(100, 'Allow', {
      protocol: 'Tcp',
      destinationAddressPrefix: '10.1.0.64/26',
      destinationPortRange: '400-443',
    });
    await securityGroup('workers', allow, rule(200, 'Deny', {}));
    expect(way()).toBe('private blob approved');
    expect(told(world.way(inside, HOST, 80))).toContain('Deny-200');
    // The interface's own group decides as well.
    await securityGroup('nic', rule(100, 'Deny', { destinationPortRanges: ['443'] }));
    expect(way(await world.machine('vm-nic-group', 'net/workers', { group: 'nic' }))).toContain('group nic denies');
  });

  it("stand behind their own subnet's group where network policies hold for endpoints", async () => {
    const id = await securityGroup('endpoints', rule(100, 'Deny', { sourceAddressPrefix: '10.1.0.0/26' }, 'Inbound'));
    const policies = (privateEndpointNetworkPolicies: string) =>
      world.put('virtualNetworks/net/subnets/endpoints', {
        properties: { ...subnets.endpoints, networkSecurityGroup: { id }, privateEndpointNetworkPolicies },
      });
    await policies('Disabled');
    expect(way()).toBe('private blob approved');
    for (const policy of ['Enabled', 'NetworkSecurityGroupEnabled']) {
      await policies(policy);
      expect(way()).toContain('rule Deny-100 of network security group endpoints denies it (inbound)');
    }
    await policies('RouteTableEnabled');
    expect(way()).toBe('private blob approved');
  });
});

describe('the way out', () => {
  const subnetOf = (name: string) => `virtualNetworks/out/subnets/${name}`;
  const put = (name: string, properties: object, version?: string) =>
    world.put(subnetOf(name), { properties }, version);
  let next = 0;
  /** What a machine in a new subnet reaches. */
  const reach = async (properties: object, host = ARM, nic?: { publicAddress: string }) => {
    const name = `s${++next}`;
    await put(name, { addressPrefix: `10.9.${next}.0/24`, ...properties });
    return told(world.way(await world.machine(`m${next}`, `out/${name}`, nic), host));
  };
  const noWay = expect.stringContaining('timed out: the subnet has no outbound access') as string;
  const closed = { defaultOutboundAccess: false };

  beforeAll(async () => {
    await world.addNetwork('out', '10.9.0.0/16', {});
    for (const name of ['nat', 'vm']) {
      await world.put(`publicIPAddresses/${name}`, { location, sku: { name: 'Standard' }, properties: {} });
    }
    const publicIpAddresses = [{ id: networkId('publicIPAddresses/nat') }];
    await world.put('natGateways/nat', { location, properties: { publicIpAddresses } });
    await world.put('natGateways/bare', { location, properties: {} });
  });

  it('is default outbound access, unless the subnet is private; new ones are since 2025-07-01', async () => {
    expect(await reach({ defaultOutboundAccess: true })).toBe('public 198.51.100.10');
    expect(await reach(closed)).toEqual(noWay);
    expect(await reach({})).toEqual(noWay);
    await put('older', { addressPrefix: '10.9.200.0/24' }, '?api-version=2025-05-01');
    expect(told(world.way(await world.machine('older', 'out/older'), ARM))).toBe('public 198.51.100.10');
    // Written again by a newer version, a subnet stays as it is.
    await put('older', { addressPrefix: '10.9.200.0/24' });
    expect(
      told(
        world.way(
          { id: 'vm:again', kind: 'machine', resourceId: `${group}/providers/Microsoft.Compute/virtualMachines/older` },
          ARM,
        ),
      ),
    ).toBe('public 198.51.100.10');
  });

  it('is a NAT gateway with an address, or a public address of the interface', async () => {
    const nat = (name: string) => ({ ...closed, natGateway: { id: networkId(`natGateways/${name}`) } });
    expect(await reach(nat('nat'))).toBe('public 203.0.113.1');
    expect(await reach(nat('bare'))).toEqual(noWay);
    expect(await reach(closed, ARM, { publicAddress: 'vm' })).toBe('public 203.0.113.2');
  });

  it.each([
    ['Internet', undefined, 'public 203.0.113.1'],
    ['VirtualAppliance', '10.9.250.4', 'public 198.51.100.20'],
    ['VirtualAppliance', '172.16.0.4', 'leads to 172.16.0.4, which is in no network that is connected'],
    ['None', undefined, 'route all leads to None, not to the internet'],
    ['VirtualNetworkGateway', undefined, 'route all leads to VirtualNetworkGateway'],
  ])('follows routes: %s %s', async (nextHopType, nextHopIpAddress, expected) => {
    const properties = { addressPrefix: '0.0.0.0/0', nextHopType, ...(nextHopIpAddress && { nextHopIpAddress }) };
    const id = await world.put(`routeTables/r${next}`, {
      location,
      properties: { routes: [{ name: 'all', properties }] },
    });
    const natGateway = { id: networkId('natGateways/nat') };
    expect(await reach({ ...closed, natGateway, routeTable: { id } })).toContain(expected);
  });

  it('follows the longest prefix, and service tags', async () => {
    const route = (name: string, addressPrefix: string, nextHopType: string) => ({
      name,
      properties: { addressPrefix, nextHopType },
    });
    const id = await world.put('routeTables/tags', {
      location,
      properties: { routes: [route('all', '0.0.0.0/0', 'None'), route('arm', 'AzureResourceManager', 'Internet')] },
    });
    const properties = { ...closed, natGateway: { id: networkId('natGateways/nat') }, routeTable: { id } };
    expect(await reach(properties)).toBe('public 203.0.113.1');
    expect(await reach(properties, 'v.vault.azure.net')).toContain('route all leads to None');
  });

  it('passes security groups by service tags', async () => {
    const id = await securityGroup(
      'tags',
      rule(100, 'Allow', { destinationAddressPrefix: 'AzureResourceManager' }),
      rule(110, 'Allow', { destinationAddressPrefix: 'Storage.WestEurope' }),
      rule(200, 'Deny', { destinationAddressPrefix: 'Internet' }),
    );
    const properties = { networkSecurityGroup: { id }, natGateway: { id: networkId('natGateways/nat') } };
    expect(await reach(properties)).toBe('public 203.0.113.1');
    expect(await reach(properties, 'other.blob.core.windows.net')).toBe('public 203.0.113.1');
    expect(await reach(properties, 'v.vault.azure.net')).toContain('rule Deny-200');
  });

  it('is a service endpoint for its own service', async () => {
    const serviceEndpoints = [{ service: 'Microsoft.Storage' }];
    expect(await reach({ ...closed, serviceEndpoints }, 'other.blob.core.windows.net')).toBe('service endpoint');
    expect(await reach({ ...closed, serviceEndpoints })).toEqual(noWay);
  });

  it('machines always have the platform itself', async () => {
    expect(await reach(closed, '169.254.169.254')).toMatch(/^public 10\.9\./);
    expect(await reach(closed, '168.63.129.16')).toMatch(/^public 10\.9\./);
    const nobody = world.seed(
      `${group}/providers/Microsoft.Compute/virtualMachines/bare`,
      'Microsoft.Compute/virtualMachines',
      { properties: {} },
    );
    expect(told(world.way({ id: 'vm:bare', kind: 'machine', resourceId: nobody }, ARM))).toContain(
      'has no network interface',
    );
    world.store.delete(nobody);
    expect(told(world.way({ id: 'vm:bare', kind: 'machine', resourceId: nobody }, ARM))).toContain('does not exist');
  });

  it('apps: Flex Consumption goes by its subnet, other plans do when told to, apps without one and people go freely', async () => {
    await put('functions', { addressPrefix: '10.9.240.0/24', ...closed });
    const app = (name: string, tier: string, properties: object): Caller => {
      const plan = world.seed(`${group}/providers/Microsoft.Web/serverfarms/${name}`, 'Microsoft.Web/serverfarms', {
        sku: { tier },
      });
      const id = world.seed(`${group}/providers/Microsoft.Web/sites/${name}`, 'Microsoft.Web/sites', {
        properties: { serverFarmId: plan, ...properties },
      });
      return { id: `functions:${name}`, kind: 'functions', resourceId: id };
    };
    const virtualNetworkSubnetId = networkId(subnetOf('functions'));
    expect(told(world.way(app('flex', 'FlexConsumption', { virtualNetworkSubnetId }), ARM))).toEqual(noWay);
    expect(told(world.way(app('premium', 'ElasticPremium', { virtualNetworkSubnetId }), ARM))).toBe(
      'public 198.51.100.10',
    );
    const routed = { virtualNetworkSubnetId, outboundVnetRouting: { allTraffic: true } };
    expect(told(world.way(app('routed', 'ElasticPremium', routed), ARM))).toEqual(noWay);
    expect(told(world.way(app('free', 'FlexConsumption', {}), ARM))).toBe('public 198.51.100.10');
    expect(told(world.way(person, ARM))).toBe('public 203.0.113.10');
    await put('functions', {
      addressPrefix: '10.9.240.0/24',
      ...closed,
      natGateway: { id: networkId('natGateways/nat') },
    });
    expect(
      told(
        world.way(
          { id: 'functions:flex', kind: 'functions', resourceId: `${group}/providers/Microsoft.Web/sites/flex` },
          ARM,
        ),
      ),
    ).toBe('public 203.0.113.1');
  });
});
