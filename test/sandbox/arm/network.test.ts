import { NetworkManagementClient } from '@azure/arm-network';
import { PrivateDnsManagementClient } from '@azure/arm-privatedns';
import { ResourceManagementClient } from '@azure/arm-resources';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credential, expectConforming, networkPath, startWorld, subscriptionId, type TestWorld } from './world.ts';

const location = 'westeurope';
let world: TestWorld;
let network: NetworkManagementClient;
let dns: PrivateDnsManagementClient;
let account: string;

beforeAll(async () => {
  world = await startWorld();
  network = new NetworkManagementClient(credential, subscriptionId, world.sdk);
  dns = new PrivateDnsManagementClient(credential, subscriptionId, world.sdk);
  const resources = new ResourceManagementClient(credential, subscriptionId, world.sdk);
  await resources.resourceGroups.createOrUpdate('rg', { location: 'West Europe' });
  // A target of private endpoints, as its provider would store it.
  account = `/subscriptions/${subscriptionId}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/acct`;
  world.arm.world.store.put({ id: account, name: 'acct', type: 'Microsoft.Storage/storageAccounts', location });
});
afterAll(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});

describe('virtual networks', () => {
  it('are created with subnets, which are resources of their own', async () => {
    const created = await network.virtualNetworks.createOrUpdate('rg', 'vnet', {
      location: 'West Europe',
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
      subnets: [
        { name: 'workers', addressPrefix: '10.1.0.0/24' },
        {
          name: 'functions',
          addressPrefix: '10.1.1.0/24',
          delegations: [{ name: 'flex', serviceName: 'Microsoft.App/environments' }],
        },
      ],
    });
    expect(created).toMatchObject({ location, provisioningState: 'Succeeded' });
    expect(created.subnets?.map(({ name }) => name)).toEqual(['workers', 'functions']);
    const subnet = await network.subnets.get('rg', 'vnet', 'functions');
    expect(subnet.delegations?.[0]?.serviceName).toBe('Microsoft.App/environments');
    await network.subnets.createOrUpdate('rg', 'vnet', 'endpoints', { addressPrefix: '10.1.2.0/24' });
    const names = [];
    for await (const { name } of network.subnets.list('rg', 'vnet')) names.push(name);
    expect(names).toEqual(['endpoints', 'functions', 'workers']);
  });

  it('keep their subnets when a PUT does not mention them', async () => {
    const updated = await network.virtualNetworks.createOrUpdate('rg', 'vnet', {
      location,
      addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
    });
    expect(updated.subnets).toHaveLength(3);
  });

  it.each([
    ['10.1.2.128/25', 'NetcfgSubnetRangesOverlap'],
    ['10.2.0.0/24', 'NetcfgInvalidSubnet'],
    ['10.1.9.1/24', 'InvalidCIDRNotation'],
    ['ten', 'InvalidAddressPrefixFormat'],
  ])('refuse a subnet with prefix %s: %s', async (addressPrefix, code) => {
    await expect(network.subnets.createOrUpdate('rg', 'vnet', 'bad', { addressPrefix })).rejects.toMatchObject({
      statusCode: 400,
      code,
    });
  });
});

it('leaves a network as it was when one of its subnets is refused', async () => {
  const body = {
    location,
    addressSpace: { addressPrefixes: ['10.1.0.0/16'] },
    subnets: [{ name: 'bad', addressPrefix: '10.1.5.0/24', natGateway: { id: networkPath('natGateways/none') } }],
  };
  await expect(network.virtualNetworks.createOrUpdate('rg', 'vnet', body)).rejects.toMatchObject({
    code: 'InvalidResourceReference',
  });
  expect((await network.virtualNetworks.get('rg', 'vnet')).subnets).toHaveLength(3);
});

