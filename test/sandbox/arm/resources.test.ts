import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectConforming, inGroup, networkPath, startWorld, subscriptionId, type TestWorld } from './world.ts';

let world: TestWorld;
const subscription = `/subscriptions/${subscriptionId}`;
const error = (status: number, code: string, message: RegExp = /./) => ({
  status,
  body: { error: { code, message: expect.stringMatching(message) } },
});
const put = async (path: string, body: object = { location: 'westeurope' }) => {
  const answer = await world.call('PUT', path, body);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  await world.arm.idle();
  return answer.body;
};
const names = ({ body }: { body: { value: { name: string }[] } }) => body.value.map(({ name }) => name);

beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});

describe('API versions', () => {
  it('that nobody published are refused, by ARM and by providers in their own words', async () => {
    await put(inGroup(''));
    expect(await world.call('GET', `${inGroup('')}?api-version=2020-02-30`)).toMatchObject(
      error(
        400,
        'InvalidApiVersionParameter',
        /'2020-02-30' is invalid\. The supported versions are '2025-04-01,2025-03-01,.*,2013-03-01'/,
      ),
    );
    const table = networkPath('routeTables/t');
    await put(table);
    expect(await world.call('GET', `${table}?api-version=2020-02-30`)).toMatchObject(
      error(
        400,
        'NoRegisteredProviderFound',
        /^No registered resource provider found for location 'westeurope' and API version '2020-02-30' for type 'routeTables'\. The supported api-versions are '2014-12-01-preview, .*, 2026-01-01'\. The supported locations are '.*westeurope/,
      ),
    );
    expect((await world.call('GET', `${table}?api-version=2015-06-15`)).status).toBe(200);
    expect((await world.call('GET', `${table}?api-version=2015-05-01-PREVIEW`)).status).toBe(200);
    // Private DNS has versions of its own, for what stands in a zone too.
    const records = networkPath('privateDnsZones/z.test/A');
    expect(await world.call('GET', `${records}?api-version=2025-09-01`)).toMatchObject(
      error(
        400,
        'NoRegisteredProviderFound',
        /type 'privateDnsZones\/A'\. The supported api-versions are '2018-09-01, /,
      ),
    );
  });

  it('are named newest first by the provider list, and those work', async () => {
    const { body } = await world.call('GET', `${subscription}/providers/Microsoft.ManagedIdentity`);
    const type = body.resourceTypes.find(
      (one: { resourceType: string }) => one.resourceType === 'userAssignedIdentities',
    );
    expect(type.apiVersions[0]).toBe('2026-05-31');
    expect(type.apiVersions.at(-1)).toBe('2015-08-31-preview');
    const id = inGroup('/providers/Microsoft.ManagedIdentity/userAssignedIdentities/uami');
    expect((await world.call('PUT', `${id}?api-version=2018-11-30`, { location: 'westeurope' })).status).toBe(201);
  });
});

describe('provider registration', () => {
  const provider = `${subscription}/providers/Microsoft.OperationalInsights`;
  const workspace = inGroup('/providers/Microsoft.OperationalInsights/workspaces/logs');

  it('can be taken back: nothing is made until it is there again', async () => {
    const gone = await world.call('POST', `${provider}/unregister`);
    expect(gone).toMatchObject({ status: 200, body: { registrationState: 'Unregistered' } });
    const refused = await world.call('PUT', workspace, { location: 'westeurope' });
    expect(refused).toMatchObject(
      error(
        409,
        'MissingSubscriptionRegistration',
        /is not registered to use namespace 'Microsoft.OperationalInsights'/,
      ),
    );
    expect(refused.body.error.details[0].target).toBe('Microsoft.OperationalInsights');
    const back = await world.call('POST', `${provider}/register`);
    expect(back).toMatchObject({ status: 200, body: { registrationState: 'Registered' } });
    await put(workspace);
    expect((await world.call('HEAD', workspace)).status).toBe(204);
    expect((await world.call('HEAD', `${workspace}2`)).status).toBe(404);
    const patched = await world.call('PATCH', workspace, { properties: { retentionInDays: 60 }, tags: { a: '1' } });
    expect(patched).toMatchObject({ status: 200, body: { tags: { a: '1' }, properties: { retentionInDays: 60 } } });
    expect(await world.call('PUT', workspace.replace('logs', 'l'), { location: 'westeurope' })).toMatchObject(
      error(400, 'InvalidParameter', /4 to 63/),
    );
    expect(await world.call('POST', `${subscription}/providers/Contoso.None/register`)).toMatchObject(
      error(404, 'InvalidResourceNamespace'),
    );
  });
});

