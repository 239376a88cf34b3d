import type { Extent } from '../../model/extents.ts';

/** How an image of a size is cut into blocks and pages (docs/format.md, section 6). */
export interface Geometry {
  size: number;
  blockSize: number;
  fanOut: number;
  blocks: number;
  /** Levels of pages; at least 1. */
  depth: number;
}

export function geometryOf(size: number, { blockSize, fanOut }: { blockSize: number; fanOut: number }): Geometry {
  const blocks = Math.ceil(size / blockSize);
  let depth = 1;
  while (fanOut ** depth < blocks) depth++;
  return { size, blockSize, fanOut, blocks, depth };
}

/** Bytes of block number `block`: the last may be shorter. */
export const blockLength = ({ size, blockSize }: Geometry, block: number): number =>
  Math.min(blockSize, size - block * blockSize);

/** Where block number `block` is in the image. */
export const extentOf = (geometry: Geometry, block: number): Extent => ({
  offset: block * geometry.blockSize,
  length: blockLength(geometry, block),
});

/** Neighbouring blocks. */
export interface BlockRun {
  first: number;
  count: number;
}

/** Puts runs together, in order, to at most `most` blocks: each of them has at most so many. */
export function* gatherRuns(runs: Iterable<BlockRun>, most: number): Generator<BlockRun[]> {
  let gathered: BlockRun[] = [];
  let blocks = 0;
  for (const run of runs) {
    if (blocks + run.count > most) {
      yield gathered;
      gathered = [];
      blocks = 0;
    }
    gathered.push(run);
    blocks += run.count;
  }
  if (blocks > 0) yield gathered;
}

/** The numbers of a run's blocks. */
export const blocksOf = ({ first, count }: BlockRun): number[] => Array.from({ length: count }, (_, i) => first + i);

/** Runs of neighbouring blocks that the extents touch, in order, each at most `most` blocks. */
export function* blockRuns(extents: readonly Extent[], blockSize: number, most: number): Generator<BlockRun> {
  let run: BlockRun | undefined;
  for (const { offset, length } of extents) {
    if (length === 0) continue;
    const last = Math.floor((offset + length - 1) / blockSize);
    for (
      let block = Math.max(Math.floor(offset / blockSize), run ? run.first + run.count : 0);
      block <= last;
      block++
    ) {
      if (run && run.first + run.count === block && run.count < most) run.count++;
      else {
        if (run) yield run;
        run = { first: block, count: 1 };
      }
    }
  }
  if (run) yield run;
}
