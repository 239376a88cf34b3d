import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ensureSite, type SiteInput } from '../../functions/orchestrators/ensureSite.ts';
import { getSite, listSites } from '../../functions/triggers/sites.ts';
import type { StrongroomError } from '../../model/errors.ts';
import { release, sitePool } from '../../model/leases.ts';
import type { Place } from '../../model/site/environment.ts';
import { siteKey, siteLayout } from '../../model/site/layout.ts';
import { DurableStage } from './durableStage.ts';
import { home, other, replayed, startSiteWorld, type SiteWorld } from './siteWorld.ts';

let world: SiteWorld;
const session = 'backup-20261122t100000z-1a2b3c4d';

beforeAll(async () => {
  world = await startSiteWorld();
});
afterAll(() => world.stop());
afterEach(() => void world.intercept.splice(0));

/** Lets a session ask for its site. */
function ensure(place: Place): Promise<DurableStage> {
  const input: SiteInput = { session, site: siteKey(world.environment, place) };
  const notes = { warnSession: async () => null, noteSession: async () => null };
  return replayed((context) => ensureSite(context, input), input, { ...world.activities, ...notes });
}

const notesOf = (stage: DurableStage) =>
  stage.inputsOf<{ notes: string[] }>('noteSession').flatMap(({ notes }) => notes);
const warningsOf = (stage: DurableStage) =>
  stage.inputsOf<{ warning: string }>('warnSession').map(({ warning }) => warning);
async function refusal(place: Place): Promise<StrongroomError> {
  try {
    await ensure(place);
  } catch (error) {
    return error as StrongroomError;
  }
  throw new Error('the site was taken');
}

const store = () => world.arm.world.store;
const account = (place: Place) => siteLayout(siteKey(world.environment, place)).account;
const blobEndpoint = () => world.piece(other, `endpoint-${account(other).name}-blob`);
const records = () => world.piece(other, `records-${account(other).name}-blob`);
const zone = () => world.piece(other, 'zone-privatelink.blob.core.windows.net');

/** Changes a resource behind everybody's back; gives what puts it back. */
function alter(id: string, change: (properties: Record<string, unknown>) => object): () => void {
  const before = store().require(id);
  store().put({ ...before, properties: { ...before.properties, ...change(before.properties ?? {}) } });
  return () => void store().put(before);
}

test.each([home, other])(
  'VMP-06 VMP-07 VMP-08 VMP-09 VMP-20 what a site lacks is made and named, once ($region)',
  async (place) => {
    const played = await ensure(place);
    expect(notesOf(played)).toEqual(
      expect.arrayContaining([
        expect.stringContaining('created virtual network strongroom-vnet'),
        expect.stringMatching(/created storage account strongroom[0-9a-f]{12}\./),
        expect.stringMatching(/created private endpoint strongroom[0-9a-f]{12}-blob/),
        expect.stringMatching(/created private endpoint strongroom[0-9a-f]{12}-queue/),
        expect.stringContaining('created disk access strongroom-disk-access-1'),
      ]),
    );
    expect(played.pools.get(sitePool(siteKey(world.environment, place)).key)!.holders).toEqual({});
    expect((await ensure(place)).activityNames).toEqual(['inspectSite']);
  },
);

