import { blockCompressor } from './blockCompressor.ts';
import type { Compress, Content, Density } from './blockCompressor.ts';
import { decompress } from './decompressor.ts';

/** What is sealed: one codec byte, then the content raw or as a zstd frame (docs/format.md, section 5). */
export type Frame = readonly [codec: Buffer, body: Uint8Array];

const RAW = Buffer.of(0);
const ZSTD = Buffer.of(1);

const smaller = (plain: Uint8Array, packed: Uint8Array): Frame =>
  packed.length < plain.length - plain.length / 32 ? [ZSTD, packed] : [RAW, plain];

const compressors = new Map<Content, Compress>();

function compress(plain: Uint8Array, content: Content): Uint8Array {
  const compressor = compressors.get(content) ?? blockCompressor(content);
  compressors.set(content, compressor);
  return compressor(plain);
}

/** For blocks. The frame is good until the next one is made. */
export const frameBlock = (plain: Uint8Array, density: Density): Frame => smaller(plain, compress(plain, density));

/** For small things: pages, directories, points. */
export const frameSmall = (plain: Uint8Array): Frame => smaller(plain, Buffer.from(compress(plain, 'small')));

/** The content of a frame of at most `limit` bytes, or undefined when it is none. */
export function unframe(framed: Buffer, limit: number): Buffer | undefined {
  const body = framed.subarray(1);
  if (framed[0] === RAW[0]) return body.length <= limit ? body : undefined;
  if (framed[0] !== ZSTD[0]) return undefined;
  try {
    return decompress(body, limit);
  } catch {
    return undefined;
  }
}