describe('resource groups', () => {
  it('have names by the rules, one location, and no way elsewhere', async () => {
    for (const name of ['a b', 'ends.', 'x'.repeat(91), 'what%3F']) {
      const answer = await world.call('PUT', `${subscription}/resourceGroups/${encodeURIComponent(name)}`, {
        location: 'westeurope',
      });
      expect(answer, name).toMatchObject(
        error(400, name.includes('%') ? 'InvalidResourceName' : 'InvalidResourceGroup'),
      );
    }
    await put(inGroup('', 'Grüße_(1).x'));
    expect(await world.call('PUT', inGroup('', 'Grüße_(1).x'), { location: 'northeurope' })).toMatchObject(
      error(409, 'InvalidResourceGroupLocation', /Invalid resource group location 'northeurope'/),
    );
    const move = { resources: [networkPath('routeTables/t')], targetResourceGroup: inGroup('', 'other') };
    for (const action of ['moveResources', 'validateMoveResources']) {
      const answer = await world.call('POST', inGroup(`/${action}`), move);
      expect(answer).toMatchObject(error(409, 'ResourceMoveProviderValidationFailed'));
      expect(answer.body.error.details[0].target).toBe('Microsoft.Network/routeTables');
    }
    expect(await world.call('POST', inGroup('/moveResources'), {})).toMatchObject(error(400, 'InvalidRequestContent'));
    expect(await world.call('POST', inGroup('/exportTemplate'), {})).toMatchObject(error(501, 'SandboxNotSupported'));
  });

  it('take nothing new while they are deleted', async () => {
    await put(inGroup('', 'going'));
    await put(networkPath('routeTables/t', 'going'));
    const release = Promise.withResolvers<void>();
    world.arm.register({
      namespace: 'Contoso.Slow',
      types: [
        {
          type: 'Contoso.Slow/things',
          put(call) {
            call.world.store.put({ ...call.path, location: 'westeurope' });
            return { status: 200 };
          },
          delete: () => ({ status: 202, longRunning: { style: 'location', work: () => release.promise } }),
        },
      ],
    });
    await put(inGroup('/providers/Contoso.Slow/things/x', 'going'));
    expect((await world.call('DELETE', inGroup('', 'going'))).status).toBe(202);
    expect((await world.call('GET', inGroup('', 'going'))).body.properties.provisioningState).toBe('Deleting');
    const late = await world.call('PUT', networkPath('routeTables/late', 'going'), { location: 'westeurope' });
    expect(late).toMatchObject(error(409, 'ResourceGroupBeingDeleted'));
    release.resolve();
    await world.arm.idle();
    expect((await world.call('HEAD', inGroup('', 'going'))).status).toBe(404);
  });
});

describe('locks', () => {
  const lock = (scope: string, name = 'keep') => `${scope}/providers/Microsoft.Authorization/locks/${name}`;
  const group = inGroup('', 'locked');
  const table = networkPath('routeTables/t', 'locked');
  const level = (value: string) => ({ properties: { level: value, notes: 'why' } });

  it('keep what stands at and below them, and the groups around them, from deletion', async () => {
    await put(group);
    await put(table);
    const made = await world.call('PUT', lock(table), level('CanNotDelete'));
    expect(made).toMatchObject({ status: 201, body: { id: lock(table), type: 'Microsoft.Authorization/locks' } });
    expect(await world.call('PUT', lock(table, 'odd'), level('Sometimes'))).toMatchObject(
      error(400, 'InvalidRequestContent', /Sometimes/),
    );
    for (const id of [table, group]) {
      expect(await world.call('DELETE', id)).toMatchObject(
        error(
          409,
          'ScopeLocked',
          new RegExp(
            `^The scope '${id}' cannot perform delete operation because following scope\\(s\\) are locked: '${table}'\\. Please`,
          ),
        ),
      );
    }
    await put(table, { location: 'westeurope', tags: { still: 'writable' } });
    expect(names(await world.call('GET', `${group}/providers/Microsoft.Authorization/locks`))).toEqual(['keep']);
    const above = await world.call('GET', `${group}/providers/Microsoft.Authorization/locks?$filter=atScope()`);
    expect(above.body.value).toEqual([]);
    expect((await world.call('DELETE', lock(table))).status).toBe(200);
    expect((await world.call('DELETE', lock(table))).status).toBe(204);
  });

  it('of level ReadOnly also forbid changes and actions, below a subscription too', async () => {
    await world.call('PUT', lock(subscription), level('ReadOnly'));
    const refusals = [
      await world.call('PUT', table, { location: 'westeurope' }),
      await world.call('PATCH', table, { tags: {} }),
      await world.call('POST', `${table}/anything`, {}),
      await world.call('PUT', `${group}/providers/Microsoft.Resources/tags/default`, { properties: { tags: {} } }),
    ];
    for (const answer of refusals)
      expect(answer).toMatchObject(error(409, 'ScopeLocked', /cannot perform write operation/));
    expect((await world.call('GET', table)).status).toBe(200);
    expect(names(await world.call('GET', `${subscription}/providers/Microsoft.Authorization/locks`))).toEqual(['keep']);
    await world.call('DELETE', lock(subscription));
    expect((await world.call('DELETE', group)).status).toBe(202);
    await world.arm.idle();
  });
});

