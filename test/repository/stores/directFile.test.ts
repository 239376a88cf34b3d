import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pagedMemory } from '../../../repository/pages.ts';
import { openDirectFile } from '../../../repository/stores/directFile.ts';
import { folderStore } from '../../../repository/stores/folderStore.ts';
import { noise } from '../fixtures.ts';

const MIB = 1024 * 1024;
let folder: string;
/** Whether the file system of temporary files takes direct writes. */
let takesThem: boolean;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-direct-'));
  const probe = join(folder, 'probe');
  await writeFile(probe, '');
  const file = await openDirectFile(probe);
  takesThem = (await file.write(0, paged(MIB))) === MIB;
  await file.close();
});
afterAll(() => rm(folder, { recursive: true }));

function paged(length: number): Uint8Array {
  const bytes = new Uint8Array(pagedMemory(length));
  bytes.set(noise(length, `direct ${length}`));
  return bytes;
}

describe('direct writes', () => {
  it('take whole pages at places of pages, and leave the rest to the caller', async () => {
    const path = join(folder, 'pages');
    await writeFile(path, '');
    const file = await openDirectFile(path);
    const bytes = paged(MIB + 700);
    expect(await file.write(8 * MIB, bytes)).toBe(takesThem ? MIB : 0);
    // Not at a page of memory, not at one of the file, not shared memory, too little.
    expect(await file.write(0, bytes.subarray(1))).toBe(0);
    expect(await file.write(512, bytes)).toBe(0);
    expect(await file.write(0, noise(MIB, 'ordinary'))).toBe(0);
    expect(await file.write(0, bytes.subarray(0, 4096))).toBe(0);
    await file.close();
    const [before, after] = [await readFile(path).then((data) => data.subarray(0, 8 * MIB)), await readFile(path)];
    expect(before.every((byte) => byte === 0)).toBe(true);
    if (takesThem) expect(after.subarray(8 * MIB).equals(bytes.subarray(0, MIB))).toBe(true);
  });

  it('are seen by who reads and writes the same file in the ordinary way', async () => {
    const path = join(folder, 'both');
    await writeFile(path, noise(4 * MIB, 'before'));
    const ordinary = await open(path, 'r+');
    const file = await openDirectFile(path);
    const bytes = paged(MIB);
    await ordinary.read(Buffer.alloc(4 * MIB), 0, 4 * MIB, 0);
    await ordinary.write(Buffer.alloc(100, 7), 0, 100, MIB + 50);
    const done = await file.write(MIB, bytes);
    if (done < MIB) await ordinary.write(bytes, done, MIB - done, MIB + done);
    const expected = noise(4 * MIB, 'before');
    expected.set(bytes, MIB);
    expect((await readFile(path)).equals(expected)).toBe(true);
    await Promise.all([ordinary.close(), file.close()]);
  });

  it('are refused only for what is no reason to go on: a file that is gone is an error', async () => {
    await expect(openDirectFile(join(folder, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('an object of a folder', () => {
  it.each([MIB, MIB + 1, 3 * MIB + 4095, 70_000, 100])(
    'of %i bytes in paged memory, with more behind it',
    async (size) => {
      const store = folderStore(join(folder, 'store'));
      const [first, second] = [paged(size), noise(777, 'tail')];
      await store.put(`of/${size}`, [first, second]);
      const { data, info } = await store.get(`of/${size}`);
      expect(info.size).toBe(size + 777);
      expect(data.equals(Buffer.concat([first, second]))).toBe(true);
    },
  );

  it('of more parts than one write takes comes out whole', async () => {
    const store = folderStore(join(folder, 'store'));
    const parts = Array.from({ length: 3000 }, (_, i) => noise(i % 5, `part ${i}`));
    await store.put('of/parts', parts);
    expect((await store.get('of/parts')).data.equals(Buffer.concat(parts))).toBe(true);
  });
});
