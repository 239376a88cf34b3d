import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * How blocks are compressed, measured on blocks of programs (docs/performance.md). `loose` is level 2 with tables that fit
 * blocks of 256 KiB: what compresses well gains most from it. Level 1 gives nearly as much for the others: with long matches
 * only for `medium` blocks, with shorter ones too for `dense` blocks. `small` is for all else: pages, directories, points.
 */
const params = {
  loose: {
    [constants.ZSTD_c_compressionLevel]: 2,
    [constants.ZSTD_c_hashLog]: 15,
    [constants.ZSTD_c_chainLog]: 12,
  },
  medium: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_hashLog]: 16,
    [constants.ZSTD_c_minMatch]: 6,
  },
  dense: {
    [constants.ZSTD_c_compressionLevel]: 1,
    [constants.ZSTD_c_hashLog]: 16,
    [constants.ZSTD_c_minMatch]: 5,
  },
  small: { [constants.ZSTD_c_compressionLevel]: 3 },
} as const;
export type Content = keyof typeof params;
/** What a block is like. */
export type Density = Exclude<Content, 'small'>;
export const densities: readonly Density[] = ['loose', 'medium', 'dense'];

/** @param left part of a block that is left when it is compressed */
export const densityOf = (left: number): Density => (left <= 0.15 ? 'loose' : left <= 0.4 ? 'medium' : 'dense');

/** More than zstd ever adds to what it cannot compress. */
const ROOM = 1024;

/** Of Node's compression streams, what lies below the documented calls: synchronous, into memory that is there. */
interface Internals {
  _handle: {
    writeSync(
      flush: number,
      from: Uint8Array,
      fromAt: number,
      fromLength: number,
      to: Uint8Array,
      toAt: number,
      toLength: number,
    ): void;
  };
  /** Bytes left of `to` and of `from` after a call. */
  _writeState: Uint32Array;
}

export type Compress = (plain: Uint8Array) => Uint8Array;

/**
 * Makes a function that compresses blocks to one zstd frame each, with its content size. What it gives is good until the
 * next call. It uses one context again and again: the documented one-shot call makes a new one, with new memory, for
 * every block, which takes a sixth of the time. A Node whose internals are others gets the documented call.
 */
export function blockCompressor(content: Content): Compress {
  const reused = reusedContext(content);
  const documented = oneShot(content);
  if (!reused || !works(reused)) return documented;
  let compress: Compress = (plain) => {
    const frame = reused(plain);
    if (frame) return frame;
    compress = documented; // What the context holds of this block would go into the next.
    return documented(plain);
  };
  return (plain) => compress(plain);
}

const oneShot =
  (content: Content): Compress =>
  (plain) =>
    zstdCompressSync(plain, {
      // One output chunk that surely suffices: the library would join several.
      chunkSize: roomFor(plain),
      pledgedSrcSize: plain.length,
      params: params[content],
    });

const roomFor = ({ length }: Uint8Array): number => Math.ceil(length * (1 + 1 / 128)) + ROOM;

/** Gives undefined when the frame is not all that it should be: it must not be called again then. */
type Reused = (plain: Uint8Array) => Uint8Array | undefined;

function reusedContext(content: Content): Reused | undefined {
  const stream = createZstdCompress({ params: params[content] });
  const { _handle: handle, _writeState: state } = stream as unknown as Partial<Internals>;
  if (!handle || !state) return undefined;
  stream.on('error', () => undefined); // Seen by `destroyed`, which an error sets at once.
  let output = new Uint8Array(ROOM);
  return (plain) => {
    const room = roomFor(plain);
    if (output.length < room) output = new Uint8Array(room);
    handle.writeSync(constants.ZSTD_e_end, plain, 0, plain.length, output, 0, output.length);
    const [left = 0, unread] = state;
    const isWhole = unread === 0 && left > 0 && !stream.destroyed;
    return isWhole ? output.subarray(0, output.length - left) : undefined;
  };
}

/** Whether two frames in a row come out as they should. */
function works(compress: Reused): boolean {
  const probe = Buffer.alloc(3000, 'what is compressed comes back ');
  try {
    return [probe, probe.subarray(7)].every((plain) => {
      const packed = compress(plain);
      return packed !== undefined && packed.length < 200 && zstdDecompressSync(packed).equals(plain);
    });
  } catch {
    return false;
  }
}
