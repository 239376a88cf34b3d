import type { Extent } from '../../model/extents.ts';
import type { ImageReader } from '../../repository/index.ts';
import { Bounded } from '../bounded.ts';

/** How many blocks a comparison's spot check reads: a thousandth of the disk, within these bounds (64 MiB at most). */
const LEAST = 16;
const MOST = 256;
const PART = 1 / 1000;
const READS = 8;

export interface SpotCheck {
  /** Of the base. */
  image: ImageReader;
  blockSize: number;
  /** What Azure says has changed since. Sorted, disjoint. */
  changed: readonly Extent[];
  /** Reads the new snapshot. */
  read(extent: Extent): Promise<Buffer>;
  /** Below 1, from 0 on. */
  random(): number;
}

/**
 * Reads random blocks that Azure calls unchanged, and compares their identities with the base's map. One half is drawn from
 * the blocks that the base holds, the other from the whole disk, holes included.
 * @returns how many were read, and the offset of the first that had changed all the same
 */
export async function spotCheck(check: SpotCheck): Promise<{ sampled: number; mismatch?: number }> {
  const blocks = await unchangedBlocks(check);
  const reads = new Bounded(READS);
  let mismatch = Infinity;
  for (const block of blocks) {
    await reads.add(async () => {
      if (await check.image.holds(block.offset, await check.read(block))) return;
      mismatch = Math.min(mismatch, block.offset);
    });
  }
  await reads.drain();
  return { sampled: blocks.length, ...(mismatch < Infinity && { mismatch }) };
}

async function unchangedBlocks({ image, blockSize, changed, random }: SpotCheck): Promise<Extent[]> {
  const all = Math.ceil(image.size / blockSize);
  const anywhere = (): Extent => {
    const offset = Math.floor(random() * all) * blockSize;
    return { offset, length: Math.min(blockSize, image.size - offset) };
  };
  const drawn = new Map<number, Extent>();
  for (let i = Math.min(MOST, Math.max(LEAST, Math.ceil(all * PART))); i > 0; i--) {
    const block = (i % 2 === 0 ? await image.anyBlock(random) : undefined) ?? anywhere();
    drawn.set(block.offset, block);
  }
  return [...drawn.values()].filter((block) => !meets(changed, block)).sort((a, b) => a.offset - b.offset);
}

/** Whether a part of an extent is among the sorted ones. */
export function meets(sorted: readonly Extent[], { offset, length }: Extent): boolean {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { offset: start, length: bytes } = sorted[middle]!;
    if (start + bytes <= offset) low = middle + 1;
    else high = middle;
  }
  return low < sorted.length && sorted[low]!.offset < offset + length;
}
