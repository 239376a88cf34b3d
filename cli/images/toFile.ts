import type { Extent, ImageReader } from '../../repository/index.ts';
import type { FileTarget } from './fileTarget.ts';

/** How far: `compare` what an earlier try left, `clear` what an old device holds, `copy` the rest. Bytes. */
export interface RestoreProgress {
  phase: 'compare' | 'clear' | 'copy';
  done: number;
  total: number;
}

/**
 * Writes an image to a file or device: nothing where the image is zeros and the target too. What an interrupted try left is
 * compared with the image, and put right where it differs.
 * @param footer stands behind the disk
 * @returns blocks that an earlier try had left wrong or unwritten
 */
export async function writeToFile(
  target: FileTarget,
  image: ImageReader,
  footer: Uint8Array | undefined,
  signal: AbortSignal,
  onProgress: (progress: RestoreProgress) => void,
): Promise<number> {
  const wrong = await compare(target, image, signal, onProgress);
  const rest = { offset: target.done, length: image.size - target.done };
  if (!target.isSparse) await clearHoles(target, image, rest, signal, onProgress);
  let done = target.done;
  const write = async (offset: number, data: Uint8Array): Promise<void> => {
    await target.write(offset, data);
    done = Math.max(done, offset + data.length);
    onProgress({ phase: 'copy', done, total: image.size });
  };
  if (rest.length > 0) await image.copy(write, signal, rest);
  if (footer) await target.write(image.size, footer);
  await target.finish();
  return wrong;
}

async function compare(
  target: FileTarget,
  image: ImageReader,
  signal: AbortSignal,
  onProgress: (progress: RestoreProgress) => void,
): Promise<number> {
  const { size, blockSize } = image;
  let wrong = 0;
  for (let offset = 0; offset < target.done; offset += blockSize) {
    signal.throwIfAborted();
    const length = Math.min(blockSize, size - offset);
    if (!(await image.holds(offset, await target.read(offset, length)))) {
      await target.write(offset, await image.read(offset, length, signal));
      wrong++;
    }
    onProgress({ phase: 'compare', done: offset + length, total: target.done });
  }
  return wrong;
}

/** Writes zeros where the image has holes. */
async function clearHoles(
  target: FileTarget,
  image: ImageReader,
  rest: Extent,
  signal: AbortSignal,
  onProgress: (progress: RestoreProgress) => void,
): Promise<void> {
  const end = rest.offset + rest.length;
  let at = rest.offset;
  const clearTo = async (offset: number): Promise<void> => {
    signal.throwIfAborted();
    if (offset > at) await target.writeZeros(at, offset - at);
  };
  for await (const extent of image.extents(rest)) {
    await clearTo(Math.min(extent.offset, end));
    at = Math.max(at, extent.offset + extent.length);
    onProgress({ phase: 'clear', done: at, total: end });
  }
  await clearTo(end);
}
