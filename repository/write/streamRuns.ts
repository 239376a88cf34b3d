import { runBuffers } from '../lanes/lanes.ts';

const SECTOR = 512;

/**
 * Cuts a stream into runs of `most` bytes, the last one filled with zeros to a whole sector. Who takes a run gives its memory
 * back. Does not wait for a stream that is silent when it is aborted.
 */
export async function* cutStream(
  source: AsyncIterable<Uint8Array>,
  most: number,
  signal?: AbortSignal,
): AsyncGenerator<{ memory: SharedArrayBuffer; length: number }> {
  const chunks = source[Symbol.asyncIterator]();
  const aborted = whenAborted(signal);
  let memory: SharedArrayBuffer | undefined;
  let length = 0;
  try {
    for (;;) {
      const next = await Promise.race([chunks.next(), aborted]);
      if (next.done) break;
      let chunk: Uint8Array = next.value;
      while (chunk.length > 0) {
        memory ??= await runBuffers.take();
        const part = chunk.subarray(0, most - length);
        new Uint8Array(memory).set(part, length);
        length += part.length;
        chunk = chunk.subarray(part.length);
        if (length < most) continue;
        const full = { memory, length };
        memory = undefined;
        length = 0;
        yield full;
      }
    }
    if (memory) {
      const end = Math.ceil(length / SECTOR) * SECTOR;
      new Uint8Array(memory).fill(0, length, end);
      const last = { memory, length: end };
      memory = undefined;
      yield last;
    }
  } finally {
    if (memory) runBuffers.give(memory);
    chunks.return?.().catch(() => undefined);
  }
}

/** Never resolves; rejects with the reason of the abort. */
function whenAborted(signal?: AbortSignal): Promise<never> {
  const aborted = new Promise<never>((_, reject) => {
    const stop = () => reject(signal?.reason as Error);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
  aborted.catch(() => undefined);
  return aborted;
}
