import type { ImageReader } from '../../repository/index.ts';
import type { Io } from '../io/io.ts';
import { zeros } from './zeros.ts';

/**
 * Writes an image to standard output, zeros included.
 * @param footer stands behind the disk
 * @throws what the image throws; an abort of the signal
 */
export async function writeToStream(
  { stdout, signal }: Io,
  image: ImageReader,
  footer: Uint8Array | undefined,
  onProgress: (done: number) => void,
): Promise<void> {
  let at = 0;
  const put = async (data: Uint8Array): Promise<void> => {
    signal.throwIfAborted();
    at += data.length;
    if (!stdout.write(data)) await drained(stdout, signal);
    onProgress(Math.min(at, image.size));
  };
  const fill = async (end: number): Promise<void> => {
    for (const piece of zeros(end - at)) await put(piece);
  };
  for await (const { offset, data } of image.blocks(signal)) {
    await fill(offset);
    await put(data);
  }
  await fill(image.size);
  if (footer) await put(footer);
}

/** Whoever reads may go away: then the signal comes instead. */
async function drained(stdout: Io['stdout'], signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  stdout.once('drain', resolve);
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
}
