import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderStore } from '../../repository/stores/folderStore.ts';
import { memoryStore } from '../../repository/stores/memoryStore.ts';
import { objectStoreContract } from './objectStore.ts';

objectStoreContract('memory', () => ({ store: memoryStore() }));

objectStoreContract('folder', async () => {
  const root = await mkdtemp(join(tmpdir(), 'strongroom-folder-'));
  return { store: folderStore(join(root, 'repository')), close: () => rm(root, { recursive: true }) };
});
