import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Caller } from '../../../sandbox/core/types.ts';
import { accountId, group, networkId, person, startNetworkWorld, told, type NetworkWorld } from './world.ts';

const BLOB = 'privatelink.blob.core.windows.net';
const isPublic = expect.stringMatching(/^192\.0\.2\./) as string;
let world: NetworkWorld;
let inside: Caller;
let other: Caller;

beforeAll(async () => {
  world = await startNetworkWorld();
  const subnets = { workers: { addressPrefix: '10.0.0.0/26' }, endpoints: { addressPrefix: '10.0.0.64/26' } };
  await world.addNetwork('net', '10.0.0.0/24', subnets);
  await world.addNetwork('other', '10.0.0.0/24', subnets); // sites may overlap
  inside = await world.machine('vm', 'net/workers');
  other = await world.machine('vm2', 'other/workers');
  for (const name of ['linked', 'elsewhere', 'lonely']) world.account(name);
  await world.zone(BLOB, 'net');
  await world.endpoint('pe', { target: accountId('linked'), subnet: 'net/endpoints', zone: BLOB });
  await world.endpoint('pe-other', { target: accountId('elsewhere'), subnet: 'other/endpoints' });
});
afterAll(() => world.stop());

it('a zone that is linked to the network gives the private address, by way of the alias', () => {
  expect(world.resolve(inside, 'linked.blob.core.windows.net')).toEqual({
    addresses: ['10.0.0.68'],
    aliases: [`linked.${BLOB}`],
  });
});

it('a linked zone without a record ends the search, also for endpoints of other networks', () => {
  expect(world.resolve(inside, 'elsewhere.blob.core.windows.net')).toBeUndefined();
  expect(world.way(inside, 'elsewhere.blob.core.windows.net')).toEqual({
    open: false,
    failure: 'no such name',
    why: expect.stringMatching(
      /^elsewhere\.blob\.core\.windows\.net does not resolve \(NXDOMAIN\) for vm:vm in subnet workers of virtual network net: private zone .* has no record of elsewhere\.privatelink/,
    ) as string,
  });
});

it('what has no private endpoint anywhere has no alias: linked zones are not asked', () => {
  expect(world.resolve(inside, 'lonely.blob.core.windows.net')).toEqual({ addresses: [isPublic], aliases: [] });
});

it('without a linked zone, and for people, the alias leads to the public address', () => {
  const expected = { addresses: [isPublic], aliases: [`linked.${BLOB}`] };
  expect(world.resolve(other, 'linked.blob.core.windows.net')).toEqual(expected);
  expect(world.resolve(person, 'linked.blob.core.windows.net')).toEqual(expected);
  expect(world.network.resolve(person, 'nobody.blob.core.windows.net', false)).toBeUndefined();
});

it('a link with NxDomainRedirect asks public DNS for what its zone lacks', async () => {
  const link = (resolutionPolicy: string) => world.zone(BLOB, 'net', { resolutionPolicy });
  await link('NxDomainRedirect');
  expect(world.resolve(inside, 'elsewhere.blob.core.windows.net')?.addresses).toEqual([isPublic]);
  expect(world.resolve(inside, 'linked.blob.core.windows.net')?.addresses).toEqual(['10.0.0.68']);
  await link('Default');
  expect(world.resolve(inside, 'elsewhere.blob.core.windows.net')).toBeUndefined();
});

