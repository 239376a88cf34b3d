import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import { VHD_FOOTER_BYTES, vhdKind } from '../../azure/vhdFooter.ts';
import { unreadable } from './source.ts';

/**
 * The bytes of a disk image that a stream brings: raw, or a fixed VHD, whose footer is left out.
 * @throws SOURCE_FAILED
 */
export async function* readImageStream(stream: Readable, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  addAbortSignal(signal, stream);
  // The last bytes so far: only the stream's end shows whether they are a footer.
  let held: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (chunk.length < VHD_FOOTER_BYTES) {
        const both = Buffer.concat([held, chunk]);
        const cut = Math.max(0, both.length - VHD_FOOTER_BYTES);
        if (cut > 0) yield both.subarray(0, cut);
        held = both.subarray(cut);
      } else {
        if (held.length > 0) yield held;
        const cut = chunk.length - VHD_FOOTER_BYTES;
        if (cut > 0) yield chunk.subarray(0, cut);
        held = chunk.subarray(cut);
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable(`Standard input cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  if (held.length > 0 && vhdKind(held) !== 'fixed') yield held;
}