describe('a site that was whole', () => {
  test.each<[string, () => Promise<unknown> | void, string[]]>([
    [
      'an endpoint',
      () => world.arm.world.store.delete(blobEndpoint().id),
      ['created private endpoint', 'created DNS zone group'],
    ],
    [
      'a zone link',
      () => store().delete(world.piece(other, 'link-privatelink.queue.core.windows.net').id),
      ['created virtual network link'],
    ],
    [
      'a record',
      () => store().delete(`${zone().id}/A/${account(other).name}`),
      ['wrote the records of the DNS zone group'],
    ],
    [
      'a container',
      () => store().delete(world.piece(other, 'container-worker-logs').id),
      ['created container worker-logs'],
    ],
    [
      'the way of the appliance to its account',
      () =>
        store().delete(`${world.piece(home, 'zone-privatelink.blob.core.windows.net').id}/A/${account(other).name}`),
      ['wrote the records of the DNS zone group'],
    ],
  ])('VMP-08 %s that was removed is made again, and the session says so', async (_, remove, notes) => {
    await remove();
    const played = await ensure(other);
    expect(notesOf(played)).toEqual(notes.map((note) => expect.stringContaining(note)));
    expect((await ensure(other)).activityNames).toEqual(['inspectSite']);
  });

  test.each<[string, () => () => void, RegExp]>([
    [
      'VMP-07 the tagged account with other settings',
      () => alter(account(other).id, () => ({ allowSharedKeyAccess: true })),
      /Storage account strongroom\w+ is not as it should be: allowSharedKeyAccess is true, expected false.*pulumi up/,
    ],
    [
      'an endpoint that leads elsewhere',
      () =>
        alter(blobEndpoint().id, ({ privateLinkServiceConnections }) => ({
          privateLinkServiceConnections: [
            {
              ...(privateLinkServiceConnections as object[])[0],
              properties: { privateLinkServiceId: account(home).id, groupIds: ['blob'] },
            },
          ],
        })),
      /Private endpoint strongroom\w+-blob is not as it should be: target is .*, expected .*Delete/,
    ],
    [
      'a link that leads elsewhere',
      () =>
        alter(world.piece(other, 'link-privatelink.blob.core.windows.net').id, () => ({
          virtualNetwork: { id: world.piece(home, 'network').id },
        })),
      /Virtual network link .* virtualNetwork.id is/,
    ],
    [
      'a network without the subnet of the workers',
      () => {
        const id = `${world.piece(other, 'network').id}/subnets/workers`;
        const before = store().require(id);
        store().delete(id);
        return () => void store().put(before);
      },
      /Virtual network strongroom-vnet is not as it should be: subnets\[workers\] is nothing/,
    ],
    ...['Pending', 'Rejected'].map((status): [string, () => () => void, RegExp] => [
      `a connection that is ${status}`,
      () => {
        const [connection] = store()
          .under(account(other).id)
          .filter(
            ({ properties }) =>
              JSON.stringify(properties).includes(`northeurope/providers`) &&
              JSON.stringify(properties).includes('-blob'),
          );
        return alter(connection!.id, () => ({ privateLinkServiceConnectionState: { status, description: '' } }));
      },
      new RegExp(`The connection of private endpoint .* is ${status}, expected Approved`),
    ]),
  ])('%s ends the session with its name', async (_, damage, message) => {
    const heal = damage();
    const error = await refusal(other);
    heal();
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({
      code: 'SITE_DRIFTED',
      message: expect.stringContaining('Site northeurope') as string,
    });
  });

  test('other drift is a warning', async () => {
    const { id } = world.piece(other, 'worker-rules');
    const open = { name: 'let-out', properties: { access: 'Allow', direction: 'Outbound', priority: 90 } };
    const heal = alter(id, ({ securityRules }) => ({ securityRules: [...(securityRules as object[]), open] }));
    store().put({ ...store().require(id), tags: {} });
    expect(warningsOf(await ensure(other))).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/network security group strongroom-workers-nsg.*tags\.strongroom/i),
        expect.stringMatching(/securityRules\[let-out\] is let-out, expected nothing/),
      ]),
    );
    heal();
  });

  test('VMP-07 a second account with the tags is named', async () => {
    const first = store().require(account(other).id);
    const second = { ...first, id: first.id.replace(/[^/]+$/, 'second'), name: 'second' };
    store().put(second);
    expect((await refusal(other)).message).toMatch(/storageAccounts\/second carries the tags of the site's account/);
    store().delete(second.id);
  });

  test('VMP-18 a disk access that was removed is named with its endpoint, which has lost its connection', async () => {
    const { id } = world.piece(other, 'strongroom-disk-access-1');
    for (const { id: child } of store().under(id)) store().delete(child);
    store().delete(id);
    expect((await refusal(other)).message).toMatch(
      /private endpoint strongroom-disk-access-1-disks is Disconnected.*Delete/,
    );
    store().delete(world.piece(other, 'endpoint-strongroom-disk-access-1-disks').id);
    expect(notesOf(await ensure(other))).toEqual(
      ['disk access', 'private endpoint', 'DNS zone group'].map((kind) => expect.stringContaining(`created ${kind}`)),
    );
  });

  test('a network that is linked to another zone of the name is told, with the way out', async () => {
    const { id } = world.piece(other, 'link-privatelink.blob.core.windows.net');
    const link = store().require(id);
    const elsewhere = id.replace('strongroom-northeurope', 'rg');
    store().delete(id);
    store().put({ ...link, id: elsewhere });
    expect((await refusal(other)).message).toMatch(/overlapping namespaces.*remove that link, or use that zone/s);
    store().delete(elsewhere);
    await ensure(other);
  });
});

