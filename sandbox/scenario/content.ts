import { createCipheriv } from 'node:crypto';

/**
 * What a generated disk holds: regions of log text (compresses well), of random bytes (does not), of repeats (deduplicates)
 * and holes. The same seed gives the same bytes.
 */

const MiB = 1024 * 1024;

/** `length` pseudo-random bytes, different for every (seed, position). */
export function randomBytesOf(seed: string, position: number, length: number): Buffer {
  const key = Buffer.alloc(16);
  key.write(seed.slice(0, 16));
  const counter = Buffer.alloc(16);
  counter.writeBigUInt64BE(BigInt(position), 0);
  return createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(length));
}

function logText(seed: string, position: number): Buffer {
  const noise = randomBytesOf(seed, position, 64 * 1024);
  let text = '';
  for (let at = 0; text.length < MiB; at = (at + 7) % (noise.length - 8)) {
    const line = position + text.length;
    text += `2026-11-21T10:${noise[at]! % 60}:${noise[at + 1]! % 60}Z host-${noise[at + 2]! % 12} app[${line}]: request /orders/${noise.readUInt32BE(at + 3)} took ${noise[at + 1]} ms status=200\n`;
  }
  return Buffer.from(text.slice(0, MiB), 'latin1');
}

/** The regions of a disk with about `bytes` of data, spread over its size with holes between them, in order. */
export function* diskContent(seed: string, size: number, bytes: number): Generator<{ offset: number; data: Buffer }> {
  const regions = Math.floor(bytes / MiB);
  const stride = Math.max(1, Math.floor(size / MiB / regions));
  for (let i = 0; i < regions; i++) {
    const offset = i * stride * MiB;
    const kind = i % 8;
    const data =
      kind < 4
        ? logText(seed, offset)
        : kind < 7
          ? randomBytesOf(seed, offset, MiB)
          : randomBytesOf('the same', 0, MiB);
    yield { offset, data };
  }
}
