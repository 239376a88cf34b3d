import { BufferPool } from './pool.ts';
import { isForThreads, threads } from './processThreads.ts';
import type { Threads } from './threads.ts';
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

/** @param bytes how much there is to do, as far as that is known */
export const lanesFor = (bytes: number): Lanes => (isForThreads(bytes) ? threadLanes(threads) : inlineLanes);

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
export const RUNS = 3 * threads.width;
/** Runs of an image that are begun before the first of them is done with; those above {@link RUNS} wait for memory. */
export const RUNS_AHEAD = 4 * RUNS;
/** Memory of the whole process for backups: for each core 3 runs and 2 packs, so 90 MiB with 2 cores. */
export const runBuffers = new BufferPool(RUNS, RUN_BYTES);
/** One pack filling and one being stored, for each core. */
export const packBuffers = new BufferPool(2 * threads.width, DATA_PACK_BYTES);
/** And for restores: 24 MiB with 2 cores. */
export const readBuffers = new BufferPool(RUNS, RUN_BYTES);