describe('tags', () => {
  const table = networkPath('routeTables/tagged');
  const tags = (scope: string) => `${scope}/providers/Microsoft.Resources/tags/default`;
  const patch = (operation: string, given: object) =>
    world.call('PATCH', tags(table), { operation, properties: { tags: given } });

  it('of a scope are merged, replaced and deleted as a resource of their own', async () => {
    await put(table, { location: 'westeurope', tags: { a: '1', b: '2' } });
    expect((await world.call('GET', tags(table))).body).toEqual({
      id: tags(table),
      name: 'default',
      type: 'Microsoft.Resources/tags',
      properties: { tags: { a: '1', b: '2' } },
    });
    expect((await patch('Merge', { B: '3', c: '4' })).body.properties.tags).toEqual({ a: '1', B: '3', c: '4' });
    expect((await patch('Delete', { a: '1', c: 'other' })).body.properties.tags).toEqual({ B: '3', c: '4' });
    expect((await patch('Replace', { d: '5' })).body.properties.tags).toEqual({ d: '5' });
    expect(await patch('Shuffle', {})).toMatchObject(error(400, 'InvalidRequestContent', /Shuffle/));
    expect((await world.call('GET', table)).body.tags).toEqual({ d: '5' });
    expect((await world.call('DELETE', tags(table))).status).toBe(200);
    expect((await world.call('GET', table)).body.tags).toEqual({});
    expect(await world.call('PUT', tags(table), { properties: { tags: { 'a/b': '' } } })).toMatchObject(
      error(400, 'InvalidTagNameCharacters'),
    );
    expect((await world.call('PUT', tags(subscription), { properties: { tags: { s: '1' } } })).status).toBe(200);
    expect((await world.call('GET', subscription)).body.tags).toEqual({ s: '1' });
  });

  it('have names and values that are listed with how often they are used', async () => {
    await put(table, { location: 'westeurope', tags: { Env: 'prod' } });
    await put(networkPath('routeTables/tagged2'), { location: 'westeurope', tags: { env: 'prod' } });
    await put(`${subscription}/tagNames/planned`, {});
    await put(`${subscription}/tagNames/planned/tagValues/later`, {});
    const { body } = await world.call('GET', `${subscription}/tagNames`);
    const found = Object.fromEntries(body.value.map((one: { tagName: string }) => [one.tagName.toLowerCase(), one]));
    expect(found.env).toMatchObject({ count: { value: 2 }, values: [{ tagValue: 'prod', count: { value: 2 } }] });
    expect(found.planned).toMatchObject({ count: { value: 0 }, values: [{ tagValue: 'later', count: { value: 0 } }] });
    expect(await world.call('DELETE', `${subscription}/tagNames/env`)).toMatchObject(error(409, 'TagInUse'));
    expect((await world.call('DELETE', `${subscription}/tagNames/planned/tagValues/later`)).status).toBe(200);
    expect((await world.call('DELETE', `${subscription}/tagNames/planned`)).status).toBe(200);
    expect((await world.call('DELETE', `${subscription}/tagNames/planned`)).status).toBe(204);
  });

  it('of zones are 15 at most', async () => {
    const many = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`t${i}`, '']));
    const answer = await world.call('PUT', networkPath('privateDnsZones/z.test'), { location: 'global', tags: many });
    expect(answer).toMatchObject(error(400, 'TooManyTags', /maximum is 15/));
  });
});

describe('the list of resources', () => {
  it('is cut by $top, with a link to the rest', async () => {
    const first = await world.call('GET', `${inGroup('/resources')}?$top=2`);
    expect(first.body.value).toHaveLength(2);
    const second = await world.call('GET', first.body.nextLink);
    expect(second.body.value.length).toBeGreaterThan(0);
    expect(names(first).filter((name) => names(second).includes(name))).toEqual([]);
    expect(await world.call('GET', `${inGroup('/resources')}?$top=none`)).toMatchObject(
      error(400, 'InvalidQueryStringParameter'),
    );
  });

  it('shows times and states on request', async () => {
    const made = networkPath('routeTables/timed');
    await put(made);
    world.arm.world.clock.advance(60_000);
    await put(made, { location: 'westeurope', tags: { changed: 'yes' } });
    const query = "$filter=name eq 'timed'&$expand=createdTime,changedTime, provisioningState";
    const { body } = await world.call('GET', `${subscription}/resources?${query}`);
    expect(body.value).toHaveLength(1);
    const [{ createdTime, changedTime, provisioningState }] = body.value;
    expect(Date.parse(changedTime) - Date.parse(createdTime)).toBeGreaterThanOrEqual(60_000);
    expect(provisioningState).toBe('Succeeded');
  });
});

it('subscriptions may begin without a provider', async () => {
  const other = await startWorld({
    subscriptions: [{ subscriptionId, displayName: 'Bare', unregistered: ['Microsoft.Network'] }],
  });
  await other.call('PUT', inGroup(''), { location: 'westeurope' });
  expect(await other.call('PUT', networkPath('routeTables/t'), { location: 'westeurope' })).toMatchObject(
    error(409, 'MissingSubscriptionRegistration'),
  );
  await other.close();
});
