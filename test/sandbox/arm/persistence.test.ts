import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openState, type State } from '../../../sandbox/core/state.ts';
import type { Provider } from '../../../sandbox/arm/types.ts';
import { inGroup, networkPath, startWorld, subscriptionId, type TestWorld } from './world.ts';

let folder: string;
const folders: string[] = [];
let state: State;
let world: TestWorld;
const worlds: TestWorld[] = [];
const states: State[] = [];

async function open(at = folder): Promise<void> {
  state = openState(at);
  states.push(state);
  world = await startWorld({ state });
  worlds.push(world);
}
/** What a process leaves behind that is killed now: the files as they stand. */
async function reopenAsKilled(): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'arm-killed-'));
  folders.push(copy);
  cpSync(folder, copy, { recursive: true });
  await open(copy);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'arm-state-'));
  folders.push(folder);
  await open();
  await world.call('PUT', inGroup(''), { location: 'westeurope', tags: { a: '1' } });
});
afterEach(async () => {
  for (const one of worlds.splice(0)) await one.close();
  for (const one of states.splice(0)) one.close();
  for (const one of folders.splice(0)) rmSync(one, { recursive: true });
});

let finish: (value?: unknown) => void;
/** A type whose creation ends when `finish` is called. */
const slow: Provider = {
  namespace: 'Contoso.Slow',
  types: [
    {
      type: 'Contoso.Slow/things',
      put(call) {
        const { id, name, type } = call.path;
        const properties = { provisioningState: 'Creating' };
        call.world.store.put({ id, name, type, location: 'westeurope', properties });
        return {
          status: 201,
          longRunning: { style: 'azure-async', work: () => new Promise((done) => (finish = done)) },
        };
      },
      delete: () => ({
        status: 202,
        longRunning: { style: 'location', work: () => new Promise((done) => (finish = done)) },
      }),
    },
  ],
};

test('resources, their times and the results of operations are there again after a restart', async () => {
  const vnet = networkPath('virtualNetworks/v');
  const space = { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } };
  const subnets = [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }];
  const put = await world.call('PUT', vnet, { location: 'westeurope', properties: { ...space, subnets } });
  const before = await world.call('GET', vnet);
  const times = world.arm.world.store.times(vnet);
  await world.arm.idle();
  await reopenAsKilled();
  expect((await world.call('GET', vnet)).body).toEqual({
    ...before.body,
    properties: { ...before.body.properties, provisioningState: 'Succeeded' },
  });
  expect(world.arm.world.store.times(vnet)).toEqual(times);
  const list = await world.call('GET', `/subscriptions/${subscriptionId}/resourceGroups`);
  expect(list.body.value).toMatchObject([{ name: 'rg', tags: { a: '1' } }]);
  const polled = await world.call('GET', put.headers.get('azure-asyncoperation')!);
  expect(polled.body.status).toBe('Succeeded');
});

test('what was deleted stays deleted, with all below it', async () => {
  await world.call('PUT', networkPath('privateDnsZones/z.test'), { location: 'global' });
  await world.arm.idle();
  await world.call('PUT', networkPath('privateDnsZones/z.test/A/www'), {
    properties: { ttl: 60, aRecords: [{ ipv4Address: '10.0.0.1' }] },
  });
  await world.call('DELETE', networkPath('privateDnsZones/z.test'));
  await world.arm.idle();
  await reopenAsKilled();
  expect(world.arm.world.store.under(inGroup(''))).toEqual([]);
});

test('an operation under way at the end has failed, and so has its resource', async () => {
  world.arm.register(slow);
  const thing = inGroup('/providers/Contoso.Slow/things/x');
  const started = await world.call('PUT', thing, { location: 'westeurope' });
  world.arm.settings.holdMs = 0;
  const url = started.headers.get('azure-asyncoperation')!;
  expect((await world.call('GET', url)).body.status).toBe('InProgress');
  await reopenAsKilled();
  expect((await world.call('GET', url)).body).toMatchObject({
    status: 'Failed',
    error: { code: 'InternalServerError', message: expect.stringContaining(`Repeat PUT of '${thing}'`) },
  });
  world.arm.register(slow);
  expect((await world.call('GET', thing)).body.properties.provisioningState).toBe('Failed');
  finish();
});

test('a group whose deletion was cut off is there, and can be deleted', async () => {
  world.arm.register(slow);
  await world.call('PUT', inGroup('/providers/Contoso.Slow/things/x'), { location: 'westeurope' });
  finish();
  await world.arm.idle();
  await world.call('DELETE', inGroup(''));
  await reopenAsKilled();
  finish();
  expect((await world.call('GET', inGroup(''))).body.properties.provisioningState).toBe('Succeeded');
  world.arm.register(slow);
  expect((await world.call('DELETE', inGroup(''))).status).toBe(202);
  finish();
  await world.arm.idle();
  expect((await world.call('HEAD', inGroup(''))).status).toBe(404);
});

test('no GUID comes twice', async () => {
  const seen = new Set(Array.from({ length: 1500 }, () => world.arm.world.guid()));
  await reopenAsKilled();
  const later = Array.from({ length: 1500 }, () => world.arm.world.guid());
  expect(later.filter((guid) => seen.has(guid))).toEqual([]);
});

test('a stored resource cannot be changed in place', () => {
  const { store } = world.arm.world;
  store.put({ id: inGroup('/providers/A.B/c/d'), name: 'd', type: 'A.B/c', properties: { list: [{ a: 1 }] } });
  const { properties } = store.require(inGroup('/providers/A.B/c/d'));
  expect(() => ((properties!.list as { a: number }[])[0]!.a = 2)).toThrow(TypeError);
});

test('thousands of resources are found below their parents in order', () => {
  const { store } = world.arm.world;
  const id = (i: number) => inGroup(`/providers/A.B/cs/c${i}`, i % 2 ? 'odd' : 'even');
  state.transaction(() => {
    for (let i = 0; i < 3000; i++) store.put({ id: id(i), name: `c${i}`, type: 'A.B/cs' });
  });
  store.delete(id(1));
  const odd = store.list({ type: 'a.b/CS', under: inGroup('', 'ODD') });
  expect(odd.map(({ name }) => name).slice(0, 3)).toEqual(['c3', 'c5', 'c7']);
  expect(odd).toHaveLength(1499);
  expect(store.under(inGroup('', 'even'))).toHaveLength(1500);
  expect(store.under(inGroup('', 'eve'))).toEqual([]);
});