describe('many sessions at once', () => {
  const sound = { findings: [], zones: {}, ready: [], otherAccounts: [] };
  const input: SiteInput = { session, site: { appliance: 'strongroom', ...other } };

  test('one makes what is missing; who waited for it finds it done', () => {
    const { key, id, kind, owner } = blobEndpoint();
    const finding = { key, id, kind, owner, state: 'missing', made: null, drift: [] };
    let looks = 0;
    const played = new DurableStage({
      inspectSite: () => (looks++ ? sound : { ...sound, findings: [finding], ready: [key] }),
    });
    const pool = sitePool(input.site).key;
    const taken = [{ member: 'site', weight: 1 }];
    const held = { holders: { another: { taken, since: '2026-11-21T10:00:00.000Z' } }, waiting: [] };
    const get = played.pools.get.bind(played.pools);
    played.pools.set(pool, held);
    let asked = 0;
    played.pools.get = (name) => {
      if (name === pool && ++asked === 3) played.pools.set(pool, release(get(pool)!, { owner: 'another' }));
      return get(name);
    };
    played.play((context) => ensureSite(context, input), session, input);
    expect(played.activityNames).toEqual(['inspectSite', 'completeSite', 'awaitLease', 'inspectSite']);
    expect(get(pool)!.holders).toEqual({});
  });

  test('two that create the same at once make one of each', async () => {
    const keys = ['endpoint', 'records'].map((prefix) => `${prefix}-${account(other).name}-queue`);
    store().delete(world.piece(other, keys[0]!).id);
    const create = async () => {
      const { zones } = await world.activities.inspectSite({ site: input.site });
      return world.activities.createPieces({ site: input.site, keys: keys.slice(0, 1), zones });
    };
    expect(await Promise.all([create(), create()])).toEqual([{}, {}]);
    await ensure(other);
    expect((await ensure(other)).activityNames).toEqual(['inspectSite']);
  });
});

test('a site of which very much drifted tells some of it, and where the rest is', () => {
  const input: SiteInput = { session, site: { appliance: 'strongroom', ...other } };
  const { key, id, kind, owner } = zone();
  const drift = Array.from({ length: 100 }, (_, i) => ({ path: `tags.t${i}`, expected: 'a', actual: 'b' }));
  const findings = [{ key, id, kind, owner, state: 'drifted', made: 'declared', drift }];
  const played = new DurableStage({
    inspectSite: () => ({ findings, zones: {}, ready: [], otherAccounts: [] }),
    warnSession: () => null,
  });
  played.play((context) => ensureSite(context, input), session, input);
  const warnings = warningsOf(played);
  expect(warnings).toHaveLength(11);
  expect(warnings.at(-1)).toMatch(/There is more \(90\): GET \/api\/sites tells all/);
});

