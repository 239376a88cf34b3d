import { ResourceGraphClient } from '@azure/arm-resourcegraph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credential, inGroup, networkPath, startWorld, subscriptionId, type Answer, type TestWorld } from './world.ts';

const path = '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01';
let world: TestWorld;

beforeAll(async () => {
  world = await startWorld();
  await world.call('PUT', inGroup('', 'Web'), { location: 'westeurope', tags: { env: 'prod' } });
  await world.call('PUT', inGroup('', 'lab'), { location: 'northeurope' });
  const network = (name: string, group: string, location: string, tags: object, prefixes: string[]) =>
    world.call('PUT', networkPath(`virtualNetworks/${name}?api-version=2025-09-01`, group), {
      location,
      tags,
      properties: { addressSpace: { addressPrefixes: prefixes } },
    });
  await network('front', 'Web', 'westeurope', { backup: 'Daily', cost: '7' }, ['10.0.0.0/16', '10.1.0.0/16']);
  await network('back', 'Web', 'westeurope', { backup: 'weekly' }, ['10.2.0.0/16']);
  await network('bench', 'lab', 'northeurope', {}, ['10.3.0.0/16']);
  for (const name of ['worker', 'pruner']) {
    const id = `/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}?api-version=2024-11-30`;
    await world.call('PUT', inGroup(id, 'lab'), { location: 'northeurope' });
  }
});
afterAll(() => world.close());

/** Each query some seconds after the last: the budget has a test of its own. */
async function ask(query: string, options?: object, more: object = {}): Promise<Answer> {
  world.arm.world.clock.advance(6000);
  return world.call('POST', path, { query, options, ...more });
}
async function rows(query: string): Promise<Record<string, unknown>[]> {
  const { status, body } = await ask(query);
  expect(body, query).not.toHaveProperty('error');
  expect(status).toBe(200);
  return body.data;
}
const names = async (query: string) => (await rows(`${query} | project name`)).map((row) => row.name);

