import type { Extent } from '../../model/extents.ts';

/** Which packs are read in full. What is not read is checked by names, sizes, directories and references. */
export type ReadData =
  /** Every pack. */
  | { kind: 'all' }
  /** The share of the stored bytes (above 0, up to 1) whose last check is longest ago: repeated runs cover everything. */
  | { kind: 'sample'; share: number }
  /** What is due, so that runs at any regular interval read everything once in the period. */
  | { kind: 'due' };

export interface VerifyOptions {
  /** Left out: no pack is read in full. */
  readData?: ReadData;
  /** Days in which everything is to be read once (default 30). */
  periodDays?: number;
  /** Sets bad packs aside, writes what exists elsewhere into forwards, restores key documents and indexes. Deletes no data. */
  repair?: boolean;
  onProgress?(progress: VerifyProgress): void;
  signal?: AbortSignal;
}

export type WithoutKeyOptions = Pick<VerifyOptions, 'readData' | 'periodDays' | 'onProgress' | 'signal'>;

export interface VerifyProgress {
  /** `structure` counts objects, `data` bytes of packs, `references` pages of maps. */
  phase: 'structure' | 'data' | 'references';
  done: number;
  /** Not known while references are followed. */
  total?: number;
}

/** What of a point cannot be restored now. */
export interface AffectedDisk {
  point: string;
  /** Key of the disk; left out when the point itself cannot be read: then all of it is lost. */
  disk?: string;
  /** Bytes of the disk that cannot be restored. */
  bytes: number;
  /** Where they are, in order: the first 100 of `rangeCount`. */
  ranges: Extent[];
  rangeCount: number;
}

/** An object that is missing, damaged or not as it should be. */
export interface Problem {
  object: string;
  what: string;
  /** Disks that cannot be restored because of it; empty when nothing live is lost. Without the key always empty. */
  affected: AffectedDisk[];
  /** What repair did about it. */
  repaired?: string;
}

/** Costs no point anything: unknown objects, indexes (deduplication only), packs that nothing refers to. */
export interface Warning {
  object: string;
  what: string;
  repaired?: string;
}

/** How much of the packs was read in full, and when. Also earlier runs count. */
export interface Coverage {
  periodDays: number;
  packs: number;
  bytes: number;
  /** Read in full within the period. */
  packsChecked: number;
  bytesChecked: number;
  /** Of the packs ever read in full, the one longest ago, ISO 8601 UTC by the store's clock; left out when there is none. */
  oldest?: string;
  /** Packs never read in full. */
  packsUnchecked: number;
}

export interface VerifyReport {
  /** Without the key damage is found by checksums, and affected points cannot be named. */
  withKey: boolean;
  /** Objects looked at, and bytes read of them. */
  objects: number;
  bytes: number;
  /** Packs read in full in this run. */
  packsRead: number;
  points: number;
  problems: Problem[];
  warnings: Warning[];
  /** Stored packs that no point refers to: prune removes them. Left out without the key. */
  unreferenced?: { packs: number; bytes: number };
  coverage: Coverage;
  /** Whether the run is remembered in the repository; otherwise why not. */
  remembered: true | string;
}
