import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { blockCompressor } from '../../../repository/format/blockCompressor.ts';
import { noise } from '../fixtures.ts';

const samples = [
  Buffer.alloc(0),
  Buffer.from('x'),
  Buffer.alloc(4096, 'some text that repeats, '),
  noise(256 * 1024, 'noise'),
  Buffer.concat([noise(9000, 'mixed'), Buffer.alloc(247_000, 'and text '), noise(100, 'end')]),
  noise(4 * 1024 * 1024, 'largest block'),
  noise(512, 'small again'),
];

test('frames of the reused context are those of the documented call, one after the other', () => {
  const compress = blockCompressor('loose');
  for (const plain of samples) {
    const packed = Buffer.from(compress(plain));
    expect(zstdDecompressSync(packed).equals(plain)).toBe(true);
    const documented = zstdCompressSync(plain, {
      pledgedSrcSize: plain.length,
      params: {
        [constants.ZSTD_c_compressionLevel]: 2,
        [constants.ZSTD_c_hashLog]: 15,
        [constants.ZSTD_c_chainLog]: 12,
      },
    });
    expect(packed.equals(documented)).toBe(true); // So its head has the content's size too.
  }
});

test('dense frames come back as well, from memory that threads share', () => {
  const compress = blockCompressor('dense');
  for (const plain of samples) {
    const shared = new Uint8Array(new SharedArrayBuffer(plain.length));
    shared.set(plain);
    expect(zstdDecompressSync(compress(shared)).equals(plain)).toBe(true);
  }
});
