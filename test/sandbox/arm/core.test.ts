import { ResourceManagementClient } from '@azure/arm-resources';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ArmError, type Provider } from '../../../sandbox/arm/types.ts';
import {
  credential,
  expectConforming,
  inGroup,
  networkPath,
  startWorld,
  subscriptionId,
  tenantId,
  type TestWorld,
} from './world.ts';

let world: TestWorld;
const group = inGroup('');

beforeEach(async () => {
  world = await startWorld();
  await world.call('PUT', group, { location: 'West Europe' });
});
afterEach(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});

const table = (name: string, of = 'rg') => networkPath(`routeTables/${name}`, of);
const putTable = (name: string, extra: object = {}) =>
  world.call('PUT', table(name), { location: 'westeurope', properties: {}, ...extra });

/** A type whose operations end when a test says so. */
function slowProvider() {
  let finish: (result?: unknown) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const work = () => new Promise<unknown>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  const provider: Provider = {
    namespace: 'Contoso.Slow',
    types: [
      {
        type: 'Contoso.Slow/things',
        put(call) {
          const { id, name, type } = call.path;
          call.world.store.put({
            id,
            name,
            type,
            location: 'westeurope',
            properties: { provisioningState: 'Creating' },
          });
          return { status: 202, longRunning: { style: 'location', work } };
        },
        actions: { ask: () => ({ status: 202, longRunning: { style: 'both', work } }) },
      },
    ],
  };
  return { provider, finish: (result?: unknown) => finish(result), fail: (error: Error) => fail(error) };
}

describe('before routing', () => {
  it('refuses calls without a token, with a bad one and with another audience', async () => {
    const without = await world.call('GET', group, undefined, { authorization: '' });
    expect(without).toMatchObject({ status: 401, body: { error: { code: 'AuthenticationFailed' } } });
    expect(without.headers.get('www-authenticate')).toContain(tenantId);
    const forged = await world.call('GET', group, undefined, { authorization: 'Bearer x' });
    expect(forged).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationToken' } } });
    const other = await world.call('GET', group, undefined, {
      authorization: 'Bearer token-for:https://storage.azure.com/',
    });
    expect(other).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationTokenAudience' } } });
  });

  it('wants an api-version, and JSON', async () => {
    expect((await world.call('GET', `${group}?api-version=`)).body.error.code).toBe('MissingApiVersionParameter');
    expect((await world.call('GET', `${group}?api-version=latest`)).body.error.code).toBe('InvalidApiVersionParameter');
    expect((await world.call('GET', `${group}?api-version=2016-09-01`)).status).toBe(200);
    expect((await world.call('PUT', group, '{"location":')).body.error.code).toBe('InvalidRequestContent');
    expect((await world.call('PUT', group, '[]')).body.error.code).toBe('InvalidRequestContent');
    expect((await world.call('PUT', group)).body.error.code).toBe('InvalidRequestContent');
    expect((await world.call('PUT', group, 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  });

  it('takes 4 MiB and no more, and names without slashes', async () => {
    const body = (bytes: number) => JSON.stringify({ location: 'westeurope', managedBy: 'x'.repeat(bytes) });
    expect((await world.call('PUT', group, body(4 * 1024 * 1024 - 100))).status).toBe(200);
    const large = await world.call('PUT', group, body(6 * 1024 * 1024));
    expect(large).toMatchObject({ status: 413, body: { error: { code: 'RequestContentTooLarge' } } });
    const odd = await world.call('GET', table('a%2Fb'));
    expect(odd).toMatchObject({ status: 400, body: { error: { code: 'InvalidResourceName' } } });
    const broken = await world.call('GET', table('a%zz'));
    expect(broken).toMatchObject({ status: 400, body: { error: { code: 'InvalidRequestContent' } } });
    // The check of the exchanges cannot read such a path either.
    world.exchanges.pop();
  });

  it('answers with the headers of ARM', async () => {
    const { headers } = await world.call('GET', group, undefined, { 'x-ms-correlation-request-id': 'abc' });
    expect(headers.get('x-ms-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get('x-ms-correlation-request-id')).toBe('abc');
    expect(Number(headers.get('x-ms-ratelimit-remaining-subscription-reads'))).toBeGreaterThan(0);
  });
});

describe('what is missing', () => {
  const none = '99999999-9999-4999-8999-999999999999';

  it.each([
    ['/subscriptions/nonsense/resourceGroups', 400, 'InvalidSubscriptionId', /malformed or invalid/],
    [
      `/subscriptions/${none}/resourceGroups`,
      404,
      'SubscriptionNotFound',
      /The subscription '9{8}.*' could not be found\./,
    ],
    [inGroup('', 'no'), 404, 'ResourceGroupNotFound', /^Resource group 'no' could not be found\.$/],
    [table('t', 'no'), 404, 'ResourceGroupNotFound', /'no'/],
    [
      table('no'),
      404,
      'ResourceNotFound',
      /^The Resource 'Microsoft.Network\/routeTables\/no' under resource group 'rg' was not found\. For more/,
    ],
    [networkPath('virtualNetworks/no/subnets'), 404, 'ResourceNotFound', /virtualNetworks\/no/],
    [inGroup('/providers/nonsense/things/x'), 404, 'InvalidResourceNamespace', /'nonsense'/],
    [networkPath('route-tables/x'), 404, 'InvalidResourceType', /The resource type 'route-tables' could not be found/],
    [networkPath('loadBalancers/x'), 501, 'SandboxNotSupported', /GET .*loadBalancers\/x/],
    [inGroup('/providers/Microsoft.Sql/servers/x'), 501, 'SandboxNotSupported', /Microsoft.Sql\/servers/],
  ])('GET %s: %i %s', async (path, status, code, message) => {
    const answer = await world.call('GET', path);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.stringMatching(message) } } });
  });

  it.each([
    ['TooManyTags', Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`t${i}`, 'v']))],
    ['InvalidTagName', { ['n'.repeat(513)]: 'v' }],
    ['InvalidTagNameCharacters', { 'a/b': 'v' }],
    ['InvalidTagValueLength', { a: 'v'.repeat(257) }],
    ['InvalidTags', { a: 1 }],
  ])('tags beyond the limits: 400 %s', async (code, tags) => {
    const answer = await world.call('PUT', table('tagged'), { location: 'westeurope', tags, properties: {} });
    expect(answer).toMatchObject({ status: 400, body: { error: { code } } });
    const full = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`t${i}`, 'v'.repeat(256)]));
    const fine = await world.call('PUT', table('tagged'), { location: 'westeurope', tags: full, properties: {} });
    expect(fine.status).toBeLessThan(300);
  });

  it('is 404 for a child whose parent is missing, 405 on collections, 501 for unknown actions, 204 for a second delete', async () => {
    const child = await world.call('PUT', networkPath('virtualNetworks/no/subnets/s'), { properties: {} });
    expect(child).toMatchObject({ status: 404, body: { error: { code: 'ParentResourceNotFound' } } });
    expect((await world.call('DELETE', networkPath('routeTables'))).status).toBe(405);
    await putTable('t');
    const unknown = await world.call('POST', `${table('t')}/dance`);
    expect(unknown).toMatchObject({
      status: 501,
      body: { error: { message: expect.stringMatching(/POST .*\/dance/) } },
    });
    expect((await world.call('DELETE', table('no'))).status).toBe(204);
    expect((await world.call('HEAD', group)).status).toBe(204);
    expect((await world.call('HEAD', inGroup('', 'no'))).status).toBe(404);
  });
});

