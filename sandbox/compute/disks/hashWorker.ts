import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashPiece } from './hash.ts';
import { OpenFiles } from './openFiles.ts';

const CHUNK = 4 * 1024 * 1024;
const hash = createHash('sha256');
const zeros = Buffer.alloc(CHUNK);
const buffer = Buffer.allocUnsafe(CHUNK);
const files = new OpenFiles();

for (const { path, position, length } of workerData as HashPiece[]) {
  for (let done = 0; done < length;) {
    const wanted = Math.min(CHUNK, length - done);
    const count =
      path === undefined ? wanted : files.use(path, (fd) => readSync(fd, buffer, 0, wanted, position + done));
    if (count === 0) throw new Error('a layer is shorter than its map says');
    hash.update((path === undefined ? zeros : buffer).subarray(0, count));
    done += count;
  }
}
files.close();
parentPort!.postMessage(hash.digest('hex'));