describe('Azure refuses', () => {
  const url = /privateEndpoints\/[^/]+-blob\?/;
  const refuse = (status: number, code: string, message: string, more: object = {}) =>
    world.intercept.push({ method: 'PUT', url, status, error: { code, message }, ...more });

  test.each([
    [403, 'RequestDisallowedByPolicy', 'AZURE_REFUSED', 'exempt the resource group'],
    [409, 'ScopeLocked', 'AZURE_REFUSED', 'Remove the lock'],
    [400, 'PrivateEndpointQuotaExceeded', 'AZURE_REFUSED', 'Ask Azure for more'],
    [403, 'AuthorizationFailed', 'PERMISSION_MISSING', 'Run pulumi up'],
  ])('%i %s reaches the session with the way out', async (status, azure, code, wayOut) => {
    store().delete(blobEndpoint().id);
    refuse(status, azure, `Azure's words on ${azure}`);
    const error = await refusal(other);
    expect(error).toMatchObject({ code, details: { code: azure } });
    expect(error.message).toMatch(/Site northeurope of subscription .*: create private endpoint strongroom\w+-blob: /);
    expect(error.message).toContain(`Azure's words on ${azure}`);
    expect(error.message).toContain(wayOut);
  });

  test('a role that has no effect yet is waited for', async () => {
    store().delete(blobEndpoint().id);
    refuse(403, 'AuthorizationFailed', 'not yet', { times: 3 });
    const played = await ensure(other);
    expect(notesOf(played)).toHaveLength(2);
    expect(played.now - played.start).toBeLessThan(60_000);
  });

  test('a record that never appears is waited for a quarter of an hour, then named', async () => {
    world.intercept.push({
      method: 'GET',
      url: /northeurope.*blob\.core\.windows\.net\/A\?/,
      status: 404,
      error: { code: 'NotFound', message: 'none' },
    });
    const error = await refusal(other);
    expect(error.code).toBe('SITE_INCOMPLETE');
    expect(error.message).toMatch(/A record of strongroom\S+ \(10\.\S+\).* did not appear within 15 minutes/);
  });

  test('Resource Manager that does not answer is told, with where to look', async () => {
    world.intercept.push({
      method: 'GET',
      url: /./,
      status: 0,
      error: { code: '', message: 'getaddrinfo ENOTFOUND management.azure.com' },
    });
    const error = await refusal(other);
    expect(error.code).toBe('AZURE_UNAVAILABLE');
    expect(error.message).toMatch(/ENOTFOUND.*check the way out of its subnet/);
  });
});

describe('GET /api/sites', () => {
  test('tells each piece, who made it, and what one site lacks does not hide the other', async () => {
    store().delete(`${zone().id}/A/${account(other).name}`);
    const [first, second] = await listSites(world.appliance);
    expect(first).toMatchObject({ ...home, home: true, state: 'ready', problems: [], warnings: [] });
    expect(second).toMatchObject({ ...other, declared: false, state: 'incomplete', tried: null });
    const { pieces } = await getSite(world.appliance, other.subscriptionId, other.region);
    expect(pieces.find(({ id }) => id === records().id)).toMatchObject({
      state: 'missing',
      made: 'run-time',
      records: [{ actual: [] }],
    });
    expect(pieces.find(({ id }) => id === blobEndpoint().id)).toMatchObject({
      name: `private endpoint ${account(other).name}-blob`,
      state: 'present',
      made: 'run-time',
      connection: 'Approved',
      drift: [],
    });
    expect(pieces.find(({ kind }) => kind === 'queue' || kind === 'blobContainer')).toMatchObject({ made: 'run-time' });
    expect(
      pieces.find(({ id }) => id === `${blobEndpoint().id.replace(/-blob$/, '-queue')}/privateDnsZoneGroups/default`),
    ).toMatchObject({
      records: [
        {
          name: `${account(other).name}.queue.core.windows.net`,
          expected: [expect.stringMatching(/^10\./)],
        },
      ],
    });
  });

  test('names a site in any case; a site that is not there is NOT_FOUND', async () => {
    const { region } = await getSite(world.appliance, other.subscriptionId.toUpperCase(), 'NorthEurope');
    expect(region).toBe('northeurope');
    await expect(getSite(world.appliance, other.subscriptionId, 'nowhere')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});
