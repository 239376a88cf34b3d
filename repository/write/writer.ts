import { StrongroomError } from '../../model/errors.ts';
import { pointSchema } from '../../model/point.ts';
import type { ImageRef, ImageStats, Point } from '../../model/point.ts';
import type { BlockIndex } from '../dedup/blockIndex.ts';
import type { Config } from '../format/config.ts';
import { parseImage } from '../read/image.ts';
import { writeImage } from './imageWriter.ts';
import type { ImageInput } from './imageWriter.ts';
import { loadBlockIndex, writeIndexObject } from '../format/indexObject.ts';
import type { IndexedPack } from '../format/indexObject.ts';
import { indexName } from '../format/layout.ts';
import type { MapReader } from '../read/mapReader.ts';
import { putNew } from '../stores/objects.ts';
import { PackStream } from './packStream.ts';
import { writePoint } from '../format/points.ts';
import type { ObjectStore } from '../ports.ts';
import { Registration } from './registration.ts';
import type { Secrets } from '../format/secrets.ts';

const DATA_PACK_BYTES = 32 * 1024 * 1024;
const MAPS_PACK_BYTES = 8 * 1024 * 1024;
const PACKS_PER_INDEX = 32;

/** Adds images and points to a repository. Several images may be written at once, and many writers may work at once. */
export interface Writer {
  /**
   * Writes an image, in full or over a base. When it resolves, all of it is stored; a point makes it visible.
   * @throws INVALID_INPUT, CANCELLED, REPOSITORY_DAMAGED (of the base's map), WRITER_LAPSED (an upload failed before), and
   * what `input.read` and the store throw
   */
  writeImage(input: ImageInput): Promise<{ image: ImageRef; stats: ImageStats }>;
  /**
   * Makes a restore point of images of this or another writer; committing the same point twice is once.
   * @returns bytes added
   * @throws WRITER_LAPSED, ALREADY_EXISTS (another point has the id), REPOSITORY_DAMAGED (an image's root cannot be read)
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

export async function openWriter(context: WriterContext, packBytes = DATA_PACK_BYTES): Promise<Writer> {
  const { store, config, secrets, maps, random } = context;
  const registration = await Registration.begin(store, config.id, random(16).toString('hex'));

  const unlisted: IndexedPack[] = [];
  const listPacks = async (): Promise<void> => {
    while (unlisted.length > 0) {
      const packs = unlisted.splice(0, PACKS_PER_INDEX);
      const index = random(16).toString('hex');
      await putNew(store, indexName(index), [writeIndexObject(secrets, index, packs, random(32))]);
    }
  };
  const dataPacks = new PackStream('data', {
    store,
    secrets,
    random,
    packBytes,
    stored: async (pack) => {
      unlisted.push(pack);
      // During a long image too, so that a try after a crash finds what this one stored.
      if (unlisted.length >= PACKS_PER_INDEX) await listPacks();
    },
  });
  // Maps are stored when the blocks are that they refer to.
  const mapPacks = new PackStream('maps', {
    store,
    secrets,
    random,
    packBytes: MAPS_PACK_BYTES,
    before: () => dataPacks.flush(),
  });

  const packNumbers = new Map<string, number>();
  const numberOf = (index: BlockIndex) => (pack: string) => {
    const number = packNumbers.get(pack) ?? index.addPack(pack);
    packNumbers.set(pack, number);
    return number;
  };
  let loading: Promise<BlockIndex> | undefined;
  const loadIndex = () => {
    loading ??= loadBlockIndex(store, secrets).catch((error: unknown) => {
      loading = undefined; // The next image tries again.
      throw error;
    });
    return loading;
  };

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

  return {
    async writeImage(input) {
      await refuseIfFailed();
      try {
        const index = await loadIndex();
        const written = await writeImage(
          { config, secrets, index, maps, dataPacks, mapPacks, packNumber: numberOf(index) },
          input,
        );
        await dataPacks.flush();
        await listPacks();
        await mapPacks.flush();
        return written;
      } catch (cause) {
        if (!input.signal?.aborted) throw cause;
        throw new StrongroomError('CANCELLED', 'Writing the image was cancelled.', { cause });
      }
    },
    async commit(point) {
      const parsed = pointSchema.safeParse(point);
      if (!parsed.success)
        throw new StrongroomError('INVALID_INPUT', 'That is no restore point of version 1.', { cause: parsed.error });
      for (const { image } of parsed.data.disks) {
        const { root, geometry } = parseImage(image, config);
        if (root) await maps.page(root, geometry.depth - 1);
      }
      await registration.renew();
      return { stored: await writePoint(store, secrets, parsed.data, context.keys, random(32)) };
    },
    async close() {
      await Promise.all([dataPacks.settle(), mapPacks.settle()]);
      try {
        await listPacks();
      } finally {
        await registration.close();
      }
    },
  };
}
