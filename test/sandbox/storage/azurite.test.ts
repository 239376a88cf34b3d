import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../../sandbox/storage/azurite/process.ts';
import { createCrc64 } from '../../../sandbox/core/crc64.ts';
import { run, runModule } from '../edge/child.ts';
import { startWorld, SUBSCRIPTION } from './world.ts';
import { noCurl } from '../../curl.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'azurite-test-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Whether somebody listens on a loopback port. */
async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

it('Azurite ends when its parent is killed, and another takes its files over at once', async () => {
  const module = new URL('../../../sandbox/storage/azurite/process.ts', import.meta.url).href;
  const source = `import { startAzurite } from '${module}';
    const azurite = await startAzurite({ dir: ${JSON.stringify(dir)}, seed: 's' }, {});
    console.log(azurite.ports().blob);`;
  const parent = spawn(process.execPath, ['--input-type=module', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  expect(await listens(port)).toBe(true);
  parent.kill('SIGKILL');
  const next = await startAzurite({ dir, seed: 's' }, {});
  await next.stop();
  await expect.poll(() => listens(port), { timeout: 10_000 }).toBe(false);
});

it('CRC-64/NVME gives its check value, however the bytes are cut', () => {
  const text = Buffer.from('123456789');
  for (let cut = 0; cut <= text.length; cut++) {
    const crc = createCrc64();
    crc.update(text.subarray(0, cut));
    crc.update(text.subarray(cut));
    expect(Buffer.from(crc.digest()).reverse().toString('hex')).toBe('ae8b14860a799888');
  }
});

describe.skipIf(noCurl)('broken clients', () => {
  let world: Awaited<ReturnType<typeof startWorld>>;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.stop());

  it('uploads that are cut off leave nothing behind and harm nobody', async () => {
    const token = (await runModule(
      `import { ManagedIdentityCredential } from '@azure/identity';
       import { StorageManagementClient } from '@azure/arm-storage';
       const credential = new ManagedIdentityCredential();
       const arm = new StorageManagementClient(credential, '${SUBSCRIPTION}');
       await arm.storageAccounts.create('rg', 'cutoff', { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
       await arm.blobContainers.create('rg', 'cutoff', 'data', {});
       console.log(JSON.stringify((await credential.getToken('https://storage.azure.com/.default')).token));`,
      world.env,
    )) as string;
    const curl = (...args: string[]) =>
      run(
        'curl',
        ['-sS', '-H', `Authorization: Bearer ${token}`, '-H', 'x-ms-version: 2024-11-04', ...args],
        world.env,
      );
    const url = 'https://cutoff.blob.core.windows.net/data/blob';
    const file = join(dir, 'large');
    await writeFile(file, Buffer.alloc(50_000_000));
    const put = ['-H', 'x-ms-blob-type: BlockBlob', '-T', file];
    // The client announces 50 MB and goes away after a few.
    await expect(curl(...put, '--max-time', '1', '--limit-rate', '2M', url)).rejects.toThrow(/28/);
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url)).toBe('404');
    const kept = await curl('-X', 'PUT', '-H', 'x-ms-blob-type: BlockBlob', '-d', 'whole', '-w', '%{http_code}', url);
    expect(kept).toBe('201');
    expect(await curl(url)).toBe('whole');
  });
});
