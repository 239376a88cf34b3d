import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentSize, decompress } from '../../../repository/format/decompressor.ts';
import { noise } from '../fixtures.ts';

const LIMIT = 8 * 1024 * 1024;
const sizes = [1, 20, 255, 256, 257, 4096, 65_791, 65_792, 262_144, 4 * 1024 * 1024, 4 * 1024 * 1024 + 1];

/** Half of it compresses. */
const content = (size: number) =>
  Buffer.concat([noise(Math.ceil(size / 2), size), Buffer.alloc(Math.floor(size / 2), 7)]);
const framed = (plain: Buffer) => zstdCompressSync(plain, { pledgedSrcSize: plain.length });

describe('decompressing', () => {
  it.each(sizes)('%i bytes come back, in memory of their own', (size) => {
    const plain = content(size);
    const frame = framed(plain);
    expect(contentSize(frame)).toBe(size);
    const [first, second] = [decompress(frame, LIMIT), decompress(frame, size)];
    expect(first.equals(plain)).toBe(true);
    first.fill(0);
    expect(second.equals(plain)).toBe(true);
  });

  it('frames that do not tell their size, and several in a row, are left to the documented call', () => {
    const plain = content(5000);
    const whole = framed(plain);
    const twice = Buffer.concat([whole, whole]);
    expect(decompress(twice, LIMIT).equals(zstdDecompressSync(twice))).toBe(true);
    expect(decompress(whole, LIMIT).equals(plain)).toBe(true);
    expect(decompress(framed(Buffer.alloc(0)), LIMIT).length).toBe(0);
  });

  it('what is damaged, cut or too large is refused, and leaves nothing to the next', () => {
    const [plain, other] = [content(10_000), content(9_000)];
    const frame = framed(plain);
    const good = framed(other);
    for (let length = 0; length < frame.length; length += 97) {
      expect(() => decompress(frame.subarray(0, length), LIMIT)).toThrow();
      expect(decompress(good, LIMIT).equals(other)).toBe(true);
    }
    for (let at = 0; at < 40; at++) {
      const damaged = Buffer.from(frame);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x55, at);
      try {
        decompress(damaged, LIMIT);
      } catch {
        // Or it is other content: telling that is for whoever knows the identity.
      }
      expect(decompress(good, LIMIT).equals(other)).toBe(true);
    }
    expect(() => decompress(frame, plain.length - 1)).toThrow();
    expect(() => decompress(Buffer.alloc(0), LIMIT)).toThrow();
  });
});
