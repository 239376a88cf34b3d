import { createHash } from 'node:crypto';
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vhdFooter } from '../../azure/vhdFooter.ts';
import { findData } from '../../cli/images/holes.ts';
import { makeWorld, noise } from './commandLine.ts';
import type { World } from './commandLine.ts';

const MIB = 1024 * 1024;
const DATA = 3;
let world: World;
beforeAll(async () => void (world = await makeWorld()));
afterAll(() => world.remove());

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** A file of a size that has data at some offsets only. */
async function sparse(name: string, size: number, data: Record<number, Buffer>): Promise<Buffer> {
  const file = await open(world.path(name), 'w');
  await file.truncate(size);
  for (const [offset, bytes] of Object.entries(data)) await file.write(bytes, 0, bytes.length, Number(offset));
  await file.close();
  return readFile(world.path(name));
}

async function backUp(name: string, ...args: string[]) {
  const { code, error, events } = await world.run([
    ...['repo', 'backup', world.path(name), '--source', name, '--json', ...args],
  ]);
  expect(error).toBe('');
  expect(code).toBe(0);
  const point = events.at(-1) as { read: number; size: number };
  const target = world.path(`${name}.back`);
  const back = await world.run(['repo', 'restore', 'latest', '--source', name, '--overwrite', '--to', target]);
  expect(back.code).toBe(0);
  return { read: point.read, size: point.size, restored: digest(await readFile(target)) };
}

describe('a sparse image', () => {
  it('is read where its file system has data, and restores byte for byte', async () => {
    // Data at the very end too, not block by block, and a last sector that is not whole.
    const size = 24 * MIB + 1000;
    const disk = await sparse('disk.img', size, {
      [5 * MIB + 4096]: noise(70_000, 'middle'),
      [size - 300]: noise(300, 'end'),
    });
    const whole = digest(Buffer.concat([disk, Buffer.alloc(24)]));
    const backed = await backUp('disk.img');
    expect(backed).toMatchObject({ size: size + 24, restored: whole });
    expect(backed.read).toBeLessThan(2 * MIB);
    // Into a hole, and a hole into what was data.
    const file = await open(world.path('disk.img'), 'r+');
    await file.write(noise(9000, 'late'), 0, 9000, 15 * MIB);
    await file.close();
    await truncate(world.path('disk.img'), 20 * MIB);
    await truncate(world.path('disk.img'), size);
    const after = Buffer.concat([await readFile(world.path('disk.img')), Buffer.alloc(24)]);
    expect((await backUp('disk.img')).restored).toBe(digest(after));
  });

  it('is read whole on demand', async () => {
    const disk = await sparse('demand.img', 16 * MIB, { [MIB]: noise(4096, 'some') });
    expect(await backUp('demand.img', '--read-holes')).toEqual({
      read: 16 * MIB,
      size: 16 * MIB,
      restored: digest(disk),
    });
    const both = ['--read-holes', '--allocated-ranges', 'x.json'];
    const refused = await world.run(['repo', 'backup', world.path('demand.img'), '--source', 'd', ...both]);
    expect(refused).toMatchObject({ code: 2, error: expect.stringContaining('cannot be used with') as string });
  });

  it('may be all hole, or a VHD whose footer is its only data', async () => {
    const zeros = await sparse('zeros.img', 8 * MIB, {});
    expect(await backUp('zeros.img')).toEqual({ read: 0, size: 8 * MIB, restored: digest(zeros) });
    const footer = vhdFooter(8 * MIB, Buffer.alloc(16, 7), '2026-05-01T00:00:00Z');
    await sparse('disk.vhd', 8 * MIB + 512, { [8 * MIB]: footer });
    expect(await backUp('disk.vhd')).toEqual({ read: 0, size: 8 * MIB, restored: digest(zeros) });
  });

  it('is read whole when it has no holes', async () => {
    const disk = noise(3 * MIB, 'dense');
    await writeFile(world.path('dense.img'), disk);
    expect(await backUp('dense.img')).toEqual({ read: 3 * MIB, size: 3 * MIB, restored: digest(disk) });
  });
});

describe('finding data', () => {
  /** A file that has data at multiples of a distance. */
  const every = (distance: number, length: number, size: number) => (offset: number, whence: number) => {
    const start = Math.floor(offset / distance) * distance;
    if (whence !== DATA) return start + length;
    const next = offset < start + length ? offset : start + distance;
    return next < size ? next : undefined;
  };

  it('takes small holes for data', async () => {
    expect(await findData(every(MIB, 4096, 10 * MIB), 10 * MIB)).toEqual([{ offset: 0, length: 9 * MIB + 4096 }]);
    const far = await findData(every(2 * MIB, 4096, 10 * MIB), 10 * MIB);
    expect(far).toEqual([0, 2, 4, 6, 8].map((at) => ({ offset: at * MIB, length: 4096 })));
  });

  it('keeps a bound on the number of pieces by reading more, and never leaves data out', async () => {
    const size = 4096 * MIB;
    const distance = 3 * MIB;
    const found = await findData(every(distance, 4096, size), size, 100);
    expect(found.length).toBeLessThanOrEqual(100);
    for (let at = 0; at < size; at += distance) {
      expect(found.some(({ offset, length }) => offset <= at && at + 4096 <= offset + length)).toBe(true);
    }
  });

  it('ends at the size, whatever the file has behind it', async () => {
    expect(await findData(() => 5 * MIB, 4 * MIB)).toEqual([]);
    expect(await findData((offset, whence) => (whence === DATA ? offset : 9 * MIB), 4 * MIB)).toEqual([
      { offset: 0, length: 4 * MIB },
    ]);
  });
});
