import { promisify } from 'node:util';
import { constants, zstdCompressSync, zstdDecompress, zstdDecompressSync } from 'node:zlib';
import { limiter } from '../flow.ts';
import { blockCompressor } from './blockCompressor.ts';
import type { Compress, Density } from './blockCompressor.ts';

/** What is sealed: one codec byte, then the content raw or as a zstd frame (docs/format.md, section 5). */
export type Frame = readonly [codec: Buffer, body: Uint8Array];

const RAW = Buffer.of(0);
const ZSTD = Buffer.of(1);

const PAGE_LEVEL = 3;

/** Each call in the thread pool holds about a megabyte of zstd's own: no more of them than keep the pool busy. */
const inPool = limiter(8);

/** Room for a block in one piece; what may be larger comes in several. */
const MAX_CHUNK = 4 * 1024 * 1024;

const decompress = promisify(zstdDecompress);

const smaller = (plain: Uint8Array, packed: Uint8Array): Frame =>
  packed.length < plain.length - plain.length / 32 ? [ZSTD, packed] : [RAW, plain];

const compressors = new Map<Density, Compress>();

/** For blocks. The frame is good until the next one is made. */
export function frameBlock(plain: Uint8Array, density: Density): Frame {
  const compress = compressors.get(density) ?? blockCompressor(density);
  compressors.set(density, compress);
  return smaller(plain, compress(plain));
}

/** For small things: pages, directories, points. */
export function frameSync(plain: Uint8Array): Frame {
  const packed = zstdCompressSync(plain, {
    // One output chunk that surely suffices: the library would join several.
    chunkSize: Math.max(64, plain.length + 512),
    pledgedSrcSize: plain.length,
    params: { [constants.ZSTD_c_compressionLevel]: PAGE_LEVEL },
  });
  return smaller(plain, packed);
}

/** The content of a frame of at most `limit` bytes, or undefined when it is none. Decompresses in the thread pool. */
export async function unframe(framed: Buffer, limit: number): Promise<Buffer | undefined> {
  const body = framed.subarray(1);
  if (framed[0] === RAW[0]) return body.length <= limit ? body : undefined;
  if (framed[0] !== ZSTD[0]) return undefined;
  const chunkSize = Math.max(64, limit);
  return inPool(() => decompress(body, { maxOutputLength: limit, chunkSize })).catch(() => undefined);
}

/** As {@link unframe}, for small things. */
export function unframeSync(framed: Buffer, limit: number): Buffer | undefined {
  const body = framed.subarray(1);
  if (framed[0] === RAW[0]) return body.length <= limit ? body : undefined;
  if (framed[0] !== ZSTD[0]) return undefined;
  try {
    return zstdDecompressSync(body, { maxOutputLength: limit, chunkSize: Math.max(64, Math.min(limit, MAX_CHUNK)) });
  } catch {
    return undefined;
  }
}
