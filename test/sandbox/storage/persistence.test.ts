import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runModule } from '../edge/child.ts';
import { clientsOf, startWorld } from './world.ts';

let kept: string;
let world: Awaited<ReturnType<typeof startWorld>>;
const asOperator = (source: string) => runModule(clientsOf() + source, world.env);
const stores = `
  import { QueueClient } from '@azure/storage-queue';
  import { TableClient } from '@azure/data-tables';
  const data = service('kept').getContainerClient('data');
  const queue = new QueueClient('https://kept.queue.core.windows.net/mail', credential);
  const table = new TableClient('https://kept.table.core.windows.net', 'things', credential);
`;

beforeAll(async () => {
  kept = await mkdtemp(join(tmpdir(), 'storage-kept-'));
  world = await startWorld({ kept });
});
afterAll(async () => {
  await world.stop();
  await rm(kept, { recursive: true, force: true });
});

it('what was acknowledged survives when the data servers are killed under load', async () => {
  await asOperator(`${stores}
    await arm.storageAccounts.create('rg', 'kept', { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
    await Promise.all([data.create(), queue.create(), table.createTable()]);
    print(0);`);
  // Writes until its input ends, and prints what has been acknowledged. What fails meanwhile was not.
  const load = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `${clientsOf()}${stores}
      let over = false;
      process.stdin.on('end', () => (over = true)).resume();
      const writing = async (kind, write) => {
        for (let n = 0; !over; n++) {
          const id = kind + n;
          await write(id).then(() => console.log(id), () => {});
        }
      };
      const once = { retryOptions: { maxTries: 1, maxRetries: 0 } };
      const blob = (id) => put(data.getBlockBlobClient(id), id);
      const blocks = async (id) => {
        const target = data.getBlockBlobClient(id);
        await target.stageBlock('AAAA', id, id.length);
        await target.commitBlockList(['AAAA']);
      };
      await Promise.all([
        writing('a', blob), writing('b', blob), writing('c', blocks),
        writing('m', (id) => new QueueClient(queue.url, credential, once).sendMessage(id)),
        writing('e', (id) => new TableClient('https://kept.table.core.windows.net', 'things', credential, once).createEntity({ partitionKey: 'p', rowKey: id })),
      ]);`,
    ],
    { env: { PATH: process.env.PATH, ...world.env }, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const acknowledged: string[] = [];
  createInterface({ input: load.stdout }).on('line', (id) => acknowledged.push(id));
  for (let kill = 1; kill <= 3; kill++) {
    await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(40 * kill);
    process.kill(world.storage.processId(), 'SIGKILL');
  }
  await expect.poll(() => acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(150);
  load.stdin.end();
  await once(load, 'close');
  const found = (await asOperator(`${stores}
    const blobs = (await all(data.listBlobsFlat())).map((b) => b.name);
    const wrong = [];
    for (const name of blobs.filter((_, i) => i % 20 === 0)) if ((await read(data.getBlobClient(name))) !== name) wrong.push(name);
    const messages = [];
    for (;;) {
      const { receivedMessageItems } = await queue.receiveMessages({ numberOfMessages: 32, visibilityTimeout: 600 });
      if (receivedMessageItems.length === 0) break;
      messages.push(...receivedMessageItems.map((m) => m.messageText));
    }
    const entities = (await all(table.listEntities())).map((e) => e.rowKey);
    print({ wrong, ids: [...blobs, ...messages, ...entities] });`)) as { wrong: string[]; ids: string[] };
  expect(found.wrong).toEqual([]);
  const ids = new Set(found.ids);
  expect(acknowledged.filter((id) => !ids.has(id))).toEqual([]);
});

it('a world that is started again on its folder has its accounts, keys, versions and archived blobs', async () => {
  const keep = `
    const old = service('again').getContainerClient('old');
    const blob = old.getBlockBlobClient('a');
    const keys = async () => (await arm.storageAccounts.listKeys('rg', 'again')).keys.map((k) => k.value);
    const versions = async () => (await all(old.listBlobsFlat({ includeVersions: true }))).map((b) => b.versionId);
  `;
  const before = await asOperator(`${keep}
    await arm.storageAccounts.create('rg', 'again', { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
    await arm.blobServices.setServiceProperties('rg', 'again', { isVersioningEnabled: true });
    await old.create();
    await put(blob, 'one');
    await put(blob, 'two');
    await put(old.getBlockBlobClient('cold'), 'cold', { tier: 'Archive' });
    await old.getBlockBlobClient('cold').setAccessTier('Hot');
    const { etag, lastModified, contentMD5 } = await blob.getProperties();
    await arm.storageAccounts.regenerateKey('rg', 'again', { keyName: 'key2' });
    print({ keys: await keys(), versions: await versions(), properties: { etag, lastModified, contentMD5 } });`);
  await world.stop();
  world = await startWorld({ kept });
  const after = await asOperator(`${keep}
    const { etag, lastModified, contentMD5 } = await blob.getProperties();
    print({ keys: await keys(), versions: await versions(), properties: { etag, lastModified, contentMD5 } });`);
  expect(after).toEqual(before);
  world.clock.advance(16 * 3_600_000);
  const later = await asOperator(`${keep}
    print([await read(old.getBlockBlobClient('cold')), await read(blob.withVersion((await versions())[0]))]);`);
  expect(later).toEqual(['cold', 'one']);
});
