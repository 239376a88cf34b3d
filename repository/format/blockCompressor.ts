import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Level 2 of zstd on blocks of programs: 3 % fewer bytes than level 1 for a quarter more time, and level 3 saves half as much
 * again for twice the time (docs/performance.md).
 */
const LEVEL = 2;
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
export function blockCompressor(): Compress {
  const reused = reusedContext();
  return reused && works(reused) ? reused : oneShot;
}

function oneShot(plain: Uint8Array): Uint8Array {
  return zstdCompressSync(plain, {
    // One output chunk that surely suffices: the library would join several.
    chunkSize: plain.length + plain.length / 128 + ROOM,
    pledgedSrcSize: plain.length,
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  });
}

function reusedContext(): Compress | undefined {
  const { _handle: handle, _writeState: state } = createZstdCompress({
    params: { [constants.ZSTD_c_compressionLevel]: LEVEL },
  }) as unknown as Partial<Internals>;
  if (!handle || !state) return undefined;
  let output = new Uint8Array(ROOM);
  return (plain) => {
    const room = Math.ceil(plain.length * (1 + 1 / 128)) + ROOM;
    if (output.length < room) output = new Uint8Array(room);
    handle.writeSync(constants.ZSTD_e_end, plain, 0, plain.length, output, 0, output.length);
    const [left = 0] = state;
    return output.subarray(0, output.length - left);
  };
}

/** Whether two frames in a row come out as they should. */
function works(compress: Compress): boolean {
  const probe = Buffer.alloc(3000, 'what is compressed comes back ');
  try {
    return [probe, probe.subarray(7)].every((plain) => {
      const packed = compress(plain);
      return packed.length < 200 && zstdDecompressSync(packed).equals(plain);
    });
  } catch {
    return false;
  }
}
