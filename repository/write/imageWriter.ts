import { StrongroomError } from '../../model/errors.ts';
import type { ImageRef, ImageStats } from '../../model/point.ts';
import { frameSmall } from '../format/frame.ts';
import { finish, limiter, orderedMap, together } from '../flow.ts';
import { blockLength, blockRuns, blocksOf, extentOf, gatherRuns, geometryOf } from '../format/geometry.ts';
import { mergeExtents } from '../../model/extents.ts';
import type { Extent } from '../../model/extents.ts';
import type { BlockRun, Geometry } from '../format/geometry.ts';
import { writePage } from '../format/page.ts';
import type { Ref } from '../format/pack.ts';
import type { Secrets } from '../format/secrets.ts';
import { lanesFor, RUN_BYTES, runBuffers, RUNS, RUNS_AHEAD } from '../lanes/lanes.ts';
import { imageRef, parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';
import type { BlockStore } from './blockStore.ts';
import type { Healing } from './healing.ts';
import { MapWriter } from './mapWriter.ts';
import type { PackStream } from './packStream.ts';
import { writeRun } from './runs.ts';
import type { Run, WrittenRun } from './runs.ts';
import { cutStream } from './streamRuns.ts';

export interface ImageInput {
  /** Bytes, a multiple of 512. */
  size: number;
  /** The image that this one is compared with; of the same size. */
  base?: ImageRef;
  /** Sorted, disjoint. With a base: what changed since. Without: what is allocated; all else is zeros. */
  extents: readonly Extent[];
  /**
   * Fills `into` with the source's bytes from an offset on, or throws: SOURCE_FAILED when the source is shorter or cannot be
   * read. Called for aligned blocks only (the last may be short), up to 4 MiB at once, several at a time. Once it has settled it
   * writes into `into` no more.
   */
  read(offset: number, into: Uint8Array, signal: AbortSignal): Promise<void>;
  /** Bytes to read, bytes worked off, bytes added to the repository. */
  onProgress?(progress: { total: number; done: number; stored: number }): void;
  signal?: AbortSignal;
}

export interface StreamInput {
  /** The image's bytes in order. What is missing to a multiple of 512 is zeros. */
  source: AsyncIterable<Uint8Array>;
  /** Bytes worked off, bytes added to the repository. */
  onProgress?(progress: { done: number; stored: number }): void;
  signal?: AbortSignal;
}

export interface WrittenImage {
  image: ImageRef;
  stats: ImageStats;
}

/** What of a repository an image is written with. */
export interface ImageTarget {
  config: { blockSize: number; fanOut: number };
  secrets: Secrets;
  maps: MapReader;
  /** Where new blocks and pages go. */
  blocks: BlockStore;
  mapPacks: PackStream;
  /** When packs are bad: see {@link Healing}. */
  healing?: Healing | undefined;
}

/** Reads the extents' blocks from the source and stores what the repository does not have. */
export async function writeImage(target: ImageTarget, input: ImageInput): Promise<WrittenImage> {
  const { config, maps, healing } = target;
  checkInput(input);
  const geometry = geometryOf(input.size, config);
  const base = input.base ? parseImage(input.base, config).root : null;
  const lost = (await healing?.lostBlocks(base, geometry)) ?? new Map<number, Ref>();
  const lostExtents = Array.from(lost.keys(), (block) => extentOf(geometry, block));
  const extents = lost.size > 0 ? mergeExtents([...input.extents, ...lostExtents], input.size) : input.extents;
  const most = blocksOfRun(config);
  const runs = () => blockRuns(extents, config.blockSize, most);
  let total = 0;
  for (const run of runs()) total += runLength(geometry, run);

  target.blocks.expect(total);
  const lanes = lanesFor(total);
  const inTurn = limiter(RUNS);
  const read = ({ offset, into }: { offset: number; into: Uint8Array }, signal: AbortSignal): Promise<void> =>
    inTurn(async () => {
      signal.throwIfAborted();
      await input.read(offset, into, signal);
    });
  const work = async (gathered: readonly BlockRun[], signal: AbortSignal): Promise<WrittenRun> => {
    const memory = await runBuffers.take();
    try {
      let length = 0;
      const parts = gathered.map((run) => {
        const into = new Uint8Array(memory, length, runLength(geometry, run));
        length += into.length;
        return { offset: run.first * config.blockSize, into };
      });
      const blocks = gathered.flatMap(blocksOf);
      const [before] = await together(
        blocksBefore(maps, base, geometry, blocks, lost),
        target.blocks.prepare(),
        finish(orderedMap(parts, RUNS, read, signal)),
      );
      return await writeRun(target, lanes, { blocks, memory, length }, before);
    } finally {
      runBuffers.give(memory);
    }
  };
  // Changes are mostly single blocks: a task of each would cost more than its work.
  const written = orderedMap(gatherRuns(runs(), most), RUNS_AHEAD, work, input.signal);
  const watched = healing ? healing.watch(written, lost) : written;
  const image = await ImageMap.write(target, geometry, base, watched, ({ read, stored }) =>
    input.onProgress?.({ total, done: read, stored }),
  );
  return image.finish(geometry);
}

/** Stores an image whose size shows when it ends. @throws INVALID_INPUT when nothing comes */
export async function writeStream(target: ImageTarget, input: StreamInput): Promise<WrittenImage> {
  const { config } = target;
  const lanes = lanesFor(Infinity);
  let size = 0;
  const runs = async function* (): AsyncGenerator<Run> {
    for await (const run of cutStream(input.source, blocksOfRun(config) * config.blockSize, input.signal)) {
      target.blocks.expect(run.length);
      const first = size / config.blockSize;
      yield { blocks: blocksOf({ first, count: Math.ceil(run.length / config.blockSize) }), ...run };
      size += run.length;
    }
  };
  const work = async (run: Run): Promise<WrittenRun> => {
    try {
      return await writeRun(target, lanes, run, []);
    } finally {
      runBuffers.give(run.memory);
    }
  };
  const written = orderedMap(runs(), RUNS, work, input.signal);
  const largest = geometryOf(Number.MAX_SAFE_INTEGER, config);
  const image = await ImageMap.write(target, largest, null, written, ({ read, stored }) =>
    input.onProgress?.({ done: read, stored }),
  );
  checkSize(size);
  return image.finish(geometryOf(size, config));
}

/** An image's map being written. */
class ImageMap {
  readonly #map: MapWriter;
  readonly #stats = { read: 0, stored: 0, blocksRead: 0, blocksNew: 0, blocksZero: 0 };

  private constructor({ maps, mapPacks, secrets }: ImageTarget, geometry: Geometry, base: Ref | null) {
    this.#map = new MapWriter(geometry, base, maps, async (level, page) => {
      const plain = writePage(level, page);
      const ref = mapPacks.add(frameSmall(plain), secrets.pageIdentity(plain));
      this.#stats.stored += ref.length;
      await mapPacks.ready();
      return ref;
    });
  }

  /** Takes runs in order until there are no more. @param geometry the largest that the image can have */
  static async write(
    target: ImageTarget,
    geometry: Geometry,
    base: Ref | null,
    runs: AsyncIterable<WrittenRun>,
    onProgress: (stats: { read: number; stored: number }) => void,
  ): Promise<ImageMap> {
    const image = new ImageMap(target, geometry, base);
    for await (const run of runs) {
      await image.#take(run);
      onProgress(image.#stats);
    }
    return image;
  }

  /** @param geometry of the whole image */
  async finish(geometry: Geometry): Promise<WrittenImage> {
    const root = await this.#map.finish(geometry.depth);
    return { image: imageRef(geometry, root), stats: { size: geometry.size, ...this.#stats } };
  }

  async #take({ blocks, places, stats }: WrittenRun): Promise<void> {
    for (const [i, place] of places.entries()) if (place !== undefined) await this.#map.set(blocks[i] as number, place);
    for (const key of Object.keys(stats) as (keyof typeof stats)[]) this.#stats[key] += stats[key];
  }
}

const blocksOfRun = ({ blockSize }: { blockSize: number }): number => Math.max(1, Math.floor(RUN_BYTES / blockSize));

function runLength(geometry: Geometry, { first, count }: BlockRun): number {
  return (count - 1) * geometry.blockSize + blockLength(geometry, first + count - 1);
}

/** Where the blocks of a run lay in the base. What is lost there equals nothing: it counts as changed. */
async function blocksBefore(
  maps: MapReader,
  base: Ref | null,
  geometry: Geometry,
  blocks: readonly number[],
  lost: ReadonlyMap<number, Ref>,
): Promise<(Ref | null)[]> {
  if (!base) return [];
  const before = async (block: number): Promise<Ref | null> => {
    const ref = lost.get(block);
    return ref ? { ...ref, identity: '' } : maps.block(base, geometry, block);
  };
  return Promise.all(blocks.map(before));
}

function checkSize(size: number): void {
  if (!Number.isSafeInteger(size) || size <= 0 || size % 512 !== 0) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `An image of ${size} bytes: the size must be a positive multiple of 512.`,
    );
  }
}

function checkInput({ size, base, extents }: ImageInput): void {
  checkSize(size);
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
