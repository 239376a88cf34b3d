/**
 * A check of a site through real parts: the built appliance and worker on the local Azure, with networks and roles enforced.
 * While the worker starts, a record and a role go: the steps tell which, and everything else is still tried.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from '../../demo/world.ts';
import type { SessionStep, SessionView } from '../../model/session.ts';

let world: World;
let steps: SessionStep[];
let failed: SessionView;
let before: string[];

const disksAndSnapshots = () =>
  ['Microsoft.Compute/disks', 'Microsoft.Compute/snapshots'].flatMap((type) =>
    world.sandbox.world.store.list({ type }).map(({ id }) => id),
  );
const remove = (type: string, pattern: RegExp) => {
  const found = world.sandbox.world.store.list({ type }).filter(({ id }) => pattern.test(id));
  expect(found).not.toEqual([]);
  for (const { id } of found) world.sandbox.world.store.delete(id);
};

beforeAll(async () => {
  const MiB = 1024 * 1024;
  world = await startWorld({ data: [MiB, MiB, MiB] });
  const { sandbox, appliance } = world;
  before = disksAndSnapshots();
  let id = '';
  let broken = false;
  const path = `/api/sites/${sandbox.subscriptionId}/westeurope/check`;
  const run = appliance.run(path, {}, (session) => {
    id = session.id;
    if (session.state !== 'startingWorker' || broken) return;
    broken = true;
    remove('Microsoft.Network/privateDnsZones/A', /repo[0-9a-f]{12}$/);
    remove('Microsoft.Authorization/roleAssignments', /keys\/repository/);
  });
  await expect(run).rejects.toThrow('CHECK_FAILED');
  const reply = await appliance.call('GET', `/api/sessions/${id}`);
  failed = reply.body as SessionView;
  steps = failed.steps!;
}, 240_000);

afterAll(() => world?.stop());

it('tries every step whatever came of the others, each with what was seen and how long it took', () => {
  const shown = steps.map(({ name, ok }) => `${ok ? '' : 'not '}${name.replace(/[0-9a-f]{12}/g, '*')}`);
  expect(shown).toEqual([
    'every piece of the site',
    'make a disk and two snapshots',
    'start a worker and hear of it',
    'resolve strongroom*.blob.core.windows.net',
    'resolve strongroom*.queue.core.windows.net',
    'resolve strongroom-*.vault.azure.net',
    'not resolve strongrorepo*.blob.core.windows.net',
    'resolve md-impexp-*.blob.core.windows.net',
    "read a disk's export URL at md-impexp-*.blob.core.windows.net",
    'compare two snapshots at md-impexp-*.blob.core.windows.net',
    'not write a blob in https://strongrorepo*.blob.core.windows.net/repository',
    'not read it back from https://strongrorepo*.blob.core.windows.net/repository',
    'not wrap and unwrap with https://strongroom-*.vault.azure.net/keys/repository',
  ]);
  expect(steps.every(({ seen, ms }) => seen !== '' && ms >= 0)).toBe(true);
});

it('names the resource, the setting and the action in the fix of what failed', () => {
  const [name, write, , key] = steps.filter(({ ok }) => !ok);
  expect(name!.fix).toMatch(
    /private endpoint strongrorepo[0-9a-f]{12}-blob, its zone group .*privatelink\.blob\.core\.windows\.net/,
  );
  expect(write!.fix).toBe(name!.fix);
  expect(key!.fix).toMatch(/userAssignedIdentities\/strongroom-worker a role with .*keys\/wrap\/action/);
  expect(failed.error!.message).toContain(key!.fix!);
});

it('leaves neither disks, nor snapshots, nor a running worker behind', () => {
  const worker = (id: string) => /_OsDisk_/.test(id);
  expect(disksAndSnapshots().filter((id) => !worker(id))).toEqual(before);
  expect(failed.warnings).toBeUndefined();
});
