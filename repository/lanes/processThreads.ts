import { availableParallelism } from 'node:os';
import { Threads } from './threads.ts';

/** Work below this is done before threads would have begun. */
const INLINE_BYTES = 64 * 1024 * 1024;
/** More cores than this are not used: each takes memory (lanes.ts). */
const MOST_THREADS = 8;

/** The threads of this process. */
export const threads = new Threads(Math.min(availableParallelism(), MOST_THREADS));

/** @param bytes how much there is to do, as far as that is known */
export const isForThreads = (bytes: number): boolean => bytes > INLINE_BYTES;

/**
 * Begins the threads for so much work, if it is for threads: they load their program while this one loads the rest of its own, and
 * are there when work comes.
 */
export function prepareLanes(bytes: number): void {
  if (isForThreads(bytes)) threads.begin();
}
