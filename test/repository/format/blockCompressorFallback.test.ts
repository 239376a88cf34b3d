import type * as Zlib from 'node:zlib';
import { zstdDecompressSync } from 'node:zlib';
import { expect, test, vi } from 'vitest';
import { blockCompressor } from '../../../repository/format/blockCompressor.ts';
import { noise } from '../fixtures.ts';

type WriteSync = (
  flush: number,
  from: Uint8Array,
  at: number,
  length: number,
  ...to: [Uint8Array, number, number]
) => void;
interface Stream {
  _handle: { writeSync: WriteSync };
  _writeState: Uint32Array;
  destroyed: boolean;
}
const streams: Stream[] = vi.hoisted(() => []);
vi.mock(import('node:zlib'), async (original) => {
  const zlib = await original();
  const createZstdCompress: typeof Zlib.createZstdCompress = (options) => {
    const stream = zlib.createZstdCompress(options);
    streams.push(stream as unknown as Stream);
    return stream;
  };
  return { ...zlib, createZstdCompress };
});

test.each([
  ['has read a part only', ({ _writeState: state }: Stream) => (state[1] = 1)],
  ['has no room left', ({ _writeState: state }: Stream) => (state[0] = 0)],
  ['failed', (stream: Stream) => (stream.destroyed = true)],
])('a frame is made by the documented call when the context %s, and all after it are', (_, spoil) => {
  const compress = blockCompressor('loose');
  const stream = streams.at(-1) as Stream;
  const { writeSync } = stream._handle;
  const write = vi.fn<WriteSync>((...call) => {
    writeSync.apply(stream._handle, call);
    spoil(stream);
  });
  stream._handle.writeSync = write;
  for (const plain of [noise(5000, 1), Buffer.alloc(5000, 'text')]) {
    expect(zstdDecompressSync(compress(plain)).equals(plain)).toBe(true);
  }
  expect(write).toHaveBeenCalledTimes(1);
});
