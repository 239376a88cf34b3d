/** The program of a thread: does the tasks that it is sent. A file of its own in every bundle. */
import { parentPort } from 'node:worker_threads';
import { densities } from '../format/blockCompressor.ts';
import { frameBlock } from '../format/frame.ts';
import { release } from '../format/release.ts';
import type { Answer, Request } from './threads.ts';
import { operations } from './work.ts';

// What the first blocks would wait for.
for (const density of densities) frameBlock(Buffer.alloc(64 * 1024), density);

parentPort?.on('message', ({ id, operation, task, transfer }: Request) => {
  const answer: Answer = { id };
  try {
    const work = operations[operation as keyof typeof operations] as (task: object) => unknown;
    answer.result = work(task);
  } catch (error) {
    answer.error = error instanceof Error ? error.message : String(error);
  }
  for (const buffer of transfer) release(new Uint8Array(buffer));
  parentPort?.postMessage(answer);
});
