import { expect, test } from 'vitest';
import { DedupIndex } from '../../../repository/dedup/dedupIndex.ts';
import { deriveSecrets, IDENTITY_BYTES } from '../../../repository/format/secrets.ts';
import { memoryStore } from '../../../repository/index.ts';
import { inlineLanes, packBuffers, threadLanes } from '../../../repository/lanes/lanes.ts';
import type { Lanes } from '../../../repository/lanes/lanes.ts';
import { Threads } from '../../../repository/lanes/threads.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { BlockPacks } from '../../../repository/write/blockPacks.ts';
import { BlockStore } from '../../../repository/write/blockStore.ts';
import { bytesStored, noise, objectNames, seededRandom } from '../fixtures.ts';

const BLOCK = 4096;
const secrets = deriveSecrets(noise(32, 'master'), '00112233-4455-4677-8899-aabbccddeeff');

function blockStore(store: ObjectStore, packBytes = 100 * BLOCK, seed = 'packs') {
  const random = seededRandom(seed);
  const packs = new BlockPacks({ store, secrets, random, blockSize: BLOCK, packBytes, stored: async () => undefined });
  return { packs, blocks: new BlockStore(new DedupIndex(store, secrets), packs) };
}

/** A run of these blocks, each named by a seed. */
function runOf(...seeds: string[]) {
  const run = new SharedArrayBuffer(seeds.length * BLOCK);
  const blocks = seeds.map((seed, i) => {
    const plain = noise(BLOCK, seed);
    plain.copy(new Uint8Array(run), i * BLOCK);
    return { start: i * BLOCK, length: BLOCK, identity: secrets.blockIdentity(plain).subarray(0, IDENTITY_BYTES) };
  });
  return { run, blocks };
}

test('of equal blocks that are in work at once, in one run or in several, one is stored', async () => {
  const store = memoryStore();
  const { packs, blocks } = blockStore(store);
  const lanes = threadLanes(new Threads(2));
  const runs = [runOf('a', 'b', 'a'), runOf('b', 'c'), runOf('c', 'a', 'd'), runOf('d', 'd')];
  const placed = await Promise.all(runs.map(({ run, blocks: these }) => blocks.place(lanes, run, these)));
  await packs.flush();
  expect(placed.flat().filter(({ isNew }) => isNew)).toHaveLength(4);
  const places = new Map(placed.flat().map(({ ref }) => [ref.identity, `${ref.pack}/${ref.offset}`]));
  for (const { ref } of placed.flat()) expect(`${ref.pack}/${ref.offset}`).toBe(places.get(ref.identity));
  expect(await bytesStored(store, 'data/')).toBeLessThan(5 * BLOCK);
});

test('a block that waited for another whose storing failed is not taken for stored', async () => {
  const failure = new Error('the store is full');
  const store = { ...memoryStore(), put: () => Promise.reject(failure) };
  const { blocks, packs } = blockStore(store, BLOCK);
  const one = runOf('a', 'b');
  await blocks.place(inlineLanes, one.run, one.blocks); // Sealed; the packs of one block each fail later.
  await expect(packs.flush()).rejects.toBe(failure);
  const two = runOf('c');
  const three = runOf('c');
  const later = await Promise.allSettled([two, three].map((r) => blocks.place(inlineLanes, r.run, r.blocks)));
  expect(later.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('many writers share few pack buffers: one that needs a buffer makes another close its pack', async () => {
  const store = memoryStore();
  const writers = Array.from({ length: 40 }, (_, i) => ({
    ...blockStore(store, 100 * BLOCK, `packs ${i}`),
    seeds: [`${i}`, `${i}+`],
  }));
  // Each has a pack open after its first block, and 40 are more than there are buffers.
  for (const half of [0, 1]) {
    for (const { blocks, seeds } of writers) {
      const { run, blocks: these } = runOf(`${seeds[half]}`);
      await blocks.place(inlineLanes, run, these);
    }
  }
  await Promise.all(writers.map(({ packs }) => packs.flush()));
  const stored = await objectNames(store, 'data/');
  expect(stored.length).toBeGreaterThan(0);
  expect(await bytesStored(store, 'data/')).toBeGreaterThan(80 * BLOCK);
  expect(packBuffers.holders.size).toBe(0);
});

test('many writers at the same moment: who was busy when a buffer was asked for gives one up afterwards', async () => {
  const store = memoryStore();
  const writers = Array.from({ length: 40 }, (_, i) => ({
    ...blockStore(store, 100 * BLOCK, `at once ${i}`),
    seed: `at once ${i}`,
  }));
  await Promise.all(
    writers.map(({ blocks, seed }) => {
      const { run, blocks: these } = runOf(seed);
      return blocks.place(inlineLanes, run, these);
    }),
  );
  await Promise.all(writers.map(({ packs }) => packs.flush()));
  expect((await objectNames(store, 'data/')).length).toBe(40);
});

test('dropping waits for a pack that a lane works on, and no longer', async () => {
  const { blocks, packs } = blockStore(memoryStore());
  const gate = Promise.withResolvers<void>();
  const gated: Lanes = {
    width: 1,
    run: async (operation, task) => {
      if (operation === 'seal') await gate.promise;
      return inlineLanes.run(operation, task);
    },
  };
  const { run, blocks: these } = runOf('dropped');
  const placed = blocks.place(gated, run, these);
  while (packBuffers.holders.size === 0) await new Promise((resolve) => setImmediate(resolve));
  const dropped = packs.drop();
  gate.resolve();
  await Promise.all([placed, dropped]);
  expect(packBuffers.holders.size).toBe(0);
});
