import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { HashPiece } from './hash.ts';

const CHUNK = 4 * 1024 * 1024;
const hash = createHash('sha256');
const zeros = Buffer.alloc(CHUNK);
const buffer = Buffer.allocUnsafe(CHUNK);

for (const piece of workerData as HashPiece[]) {
  let done = 0;
  while (done < piece.length) {
    const length = Math.min(CHUNK, piece.length - done);
    if (piece.descriptor === undefined) {
      hash.update(length === CHUNK ? zeros : zeros.subarray(0, length));
      done += length;
      continue;
    }
    const count = readSync(piece.descriptor, buffer, 0, length, piece.offset + done);
    if (count === 0) throw new Error('a layer is shorter than its map says');
    hash.update(buffer.subarray(0, count));
    done += count;
  }
}
parentPort!.postMessage(hash.digest('hex'));
