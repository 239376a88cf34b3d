import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import { imageRefSchema } from '../../model/point.ts';
import type { ImageRef } from '../../model/point.ts';
import { readBlocks } from './blockReader.ts';
import type { Forwards } from './forwards.ts';
import { geometryOf } from '../format/geometry.ts';
import type { Geometry } from '../format/geometry.ts';
import type { MapReader } from './mapReader.ts';
import type { Ref } from '../format/pack.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** Reads one image. What is not as it was written is REPOSITORY_DAMAGED and names the object; an abort is CANCELLED. */
export interface ImageReader {
  /** Bytes. */
  readonly size: number;
  /** The blocks that are not all zeros, in order. What lies between them is zeros. */
  blocks(signal?: AbortSignal): AsyncIterable<{ offset: number; data: Buffer }>;
  /** @throws INVALID_INPUT when the range leaves the image */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
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
  const blocks = async function* (first: number, end: number, signal?: AbortSignal) {
    const refs = maps.blocks(root, geometry, first, end);
    try {
      for await (const { block, data } of readBlocks(store, secrets, forwards, geometry, refs, signal)) {
        yield { offset: block * blockSize, data };
      }
    } catch (cause) {
      if (!signal?.aborted) throw cause;
      throw new StrongroomError('CANCELLED', 'Reading the image was cancelled.', { cause });
    }
  };
  return {
    size,
    blocks: (signal) => blocks(0, geometry.blocks, signal),
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
      for await (const block of blocks(Math.floor(offset / blockSize), Math.ceil(end / blockSize), signal)) {
        const from = Math.max(0, offset - block.offset);
        const to = Math.min(block.data.length, end - block.offset);
        block.data.copy(result, block.offset + from - offset, from, to);
      }
      return result;
    },
  };
}
