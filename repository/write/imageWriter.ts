import { StrongroomError } from '../../model/errors.ts';
import type { ImageRef, ImageStats } from '../../model/point.ts';
import type { BlockIndex } from '../dedup/blockIndex.ts';
import { frame, frameSync } from '../format/frame.ts';
import type { Frame } from '../format/frame.ts';
import { orderedMap } from '../flow.ts';
import { blockLength, blockRuns, geometryOf } from '../format/geometry.ts';
import type { Extent, Geometry } from '../format/geometry.ts';
import { imageRef, parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';
import { MapWriter } from './mapWriter.ts';
import { writePage } from '../format/page.ts';
import type { Ref } from '../format/pack.ts';
import type { PackStream } from './packStream.ts';
import type { Secrets } from '../format/secrets.ts';

/** Bytes of one read of the source, and how many of them are in work at once. */
const RUN_BYTES = 4 * 1024 * 1024;
const RUNS_AHEAD = 8;

export interface ImageInput {
  /** Bytes, a multiple of 512. */
  size: number;
  /** The image that this one is compared with; of the same size. */
  base?: ImageRef;
  /** Sorted, disjoint. With a base: what changed since. Without: what is allocated; all else is zeros. */
  extents: readonly Extent[];
  /** Bytes of the source. Called for aligned blocks only (the last may be short), up to 4 MiB at once, several at a time. */
  read(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Bytes to read, bytes worked off, bytes added to the repository. */
  onProgress?(progress: { total: number; done: number; stored: number }): void;
  signal?: AbortSignal;
}

/** What of a repository an image is written with. */
export interface ImageTarget {
  config: { blockSize: number; fanOut: number };
  secrets: Secrets;
  index: BlockIndex;
  maps: MapReader;
  /** Where new blocks and pages go. */
  dataPacks: PackStream;
  mapPacks: PackStream;
  /** Makes a data pack's blocks known to the index: {@link BlockIndex.addPack}, once a pack. */
  packNumber(pack: string): number;
}

/** A block as it comes out of the parallel part of the work. */
type Prepared =
  | { kind: 'unchanged'; zero: boolean }
  | { kind: 'zero'; zero: true }
  | { kind: 'known'; ref: Ref; zero: false }
  | { kind: 'new'; identity: Buffer; content: Frame; zero: false };

/** Reads the extents' blocks from the source and stores what the repository does not have. */
export async function writeImage(
  target: ImageTarget,
  input: ImageInput,
): Promise<{ image: ImageRef; stats: ImageStats }> {
  const { config, dataPacks, mapPacks, secrets } = target;
  checkInput(input);
  const geometry = geometryOf(input.size, config);
  const base = input.base ? parseImage(input.base, config).root : null;
  const stats: ImageStats = { size: input.size, read: 0, stored: 0, blocksRead: 0, blocksNew: 0, blocksZero: 0 };

  const map = new MapWriter(geometry, base, target.maps, async (level, page) => {
    const plain = writePage(level, page);
    const ref = mapPacks.add(frameSync(plain), secrets.pageIdentity(plain));
    stats.stored += ref.length;
    await mapPacks.ready();
    return ref;
  });

  const most = Math.max(1, Math.floor(RUN_BYTES / config.blockSize));
  const runs = () => blockRuns(input.extents, config.blockSize, most);
  let total = 0;
  for (const run of runs()) total += runLength(geometry, run);

  const prepare = (run: { first: number; count: number }, signal: AbortSignal) =>
    prepareRun(target, geometry, base, run, input, signal);
  for await (const { first, blocks, length } of orderedMap(runs(), RUNS_AHEAD, prepare, input.signal)) {
    for (const [i, prepared] of blocks.entries()) {
      if (prepared.zero) stats.blocksZero++;
      if (prepared.kind !== 'unchanged') await map.set(first + i, place(target, prepared, stats));
    }
    stats.read += length;
    stats.blocksRead += blocks.length;
    await dataPacks.ready();
    input.onProgress?.({ total, done: stats.read, stored: stats.stored });
  }
  return { image: imageRef(geometry, await map.finish()), stats };
}

/** Where a changed block lies from now on. */
function place(target: ImageTarget, prepared: Exclude<Prepared, { kind: 'unchanged' }>, stats: ImageStats): Ref | null {
  if (prepared.kind === 'zero') return null;
  if (prepared.kind === 'known') return prepared.ref;
  const { identity, content } = prepared;
  // An equal block may have been stored since this one was prepared.
  const known = target.index.get(identity);
  if (known) return known;
  const ref = target.dataPacks.add(content, identity);
  target.index.add(identity, target.packNumber(ref.pack), ref.offset, ref.length);
  stats.stored += ref.length;
  stats.blocksNew++;
  return ref;
}

async function prepareRun(
  target: ImageTarget,
  geometry: Geometry,
  base: Ref | null,
  run: { first: number; count: number },
  input: ImageInput,
  signal: AbortSignal,
): Promise<{ first: number; length: number; blocks: Prepared[] }> {
  const length = runLength(geometry, run);
  const offset = run.first * geometry.blockSize;
  const bytes = await input.read(offset, length, signal);
  if (bytes.length !== length) {
    throw new StrongroomError(
      'INTERNAL',
      `The source gave ${bytes.length} bytes instead of ${length} at offset ${offset}.`,
    );
  }
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  const blocks = await Promise.all(
    Array.from({ length: run.count }, async (_, i): Promise<Prepared> => {
      const start = i * geometry.blockSize;
      const block = run.first + i;
      const plain = data.subarray(start, start + blockLength(geometry, block));
      const before = base && (await target.maps.block(base, geometry, block));
      if (isZero(plain)) return { kind: before ? 'zero' : 'unchanged', zero: true };
      const identity = target.secrets.blockIdentity(plain);
      if (before?.identity === identity.toString('hex')) return { kind: 'unchanged', zero: false };
      const known = target.index.get(identity);
      if (known) return { kind: 'known', ref: known, zero: false };
      return { kind: 'new', identity, content: await frame(plain), zero: false };
    }),
  );
  return { first: run.first, length, blocks };
}

function runLength(geometry: Geometry, { first, count }: { first: number; count: number }): number {
  return (count - 1) * geometry.blockSize + blockLength(geometry, first + count - 1);
}

const ZEROS = Buffer.alloc(64 * 1024);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += ZEROS.length) {
    const part = bytes.subarray(at, at + ZEROS.length);
    if (!part.equals(ZEROS.subarray(0, part.length))) return false;
  }
  return true;
}

function checkInput({ size, base, extents }: ImageInput): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % 512 !== 0) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `An image of ${size} bytes: the size must be a positive multiple of 512.`,
    );
  }
  if (base && base.size !== size) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `The base has ${base.size} bytes, the image ${size}: write it without a base.`,
    );
  }
  let end = 0;
  for (const { offset, length } of extents) {
    if (
      !Number.isSafeInteger(offset) ||
      !Number.isSafeInteger(length) ||
      offset < end ||
      length < 0 ||
      offset + length > size
    ) {
      throw new StrongroomError(
        'INVALID_INPUT',
        `The extent ${offset}+${length} is not sorted, or leaves the image of ${size} bytes.`,
      );
    }
    end = offset + length;
  }
}
