import { expect, test } from 'vitest';
import { bytesStored, noise, point, smallRepository, write } from '../fixtures.ts';
import { BLOCK, FIRST, makeWorld, SECOND } from '../verify/world.ts';

test('statistics count what is there; deep ones what points need', async () => {
  const { store, open } = await makeWorld();
  const repository = await open();
  const stats = await repository.stats();
  const disk = 26 * BLOCK + 512;
  expect(stats).toMatchObject({
    points: 2,
    sources: 1,
    logicalBytes: 2 * disk,
    uniqueBlocks: 19,
    storedBytes: await bytesStored(store),
    stored: {
      data: { objects: 4, bytes: await bytesStored(store, 'data/') },
      config: { objects: 1 },
      keys: { objects: 2 },
    },
  });
  expect(stats.deep).toBeUndefined();
  expect(stats.compressionRatio).toBeGreaterThan(0.9);
  const { deep } = await repository.stats({ deep: true });
  expect(deep).toEqual({
    nonZeroBytes: 2 * (16 * BLOCK + 512),
    deduplicationRatio: (2 * (16 * BLOCK + 512)) / (19 * BLOCK),
    unreferencedBytes: 0,
  });
  // What only the deleted point needed: two blocks, as stored, and its own pages.
  await store.delete(`points/${SECOND}`);
  const after = await (await open()).stats({ deep: true });
  expect(after.deep?.nonZeroBytes).toBe(16 * BLOCK + 512);
  expect(after.deep?.unreferencedBytes).toBeGreaterThan(2 * BLOCK);
  expect(after.deep?.unreferencedBytes).toBeLessThan((await bytesStored(store, 'data/')) / 2);
  expect(after.points).toBe(1);
});

test('an empty repository, and one that compresses', async () => {
  const { repository } = await smallRepository();
  expect(await repository.stats({ deep: true })).toMatchObject({
    points: 0,
    uniqueBlocks: 0,
    compressionRatio: 1,
    deep: { nonZeroBytes: 0, deduplicationRatio: 1, unreferencedBytes: 0 },
  });
  const writer = await repository.writer();
  const text = Buffer.concat(Array.from({ length: 8 }, (_, i) => Buffer.alloc(BLOCK, `text ${i}`)));
  const { image } = await write(writer, Buffer.concat([text, text, noise(BLOCK, 'x')]));
  await writer.commit(point(FIRST, image));
  await writer.close();
  const stats = await repository.stats({ deep: true });
  expect(stats.uniqueBlocks).toBe(9);
  expect(stats.compressionRatio).toBeGreaterThan(5);
  expect(stats.deep?.deduplicationRatio).toBeCloseTo(17 / 9);
});
