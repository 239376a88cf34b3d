import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ImageRef } from '../../../model/point.ts';
import type { Extent, ImageReader } from '../../../repository/index.ts';
import { noise, seededRandom, smallRepository, write } from '../fixtures.ts';

const BLOCK = 4096;
const BLOCKS = 70;
const SIZE = BLOCKS * BLOCK - 512;
const repository = smallRepository();

/** Blocks by what they hold: 0 is a hole. */
type Content = readonly number[];
const contents = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), { minLength: BLOCKS, maxLength: BLOCKS });
const blocksOf = (content: Content, wanted: (kind: number, block: number) => boolean): Extent[] =>
  content.flatMap((kind, block) => {
    const offset = block * BLOCK;
    return wanted(kind, block) ? [{ offset, length: Math.min(BLOCK, SIZE - offset) }] : [];
  });
const bytesOf = (content: Content): Buffer => {
  const image = Buffer.concat(content.map((kind) => (kind === 0 ? Buffer.alloc(BLOCK) : noise(BLOCK, kind))));
  return image.subarray(0, SIZE);
};

async function stored(content: Content, base?: ImageRef): Promise<{ ref: ImageRef; image: ImageReader }> {
  const { repository: opened } = await repository;
  const writer = await opened.writer({ packBytes: 20 * BLOCK });
  const { image: ref } = await write(writer, bytesOf(content), undefined, base);
  await writer.close();
  return { ref, image: opened.image(ref) };
}

const all = async (extents: AsyncIterable<Extent>): Promise<Extent[]> => {
  const found: Extent[] = [];
  for await (const extent of extents) found.push(extent);
  return found;
};

test('an image knows, from maps alone, what it holds and what differs from another, whichever way both were written', async () => {
  await fc.assert(
    fc.asyncProperty(contents, contents, fc.boolean(), async (before, after, over) => {
      const one = await stored(before);
      const other = await stored(after, over ? one.ref : undefined);
      const changed = blocksOf(after, (kind, block) => kind !== before[block]);
      expect(await all(other.image.differences(one.ref))).toEqual(changed);
      expect(await all(one.image.differences(other.ref))).toEqual(changed);
      const held = await all(other.image.extents());
      const bytes = blocksOf(after, (kind) => kind !== 0).map(({ length }) => length);
      expect(held.reduce((sum, { length }) => sum + length, 0)).toBe(bytes.reduce((sum, length) => sum + length, 0));
      for (const { offset, length } of held) {
        for (let at = offset; at < offset + length; at += BLOCK) expect(after[at / BLOCK]).not.toBe(0);
      }
    }),
    { numRuns: 12 },
  );
});

test('a block is recognised by its identity, a hole by zeros; a random block is none of the holes and any of the others', async () => {
  const content = Array.from({ length: BLOCKS }, (_, i) => (i % 9 === 0 ? 1 : 0));
  const { image } = await stored(content);
  const bytes = bytesOf(content);
  for (const { offset, length } of blocksOf(content, () => true)) {
    const plain = Buffer.from(bytes.subarray(offset, offset + length));
    expect(await image.holds(offset, plain)).toBe(true);
    plain[7] = plain[7]! ^ 1;
    expect(await image.holds(offset, plain)).toBe(false);
  }
  const met = new Set<number>();
  const bytesOfChance = seededRandom('any block');
  const random = () => bytesOfChance(4).readUInt32BE() / 2 ** 32;
  for (let i = 0; i < 200; i++) met.add((await image.anyBlock(random))!.offset / BLOCK);
  for (const block of met) expect(content[block]).toBe(1);
  expect(met.size).toBe(8);
  const { image: zeros } = await stored(content.map(() => 0));
  expect(await zeros.anyBlock(() => 0)).toBeUndefined();
});
