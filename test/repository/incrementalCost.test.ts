import { describe, expect, test } from 'vitest';
import { createRepository, memoryStore, openRepository } from '../../repository/index.ts';
import type { Extent } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { created, noise, point } from './fixtures.ts';

const BLOCK = 256 * 1024;
const GiB = 2 ** 30;
const TiB = 2 ** 40;

/** What is asked of a store, and how many bytes go either way. */
function counting(store: ObjectStore) {
  const cost = { requests: 0, gets: 0, puts: 0, read: 0, data: 0, maps: 0, written: 0 };
  const counted: ObjectStore = {
    ...store,
    get: async (...args) => {
      const found = await store.get(...args);
      cost.requests++;
      cost.gets++;
      cost.read += found.data.length;
      return found;
    },
    put: async (name, parts, options) => {
      const info = await store.put(name, parts, options);
      cost.requests++;
      cost.puts++;
      cost.written += info.size;
      if (name.startsWith('data/')) cost.data += info.size;
      if (name.startsWith('maps/')) cost.maps += info.size;
      return info;
    },
    head: (name) => (cost.requests++, store.head(name)),
    list: (prefix) => (cost.requests++, store.list(prefix)),
    delete: (...args) => (cost.requests++, store.delete(...args)),
  };
  return { cost, store: counted };
}

/** So many blocks, evenly spread over an image: no two of them in one page of level 0. */
const spread = (size: number, count: number): Extent[] =>
  Array.from({ length: count }, (_, i) => ({ offset: Math.floor((i * size) / count / BLOCK) * BLOCK, length: BLOCK }));

const contentOf = (seed: string, offset: number): Buffer => noise(BLOCK, `${seed} at ${offset}`);

/** A source with content where it is asked for; what it is asked for is counted. */
function source(seed: string) {
  const asked = { bytes: 0 };
  const read = async (offset: number, into: Uint8Array): Promise<void> => {
    asked.bytes += into.length;
    into.set(contentOf(seed, offset));
  };
  return { asked, read };
}

/** Backs up a disk of a size that holds little, then its changes: what the second backup cost. */
async function incremental(size: number, changes: number) {
  const inner = memoryStore();
  const { repository, recoveryKey = '' } = await createRepository(inner, { recovery: true, now: () => created });
  const first = await repository.writer();
  const { image: base } = await first.writeImage({ size, extents: spread(size, 32), read: source('base').read });
  await first.commit(point('20260501T000000Z-00000001', base));
  await first.close();

  const { cost, store } = counting(inner);
  const opened = await openRepository(store, { kind: 'recovery', key: recoveryKey });
  const { asked, read } = source('changed');
  const writer = await opened.writer();
  const { image, stats } = await writer.writeImage({ size, base, extents: spread(size, changes), read });
  const committed = point('20260502T000000Z-00000002', image);
  for (const disk of committed.disks) disk.read = { mode: 'incremental', basePoint: '20260501T000000Z-00000001' };
  await writer.commit(committed);
  await writer.close();
  expect(stats).toMatchObject({ read: changes * BLOCK, blocksNew: changes });
  expect(asked.bytes).toBe(changes * BLOCK);
  const spent = { ...cost, depth: image.depth };
  const reader = repository.image(image);
  const [{ offset } = { offset: 0 }] = spread(size, changes).slice(-1);
  expect((await reader.read(offset, BLOCK)).equals(contentOf('changed', offset))).toBe(true);
  return spent;
}

describe('an incremental backup', () => {
  test('AB-09 costs what changed and not what the disk is large: 1 GiB, 64 GiB, 4 TiB, 32 TiB', async () => {
    const small = await incremental(GiB, 12);
    expect(small.depth).toBe(2);
    for (const [size, depth] of [
      [64 * GiB, 3],
      [4 * TiB, 3],
      [32 * TiB, 4],
    ] as const) {
      const large = await incremental(size, 12);
      expect(large.depth).toBe(depth);
      // One page more on each path for each level more; nothing else grows.
      const paths = 12 * (depth - small.depth);
      expect(large.gets - small.gets).toBeLessThanOrEqual(paths);
      expect(large.requests - small.requests).toBeLessThanOrEqual(paths);
      expect(large.puts).toBe(small.puts);
      // A directory of other identities compresses by a few bytes more or less.
      expect(Math.abs(large.data - small.data)).toBeLessThan(64);
      expect(large.maps - small.maps).toBeLessThanOrEqual(paths * 128);
      expect(large.read - small.read).toBeLessThanOrEqual(paths * 128);
    }
  });

  test('costs twice as much when twice as much changed', async () => {
    const [one, two, four] = [await incremental(TiB, 8), await incremental(TiB, 16), await incremental(TiB, 32)];
    expect(two.data / one.data).toBeCloseTo(2, 1);
    expect(four.data / two.data).toBeCloseTo(2, 1);
    expect((four.maps - two.maps) / (two.maps - one.maps)).toBeCloseTo(2, 0);
    // Two pages for each change, below the root; those that lie together are read together.
    expect(two.gets - one.gets).toBeLessThanOrEqual(8 * 2);
    expect(four.gets - two.gets).toBeLessThanOrEqual(16 * 2);
    expect(four.read / two.read).toBeLessThan(2.5);
    expect(two.puts).toBe(one.puts);
    expect(four.puts).toBe(one.puts + 1); // 8 MiB are two small packs.
  });
});
