import { Worker } from 'node:worker_threads';

/** Bytes to hash: `length` of a file at `position`, or zeros when there is no file. */
export interface HashPiece {
  path: string | undefined;
  position: number;
  length: number;
}

/** SHA-256 (hex) over the pieces in order, on a thread of its own: gigabytes of holes must not stop the world. */
export function sha256OfPieces(parts: HashPiece[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./hashWorker.ts', import.meta.url), { workerData: parts, execArgv: [] });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the hash thread ended without an answer')));
  });
}
