import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectConforming, inGroup, networkPath, subscriptionId, tenantId } from '../arm/world.ts';
import { API, entra, LOCATION, said, sqlId, sqlPath, startSqlWorld, type SqlWorld } from './world.ts';

const PASSWORD = 'C0mplex!Enough';
let world: SqlWorld;

beforeAll(async () => {
  world = await startSqlWorld();
  await world.client.servers.beginCreateOrUpdateAndWait('rg', 'main', { location: LOCATION, administrators: entra });
});
afterAll(async () => {
  await world.close();
});

const put = (path: string, properties: object, location: string | undefined = LOCATION) =>
  world.call('PUT', sqlPath(path), { ...(location && { location }), properties });

test('a server has the fields that Azure gives it, and a master; its administrator is shown when asked for', async () => {
  const server = await world.client.servers.get('rg', 'main');
  expect(server).toMatchObject({
    kind: 'v12.0',
    version: '12.0',
    state: 'Ready',
    fullyQualifiedDomainName: 'main.database.windows.net',
    minimalTlsVersion: '1.2',
    publicNetworkAccess: 'Enabled',
    privateEndpointConnections: [],
  });
  expect(server.administrators).toBeUndefined();
  const expanded = await world.client.servers.get('rg', 'main', { expand: 'administrators/activedirectory' });
  expect(expanded.administrators).toMatchObject({ login: 'dba', tenantId, azureADOnlyAuthentication: true });
  expect((await world.client.databases.get('rg', 'main', 'master')).status).toBe('Online');
  expect(said(await world.call('DELETE', sqlPath('servers/main/databases/master')))).toBe(
    '400 CannotUseReservedDatabaseName',
  );
});

test('a SQL login needs a good password, which nobody sees again', async () => {
  const login = { administratorLogin: 'chief', administratorLoginPassword: PASSWORD };
  const made = await put('servers/withlogin', { ...login, publicNetworkAccess: 'disabled', minimalTlsVersion: '1.3' });
  expect(made.status).toBe(201);
  expect(made.body.properties).toMatchObject({
    administratorLogin: 'chief',
    publicNetworkAccess: 'Disabled',
    minimalTlsVersion: '1.3',
  });
  const got = await world.call('GET', sqlPath('servers/withlogin'));
  expect(JSON.stringify([made.body, got.body])).not.toContain('assword');
  expect(JSON.stringify([...world.arm.world.state.map('arm.resources').values()])).not.toContain(PASSWORD);

  const refused = async (more: object) => said(await put('servers/refused', { ...login, ...more }));
  expect(await refused({ administratorLogin: undefined })).toBe('400 InvalidParameterValue');
  expect(await refused({ administratorLoginPassword: undefined })).toBe('400 InvalidParameterValue');
  expect(await refused({ administratorLogin: 'sa' })).toBe('400 InvalidLoginName');
  expect(await refused({ administratorLoginPassword: 'S1!' })).toBe('400 PasswordTooShort');
  expect(await refused({ administratorLoginPassword: 'alllowercase' })).toBe('400 PasswordNotComplex');
  expect(await refused({ administratorLoginPassword: 'Chief!12345' })).toBe('400 PasswordNotComplex');
  expect(await refused({ version: '2.0' })).toBe('400 InvalidParameterValue');
  expect(await refused({ minimalTlsVersion: '0.9' })).toBe('400 InvalidParameterValue');
  const change = await world.call('PATCH', sqlPath('servers/withlogin'), {
    properties: { administratorLogin: 'other' },
  });
  expect(said(change)).toBe('400 InvalidParameterValue');
  await world.client.servers.beginUpdateAndWait('rg', 'withlogin', {
    publicNetworkAccess: 'Enabled',
    tags: { a: 'b' },
  });
  expect(await world.client.servers.get('rg', 'withlogin')).toMatchObject({
    publicNetworkAccess: 'Enabled',
    tags: { a: 'b' },
    administratorLogin: 'chief',
  });
});

test('names are unique and make host names; versions are the published ones', async () => {
  expect(said(await put('servers/Bad_Name', { administrators: entra }))).toBe('400 InvalidServerName');
  await world.call('PUT', inGroup('', 'other'), { location: LOCATION });
  const elsewhere = sqlPath('servers/main').replace('/rg/', '/other/');
  const taken = await world.call('PUT', elsewhere, { location: LOCATION, properties: { administrators: entra } });
  expect(said(taken)).toBe('400 NameAlreadyExists');
  const available = (name: string) =>
    world.client.servers.checkNameAvailability({ name, type: 'Microsoft.Sql/servers' });
  expect(await available('main')).toMatchObject({ available: false, reason: 'AlreadyExists' });
  expect(await available('-x')).toMatchObject({ available: false, reason: 'Invalid' });
  expect(await available('free')).toMatchObject({ available: true, name: 'free' });
  expect(said(await world.call('GET', sqlPath('servers/main', '2023-08-02')))).toBe('400 NoRegisteredProviderFound');
  expect(said(await world.call('GET', sqlPath('servers/none')))).toBe('404 ResourceNotFound');
  expect(said(await world.call('POST', sqlPath('servers/main/importDatabase'), {}))).toBe('501 SandboxNotSupported');
});