describe('resources', () => {
  it('keep the casing they were created with, whatever casing is asked for', async () => {
    await putTable('MyTable');
    const asked = table('mytable').replace('resourceGroups', 'resourcegroups').replace('/rg/', '/RG/').toUpperCase();
    const { body } = await world.call('GET', asked.replace('/SUBSCRIPTIONS', '/subscriptions'));
    expect(body).toMatchObject({ id: table('MyTable'), name: 'MyTable', type: 'Microsoft.Network/routeTables' });
    // Slashes too many: azure-cli leaves an empty parent between two of them.
    const doubled = await world.call('GET', table('mytable').replace('/routeTables', '//routeTables'));
    expect(doubled.body.id).toBe(table('MyTable'));
    const again = await world.call('PUT', table('MYTABLE'), { location: 'West Europe', properties: {} });
    expect(again).toMatchObject({ status: 200, body: { id: table('MyTable'), location: 'westeurope' } });
  });

  it('stay in their location', async () => {
    await putTable('t');
    const moved = await putTable('t', { location: 'North Europe' });
    expect(moved).toMatchObject({ status: 409, body: { error: { code: 'InvalidResourceLocation' } } });
    const nowhere = await world.call('PUT', table('u'), { properties: {} });
    expect(nowhere.body.error.code).toBe('LocationRequired');
    const mars = await world.call('PUT', table('u'), { location: 'mars', properties: {} });
    expect(mars.body.error.code).toBe('LocationNotAvailableForResourceType');
  });

  it('have their tags replaced by PATCH', async () => {
    await putTable('t', { tags: { a: '1', b: '2' } });
    const patched = await world.call('PATCH', table('t'), { tags: { c: '3' } });
    expect(patched.body.tags).toEqual({ c: '3' });
    expect((await world.call('PATCH', table('no'), { tags: {} })).status).toBe(404);
  });

  it('honour If-Match and If-None-Match', async () => {
    const { body } = await putTable('t');
    const answer = await world.call('PUT', table('t'), body, { 'If-None-Match': '*' });
    expect(answer).toMatchObject({ status: 412, body: { error: { code: 'PreconditionFailed' } } });
    expect((await world.call('DELETE', table('t'), undefined, { 'If-Match': '"other"' })).status).toBe(412);
  });

  it('are listed in pages by group and subscription', async () => {
    world.arm.settings.pageSize = 2;
    await world.call('PUT', inGroup('', 'rg2'), { location: 'westeurope' });
    for (const name of ['a', 'b', 'c', 'd', 'e']) await putTable(name);
    await world.call('PUT', table('f', 'rg2'), { location: 'westeurope', properties: {} });
    const names = async (url: string) => {
      const found: string[] = [];
      for (let next: string | undefined = url; next;) {
        const { body } = await world.call('GET', next);
        expect(body.value.length).toBeLessThanOrEqual(2);
        found.push(...body.value.map((item: { name: string }) => item.name));
        // What was seen may go while the list is read.
        if (found.length === 2) await world.call('DELETE', table('b'));
        next = body.nextLink;
      }
      return found;
    };
    expect(await names(networkPath('routeTables'))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await names(`/subscriptions/${subscriptionId}/providers/Microsoft.Network/routeTables`)).toEqual([
      'a',
      'c',
      'd',
      'e',
      'f',
    ]);
    expect(await names(`/subscriptions/${subscriptionId}/resources`)).toEqual(['a', 'c', 'd', 'e', 'f']);
  });
});

