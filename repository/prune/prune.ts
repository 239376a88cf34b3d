import { StrongroomError } from '../../model/errors.ts';
import type { Config } from '../format/config.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import type { MapReader } from '../read/mapReader.ts';

export interface PruneContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
  random(bytes: number): Buffer;
}

export interface PruneOptions {
  /** Ids of the points to delete: those that retention named (model/retention.ts). One that is not there is no error. */
  deletePoints?: readonly string[];
  /** Packs of which a smaller share is needed are copied together into new ones: 0 (never) to 1. Default 0.5. */
  repackBelow?: number;
  /** Says what would be done, and does nothing. */
  dryRun?: boolean;
  onProgress?(progress: PruneProgress): void;
  signal?: AbortSignal;
}

export interface PruneProgress {
  /** `walk` counts pages of maps, `repack` bytes copied, `delete` objects. */
  phase: 'walk' | 'repack' | 'delete';
  done: number;
  /** Not known while maps are walked. */
  total?: number;
}

/** What a run did; of a dry run, what it would do. Sizes are bytes. */
export interface PruneResult {
  dryRun: boolean;
  points: { kept: number; deleted: string[] };
  packs: {
    /** Needed by the points that stay. */
    kept: number;
    /** Marked by this run: a run 24 hours later or more deletes them. */
    marked: number;
    /** Marked earlier and not due yet, or held up by a writer. */
    waiting: number;
    /** Not needed, but immutable for now. */
    locked: number;
    deleted: number;
    /** Copied into new packs; among the marked. */
    repacked: number;
  };
  bytes: {
    /** In packs when the run began. */
    stored: number;
    /** Of the packs that were deleted. */
    freed: number;
    /** Of the packs that are marked and will be deleted by later runs. */
    freedLater: number;
    /** Written into new packs by repacking. */
    repacked: number;
  };
  /** When a run can delete the packs that are marked now and due first, ISO 8601 UTC; left out when none is marked. */
  nextDue?: string;
  /** Objects that points refer to and that are missing or damaged: `verify` tells which points. */
  damaged: string[];
}

/**
 * Deletes points, and what no point needs any more (docs/format.md, sections 9 and 12). May run beside anything. A pack is
 * marked by one run and deleted by another, 24 hours later or more, so a run frees what earlier runs marked.
 * @throws REPOSITORY_DAMAGED (a point or map that stays cannot be read: what it needs is not known, so nothing is
 * deleted), WRITER_LAPSED (the run was suspended for half an hour), CANCELLED
 */
export function prune(_context: PruneContext, _options: PruneOptions): Promise<PruneResult> {
  return Promise.reject(new StrongroomError('UNSUPPORTED', 'Prune is not built yet.'));
}
