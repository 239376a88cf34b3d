import { StrongroomError } from '../../model/errors.ts';
import { pointSchema } from '../../model/point.ts';
import type { Point } from '../../model/point.ts';
import { DedupIndex } from '../dedup/dedupIndex.ts';
import { PackListing } from '../dedup/packListing.ts';
import type { Config } from '../format/config.ts';
import { parseImage } from '../read/image.ts';
import { writeImage, writeStream } from './imageWriter.ts';
import type { ImageInput, StreamInput, WrittenImage } from './imageWriter.ts';
import { Claims } from './claimMarks.ts';
import { Healing } from './healing.ts';
import { DATA_PACK_BYTES } from '../lanes/lanes.ts';
import type { MapReader } from '../read/mapReader.ts';
import { BlockPacks } from './blockPacks.ts';
import { BlockStore } from './blockStore.ts';
import { lockForPoint } from './locks.ts';
import type { LockOptions } from './locks.ts';
import { PackStream } from './packStream.ts';
import { writePoint } from '../format/points.ts';
import type { ObjectStore } from '../ports.ts';
import { Registration } from './registration.ts';
import type { Secrets } from '../format/secrets.ts';

const MAPS_PACK_BYTES = 8 * 1024 * 1024;

/** Adds images and points to a repository. Several images may be written at once, and many writers may work at once. */
export interface Writer {
  /**
   * Writes an image, in full or over a base. When it resolves, all of it is stored; a point makes it visible.
   * @throws INVALID_INPUT, CANCELLED, REPOSITORY_DAMAGED (of the base's map), WRITER_LAPSED (an upload failed before), and
   * what `input.read` and the store throw
   */
  writeImage(input: ImageInput): Promise<WrittenImage>;
  /**
   * As {@link writeImage}, of a stream whose end shows its size; there is no base: what the repository has is found by
   * deduplication.
   */
  writeStream(input: StreamInput): Promise<WrittenImage>;
  /**
   * Makes a restore point of images of this or another writer; committing the same point twice is once.
   * @returns bytes added
   * @throws WRITER_LAPSED, ALREADY_EXISTS (another point has the id), REPOSITORY_DAMAGED (a page of an image
   * cannot be read)
   */
  commit(point: Point): Promise<{ stored: number }>;
  /** Waits for uploads, lists in the index what an unfinished image stored, and ends the registration. A writer that is only dropped holds up prune for half an hour. */
  close(): Promise<void>;
}

export interface WriterContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
  /** The key document, as stored. */
  keys: Buffer;
  random(bytes: number): Buffer;
}

export interface WriterOptions {
  /** A data pack is closed when it reaches this. */
  packBytes?: number;
  /** Makes points, and what they need, immutable when they are committed. The store must be able to. */
  lock?: LockOptions;
  /** Told what does not stop a backup but should be known: an index object that is damaged. */
  onWarning?(warning: StrongroomError): void;
}

export async function openWriter(
  context: WriterContext,
  { packBytes = DATA_PACK_BYTES, lock, onWarning = () => undefined }: WriterOptions = {},
): Promise<Writer> {
  const { store, config, secrets, maps, random } = context;
  const registration = await Registration.begin(store, config.id, random(16).toString('hex'));

  const index = new DedupIndex(store, secrets, { onWarning });
  const listing = new PackListing({ store, secrets, random }, (name, packs) => index.listed(name, packs));
  const dataPacks = new BlockPacks({
    store,
    secrets,
    random,
    blockSize: config.blockSize,
    packBytes,
    // During a long image too, so that a try after a crash finds what this one stored.
    stored: (pack) => listing.add(pack),
  });
  // Maps are stored when the blocks are that they refer to.
  const mapPacks = new PackStream('maps', {
    store,
    secrets,
    random,
    packBytes: MAPS_PACK_BYTES,
    before: () => dataPacks.flush(),
  });

  const claims = new Claims(context);
  const target = { config, secrets, maps, blocks: new BlockStore(index, dataPacks), mapPacks };

  // After a failed upload the index in memory may name blocks that were never stored.
  const refuseIfFailed = async (): Promise<void> => {
    const failure = dataPacks.failure ?? mapPacks.failure;
    if (!failure) return;
    await registration.close().catch(() => undefined);
    throw new StrongroomError('WRITER_LAPSED', 'An upload of this writer failed before: begin with a new writer.', {
      cause: failure.error,
      retryable: true,
    });
  };

  const write = async (signal: AbortSignal | undefined, work: () => Promise<WrittenImage>): Promise<WrittenImage> => {
    await refuseIfFailed();
    try {
      const written = await work();
      await dataPacks.flush();
      await listing.flush();
      await mapPacks.flush();
      return written;
    } catch (cause) {
      if (!signal?.aborted) throw cause;
      throw new StrongroomError('CANCELLED', 'Writing the image was cancelled.', { cause });
    }
  };

  return {
    async writeImage(input) {
      const healing = input.base && (await Healing.of(context));
      const written = await write(input.signal, () => writeImage({ ...target, healing }, input));
      await healing?.flush();
      claims.wrote(written.image, input.base);
      return written;
    },
    async writeStream(input) {
      const written = await write(input.signal, () => writeStream(target, input));
      claims.wrote(written.image, undefined);
      return written;
    },
    async commit(point) {
      const parsed = pointSchema.safeParse(point);
      if (!parsed.success)
        throw new StrongroomError('INVALID_INPUT', 'That is no restore point of version 1.', { cause: parsed.error });
      for (const { image } of parsed.data.disks) {
        const { root, geometry } = parseImage(image, config);
        if (root) await maps.page(root, geometry.depth - 1);
      }
      const lockPoint = lock && (await lockForPoint(context, parsed.data, registration.seen, lock));
      await registration.renew();
      await claims.claim(parsed.data);
      const stored = await writePoint(store, secrets, parsed.data, context.keys, random(32));
      await lockPoint?.();
      return { stored };
    },
    async close() {
      await Promise.all([dataPacks.drop(), mapPacks.settle()]);
      try {
        await listing.flush();
      } finally {
        await registration.close();
      }
    },
  };
}
