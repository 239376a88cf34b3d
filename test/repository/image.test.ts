import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ImageRef } from '../../model/point.ts';
import type { Extent } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { noise, objectNames, readBack, smallRepository, whole, write } from './fixtures.ts';

const BLOCK = 4096;

/** Which bytes of an image: extents, disjoint and sorted, of any alignment. */
const changesOf = (size: number) =>
  fc
    .array(fc.tuple(fc.nat(size - 1), fc.integer({ min: 1, max: 3 * BLOCK })), { maxLength: 5 })
    .map((pairs): Extent[] => {
      const extents: Extent[] = [];
      let end = 0;
      for (const [start, length] of pairs.sort((a, b) => a[0] - b[0])) {
        const offset = Math.max(start, end);
        if (offset >= size) continue;
        end = Math.min(size, offset + length);
        extents.push({ offset, length: end - offset });
      }
      return extents;
    });

/** Bytes of the blocks that extents touch, clipped to the image. */
function rounded(extents: Extent[], size: number): number {
  const blocks = new Set<number>();
  for (const { offset, length } of extents) {
    for (let b = Math.floor(offset / BLOCK); b * BLOCK < offset + length; b++) blocks.add(b);
  }
  return [...blocks].reduce((sum, b) => sum + Math.min(BLOCK, size - b * BLOCK), 0);
}

describe('image', () => {
  test('any image with any changes reads back byte for byte, every generation of it', async () => {
    const run = fc.asyncProperty(
      fc.integer({ min: 1, max: 40 * 8 }).map((sectors) => sectors * 512),
      fc.infiniteStream(fc.nat(2)),
      fc.gen(),
      async (size, kinds, gen) => {
        const { repository } = await smallRepository();
        const writer = await repository.writer({ packBytes: 5 * BLOCK });
        const generations: { image: ImageRef; bytes: Buffer }[] = [];
        const bytes = Buffer.alloc(size);
        let base: ImageRef | undefined;
        for (let generation = 0; generation < 4; generation++) {
          const extents = generation === 0 ? whole(bytes) : gen(changesOf, size);
          for (const { offset, length } of extents) {
            const [kind] = [...kinds.take(1)];
            // Zeros, text that compresses, or noise: written in pieces, so that blocks differ.
            const fill =
              kind === 0
                ? Buffer.alloc(length)
                : kind === 1
                  ? Buffer.alloc(length, `text ${generation} `)
                  : noise(length, offset);
            fill.copy(bytes, offset);
          }
          const { image, stats, reads } = await write(writer, bytes, extents, base);
          expect(stats.read).toBe(reads.reduce((sum, { length }) => sum + length, 0));
          expect(stats.read).toBe(rounded(extents, size));
          generations.push({ image, bytes: Buffer.from(bytes) });
          base = image;
        }
        await writer.close();
        for (const { image, bytes: expected } of generations) {
          const reader = repository.image(image);
          expect((await readBack(reader)).equals(expected)).toBe(true);
          const offset = Math.floor(size / 3);
          expect((await reader.read(offset, size - offset)).equals(expected.subarray(offset))).toBe(true);
        }
      },
    );
    await fc.assert(run, { numRuns: 40 });
  });

  test('neighbouring blocks are read in one call of at most 4 MiB', async () => {
    const { repository } = await smallRepository({ blockSize: 256 * 1024, fanOut: 256 });
    const writer = await repository.writer();
    const image = noise(9 * 1024 * 1024 + 512, 1);
    const { reads } = await write(writer, image);
    const MiB = 1024 * 1024;
    expect(reads).toEqual([
      { offset: 0, length: 4 * MiB },
      { offset: 4 * MiB, length: 4 * MiB },
      { offset: 8 * MiB, length: MiB + 512 },
    ]);
    await writer.close();
  });

  test('an incremental reads and writes only the pages its changes touch', async () => {
    const { repository, store } = await smallRepository();
    const writer = await repository.writer();
    const bytes = noise(256 * BLOCK, 'deep'); // four levels of four entries
    const first = await write(writer, bytes);
    expect(first.image.depth).toBe(4);

    noise(10, 'changed').copy(bytes, 77 * BLOCK + 100);
    const before = (await store.head(`maps/${first.image.root?.pack ?? ''}`)).size;
    const second = await write(writer, bytes, [{ offset: 77 * BLOCK + 100, length: 10 }], first.image);
    expect(second.stats).toMatchObject({ read: BLOCK, blocksRead: 1, blocksNew: 1, blocksZero: 0 });
    const pages = (await store.head(`maps/${second.image.root?.pack ?? ''}`)).size;
    // Four pages of four entries, against 64 + 16 + 4 + 1.
    expect(pages).toBeLessThan(900);
    expect(before).toBeGreaterThan(8 * pages);
    await writer.close();
  });

  test('what is said to have changed but did not costs no byte', async () => {
    const { repository, store } = await smallRepository();
    const writer = await repository.writer();
    const bytes = Buffer.concat([noise(10 * BLOCK, 1), Buffer.alloc(10 * BLOCK)]);
    const first = await write(writer, bytes);
    const { length } = await namesOf(store);
    const second = await write(writer, bytes, whole(bytes), first.image);
    expect(second.image).toEqual(first.image);
    expect(second.stats).toMatchObject({ stored: 0, blocksNew: 0, blocksRead: 20, blocksZero: 10 });
    expect((await namesOf(store)).length).toBe(length);
    await writer.close();
  });

  test('an image of zeros has no root, and a written one may become zeros again', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    const zeros = Buffer.alloc(30 * BLOCK);
    const empty = await write(writer, zeros);
    expect(empty.image).toEqual({ size: zeros.length, depth: 3, root: null });
    const some = Buffer.from(zeros);
    some.write('x', 9 * BLOCK);
    const full = await write(writer, some, [{ offset: 9 * BLOCK, length: 1 }], empty.image);
    expect(full.image.root).not.toBeNull();
    const again = await write(writer, zeros, [{ offset: 9 * BLOCK, length: 1 }], full.image);
    expect(again.image).toEqual(empty.image);
    expect((await readBack(repository.image(full.image))).equals(some)).toBe(true);
    await writer.close();
  });

  test('unsorted extents, odd sizes, another size than the base and ranges outside are refused', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    const bytes = noise(8 * BLOCK, 1);
    const { image } = await write(writer, bytes);
    const refuse = (work: Promise<unknown>) => expect(work).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await refuse(
      write(writer, bytes, [
        { offset: BLOCK, length: BLOCK },
        { offset: 0, length: 1 },
      ]),
    );
    await refuse(write(writer, bytes, [{ offset: 0, length: bytes.length + 1 }]));
    await refuse(write(writer, bytes.subarray(0, 1000)));
    await refuse(write(writer, bytes.subarray(0, 4 * BLOCK), [], image));
    await refuse(repository.image(image).read(8 * BLOCK, 1));
    expect(() => repository.image({ ...image, depth: 7 })).toThrowError(/no reference to an image/);
    await writer.close();
  });

  test('a source that fails ends the write with that error', async () => {
    const { repository } = await smallRepository();
    const writer = await repository.writer();
    const size = 16 * BLOCK;
    const extents = [{ offset: 0, length: size }];
    const failure = new Error('the source is gone');
    await expect(writer.writeImage({ size, extents, read: () => Promise.reject(failure) })).rejects.toBe(failure);
    await writer.close();
  });
});

const namesOf = async (store: ObjectStore): Promise<string[]> =>
  (await objectNames(store)).filter((name) => !name.startsWith('writers/'));
