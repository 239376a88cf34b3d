import { availableParallelism } from 'node:os';
import { BufferPool } from './pool.ts';
import { Threads } from './threads.ts';
import { operations } from './work.ts';

type Operations = typeof operations;

/** Where CPU work on blocks is done: inline or in threads, by the same code with the same results. */
export interface Lanes {
  /** How many tasks run at once. */
  readonly width: number;
  /**
   * @param transfer buffers of the task that are given away; shared ones need not be
   * @throws INTERNAL when a thread dies
   */
  run<K extends keyof Operations>(
    operation: K,
    task: Parameters<Operations[K]>[0],
    transfer?: readonly ArrayBuffer[],
  ): Promise<ReturnType<Operations[K]>>;
}

/** Work below this is done before threads would have begun. */
const INLINE_BYTES = 64 * 1024 * 1024;
/** More cores than this are not used: each takes memory (below). */
const MOST_THREADS = 8;

const width = Math.min(availableParallelism(), MOST_THREADS);
const threads = new Threads(width);

/** @param bytes how much there is to do, as far as that is known */
export const lanesFor = (bytes: number): Lanes => (bytes > INLINE_BYTES ? threadLanes(threads) : inlineLanes);

/** Begins the threads for so much work, if it is for threads: they are there when it comes. */
export function prepareLanes(bytes: number): void {
  if (bytes > INLINE_BYTES) threads.begin();
}

/** Does each task at once. */
export const inlineLanes: Lanes = {
  width: 1,
  run: async (operation, task) => (operations[operation] as (task: object) => never)(task),
};

export const threadLanes = (of: Threads): Lanes => ({
  width: of.width,
  run: (operation, task, transfer = []) => of.run(operation, task, transfer) as Promise<never>,
});

/** Bytes of one read of a source, or of the plain blocks of one read of a pack. */
export const RUN_BYTES = 4 * 1024 * 1024;
/** A data pack is closed when it reaches this. */
export const DATA_PACK_BYTES = 16 * 1024 * 1024;

/** Runs of a process that are being read or worked on, of all its images together. */
export const RUNS = 3 * width;
/** Runs of an image that are begun before the first of them is done with; those above {@link RUNS} wait for memory. */
export const RUNS_AHEAD = 4 * RUNS;
/** Memory of the whole process for backups: for each core 3 runs and 2 packs, so 90 MiB with 2 cores. */
export const runBuffers = new BufferPool(RUNS, RUN_BYTES);
/** One pack filling and one being stored, for each core. */
export const packBuffers = new BufferPool(2 * width, DATA_PACK_BYTES);
/** And for restores: 24 MiB with 2 cores. */
export const readBuffers = new BufferPool(RUNS, RUN_BYTES);
