import type { Io } from '../io/io.ts';
import { zeros } from './target.ts';
import type { Target } from './target.ts';

/** Writes an image of `size` bytes to standard output, zeros included. */
export function streamTarget({ stdout, signal }: Io, size: number): Target {
  let at = 0;
  const put = async (data: Buffer): Promise<void> => {
    signal.throwIfAborted();
    at += data.length;
    if (stdout.write(data)) return;
    // Who reads may go away: then the signal comes instead.
    await new Promise<void>((resolve) => {
      const go = () => {
        stdout.off('drain', go);
        signal.removeEventListener('abort', go);
        resolve();
      };
      stdout.on('drain', go);
      signal.addEventListener('abort', go);
    });
  };
  const fill = async (end: number): Promise<void> => {
    for (const piece of zeros(end - at)) await put(piece);
  };
  return {
    async write(offset, data) {
      await fill(offset);
      await put(data);
    },
    async finish(footer) {
      await fill(size);
      if (footer) await put(footer);
    },
    close: async () => undefined,
  };
}
