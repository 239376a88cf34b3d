import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectConforming, inGroup, networkPath, startWorld, subscriptionId, type TestWorld } from './world.ts';

let world: TestWorld;
const location = 'westeurope';
const error = (status: number, code: string, message: RegExp = /./) => ({
  status,
  body: { error: { code, message: expect.stringMatching(message) } },
});
const call = (method: string, path: string, body?: object, headers?: Record<string, string>) =>
  world.call(method, path, body, headers);
/** A write that succeeds, to its end; gives what GET shows then. */
const put = async (path: string, body: object) => {
  const answer = await call('PUT', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  await world.arm.idle();
  return (await call('GET', path)).body;
};
const remove = async (path: string) => {
  const answer = await call('DELETE', path);
  await world.arm.idle();
  return answer.status;
};
const names = ({ body }: { body: { value: { name: string }[] } }) => body.value.map(({ name }) => name);
const vnet = (name: string) => networkPath(`virtualNetworks/${name}`);
const space = (prefix: string, subnets: [name: string, prefix: string][] = []) => ({
  location,
  properties: {
    addressSpace: { addressPrefixes: [prefix] },
    subnets: subnets.map(([name, addressPrefix]) => ({ name, properties: { addressPrefix } })),
  },
});
const nic = (subnet: string, more: object = {}) => ({
  location,
  properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: subnet }, ...more } }] },
});

beforeAll(async () => {
  world = await startWorld();
  await call('PUT', inGroup(''), { location });
});
afterAll(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});

describe('peerings', () => {
  const peering = (from: string, to: string) => `${vnet(from)}/virtualNetworkPeerings/to-${to}`;
  const towards = (to: string) => ({ properties: { remoteVirtualNetwork: { id: vnet(to) } } });
  const state = async (from: string, to: string) => (await call('GET', peering(from, to))).body.properties.peeringState;

  it('connect when both sides have one, and disconnect when one goes', async () => {
    await put(vnet('hub'), space('10.1.0.0/16'));
    await put(vnet('spoke'), space('10.2.0.0/16'));
    const first = await put(peering('hub', 'spoke'), towards('spoke'));
    expect(first).toMatchObject({
      type: 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings',
      properties: {
        peeringState: 'Initiated',
        remoteAddressSpace: { addressPrefixes: ['10.2.0.0/16'] },
        provisioningState: 'Succeeded',
      },
    });
    await put(peering('spoke', 'hub'), towards('hub'));
    expect([await state('hub', 'spoke'), await state('spoke', 'hub')]).toEqual(['Connected', 'Connected']);
    const shown = (await call('GET', vnet('hub'))).body.properties.virtualNetworkPeerings;
    expect(shown.map(({ name }: { name: string }) => name)).toEqual(['to-spoke']);
    // A network that is written again keeps its peerings.
    await put(vnet('hub'), space('10.1.0.0/16'));
    expect(names(await call('GET', `${vnet('hub')}/virtualNetworkPeerings`))).toEqual(['to-spoke']);
    expect(await remove(peering('hub', 'spoke'))).toBe(202);
    expect(await state('spoke', 'hub')).toBe('Disconnected');
  });

  it('are refused between networks that overlap, twice, and with nobody', async () => {
    await put(vnet('same'), space('10.1.128.0/17'));
    expect(await call('PUT', peering('hub', 'same'), towards('same'))).toMatchObject(
      error(400, 'VnetAddressSpacesOverlap', /Overlapping address prefixes: 10\.1\.0\.0\/16, 10\.1\.128\.0\/17/),
    );
    expect(await call('PUT', peering('hub', 'none'), towards('none'))).toMatchObject(
      error(400, 'InvalidResourceReference'),
    );
    expect(await call('PUT', peering('hub', 'hub'), towards('hub'))).toMatchObject(
      error(400, 'InvalidResourceReference'),
    );
    expect(await call('PUT', `${vnet('spoke')}/virtualNetworkPeerings/again`, towards('hub'))).toMatchObject(
      error(400, 'AnotherPeeringAlreadyReferencesRemoteVnet'),
    );
  });

  it('of a network that goes are disconnected elsewhere', async () => {
    await put(vnet('brief'), space('10.3.0.0/16'));
    await put(peering('brief', 'same'), towards('same'));
    await put(peering('same', 'brief'), towards('brief'));
    await remove(vnet('brief'));
    expect(await state('same', 'brief')).toBe('Disconnected');
  });
});

