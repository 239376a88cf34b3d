import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import { VHD_FOOTER_BYTES, vhdKind } from '../../azure/vhdFooter.ts';
import { StrongroomError } from '../../model/errors.ts';
import { unreadable } from './source.ts';

/** A disk image that comes as a stream: raw, or a fixed VHD, whose footer is left out. */
export interface StreamSource {
  /** Errors are SOURCE_FAILED, and INVALID_INPUT when nothing comes. */
  source: AsyncIterable<Uint8Array>;
  /** How many came so far. */
  bytes(): number;
}

export function openStreamSource(stream: Readable, signal: AbortSignal): StreamSource {
  let bytes = 0;
  const counted = async function* () {
    for await (const piece of withoutFooter(stream, signal)) {
      bytes += piece.length;
      if (piece.length > 0) yield piece;
    }
    if (bytes === 0)
      throw new StrongroomError('INVALID_INPUT', 'Standard input brought no image: there is nothing to back up.');
  };
  return { source: counted(), bytes: () => bytes };
}

async function* withoutFooter(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  addAbortSignal(signal, stream);
  // The last bytes so far: only the stream's end shows whether they are a footer.
  let held: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const isShort = chunk.length < VHD_FOOTER_BYTES;
      if (!isShort) yield held;
      const rest = isShort ? Buffer.concat([held, chunk]) : chunk;
      const cut = Math.max(0, rest.length - VHD_FOOTER_BYTES);
      yield rest.subarray(0, cut);
      held = rest.subarray(cut);
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw unreadable(`Standard input cannot be read (${(cause as NodeJS.ErrnoException).code})`, cause);
  }
  if (vhdKind(held) !== 'fixed') yield held;
}
