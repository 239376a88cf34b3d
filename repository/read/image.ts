import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import { imageRefSchema } from '../../model/point.ts';
import type { ImageRef } from '../../model/point.ts';
import { forEachRun, readBlocks } from './blockReader.ts';
import { lanesFor } from '../lanes/lanes.ts';
import type { Forwards } from './forwards.ts';
import { differences } from './differences.ts';
import { extentOf, geometryOf } from '../format/geometry.ts';
import type { Extent } from '../../model/extents.ts';
import type { Geometry } from '../format/geometry.ts';
import type { MapReader } from './mapReader.ts';
import type { Page } from '../format/page.ts';
import type { Ref } from '../format/pack.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** Reads one image. What is not as it was written is REPOSITORY_DAMAGED and names the object; an abort is CANCELLED. */
export interface ImageReader {
  /** Bytes. */
  readonly size: number;
  /** Bytes; the last block may be shorter. */
  readonly blockSize: number;
  /** The blocks that are not all zeros, in order, of the image or of a range. What lies between them is zeros. */
  blocks(signal?: AbortSignal, range?: Extent): AsyncIterable<{ offset: number; data: Buffer }>;
  /**
   * The same in any order, up to 4 MiB at once, several times at once: the fast way to copy an image. `write` must be done with
   * `data` when it resolves: its memory is used again. It is shared with threads, which `fetch` does not take.
   */
  copy(write: (offset: number, data: Uint8Array) => Promise<void>, signal?: AbortSignal, range?: Extent): Promise<void>;
  /** @throws INVALID_INPUT when the range leaves the image */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
  /** What is not all zeros, in runs of blocks, of the image or near a range. Reads the map alone, as all that follow. */
  extents(range?: Extent): AsyncIterable<Extent>;
  /** What differs from another image of the same size, block by block. The work grows with the difference. */
  differences(base: ImageRef): AsyncIterable<Extent>;
  /** Whether the block at an offset has this content, by its identity. */
  holds(offset: number, content: Buffer): Promise<boolean>;
  /** One of the blocks that are not zeros, chosen page by page; undefined: all are. @param random below 1, from 0 on */
  anyBlock(random: () => number): Promise<Extent | undefined>;
}

const hex16 = z.string().regex(/^[0-9a-f]{32}$/);
/** What this format's own references look like, stricter than others need to know. */
const ownRefSchema = imageRefSchema.extend({
  root: z
    .object({ pack: hex16, offset: z.number().int().nonnegative(), length: z.number().int().positive(), hash: hex16 })
    .nullable(),
});

/** An {@link ImageRef} as the repository works with it. @throws INVALID_INPUT */
export function parseImage(
  image: ImageRef,
  config: { blockSize: number; fanOut: number },
): { geometry: Geometry; root: Ref | null } {
  const parsed = ownRefSchema.safeParse(image);
  const geometry = geometryOf(image.size, config);
  if (!parsed.success || image.depth !== geometry.depth) {
    throw new StrongroomError('INVALID_INPUT', 'That is no reference to an image of this repository.', {
      cause: parsed.error,
    });
  }
  if (!image.root) return { geometry, root: null };
  const { pack, offset, length, hash } = image.root;
  return { geometry, root: { pack, offset, length, identity: hash } };
}

export function imageRef({ size, depth }: Geometry, root: Ref | null): ImageRef {
  if (!root) return { size, depth, root: null };
  const { pack, offset, length, identity } = root;
  return { size, depth, root: { pack, offset, length, hash: identity } };
}

export function openImage(
  store: ObjectStore,
  secrets: Secrets,
  maps: MapReader,
  forwards: Forwards,
  { geometry, root }: { geometry: Geometry; root: Ref | null },
): ImageReader {
  const { size, blockSize } = geometry;
  const source = { store, secrets, forwards, geometry };
  const unlessCancelled = (signal: AbortSignal | undefined, cause: unknown): unknown =>
    signal?.aborted ? new StrongroomError('CANCELLED', 'Reading the image was cancelled.', { cause }) : cause;
  const blocks = async function* (first: number, end: number, signal?: AbortSignal) {
    const refs = maps.blocks(root, geometry, first, end);
    try {
      for await (const { block, data } of readBlocks(source, lanesFor((end - first) * blockSize), refs, signal)) {
        yield { offset: block * blockSize, data };
      }
    } catch (cause) {
      throw unlessCancelled(signal, cause);
    }
  };
  /** Numbers of the blocks that a range touches. */
  const touched = ({ offset, length }: Extent): [first: number, end: number] => [
    Math.floor(offset / blockSize),
    Math.min(geometry.blocks, Math.ceil((offset + length) / blockSize)),
  ];
  const everything: Extent = { offset: 0, length: size };
  return {
    size,
    blockSize,
    async *extents(range = everything) {
      let run: Extent | undefined;
      for await (const { block } of maps.blocks(root, geometry, ...touched(range))) {
        const { offset, length } = extentOf(geometry, block);
        if (run && run.offset + run.length === offset) run.length += length;
        else {
          if (run) yield run;
          run = { offset, length };
        }
      }
      if (run) yield run;
    },
    async *differences(base) {
      const other = parseImage(base, geometry).root;
      for await (const { kind, block, changed } of differences(maps, geometry, root, other)) {
        if (kind === 'block' && changed) yield extentOf(geometry, block);
      }
    },
    async holds(offset, content) {
      const ref = await maps.block(root, geometry, offset / blockSize);
      if (!ref) return content.equals(Buffer.alloc(content.length));
      return secrets.blockIdentity(content).toString('hex') === ref.identity;
    },
    async anyBlock(random) {
      let block = 0;
      let ref = root;
      for (let level = geometry.depth - 1; level >= 0 && ref; level--) {
        const page: Page = await maps.page(ref, level);
        const entries = page.flatMap((entry, i) => (entry ? [{ entry, i }] : []));
        const { entry, i } = entries[Math.floor(random() * entries.length)]!;
        block = block * geometry.fanOut + i;
        ref = entry;
      }
      return ref ? extentOf(geometry, block) : undefined;
    },
    async copy(write, signal, range = everything) {
      const [first, end] = touched(range);
      const refs = maps.blocks(root, geometry, first, end);
      const lanes = lanesFor((end - first) * blockSize);
      try {
        await forEachRun(source, lanes, refs, (block, data) => write(block * blockSize, data), signal);
      } catch (cause) {
        throw unlessCancelled(signal, cause);
      }
    },
    blocks: (signal, range = everything) => blocks(...touched(range), signal),
    async read(offset, length, signal) {
      if (!(
        Number.isInteger(offset) &&
        Number.isInteger(length) &&
        offset >= 0 &&
        length >= 0 &&
        offset + length <= size
      )) {
        throw new StrongroomError(
          'INVALID_INPUT',
          `The range ${offset}+${length} is not inside the image of ${size} bytes.`,
        );
      }
      const result = Buffer.alloc(length);
      const end = offset + length;
      for await (const block of blocks(...touched({ offset, length }), signal)) {
        const from = Math.max(0, offset - block.offset);
        const to = Math.min(block.data.length, end - block.offset);
        block.data.copy(result, block.offset + from - offset, from, to);
      }
      return result;
    },
  };
}