test('the Entra administrator and Entra-only authentication are resources of their own', async () => {
  const { client } = world;
  expect(await client.serverAzureADOnlyAuthentications.get('rg', 'main', 'Default')).toMatchObject({
    azureADOnlyAuthentication: true,
  });
  const removal = () => client.serverAzureADAdministrators.beginDeleteAndWait('rg', 'main', 'ActiveDirectory');
  await expect(removal()).rejects.toMatchObject({ code: 'AadOnlyAuthenticationIsEnabled' });
  await client.serverAzureADAdministrators.beginCreateOrUpdateAndWait('rg', 'main', 'ActiveDirectory', {
    administratorType: 'ActiveDirectory',
    login: 'others',
    sid: entra.sid,
  });
  expect(await client.serverAzureADAdministrators.get('rg', 'main', 'ActiveDirectory')).toMatchObject({
    login: 'others',
    azureADOnlyAuthentication: true,
  });
  await client.serverAzureADOnlyAuthentications.beginCreateOrUpdateAndWait('rg', 'main', 'Default', {
    azureADOnlyAuthentication: false,
  });
  await removal();
  expect((await world.call('GET', sqlPath('servers/main/administrators'))).body.value).toEqual([]);
  const without = { properties: { azureADOnlyAuthentication: true } };
  expect(said(await world.call('PUT', sqlPath('servers/main/azureADOnlyAuthentications/Default'), without))).toBe(
    '400 InvalidServerAADOnlyAuthNoAADAdminPropertyName',
  );
});

test('firewall rules are ranges of addresses', async () => {
  const rule = (startIpAddress: string, endIpAddress: string) =>
    put('servers/main/firewallRules/office', { startIpAddress, endIpAddress }, '');
  expect(said(await rule('10.0.0.9', '10.0.0.1'))).toBe('400 InvalidFirewallRuleRange');
  expect(said(await rule('10.0.0', '10.0.0.1'))).toBe('400 InvalidParameterValue');
  expect((await rule('9.255.255.255', '10.0.0.1')).status).toBe(201);
  expect((await rule('10.0.0.0', '10.0.0.1')).status).toBe(200);
  const rules = [];
  for await (const { name, startIpAddress } of world.client.firewallRules.listByServer('rg', 'main')) {
    rules.push([name, startIpAddress]);
  }
  expect(rules).toEqual([['office', '10.0.0.0']]);
  await world.client.firewallRules.delete('rg', 'main', 'office');
  expect((await world.call('DELETE', sqlPath('servers/main/firewallRules/office'))).status).toBe(204);
});

test('a private endpoint asks, the server approves, names lead to it', async () => {
  const subnet = networkPath('virtualNetworks/net/subnets/links');
  await world.call('PUT', networkPath('virtualNetworks/net'), {
    location: LOCATION,
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'links', properties: { addressPrefix: '10.0.1.0/24' } }],
    },
  });
  const endpoint = (group: string) =>
    world.call('PUT', networkPath('privateEndpoints/pe'), {
      location: LOCATION,
      properties: {
        subnet: { id: subnet },
        manualPrivateLinkServiceConnections: [
          { name: 'c', properties: { privateLinkServiceId: sqlId('servers/main'), groupIds: [group] } },
        ],
      },
    });
  expect(said(await endpoint('blob'))).toBe('400 BadRequest');
  expect((await endpoint('sqlServer')).status).toBe(201);
  const { client } = world;
  const links = await world.call('GET', sqlPath('servers/main/privateLinkResources'));
  expect(links.body.value[0].properties).toEqual({
    groupId: 'sqlServer',
    requiredMembers: ['sqlServer'],
    requiredZoneNames: ['privatelink.database.windows.net'],
  });
  const [connection] = (await client.servers.get('rg', 'main')).privateEndpointConnections!;
  expect(connection!.properties).toMatchObject({ privateLinkServiceConnectionState: { status: 'Pending' } });
  const name = connection!.id!.split('/').at(-1)!;
  const decide = (status: string) =>
    client.privateEndpointConnections.beginCreateOrUpdateAndWait('rg', 'main', name, {
      privateLinkServiceConnectionState: { status, description: 'mine' },
    });
  expect((await decide('Approved')).privateLinkServiceConnectionState?.status).toBe('Approved');
  const seen = await world.call('GET', networkPath('privateEndpoints/pe'));
  expect(seen.body.properties.manualPrivateLinkServiceConnections[0].properties).toMatchObject({
    privateLinkServiceConnectionState: { status: 'Approved', description: 'mine' },
  });
  expect(seen.body.properties.customDnsConfigs[0]).toMatchObject({ fqdn: 'main.database.windows.net' });
  await decide('Rejected');
  await expect(decide('Approved')).rejects.toMatchObject({ code: 'PrivateEndpointConnectionStateTransitionInvalid' });
});

test('usages count servers; a deleted server takes everything with it', async () => {
  const path = `/subscriptions/${subscriptionId}/providers/Microsoft.Sql/locations/${LOCATION}/usages?api-version=${API}`;
  const servers = async () =>
    (await world.call('GET', path)).body.value.find(({ name }: { name: string }) => name === 'ServerQuota').properties;
  expect(await servers()).toMatchObject({ currentValue: 2, limit: 250, unit: 'Count' });
  await world.client.servers.beginDeleteAndWait('rg', 'withlogin');
  expect((await servers()).currentValue).toBe(1);
  const elsewhere = (path: string) => sqlPath(path).replace('/rg/', '/other/');
  await world.call('PUT', elsewhere('servers/far'), { location: LOCATION, properties: { administrators: entra } });
  await world.call('PUT', elsewhere('servers/far/databases/app'), { location: LOCATION });
  const emptied = await world.call('DELETE', inGroup('', 'other'));
  expect((await world.call('GET', emptied.headers.get('location')!)).status).toBe(200);
  expect((await servers()).currentValue).toBe(1);
  expect(said(await world.call('GET', sqlPath('servers/withlogin/databases/master')))).toBe('404 ResourceNotFound');
  expect((await world.call('DELETE', sqlPath('servers/withlogin'))).status).toBe(204);
});

test('the traffic fits Azure’s published types', () => expectConforming(world.exchanges));
