import { describe, expect, test } from 'vitest';
import type { ImageRef } from '../../model/point.ts';
import { createRepository, memoryStore, openRepository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { readRecoveryKey } from '../../repository/keys/recoveryKey.ts';
import {
  bytesStored,
  created,
  noise,
  objectNames,
  point,
  readBack,
  smallRepository,
  sourceOf,
  whole,
  write,
} from './fixtures.ts';
import { readByTheDocument } from './formatReader.ts';

const BLOCK = 256 * 1024;

async function fullSizeRepository() {
  const store = memoryStore();
  const { repository, recoveryKey = '' } = await createRepository(store, { recovery: true, now: () => created });
  return { store, repository, recoveryKey };
}

async function everythingIn(store: ObjectStore): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const name of await objectNames(store)) parts.push((await store.get(name)).data);
  return Buffer.concat(parts);
}

describe('what the source documents ask for', () => {
  test('AB-05 full, then incremental for ever: blocks A1 to A10 of the worked example', async () => {
    const { store, repository } = await fullSizeRepository();
    const disk = noise(10 * BLOCK, 'A1 to A10');
    // Month by month: which of A1 to A10 changed since the month before.
    const months = [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [2, 3, 4, 9], [5]];
    const history: { id: string; disk: Buffer }[] = [];
    let base: ImageRef | undefined;

    for (const [month, changed] of months.entries()) {
      const extents = changed.map((number) => ({ offset: (number - 1) * BLOCK, length: BLOCK }));
      for (const { offset } of extents) noise(BLOCK, `month ${month} at ${offset}`).copy(disk, offset);
      const before = await bytesStored(store, 'data/');

      const writer = await repository.writer();
      const { image, stats, reads } = await write(writer, disk, extents, base);
      const id = `2026050${month + 1}T000000Z-0000000${month}`;
      await writer.commit(point(id, image));
      await writer.close();

      expect(
        reads.flatMap(({ offset, length }) => Array.from({ length: length / BLOCK }, (_, i) => offset / BLOCK + i + 1)),
      ).toEqual(changed);
      expect(stats).toMatchObject({
        read: changed.length * BLOCK,
        blocksRead: changed.length,
        blocksNew: changed.length,
      });
      expect(((await bytesStored(store, 'data/')) - before) / BLOCK).toBeCloseTo(changed.length, 1);
      history.push({ id, disk: Buffer.from(disk) });
      base = image;
    }

    // Every month restores on its own, the last one too, though it is the third incremental step from the full.
    expect(await repository.pointIds()).toEqual(history.map(({ id }) => id));
    for (const { id, disk: expected } of history) {
      const found = await repository.point(id);
      expect((await readBack(repository.image(found.disks[0]?.image as ImageRef))).equals(expected)).toBe(true);
    }
  });

  test('AB-09 only changed data is stored: moved, repeated, zeroed and rewritten blocks cost nothing', async () => {
    const { store, repository } = await fullSizeRepository();
    const disk = noise(40 * BLOCK, 'disk');
    const writer = await repository.writer();
    const full = await write(writer, disk);
    const stored = await bytesStored(store, 'data/');

    const next = Buffer.from(disk);
    disk.copy(next, 0, 8 * BLOCK, 16 * BLOCK); // A file copied within the disk,
    next.fill(0, 20 * BLOCK, 24 * BLOCK); // one wiped, and all the rest said to have changed.
    noise(BLOCK, 'new').copy(next, 30 * BLOCK);
    const incremental = await write(writer, next, whole(next), full.image);
    await writer.close();

    expect(incremental.stats).toMatchObject({ blocksRead: 40, blocksNew: 1, blocksZero: 4 });
    expect((await bytesStored(store, 'data/')) - stored).toBeLessThan(BLOCK + 500);
    expect(incremental.stats.stored).toBeLessThan(BLOCK + 2500);
    expect((await readBack(repository.image(incremental.image))).equals(next)).toBe(true);
    expect((await readBack(repository.image(full.image))).equals(disk)).toBe(true);
  });

  test('HOW-06 data is encrypted and compressed before it is stored', async () => {
    const { store, repository, recoveryKey } = await fullSizeRepository();
    const secret = 'Quarterly figures, not for the public. ';
    const text = Buffer.alloc(8 * BLOCK, secret);
    for (let block = 0; block < 8; block++) text.writeUInt32LE(block, block * BLOCK);
    const random = noise(8 * BLOCK, 'incompressible');
    const writer = await repository.writer();

    const { image, stats } = await write(writer, text);
    expect(stats.blocksNew).toBe(8);
    expect(stats.stored).toBeLessThan(text.length / 100);
    const raw = await write(writer, random);
    expect(raw.stats.stored).toBeLessThan(random.length * 1.005);
    await writer.commit({
      ...point('20260501T000000Z-00000001', image, raw.image),
      machine: { name: 'payroll-server' },
    });
    await writer.close();

    const everything = await everythingIn(store);
    for (const plain of [
      secret,
      secret.slice(0, 9),
      'payroll-server',
      random.subarray(0, 16),
      random.subarray(5 * BLOCK, 5 * BLOCK + 16),
    ]) {
      expect(everything.includes(plain)).toBe(false);
    }
    const opened = await openRepository(store, { kind: 'recovery', key: recoveryKey });
    expect((await readBack(opened.image(image))).equals(text)).toBe(true);
  });

  test('the format document alone is enough to restore with the recovery key', async () => {
    const { store, repository, recoveryKey } = await smallRepository();
    const writer = await repository.writer({ packBytes: 20_000 });
    const first = Buffer.concat([noise(40_000, 1), Buffer.alloc(50_000), Buffer.alloc(30_832, 'some text')]);
    const base = await write(writer, first);
    const second = Buffer.from(first);
    noise(5000, 2).copy(second, 60_000);
    const { image } = await write(writer, second, [{ offset: 60_000, length: 5000 }], base.image);
    const committed = point('20260501T000000Z-00000001', image, base.image);
    await writer.commit(committed);
    await writer.close();

    const get = async (name: string) => (await store.get(name)).data;
    const read = await readByTheDocument(get, readRecoveryKey(recoveryKey), committed.id);
    expect(read.point).toEqual(committed);
    expect(read.disks.map((disk) => disk.equals(second))).toEqual([true, false]);
    expect(read.disks[1]?.equals(first)).toBe(true);
  });

  test('equal content in two repositories has nothing in common that is stored', async () => {
    const content = noise(4 * BLOCK, 'content');
    const stores = await Promise.all(
      [1, 2].map(async () => {
        const { store, repository } = await fullSizeRepository();
        const writer = await repository.writer();
        await writer.writeImage({ size: content.length, extents: whole(content), read: sourceOf(content).read });
        await writer.close();
        return everythingIn(store);
      }),
    );
    const [one = Buffer.alloc(0), two = Buffer.alloc(0)] = stores;
    for (let at = 2000; at + 16 < one.length; at += 4096) expect(two.includes(one.subarray(at, at + 16))).toBe(false);
  });
});