describe('network interfaces', () => {
  const subnet = { id: networkPath('virtualNetworks/vnet/subnets/workers') };

  it('get addresses from their subnet and keep them', async () => {
    const ipConfigurations = [{ name: 'ip0', subnet }];
    const first = await network.networkInterfaces.createOrUpdate('rg', 'nic1', { location, ipConfigurations });
    const second = await network.networkInterfaces.createOrUpdate('rg', 'nic2', { location, ipConfigurations });
    const again = await network.networkInterfaces.createOrUpdate('rg', 'nic1', {
      location,
      ipConfigurations,
      tags: { a: 'b' },
    });
    const address = (nic: typeof first) => nic.ipConfigurations?.[0]?.privateIPAddress;
    expect([address(first), address(second), address(again)]).toEqual(['10.1.0.4', '10.1.0.5', '10.1.0.4']);
    expect(again.macAddress).toBe(first.macAddress);
  });

  it('refuse a taken address and a missing subnet', async () => {
    const taken = { name: 'ip0', subnet, privateIPAllocationMethod: 'Static' as const, privateIPAddress: '10.1.0.5' };
    await expect(
      network.networkInterfaces.createOrUpdate('rg', 'nic3', { location, ipConfigurations: [taken] }),
    ).rejects.toMatchObject({ code: 'PrivateIPAddressInUse' });
    const nowhere = { name: 'ip0', subnet: { id: `${subnet.id}x` } };
    await expect(
      network.networkInterfaces.createOrUpdate('rg', 'nic3', { location, ipConfigurations: [nowhere] }),
    ).rejects.toMatchObject({ code: 'InvalidResourceReference' });
  });

  it('keep their subnet from being deleted or moved', async () => {
    await expect(
      network.subnets.createOrUpdate('rg', 'vnet', 'workers', { addressPrefix: '10.1.7.0/24' }),
    ).rejects.toMatchObject({ code: 'InUsePrefixCannotBeDeleted' });
    await expect(network.subnets.delete('rg', 'vnet', 'workers')).rejects.toMatchObject({
      code: 'InUseSubnetCannotBeDeleted',
    });
    await network.networkInterfaces.delete('rg', 'nic2');
    await expect(network.networkInterfaces.get('rg', 'nic2')).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('what a subnet points at', () => {
  it('is shown from both sides, and cannot be deleted while used', async () => {
    const nsg = await network.networkSecurityGroups.createOrUpdate('rg', 'nsg', {
      location,
      securityRules: [
        {
          name: 'none',
          priority: 100,
          direction: 'Inbound',
          access: 'Deny',
          protocol: '*',
          sourceAddressPrefix: '*',
          sourcePortRange: '*',
          destinationAddressPrefix: '*',
          destinationPortRange: '*',
        },
      ],
    });
    expect(nsg.defaultSecurityRules).toHaveLength(6);
    const ip = await network.publicIPAddresses.createOrUpdate('rg', 'ip', {
      location,
      sku: { name: 'Standard' },
      publicIPAllocationMethod: 'Static',
    });
    expect(ip.ipAddress).toMatch(/^203\.0\.113\.\d+$/);
    const nat = await network.natGateways.createOrUpdate('rg', 'nat', {
      location,
      sku: { name: 'Standard' },
      publicIpAddresses: [{ id: ip.id }],
    });
    const routes = await network.routeTables.createOrUpdate('rg', 'routes', {
      location,
      routes: [
        { name: 'out', addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: '10.9.0.4' },
      ],
    });
    await network.subnets.createOrUpdate('rg', 'vnet', 'functions', {
      addressPrefix: '10.1.1.0/24',
      networkSecurityGroup: { id: nsg.id },
      natGateway: { id: nat.id },
      routeTable: { id: routes.id },
    });
    const seen = await network.natGateways.get('rg', 'nat');
    expect(seen.subnets?.[0]?.id).toMatch(/subnets\/functions$/);
    await expect(network.networkSecurityGroups.delete('rg', 'nsg')).rejects.toMatchObject({
      code: 'InUseNetworkSecurityGroupCannotBeDeleted',
    });
    await expect(network.publicIPAddresses.delete('rg', 'ip')).rejects.toMatchObject({
      code: 'PublicIPAddressCannotBeDeleted',
    });
    await expect(network.natGateways.delete('rg', 'nat')).rejects.toMatchObject({ statusCode: 400 });
    await expect(network.routeTables.delete('rg', 'routes')).rejects.toMatchObject({ statusCode: 400 });
  });

  it('has rules of distinct priorities', async () => {
    const rule = { priority: 100, direction: 'Inbound' as const, access: 'Deny' as const, protocol: '*' as const };
    await expect(
      network.networkSecurityGroups.createOrUpdate('rg', 'nsg2', {
        location,
        securityRules: [
          { name: 'a', ...rule },
          { name: 'b', ...rule },
        ],
      }),
    ).rejects.toMatchObject({ code: 'SecurityRuleConflict' });
  });
});

describe('private endpoints and zones', () => {
  const subnet = { id: networkPath('virtualNetworks/vnet/subnets/endpoints') };
  const zone = 'privatelink.blob.core.windows.net';
  const endpoint = (privateLinkServiceId: string, groupIds = ['blob']) => ({
    location,
    subnet,
    customNetworkInterfaceName: 'pe-nic',
    privateLinkServiceConnections: [{ name: 'blob', privateLinkServiceId, groupIds }],
  });
  const records = async () => {
    const found: Record<string, string | undefined> = {};
    for (const { name, properties } of (await world.call('GET', networkPath(`privateDnsZones/${zone}/A`))).body.value) {
      found[name] = properties.aRecords[0].ipv4Address;
    }
    return found;
  };

  it('refuse a target, group or subnet that does not exist', async () => {
    const put = (body: Parameters<typeof network.privateEndpoints.createOrUpdate>[2]) =>
      network.privateEndpoints.createOrUpdate('rg', 'bad', body);
    await expect(put(endpoint(`${account}x`))).rejects.toMatchObject({ statusCode: 400 });
    await expect(put(endpoint(account, ['nope']))).rejects.toMatchObject({ statusCode: 400 });
    await expect(put({ ...endpoint(account), subnet: { id: `${subnet.id}x` } })).rejects.toMatchObject({
      code: 'InvalidResourceReference',
    });
  });

  it('take an address, are approved at the target, and name what they serve', async () => {
    const pe = await network.privateEndpoints.createOrUpdate('rg', 'pe', endpoint(account));
    expect(pe.privateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState?.status).toBe('Approved');
    expect(pe.customDnsConfigs).toEqual([{ fqdn: 'acct.blob.core.windows.net', ipAddresses: ['10.1.2.4'] }]);
    const nic = await network.networkInterfaces.get('rg', 'pe-nic');
    expect(nic.ipConfigurations?.[0]?.privateLinkConnectionProperties).toMatchObject({ groupId: 'blob' });
    const [connection] = world.arm.world.store.under(account);
    expect(connection).toMatchObject({
      type: 'Microsoft.Storage/storageAccounts/privateEndpointConnections',
      properties: { privateEndpoint: { id: pe.id }, privateLinkServiceConnectionState: { status: 'Approved' } },
    });
    await expect(network.networkInterfaces.delete('rg', 'pe-nic')).rejects.toMatchObject({ code: 'NicInUse' });
  });

  it('write their records into a zone, and take them away with them', async () => {
    const created = await dns.privateZones.createOrUpdate('rg', zone, { location: 'global' });
    expect(created.numberOfRecordSets).toBe(1);
    const group = await network.privateDnsZoneGroups.createOrUpdate('rg', 'pe', 'default', {
      privateDnsZoneConfigs: [{ name: 'blob', privateDnsZoneId: created.id }],
    });
    expect(group.privateDnsZoneConfigs?.[0]?.recordSets?.[0]).toMatchObject({
      recordSetName: 'acct',
      ipAddresses: ['10.1.2.4'],
    });
    expect(await records()).toEqual({ acct: '10.1.2.4' });
    // A second endpoint for the same account takes the record over, and leaves nothing when it goes.
    const other = { ...endpoint(account), customNetworkInterfaceName: 'pe2-nic' };
    await network.privateEndpoints.createOrUpdate('rg', 'pe2', other);
    await network.privateDnsZoneGroups.createOrUpdate('rg', 'pe2', 'default', {
      privateDnsZoneConfigs: [{ name: 'blob', privateDnsZoneId: created.id }],
    });
    expect(await records()).toEqual({ acct: '10.1.2.5' });
    await network.privateEndpoints.delete('rg', 'pe');
    expect(await records()).toEqual({ acct: '10.1.2.5' });
    await network.privateEndpoints.delete('rg', 'pe2');
    expect(await records()).toEqual({});
    expect(world.arm.world.store.under(account)).toEqual([]);
    await expect(network.networkInterfaces.get('rg', 'pe-nic')).rejects.toMatchObject({ statusCode: 404 });
  });

  it.each([
    ['Microsoft.KeyVault/vaults', 'vault', 'privatelink.vaultcore.azure.net', ['target']],
    ['Microsoft.Web/sites', 'sites', 'privatelink.azurewebsites.net', ['target', 'target.scm']],
  ])('name %s as its zone wants', async (type, group, zoneName, names) => {
    const target = { id: account.replace(/Microsoft\.Storage.*/, `${type}/target`), name: 'target', type, location };
    world.arm.world.store.put(target);
    const name = `pe-${group}`;
    const body = { ...endpoint(target.id, [group]), customNetworkInterfaceName: `${name}-nic` };
    await network.privateEndpoints.createOrUpdate('rg', name, body);
    const { id } = await dns.privateZones.createOrUpdate('rg', zoneName, { location: 'global' });
    const made = await network.privateDnsZoneGroups.createOrUpdate('rg', name, 'default', {
      privateDnsZoneConfigs: [{ name: group, privateDnsZoneId: id }],
    });
    const sets = made.privateDnsZoneConfigs?.[0]?.recordSets ?? [];
    expect(sets.map(({ recordSetName }) => recordSetName)).toEqual(names);
    expect(new Set(sets.map(({ ipAddresses }) => ipAddresses?.[0])).size).toBe(1);
    await network.privateEndpoints.delete('rg', name);
  });

  it('wait for the owner when asked by hand', async () => {
    const { privateLinkServiceConnections, ...rest } = endpoint(account);
    const asked = { ...rest, manualPrivateLinkServiceConnections: privateLinkServiceConnections };
    const state = (pe: Awaited<ReturnType<typeof network.privateEndpoints.get>>) =>
      pe.manualPrivateLinkServiceConnections?.[0]?.privateLinkServiceConnectionState?.status;
    expect(state(await network.privateEndpoints.createOrUpdate('rg', 'manual', asked))).toBe('Pending');
    const [connection] = world.arm.world.store.under(account);
    const approved = { status: 'Approved', description: 'fine' };
    world.arm.world.store.put({
      ...connection!,
      properties: { ...connection!.properties, privateLinkServiceConnectionState: approved },
    });
    expect(state(await network.privateEndpoints.get('rg', 'manual'))).toBe('Approved');
    world.arm.world.store.delete(connection!.id);
    expect(state(await network.privateEndpoints.get('rg', 'manual'))).toBe('Disconnected');
    await network.privateEndpoints.delete('rg', 'manual');
  });

  it('link a network to one zone of a name only', async () => {
    const link = {
      location: 'global',
      virtualNetwork: { id: networkPath('virtualNetworks/vnet') },
      registrationEnabled: false,
    };
    const made = await dns.virtualNetworkLinks.createOrUpdate('rg', zone, 'vnet', link);
    expect(made).toMatchObject({ virtualNetworkLinkState: 'Completed', resolutionPolicy: 'Default' });
    await world.call('PUT', `/subscriptions/${subscriptionId}/resourceGroups/other`, { location });
    await dns.privateZones.createOrUpdate('other', zone, { location: 'global' });
    await expect(dns.virtualNetworkLinks.createOrUpdate('other', zone, 'vnet', link)).rejects.toMatchObject({
      code: 'BadRequest',
      message: expect.stringContaining('overlapping namespaces'),
    });
    await expect(dns.privateZones.delete('rg', zone)).rejects.toMatchObject({ statusCode: 409 });
  });

  it('keep records of their own, guarded by ETags', async () => {
    const path = networkPath(`privateDnsZones/${zone}/A/own`);
    const body = { properties: { ttl: 3600, aRecords: [{ ipv4Address: '10.0.0.9' }] } };
    const created = await world.call('PUT', path, body);
    expect(created).toMatchObject({ status: 201, body: { properties: { fqdn: `own.${zone}.` } } });
    expect((await world.call('PUT', path, body, { 'If-None-Match': '*' })).status).toBe(412);
    expect((await world.call('PUT', path, body, { 'If-Match': 'old' })).body.error.code).toBe('PreconditionFailed');
    expect((await world.call('PUT', path, body, { 'If-Match': created.body.etag })).status).toBe(200);
  });
});