describe('rules and routes one by one', () => {
  const group = networkPath('networkSecurityGroups/g');
  const rule = (priority: number, more: object = {}) => ({
    properties: {
      priority,
      direction: 'Inbound',
      access: 'Deny',
      protocol: 'Tcp',
      sourceAddressPrefix: '*',
      sourcePortRange: '*',
      destinationAddressPrefix: '*',
      destinationPortRange: '22',
      ...more,
    },
  });

  it('are part of their group, checked against its others', async () => {
    await put(group, { location, properties: { securityRules: [{ name: 'one', ...rule(100) }] } });
    const two = await put(`${group}/securityRules/two`, rule(200));
    expect(two).toMatchObject({ id: `${group}/securityRules/two`, properties: { provisioningState: 'Succeeded' } });
    const shown = (await call('GET', group)).body.properties.securityRules;
    expect(shown.map(({ name }: { name: string }) => name)).toEqual(['one', 'two']);
    expect(await call('PUT', `${group}/securityRules/three`, rule(200))).toMatchObject(
      error(400, 'SecurityRuleConflict', /conflicts with rule two/),
    );
    expect(await call('PUT', `${group}/securityRules/three`, rule(5000))).toMatchObject(
      error(400, 'SecurityRuleInvalidPriority'),
    );
    expect(await call('PUT', `${group}/securityRules/three`, rule(300, { access: 'Maybe' }))).toMatchObject(
      error(400, 'InvalidRequestFormat', /'Maybe' is no value of 'securityRules.access'/),
    );
    expect(names(await call('GET', `${group}/securityRules`))).toEqual(['one', 'two']);
    expect(names(await call('GET', `${group}/defaultSecurityRules`))).toHaveLength(6);
    expect((await call('GET', `${group}/defaultSecurityRules/DenyAllInBound`)).body.properties.priority).toBe(65500);
    expect(await remove(`${group}/securityRules/ONE`)).toBe(202);
    expect(await call('GET', `${group}/securityRules/one`)).toMatchObject(error(404, 'ResourceNotFound'));
    expect(await remove(`${group}/securityRules/one`)).toBe(204);
    expect(await call('PUT', `${networkPath('networkSecurityGroups/none')}/securityRules/x`, rule(100))).toMatchObject(
      error(404, 'ParentResourceNotFound'),
    );
  });

  it('need what their hop needs', async () => {
    const table = networkPath('routeTables/r');
    await put(table, { location, properties: {} });
    const route = (properties: object) => call('PUT', `${table}/routes/out`, { properties });
    expect(await route({ addressPrefix: '0.0.0.0/0', nextHopType: 'Teleport' })).toMatchObject(
      error(400, 'InvalidRequestFormat'),
    );
    expect(await route({ addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance' })).toMatchObject(
      error(400, 'InvalidRequestFormat', /nextHopIpAddress/),
    );
    await put(`${table}/routes/out`, { properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'None' } });
    expect(
      await call('PUT', `${table}/routes/twin`, { properties: { addressPrefix: '0.0.0.0/0', nextHopType: 'None' } }),
    ).toMatchObject(error(400, 'RouteConflict'));
    expect((await call('GET', table)).body.properties.routes).toHaveLength(1);
    expect(await remove(`${table}/routes/out`)).toBe(202);
    expect((await call('GET', table)).body.properties.routes).toEqual([]);
  });
});

describe('names', () => {
  it.each([
    ['virtualNetworks/-x', 64],
    [`virtualNetworks/${'v'.repeat(65)}`, 64],
    ['networkSecurityGroups/ends.', 80],
    [`networkInterfaces/${'n'.repeat(81)}`, 80],
  ])('%s: 400 InvalidResourceName', async (path, longest) => {
    expect(await call('PUT', networkPath(path), { location, properties: {} })).toMatchObject(
      error(400, 'InvalidResourceName', new RegExp(`up to ${longest} characters`)),
    );
  });

  it('of zones are domain names, and zones are global', async () => {
    expect(await call('PUT', networkPath('privateDnsZones/single'), { location: 'global' })).toMatchObject(
      error(400, 'BadRequest', /'single' is invalid/),
    );
    expect(await call('PUT', networkPath('privateDnsZones/z.test'), { location })).toMatchObject(
      error(400, 'LocationNotAvailableForResourceType', /resource type is 'global'/),
    );
  });
});

describe('what stands in a subnet', () => {
  const subnet = `${vnet('net')}/subnets/s`;
  const address = networkPath('publicIPAddresses/p');

  it('stands in its region, and a public address belongs to one interface', async () => {
    await put(
      vnet('net'),
      space('10.9.0.0/16', [
        ['s', '10.9.0.0/29'],
        ['t', '10.9.1.0/24'],
      ]),
    );
    await put(address, { location, properties: {} });
    await put(networkPath('networkInterfaces/a'), nic(subnet, { publicIPAddress: { id: address } }));
    expect(
      await call('PUT', networkPath('networkInterfaces/b'), { ...nic(subnet), location: 'northeurope' }),
    ).toMatchObject(error(400, 'InvalidResourceReference', /in the same region/));
    expect(
      await call('PUT', networkPath('networkInterfaces/b'), nic(subnet, { publicIPAddress: { id: address } })),
    ).toMatchObject(
      error(400, 'PublicIPAddressInUse', /already allocated to resource .*networkInterfaces\/a\/ipConfigurations\/ip/),
    );
    expect((await call('GET', networkPath('networkInterfaces/a/ipConfigurations/ip'))).body).toMatchObject({
      properties: { privateIPAddress: '10.9.0.4' },
    });
  });

  it('is counted, and free addresses are named', async () => {
    const usage = (await call('GET', `${vnet('net')}/usages`)).body.value;
    expect(usage).toMatchObject([
      { id: subnet, currentValue: 1, limit: 3 },
      { currentValue: 0, limit: 251 },
    ]);
    const check = async (text: string) =>
      (await call('GET', `${vnet('net')}/CheckIPAddressAvailability?ipAddress=${text}`)).body;
    expect(await check('10.9.0.4')).toEqual({
      available: false,
      availableIPAddresses: ['10.9.0.5', '10.9.0.6'],
      isPlatformReserved: false,
    });
    expect(await check('10.9.0.6')).toMatchObject({ available: true });
    expect(await check('10.9.0.1')).toMatchObject({ available: false, isPlatformReserved: true });
    const region = (
      await call('GET', `/subscriptions/${subscriptionId}/providers/Microsoft.Network/locations/westeurope/usages`)
    ).body.value;
    expect(
      region.find(({ name }: { name: { value: string } }) => name.value === 'NetworkInterfaces').currentValue,
    ).toBe(1);
  });

  it('keeps an app integration from losing its subnet', async () => {
    const farm = inGroup('/providers/Microsoft.Web/serverfarms/f');
    await put(farm, { location, sku: { name: 'FC1', tier: 'FlexConsumption' }, properties: { reserved: true } });
    const properties = { serverFarmId: farm, virtualNetworkSubnetId: `${vnet('net')}/subnets/t` };
    const site = inGroup('/providers/Microsoft.Web/sites/integrated');
    await put(site, { location, kind: 'functionapp,linux', properties });
    for (const path of [`${vnet('net')}/subnets/t`, vnet('net')]) {
      expect(await call('DELETE', path)).toMatchObject(error(400, 'InUseSubnetCannotBeDeleted'));
    }
    await remove(site);
    expect(await remove(`${vnet('net')}/subnets/t`)).toBe(202);
  });
});

describe('private endpoints', () => {
  const site = inGroup('/providers/Microsoft.Web/sites/linked');
  const endpoint = networkPath('privateEndpoints/pe');
  const body = (more: object = {}) => ({
    location,
    properties: {
      subnet: { id: `${vnet('plink')}/subnets/s` },
      manualPrivateLinkServiceConnections: [
        { name: 'c', properties: { privateLinkServiceId: site, groupIds: ['sites'] } },
      ],
      ...more,
    },
  });

  beforeAll(async () => {
    const farm = inGroup('/providers/Microsoft.Web/serverfarms/f2');
    await put(farm, { location, sku: { name: 'EP1', tier: 'ElasticPremium' }, properties: {} });
    await put(site, { location, kind: 'functionapp', properties: { serverFarmId: farm } });
    await put(vnet('plink'), space('10.8.0.0/16', [['s', '10.8.0.0/24']]));
  });

  it('take a fixed address, wait for the owner, and keep both when written again', async () => {
    const fixed = {
      ipConfigurations: [
        { name: 'fixed', properties: { groupId: 'sites', memberName: 'sites', privateIPAddress: '10.8.0.77' } },
      ],
    };
    const made = await put(endpoint, body(fixed));
    expect(made.properties.customDnsConfigs[0].ipAddresses).toEqual(['10.8.0.77']);
    const state = async () =>
      (await call('GET', endpoint)).body.properties.manualPrivateLinkServiceConnections[0].properties
        .privateLinkServiceConnectionState.status;
    expect(await state()).toBe('Pending');
    const [connection] = (await call('GET', `${site}/privateEndpointConnections`)).body.value;
    const approved = {
      privateLinkServiceConnectionState: { status: 'Approved', description: 'fine', actionsRequired: 'None' },
    };
    expect((await call('PUT', connection.id, { properties: approved })).status).toBe(200);
    expect(await state()).toBe('Approved');
    await put(endpoint, { ...body(fixed), tags: { a: '1' } });
    expect(await state()).toBe('Approved');
    expect((await call('GET', endpoint)).body).toMatchObject({
      tags: { a: '1' },
      properties: { networkInterfaces: made.properties.networkInterfaces },
    });
    expect(names(await call('GET', `${site}/privateLinkResources`))).toEqual(['sites']);
    await call('DELETE', connection.id);
    expect(await state()).toBe('Disconnected');
    await remove(endpoint);
    expect((await call('GET', `${site}/privateEndpointConnections`)).body.value).toEqual([]);
  });
});

describe('record sets', () => {
  const zone = networkPath('privateDnsZones/corp.test');
  const version = '?api-version=2024-06-01';
  const set = (kind: string, name: string, properties: object) =>
    call('PUT', `${zone}/${kind}/${name}${version}`, { properties: { ttl: 60, ...properties } });

  it('of all kinds are written, listed together and by kind', async () => {
    await put(`${zone}${version}`, { location: 'global' });
    expect((await set('a', 'www', { aRecords: [{ ipv4Address: '10.0.0.1' }] })).status).toBe(201);
    expect((await set('AAAA', 'www', { aaaaRecords: [{ ipv6Address: 'fd00::1' }] })).status).toBe(201);
    expect((await set('CNAME', 'alias', { cnameRecord: { cname: 'www.corp.test' } })).status).toBe(201);
    expect((await set('TXT', '@', { txtRecords: [{ value: ['a', 'b'] }] })).status).toBe(201);
    expect((await set('MX', '@', { mxRecords: [{ preference: 10, exchange: 'mail.corp.test' }] })).status).toBe(201);
    expect((await set('PTR', '1', { ptrRecords: [{ ptrdname: 'www.corp.test' }] })).status).toBe(201);
    const srv = { priority: 1, weight: 1, port: 5060, target: 'sip.corp.test' };
    expect((await set('SRV', '_sip._tcp', { srvRecords: [srv] })).status).toBe(201);
    const all = await call('GET', `${zone}/ALL${version}`);
    expect(
      all.body.value
        .map(({ type, name }: { type: string; name: string }) => `${type.split('/').at(-1)} ${name}`)
        .sort(),
    ).toEqual(['A www', 'AAAA www', 'CNAME alias', 'MX @', 'PTR 1', 'SOA @', 'SRV _sip._tcp', 'TXT @']);
    expect(names(await call('GET', `${zone}/A${version}`))).toEqual(['www']);
    expect(names(await call('GET', `${zone}/ALL${version}&$recordsetnamesuffix=ias`))).toEqual(['alias']);
    expect((await call('GET', `${zone}${version}`)).body.properties.numberOfRecordSets).toBe(8);
    expect((await call('GET', `${zone}/TXT/@${version}`)).body.properties.fqdn).toBe('corp.test.');
  });

  it('are refused when DNS could not have them', async () => {
    expect(await set('CNAME', '@', { cnameRecord: { cname: 'x.test' } })).toMatchObject(
      error(400, 'BadRequest', /apex/),
    );
    expect(await set('CNAME', 'www', { cnameRecord: { cname: 'x.test' } })).toMatchObject(
      error(400, 'BadRequest', /stands alone/),
    );
    expect(await set('A', 'alias', { aRecords: [] })).toMatchObject(error(400, 'BadRequest', /stands alone/));
    expect(await set('A', 'odd', { aRecords: [{ ipv4Address: '10.0.0.256' }] })).toMatchObject(
      error(400, 'BadRequest', /10\.0\.0\.256/),
    );
    expect(await set('A', 'odd', { ttl: 0 })).toMatchObject(error(400, 'BadRequest', /TTL '0'/));
    expect(await call('DELETE', `${zone}/SOA/@${version}`)).toMatchObject(error(400, 'BadRequest', /SOA/));
    const { etag } = (await call('GET', `${zone}/A/www${version}`)).body;
    const replaced = { properties: { ttl: 60, aRecords: [] } };
    expect(await call('PUT', `${zone}/A/www${version}`, replaced, { 'If-Match': 'other' })).toMatchObject(
      error(412, 'PreconditionFailed', new RegExp(`The current was '${etag}'`)),
    );
    expect((await call('PUT', `${zone}/A/www${version}`, replaced, { 'If-Match': etag })).status).toBe(200);
    expect((await call('DELETE', `${zone}/A/www${version}`)).status).toBe(200);
  });
});

describe('identities', () => {
  const identity = inGroup('/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker');
  const credential = (name: string) => `${identity}/federatedIdentityCredentials/${name}`;
  const trust = (subject: string) => ({
    properties: { issuer: 'https://issuer.test', subject, audiences: ['api://AzureADTokenExchange'] },
  });

  it('have names by the rules, and credentials of others', async () => {
    expect(await call('PUT', identity.replace('worker', 'ab'), { location })).toMatchObject(
      error(400, 'InvalidResourceName'),
    );
    await put(identity, { location });
    await put(credential('cicd'), trust('one'));
    expect(await call('PUT', credential('twin'), trust('one'))).toMatchObject(error(409, 'Conflict'));
    expect(await call('PUT', credential('bare'), { properties: { issuer: 'x' } })).toMatchObject(
      error(400, 'InvalidRequestFormat', /properties\.subject/),
    );
    expect(names(await call('GET', `${identity}/federatedIdentityCredentials`))).toEqual(['cicd']);
    expect(await remove(credential('cicd'))).toBe(200);
  });
});