it('private zones of any name answer: records, aliases, wildcards; the longest name decides', async () => {
  await world.zone('corp.example', 'net');
  await world.zone('deep.corp.example', 'net');
  const record = (path: string, properties: object) => world.put(`privateDnsZones/${path}`, { properties });
  await record('corp.example/A/www', {
    ttl: 60,
    aRecords: [{ ipv4Address: '10.0.0.9' }, { ipv4Address: '10.0.0.10' }],
  });
  await record('corp.example/A/*.apps', { ttl: 60, aRecords: [{ ipv4Address: '10.0.0.11' }] });
  await record('corp.example/CNAME/web', { ttl: 60, cnameRecord: { cname: 'www.corp.example' } });
  await record('corp.example/CNAME/round', { ttl: 60, cnameRecord: { cname: 'round.corp.example' } });
  const addresses = (host: string) => world.resolve(inside, host)?.addresses;
  expect(addresses('www.corp.example')).toEqual(['10.0.0.9', '10.0.0.10']);
  expect(addresses('any.apps.corp.example')).toEqual(['10.0.0.11']);
  expect(world.resolve(inside, 'web.corp.example')).toEqual({
    addresses: ['10.0.0.9', '10.0.0.10'],
    aliases: ['www.corp.example'],
  });
  expect(addresses('round.corp.example')).toBeUndefined();
  expect(addresses('www.deep.corp.example')).toBeUndefined();
  expect(told(world.way(inside, 'www.corp.example'))).toContain('nothing has the address 10.0.0.9 there');
});

it('in one zone a name has one address: a second endpoint takes the record, and takes it away when it goes', async () => {
  const host = 'linked.blob.core.windows.net';
  await world.endpoint('pe2', { target: accountId('linked'), subnet: 'net/endpoints', zone: BLOB });
  expect(world.resolve(inside, host)?.addresses).toEqual(['10.0.0.69']);
  await world.remove('privateEndpoints/pe2');
  expect(world.resolve(inside, host)).toBeUndefined();
  // The first one's zone group, written again, brings its record back.
  await world.put('privateEndpoints/pe/privateDnsZoneGroups/default', {
    properties: {
      privateDnsZoneConfigs: [{ name: 'z', properties: { privateDnsZoneId: networkId(`privateDnsZones/${BLOB}`) } }],
    },
  });
  expect(world.resolve(inside, host)?.addresses).toEqual(['10.0.0.68']);
});

it.each([
  [
    'queue',
    'Microsoft.Storage/storageAccounts/linked',
    'queue',
    'linked.queue.core.windows.net',
    'privatelink.queue.core.windows.net',
  ],
  [
    'table',
    'Microsoft.Storage/storageAccounts/linked',
    'table',
    'linked.table.core.windows.net',
    'privatelink.table.core.windows.net',
  ],
  ['vault', 'Microsoft.KeyVault/vaults/v', 'vault', 'v.vault.azure.net', 'privatelink.vaultcore.azure.net'],
  ['site', 'Microsoft.Web/sites/app', 'sites', 'app.azurewebsites.net', 'privatelink.azurewebsites.net'],
  ['scm', 'Microsoft.Web/sites/app', 'sites', 'app.scm.azurewebsites.net', 'privatelink.azurewebsites.net'],
  ['sql', 'Microsoft.Sql/servers/s', 'sqlServer', 's.database.windows.net', 'privatelink.database.windows.net'],
])('%s: its zone answers for its public name', async (name, path, groupId, host, zone) => {
  const [namespace, kind] = path.split('/') as [string, string];
  const target = world.seed(`${group}/providers/${path}`, `${namespace}/${kind}`, { properties: {} });
  expect(world.resolve(inside, host)?.aliases).toEqual([]);
  await world.zone(zone, 'net');
  await world.endpoint(`pe-${name}`, { target, groupId, subnet: 'net/endpoints', zone });
  expect(world.resolve(inside, host)).toEqual({
    addresses: [expect.stringMatching(/^10\.0\.0\./)],
    aliases: [expect.stringMatching(new RegExp(`\\.?${zone.replaceAll('.', '\\.')}$`))],
  });
  await world.remove(`privateEndpoints/pe-${name}`);
  expect(world.resolve(inside, host)?.addresses).toEqual([isPublic]);
});

it('a record that never comes: the fault dns.record', async () => {
  world.account('late');
  const { strike } = world.world.arm.world.faults;
  world.world.arm.world.faults.strike = (point, facts) =>
    point === 'dns.record' && facts?.name === 'late' ? { point: 'dns.record' } : strike(point, facts);
  await world.endpoint('pe-late', { target: accountId('late'), subnet: 'net/endpoints', zone: BLOB });
  world.world.arm.world.faults.strike = strike;
  expect(world.resolve(inside, 'late.blob.core.windows.net')).toBeUndefined();
});
