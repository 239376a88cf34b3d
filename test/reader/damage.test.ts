import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFolder } from '../../reader/folder.ts';
import { Images } from '../../reader/image.ts';
import { readConfig, unlock } from '../../reader/keys.ts';
import { pointIds, readPoint } from '../../reader/points.ts';
import { Problem } from '../../reader/problem.ts';
import { GOLDEN } from '../golden/golden.ts';
import type { Golden } from '../golden/golden.ts';
import { noise } from '../repository/fixtures.ts';

let folder: string;
let golden: Golden;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader damage '));
  await cp(join(GOLDEN, 'repacked'), folder, { recursive: true });
  golden = JSON.parse(await readFile(join(GOLDEN, 'repacked.json'), 'utf8')) as Golden;
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads everything: what was backed up, or a reason why not. Anything else throws. */
function outcome(): 'whole' | 'refused' {
  try {
    const store = openFolder(folder);
    const config = readConfig(store);
    const keys = unlock(store, config, { kind: 'recovery', key: golden.recoveryKey });
    for (const id of pointIds(store)) {
      for (const [i, disk] of readPoint(store, keys, id).disks.entries()) {
        const bytes = Buffer.alloc(disk.size);
        for (const block of new Images(store, config, keys).blocks(disk)) {
          if ('damage' in block) throw block.damage;
          block.data.copy(bytes, block.offset);
        }
        expect(createHash('sha256').update(bytes).digest('hex')).toBe(golden.points[id]?.[i]?.sha256);
      }
    }
    return 'whole';
  } catch (error) {
    if (error instanceof Problem) return 'refused';
    throw error;
  }
}

test('bytes of any object flipped or cut off: the reader gives what was backed up, or says why not', async () => {
  expect(outcome()).toBe('whole');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const seen = new Set<string>();
  for (const file of files) {
    const original = await readFile(file);
    const places = noise(16, file.slice(folder.length));
    for (const [i, at] of [0, 4, 8, 12].map((start) => places.readUInt32LE(start) % original.length).entries()) {
      const damaged = Buffer.from(i === 0 ? original.subarray(0, at) : original);
      if (i > 0) damaged[at]! ^= 1 << (at % 8);
      await writeFile(file, damaged);
      seen.add(outcome());
    }
    await writeFile(file, original);
  }
  expect([...seen].sort()).toEqual(['refused', 'whole']);
});
