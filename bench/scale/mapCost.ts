import { randomBytes } from 'node:crypto';
import { createRepository, memoryStore } from '../../repository/index.ts';
import type { Extent } from '../../repository/index.ts';
import type { ImageRef } from '../../model/point.ts';
import { frameSmall } from '../../repository/format/frame.ts';
import { geometryOf } from '../../repository/format/geometry.ts';
import { writePage } from '../../repository/format/page.ts';
import type { Secrets } from '../../repository/format/secrets.ts';
import { Forwards } from '../../repository/read/forwards.ts';
import { imageRef } from '../../repository/read/image.ts';
import { MapReader } from '../../repository/read/mapReader.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { MapWriter } from '../../repository/write/mapWriter.ts';
import { PackStream } from '../../repository/write/packStream.ts';
import { secretsOf } from '../../test/repository/secretsOf.ts';
import { noise } from '../repository/image.ts';

/** What the map of one incremental costs. */
export interface MapCost {
  pagesRead: number;
  bytesRead: number;
  pagesWritten: number;
  bytesWritten: number;
  /** Of the store, for everything but blocks: gets, puts, lists, heads. */
  requests: number;
  /** Of the whole incremental, its blocks included. */
  seconds: number;
}

const CONFIG = { blockSize: 262_144, fanOut: 256 };
/** So that each page of the base is a pack of its own: what lies together is read together, and the worst case is that none do. */
const BASE_PACK_BYTES = 1;

/**
 * Writes an incremental over a base all of whose blocks around the changes are in use, so that every page on the way is as
 * large as pages get.
 * @param changed aligned to blocks
 */
export async function mapCostOf(size: number, changed: readonly Extent[]): Promise<MapCost> {
  const counted = countingStore();
  const { store } = counted;
  const now = () => '2026-05-01T00:00:00.000Z';
  const { repository, recoveryKey } = await createRepository(store, { recovery: true, now, ...CONFIG });
  const base = await fullBase(store, await secretsOf(store, recoveryKey ?? ''), size, changed);
  const writer = await repository.writer();
  counted.reset();
  const began = performance.now();
  await writer.writeImage({
    size,
    base,
    extents: changed,
    read: async (offset, into) => into.set(noise(into.length, String(offset))),
  });
  const seconds = (performance.now() - began) / 1000;
  await writer.close();
  return { ...counted.cost, seconds };
}

/** The map of an image whose blocks are in use where something will change: only its pages, for nobody reads the blocks. */
async function fullBase(
  store: ObjectStore,
  secrets: Secrets,
  size: number,
  changed: readonly Extent[],
): Promise<ImageRef> {
  const { blockSize, fanOut } = CONFIG;
  const geometry = geometryOf(size, CONFIG);
  const packs = new PackStream('maps', { store, secrets, random: randomBytes, packBytes: BASE_PACK_BYTES });
  const reader = new MapReader(store, secrets, fanOut, new Forwards(store, secrets));
  const map = new MapWriter(geometry, null, reader, async (level, page) => {
    const plain = writePage(level, page);
    await packs.ready();
    return packs.add(frameSmall(plain), secrets.pageIdentity(plain));
  });
  const leaves = new Set(
    changed.flatMap(({ offset, length }) => {
      const [first, last] = [offset, offset + length - 1].map((at) => Math.floor(at / blockSize / fanOut));
      return Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, i) => (first ?? 0) + i);
    }),
  );
  for (const leaf of [...leaves].sort((a, b) => a - b)) {
    const pack = randomBytes(16).toString('hex');
    for (let i = 0; i < fanOut && leaf * fanOut + i < geometry.blocks; i++) {
      const ref = { pack, offset: 32 + i * 90_000, length: 90_000, identity: randomBytes(16).toString('hex') };
      await map.set(leaf * fanOut + i, ref);
    }
  }
  const root = await map.finish(geometry.depth);
  await packs.flush();
  return imageRef(geometry, root);
}

/** A store in memory that counts what is asked of it, and forgets blocks: nobody reads them. */
function countingStore() {
  const memory = memoryStore();
  const cost = { pagesRead: 0, bytesRead: 0, pagesWritten: 0, bytesWritten: 0, requests: 0 };
  const store: ObjectStore = {
    ...memory,
    async get(name, range, signal) {
      const got = await memory.get(name, range, signal);
      cost.requests++;
      if (name.startsWith('maps/')) {
        cost.pagesRead++;
        cost.bytesRead += got.data.length;
      }
      return got;
    },
    async put(name, parts, options) {
      const size = parts.reduce((sum, { length }) => sum + length, 0);
      if (name.startsWith('data/')) return { name, size, etag: name, modified: new Date().toISOString() };
      cost.requests++;
      if (name.startsWith('maps/')) {
        const foot = Buffer.concat(parts).subarray(-40);
        cost.pagesWritten += foot.readUInt32LE(4);
        cost.bytesWritten += size;
      }
      return memory.put(name, parts, options);
    },
    async head(name) {
      cost.requests++;
      return memory.head(name);
    },
    list(prefix) {
      cost.requests++;
      return memory.list(prefix);
    },
  };
  const reset = () =>
    void Object.assign(cost, { pagesRead: 0, bytesRead: 0, pagesWritten: 0, bytesWritten: 0, requests: 0 });
  return { store, cost, reset };
}
