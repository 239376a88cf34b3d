import { constants, createZstdDecompress, zstdDecompressSync } from 'node:zlib';

/** Of Node's decompression streams, what lies below the documented calls: synchronous, into memory that is there. */
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

/** Gives undefined when the frame cannot be decompressed this way: it must not be called again then. */
type Reused = (frame: Uint8Array, into: Buffer) => Buffer | undefined;

/** Room for a block in one piece; what may be larger comes in several. */
const MAX_CHUNK = 4 * 1024 * 1024;

let reused: Reused | undefined;

/**
 * The content of a zstd frame of at most `limit` bytes, in memory of its own. Frames that tell their content's size, as ours do,
 * go through one context that is used again and again: the documented call makes a new one for each, 100 KB that
 * wait for the garbage collector. Whatever that context does not take, the documented call does.
 * @throws what the documented call throws
 */
export function decompress(frame: Uint8Array, limit: number): Buffer {
  const size = contentSize(frame);
  if (size !== undefined && size > 0 && size <= Math.min(limit, MAX_CHUNK)) {
    reused ??= reusedContext();
    const content = reused?.(frame, Buffer.allocUnsafeSlow(size));
    if (content) return content;
    reused = undefined; // What it holds of this frame would go into the next.
  }
  return zstdDecompressSync(frame, {
    maxOutputLength: limit,
    chunkSize: Math.max(64, Math.min(limit, MAX_CHUNK)),
  });
}

/** What a zstd frame says of its content's size (RFC 8878, 3.1.1.1), if it does and it is no more than 4 bytes long. */
export function contentSize(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.length < 6) return undefined;
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & 0x20) !== 0;
  const at = 5 + (isSingle ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  const bytes = [isSingle ? 1 : 0, 2, 4, 0][descriptor >> 6]!;
  if (bytes === 0 || frame.length < at + bytes) return undefined;
  if (bytes === 1) return view.getUint8(at);
  return bytes === 2 ? view.getUint16(at, true) + 256 : view.getUint32(at, true);
}

function reusedContext(): Reused | undefined {
  const stream = createZstdDecompress();
  const { _handle: handle, _writeState: state } = stream as unknown as Partial<Internals>;
  if (!handle || !state) return undefined;
  stream.on('error', () => undefined); // Seen by `destroyed`, which an error sets at once.
  return (frame, into) => {
    handle.writeSync(constants.ZSTD_e_end, frame, 0, frame.length, into, 0, into.length);
    const [left, unread] = state;
    return left === 0 && unread === 0 && !stream.destroyed ? into : undefined;
  };
}
