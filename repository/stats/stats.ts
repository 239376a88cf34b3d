import { orderedMap } from '../flow.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { readIndexDirectories } from '../format/indexObject.ts';
import { CONFIG, PREFIXES } from '../format/layout.ts';
import { readPoints } from '../format/points.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import type { MapReader } from '../read/mapReader.ts';
import { deepStats } from './deep.ts';
import type { DeepStats } from './deep.ts';

const INDEXES_AHEAD = 8;

/** Sizes are bytes. What `deep` adds costs reading every page of every map once. */
export interface RepositoryStats {
  points: number;
  /** Machines and images that have points. */
  sources: number;
  /** Sizes of all disks of all points. */
  logicalBytes: number;
  /** By the folder of their names: data, maps, index, points and so on. */
  stored: Record<string, { objects: number; bytes: number }>;
  storedBytes: number;
  /** Blocks stored, by the index: equal ones once, but for those that two writers stored at the same time. */
  uniqueBlocks: number;
  /** Plain bytes of these blocks by bytes stored for them: above 1 is smaller. */
  compressionRatio: number;
  deep?: DeepStats;
}

export interface StatsContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
}

/** @throws REPOSITORY_DAMAGED (a point; with `deep` a map) */
export async function repositoryStats(
  context: StatsContext,
  { deep = false }: { deep?: boolean },
): Promise<RepositoryStats> {
  const { store, config, secrets } = context;
  const points = await readPoints(store, secrets);
  const disks = points.flatMap((point) => point.disks);
  const { stored, sizes } = await storedObjects(store);
  const { blocks, bytes } = await indexedBlocks(context, sizes);
  const stats: RepositoryStats = {
    points: points.length,
    sources: new Set(points.map(({ source }) => (source.kind === 'vm' ? source.resourceId : source.name))).size,
    logicalBytes: disks.reduce((sum, { size }) => sum + size, 0),
    stored,
    storedBytes: Object.values(stored).reduce((sum, folder) => sum + folder.bytes, 0),
    uniqueBlocks: blocks,
    compressionRatio: bytes === 0 ? 1 : (blocks * config.blockSize) / bytes,
  };
  if (!deep) return stats;
  const images = disks.map(({ image }) => image);
  return { ...stats, deep: await deepStats(context, images, blocks * config.blockSize) };
}

/** What there is, by the folders of the names; and the sizes of data packs by their ids. */
async function storedObjects(store: ObjectStore) {
  const stored: RepositoryStats['stored'] = {};
  const sizes = new Map<string, number>();
  for await (const { name, size } of store.list('')) {
    const folder = name === CONFIG ? 'config' : name.slice(0, Math.max(0, name.indexOf('/'))) || 'other';
    const sum = (stored[folder] ??= { objects: 0, bytes: 0 });
    sum.objects++;
    sum.bytes += size;
    if (name.startsWith(PREFIXES.data)) sizes.set(name.slice(PREFIXES.data.length), size);
  }
  return { stored, sizes };
}

/** Blocks of the packs that index objects list, and their bytes as stored. Damaged index objects count for nothing. */
async function indexedBlocks({ store, secrets }: StatsContext, sizes: Map<string, number>) {
  const read = async ({ name }: { name: string }) => {
    try {
      return readIndexDirectories(secrets, name, (await store.get(name)).data);
    } catch (error) {
      if (isCode(error, 'NOT_FOUND') || isCode(error, 'REPOSITORY_DAMAGED') || isCode(error, 'REPOSITORY_UNKNOWN'))
        return [];
      throw error;
    }
  };
  let blocks = 0;
  let bytes = 0;
  for await (const packs of orderedMap(store.list(PREFIXES.index), INDEXES_AHEAD, read)) {
    for (const { pack, size, count, directory } of packs) {
      if (sizes.get(pack) !== size) continue;
      sizes.delete(pack); // Listed by two index objects: once is enough.
      blocks += count;
      for (let i = 0; i < count; i++) bytes += directory.readUInt32LE(i * 4);
    }
  }
  return { blocks, bytes };
}
