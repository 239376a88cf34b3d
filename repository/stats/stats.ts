import { StrongroomError } from '../../model/errors.ts';
import type { ObjectStore } from '../ports.ts';

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
  /** Stored blocks of different content, by the index. */
  uniqueBlocks: number;
  /** Plain bytes of these blocks by bytes stored for them: above 1 is smaller. */
  compressionRatio: number;
  deep?: {
    /** Of all points: the bytes of blocks that are not zeros. */
    nonZeroBytes: number;
    /** Non-zero bytes of all points by plain bytes of unique blocks. */
    deduplicationRatio: number;
    /** In packs, of blocks and pages that no point refers to. */
    unreferencedBytes: number;
  };
}

/** @throws REPOSITORY_DAMAGED (a point; with `deep` a map) */
export function repositoryStats(_store: ObjectStore, _options: { deep?: boolean }): Promise<RepositoryStats> {
  return Promise.reject(new StrongroomError('UNSUPPORTED', 'Statistics are not built yet.'));
}