describe('long-running operations', () => {
  const thing = inGroup('/providers/Contoso.Slow/things/x');

  it('with Location answer 202 until the end, then the resource', async () => {
    const { provider, finish } = slowProvider();
    world.arm.register(provider);
    world.arm.settings.holdMs = 0;
    const started = await world.call('PUT', thing, { location: 'westeurope' });
    const location = started.headers.get('location')!;
    expect(started.status).toBe(202);
    expect(started.headers.get('azure-asyncoperation')).toBeNull();
    expect(location).toMatch(
      /^https:\/\/management\.azure\.com\/subscriptions\/.*\/locations\/westeurope\/operationResults\//,
    );
    const running = await world.call('GET', location);
    expect(running.status).toBe(202);
    expect(running.headers.get('location')).toBe(location);
    finish();
    await world.arm.idle();
    expect(await world.call('GET', location)).toMatchObject({ status: 200, body: { id: thing } });
  });

  it('of actions give their result, both ways', async () => {
    const { provider, finish } = slowProvider();
    world.arm.register(provider);
    world.arm.settings.holdMs = 0;
    await world.call('PUT', thing, { location: 'westeurope' });
    finish();
    const started = await world.call('POST', `${thing}/ask`, {});
    const status = started.headers.get('azure-asyncoperation')!;
    expect((await world.call('GET', status)).body.status).toBe('InProgress');
    finish({ answer: 42 });
    await world.arm.idle();
    expect((await world.call('GET', status)).body).toMatchObject({
      status: 'Succeeded',
      properties: { output: { answer: 42 } },
    });
    expect((await world.call('GET', started.headers.get('location')!)).body).toEqual({ answer: 42 });
  });

  it('that fail say why, and mark their resource', async () => {
    const { provider, fail, finish } = slowProvider();
    world.arm.register(provider);
    const started = await world.call('PUT', thing, { location: 'westeurope' });
    fail(new ArmError(409, 'AllocationFailed', 'No room.'));
    const failed = await world.call('GET', started.headers.get('location')!);
    expect(failed).toMatchObject({ status: 409, body: { error: { code: 'AllocationFailed', message: 'No room.' } } });
    expect((await world.call('GET', thing)).body.properties.provisioningState).toBe('Failed');
    const action = await world.call('POST', `${thing}/ask`, {});
    fail(new ArmError(409, 'AllocationFailed', 'No room.'));
    expect((await world.call('GET', action.headers.get('azure-asyncoperation')!)).body).toMatchObject({
      status: 'Failed',
      error: { code: 'AllocationFailed' },
    });
    finish();
  });

  it('are forgotten, result and all, an hour after their end', async () => {
    const { clock } = world.arm.world;
    const url = (await putTable('t')).headers.get('azure-asyncoperation')!;
    await world.arm.idle();
    clock.advance(59 * 60_000);
    expect((await world.call('GET', url)).body.status).toBe('Succeeded');
    clock.advance(2 * 60_000);
    expect((await world.call('GET', url)).status).toBe(404);
  });

  it('are polled as often as a test wants', async () => {
    world.arm.settings.extraPolls = 2;
    const url = (await putTable('t')).headers.get('azure-asyncoperation')!;
    const states = [];
    for (let i = 0; i < 3; i++) states.push((await world.call('GET', url)).body.status);
    expect(states).toEqual(['InProgress', 'InProgress', 'Succeeded']);
    expect((await world.call('GET', url.replace(/[^/]+(?=\?)/, 'none'))).status).toBe(404);
  });
});

