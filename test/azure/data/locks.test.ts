import { afterAll, beforeAll, expect, test } from 'vitest';
import { runModule } from '../../sandbox/edge/child.ts';
import { clientsOf, startWorld } from '../../sandbox/storage/world.ts';

const DAY = 86_400_000;

let world: Awaited<ReturnType<typeof startWorld>>;
const run = (source: string) => {
  const store = JSON.stringify(new URL('../../../azure/blobStore.ts', import.meta.url).pathname);
  return runModule(`${clientsOf()}import { blobStore } from ${store};${source}`, world.env);
};

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('a blob is locked where versions can be: never shorter than before, in the mode that it has; elsewhere it is refused', async () => {
  const now = Math.ceil(world.clock.now() / 1000) * 1000;
  const until = (days: number) => new Date(now + days * DAY).toISOString();
  const got = await run(`
    const body = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
    await arm.storageAccounts.create('rg', 'worm', { ...body, immutableStorageWithVersioning: { enabled: true } });
    await arm.storageAccounts.create('rg', 'plain', body);
    for (const account of ['worm', 'plain']) await arm.blobContainers.create('rg', account, 'data', {});
    const store = blobStore('https://worm.blob.core.windows.net/data', credential);
    const until = (days) => new Date(${now} + days * ${DAY}).toISOString();
    const codeOf = (promise) => promise.then(() => 'done', (e) => [e.code, e.details.status, e.details.code]);
    const one = await store.put('a', [Buffer.from('one')]);
    await store.lock('a', until(3));
    await store.lock('a', until(5));
    await store.lock('a', until(4));
    const blob = service('worm').getContainerClient('data').getBlockBlobClient('a');
    const { immutabilityPolicyMode: first, versionId } = await blob.getProperties();
    const listed = [];
    for await (const info of store.list('')) listed.push(info);
    const same = [await store.head('a'), (await store.get('a')).info, ...listed].map((info) => info.etag === one.etag && info.lockedUntil);
    await blob.setImmutabilityPolicy({ expiriesOn: new Date(until(5)), policyMode: 'Locked' });
    await store.lock('a', until(6));
    const { immutabilityPolicyMode: second } = await blob.getProperties();
    await store.put('a', [Buffer.from('two')]);
    await store.delete('a');
    const plain = blobStore('https://plain.blob.core.windows.net/data', credential);
    await plain.put('a', [Buffer.from('one')]);
    print({ same, modes: [first, second], kept: await failure(blob.withVersion(versionId).delete()), none: await codeOf(store.lock('none', until(1))),
      plain: await codeOf(plain.lock('a', until(1))), unlocked: (await plain.head('a')).lockedUntil ?? null });`);
  expect(got).toEqual({
    same: [until(5), until(5), until(5)],
    modes: ['unlocked', 'locked'],
    kept: [409, 'BlobImmutableDueToPolicy'],
    none: ['NOT_FOUND', '404', 'BlobNotFound'],
    plain: ['AZURE_REFUSED', '409', 'ImmutableStorageWithVersioningNotEnabled'],
    unlocked: null,
  });
});
