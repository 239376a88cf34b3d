import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore } from '../../repository/stores/folderStore.ts';
import { memoryStore } from '../../repository/stores/memoryStore.ts';
import { expect, test } from 'vitest';
import { lockContract, objectStoreContract } from './objectStore.ts';

objectStoreContract('memory', () => ({ store: memoryStore() }));

objectStoreContract('folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'strongroom-folder-'));
  return { store: folderStore(join(root, 'repository')), close: () => rm(root, { recursive: true }) };
});

lockContract('memory', () => ({ store: memoryStore() }), Date.now);

test('memory keeps no versions: what is locked is neither deleted nor overwritten, until its time is over', async () => {
  let now = 0;
  const store = memoryStore(() => now);
  await store.put('a', [Buffer.from('one')]);
  await store.lock!('a', new Date(1000).toISOString());
  const refused = { code: 'AZURE_REFUSED', message: expect.stringContaining('locked until 1970-01-01T00:00:01.000Z') };
  await expect(store.delete('a')).rejects.toMatchObject(refused);
  await expect(store.put('a', [Buffer.from('two')])).rejects.toMatchObject(refused);
  await expect(store.put('a', [Buffer.from('two')], { ifAbsent: true })).rejects.toMatchObject({
    code: 'ALREADY_EXISTS',
  });
  now = 1000;
  await store.put('a', [Buffer.from('two')]);
  expect((await store.head('a')).lockedUntil).toBeUndefined();
  await store.delete('a');
});