describe('Resource Graph', () => {
  it('answers the SDK, with types and group names in lower case and nothing of other subscriptions', async () => {
    const client = new ResourceGraphClient(credential, world.sdk);
    const query =
      "Resources | where type =~ 'Microsoft.Network/virtualNetworks' and resourceGroup == 'web' | order by id asc";
    const found = await client.resources({
      query,
      subscriptions: [subscriptionId],
      options: { resultFormat: 'objectArray' },
    });
    expect(found).toMatchObject({ totalRecords: 2, count: 2, resultTruncated: 'false' });
    expect(found.data[0]).toMatchObject({
      name: 'back',
      type: 'microsoft.network/virtualnetworks',
      location: 'westeurope',
      subscriptionId,
      kind: '',
      tags: { backup: 'weekly' },
      properties: { addressSpace: { addressPrefixes: ['10.2.0.0/16'] } },
    });
    const elsewhere = await client.resources({ query, subscriptions: ['99999999-1111-4111-8111-111111111111'] });
    expect(elsewhere.totalRecords).toBe(0);
  });

  it.each([
    ["where tags.backup =~ 'daily'", ['front']],
    ["where tags['backup'] == 'daily'", []],
    ["where tags.backup in~ ('daily', 'WEEKLY') | order by name asc", ['back', 'front']],
    ["where isnotempty(tags.backup) and tags.backup !contains 'week'", ['front']],
    ['where toint(tags.cost) between (5 .. 9)', ['front']],
    ["where tags.cost > 6 and name startswith 'FR'", ['front']],
    ["where name has 'front' or name matches regex '^be.ch$' | sort by name desc", ['front', 'bench']],
    ['where array_length(properties.addressSpace.addressPrefixes) == 2', ['front']],
    ["where properties.addressSpace.addressPrefixes[0] startswith '10.3.'", ['bench']],
    ["where type endswith 'identities' | top 1 by name asc", ['pruner']],
    ["where type !endswith 'networks' and not(name == 'worker')", ['pruner']],
    ["where strcat(name, '-', location) == 'bench-northeurope'", ['bench']],
    ["where iff(location == 'westeurope', 1, 2) == 1 and case(name == 'back', 'b', 'x') == 'b'", ['back']],
    ['order by location asc, name desc | take 2', ['worker', 'pruner']],
  ])('resources | %s', async (steps, expected) => {
    expect(await names(`resources | ${steps}`)).toEqual(expected);
  });

  it('summarizes, names columns as Kusto does, expands arrays', async () => {
    expect(await rows('resources | summarize count() by type, location | order by type asc')).toEqual([
      { type: 'microsoft.managedidentity/userassignedidentities', location: 'northeurope', count_: 2 },
      { type: 'microsoft.network/virtualnetworks', location: 'westeurope', count_: 2 },
      { type: 'microsoft.network/virtualnetworks', location: 'northeurope', count_: 1 },
    ]);
    expect(
      await rows(
        'resources | summarize n=dcount(location), make_set(location), max(tags.cost), countif(name == "back")',
      ),
    ).toEqual([{ n: 2, set_location: ['westeurope', 'northeurope'], max_tags_cost: '7', countif_: 1 }]);
    expect(await rows('resources | where name=="missing" | summarize count()')).toEqual([{ count_: 0 }]);
    expect(
      await rows(
        'resources | where name == "front" | mv-expand prefix = properties.addressSpace.addressPrefixes | project name, tags.backup, tostring(prefix), n = strlen(prefix)',
      ),
    ).toEqual([
      { name: 'front', tags_backup: 'Daily', prefix: '10.0.0.0/16', n: 11 },
      { name: 'front', tags_backup: 'Daily', prefix: '10.1.0.0/16', n: 11 },
    ]);
    expect(await rows('resources | distinct location | count')).toEqual([{ Count: 2 }]);
    expect(
      await rows('resources | summarize arg_max(tags.cost, name) by resourceGroup | where resourceGroup == "web"'),
    ).toEqual([{ tags_cost: '7', name: 'front', resourceGroup: 'web' }]);
  });

  it('joins with resource groups and subscriptions, unites, and takes values from let', async () => {
    const joined = `let wanted = 'prod'; resources | where type has 'virtualnetworks'
      | join kind=inner (resourcecontainers | where type =~ 'microsoft.resources/subscriptions/resourcegroups' and tags.env == wanted
        | project group = name, resourceGroup) on resourceGroup
      | project name, group | order by name asc`;
    expect(await rows(joined)).toEqual([
      { name: 'back', group: 'Web' },
      { name: 'front', group: 'Web' },
    ]);
    const outer = `resources | where name in ('bench', 'back') | project name, resourceGroup
      | join kind=leftouter (resourcecontainers | where tags.env == 'prod' | project env = tags.env, rg = resourceGroup) on $left.resourceGroup == $right.rg
      | order by name asc | project name, env`;
    expect(await rows(outer)).toEqual([
      { name: 'back', env: 'prod' },
      { name: 'bench', env: null },
    ]);
    expect(
      await rows(
        "resourcecontainers | where type == 'microsoft.resources/subscriptions' | project name, properties.state",
      ),
    ).toEqual([{ name: 'Test', properties_state: 'Enabled' }]);
    expect(
      await rows(
        "resources | where name == 'back' | union (resourcecontainers | where name == 'lab') | project-keep name",
      ),
    ).toEqual([{ name: 'back' }, { name: 'lab' }]);
  });

  it('pages by skip token, unless the query cuts its own result', async () => {
    const query = 'resources | project id, name | order by name asc';
    const first = await ask(query, { $top: 3 });
    expect(first.body).toMatchObject({ totalRecords: 5, count: 3, resultTruncated: 'false' });
    const second = await ask(query, { $top: 3, $skipToken: first.body.$skipToken });
    expect(second.body).toMatchObject({ totalRecords: 5, count: 2 });
    expect(second.body).not.toHaveProperty('$skipToken');
    const seen = [...first.body.data, ...second.body.data].map((row: { name: string }) => row.name);
    expect(seen).toEqual(['back', 'bench', 'front', 'pruner', 'worker']);
    const cut = await ask(`${query} | limit 4`, { $top: 3 });
    expect(cut.body).toMatchObject({ totalRecords: 4, count: 3, resultTruncated: 'true' });
    expect(cut.body).not.toHaveProperty('$skipToken');
    const foreign = await ask('resources', { $skipToken: first.body.$skipToken });
    expect(foreign.status).toBe(400);
    const table = await ask('resources | project name, n = strlen(name) | where name == "back"', {
      resultFormat: 'table',
    });
    expect(table.body.data).toEqual({
      columns: [
        { name: 'name', type: 'string' },
        { name: 'n', type: 'integer' },
      ],
      rows: [['back', 4]],
    });
  });

  it.each([
    ['resources | where', 'ParserFailure', 'Missing expression'],
    ['resources | where colour == 1', 'SemanticError', "named 'colour'"],
    ['ressources', 'SemanticError', 'Table ressources was not found'],
    ['resources | project-away colour', 'SemanticError', "column named 'colour'"],
  ])('%s is refused with 400', async (query, code, message) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body.error.code).toBe('BadRequest');
    expect(body.error.details[1]).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  it.each([
    "resources | parse name with * 'x' y",
    'resources | where hash_sha256(name) == 1',
    'advisorresources',
    'resources | where name hasprefix_cs "x"',
  ])('%s is answered with 501', async (query) => {
    const { status, body } = await ask(query);
    expect(status).toBe(501);
    expect(body.error.code).toBe('SandboxNotSupported');
  });

  it('refuses bodies that are no query, and the sixteenth query within five seconds', async () => {
    const none = await world.call('POST', path, { query: '' });
    expect(none).toMatchObject({ status: 400, body: { error: { code: 'BadRequest' } } });
    const many = await ask('resources', { $top: 1001 });
    expect(many.body.error.details[1].message).toContain('options.$top');
    world.arm.world.clock.advance(6000);
    for (let i = 0; i < 15; i++)
      expect((await world.call('POST', path, { query: 'resources | count' })).status).toBe(200);
    const over = await world.call('POST', path, { query: 'resources | count' });
    expect(over.status).toBe(429);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(over.headers.get('x-ms-user-quota-remaining')).toBe('0');
  });
});