describe('Microsoft.Resources', () => {
  it('knows subscriptions, tenants, locations and providers', async () => {
    expect((await world.call('GET', '/subscriptions')).body.value).toMatchObject([
      { subscriptionId, tenantId, state: 'Enabled' },
    ]);
    expect((await world.call('GET', `/subscriptions/${subscriptionId}`)).body.displayName).toBe('Test');
    expect((await world.call('GET', '/tenants')).body.value[0].tenantId).toBe(tenantId);
    const locations = (await world.call('GET', `/subscriptions/${subscriptionId}/locations`)).body.value;
    expect(locations.map(({ name }: { name: string }) => name)).toContain('westeurope');
    const providers = (await world.call('GET', `/subscriptions/${subscriptionId}/providers`)).body.value;
    expect(providers.map(({ namespace }: { namespace: string }) => namespace)).toContain('Microsoft.Network');
    const path = `/subscriptions/${subscriptionId}/providers/microsoft.network`;
    expect((await world.call('GET', path)).body).toMatchObject({
      namespace: 'Microsoft.Network',
      registrationState: 'Registered',
    });
    expect((await world.call('POST', `${path}/register`)).body.registrationState).toBe('Registered');
  });

  it('filters the list of resources', async () => {
    await putTable('a', { tags: { Team: 'x' } });
    await putTable('b', { tags: { team: 'X' } });
    const list = async (filter: string) => {
      const path = `/subscriptions/${subscriptionId}/resources?$filter=${encodeURIComponent(filter)}`;
      const { body } = await world.call('GET', path);
      return body.error?.code ?? body.value.map(({ name }: { name: string }) => name);
    };
    expect(await list("tagName eq 'team' and tagValue eq 'x'")).toEqual(['a']);
    expect(await list("resourceType eq 'microsoft.network/routetables'")).toEqual(['a', 'b']);
    expect(await list("resourceType eq 'Microsoft.Network/routeTables' and name eq 'b'")).toEqual(['b']);
    expect(await list("substringof('a', name)")).toEqual(['a']);
    expect((await world.call('GET', inGroup('/resources'))).body.value).toHaveLength(2);
    expect(await list('tagName is team')).toBe('InvalidFilterInQueryString');
  });

  it('deletes a group with all it holds, in the order that uses allow', async () => {
    const resources = new ResourceManagementClient(credential, subscriptionId, world.sdk);
    await putTable('a');
    await world.call('PUT', networkPath('virtualNetworks/v'), {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 's', properties: { addressPrefix: '10.0.0.0/24', routeTable: { id: table('a') } } }],
      },
    });
    const zone = networkPath('privateDnsZones/example.org');
    await world.call('PUT', zone, { location: 'global' });
    await world.call('PUT', `${zone}/virtualNetworkLinks/v`, {
      location: 'global',
      properties: { virtualNetwork: { id: networkPath('virtualNetworks/v') } },
    });
    await resources.resourceGroups.delete('rg');
    expect(await resources.resourceGroups.checkExistence('rg')).toMatchObject({ body: false });
    expect(world.arm.world.store.under(inGroup(''))).toEqual([]);
  });

  it('keeps a group whose content is used from outside', async () => {
    await putTable('a');
    await world.call('PUT', inGroup('', 'rg2'), { location: 'westeurope' });
    await world.call('PUT', networkPath('virtualNetworks/v', 'rg2'), {
      location: 'westeurope',
      properties: {
        addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
        subnets: [{ name: 's', properties: { addressPrefix: '10.0.0.0/24', routeTable: { id: table('a') } } }],
      },
    });
    const started = await world.call('DELETE', group);
    const ended = await world.call('GET', started.headers.get('location')!);
    expect(ended).toMatchObject({ status: 409, body: { error: { code: 'ResourceGroupDeletionBlocked' } } });
    expect((await world.call('GET', table('a'))).status).toBe(200);
  });
});
