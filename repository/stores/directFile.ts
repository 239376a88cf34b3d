import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { PAGE_BYTES, startsPage } from '../pages.ts';

/** Less is not worth a way of its own. */
const LEAST_BYTES = 64 * 1024;

/**
 * A file or block device that is written past the page cache (`O_DIRECT`): large amounts that nobody reads next cost the kernel
 * more time there than on the disk (docs/performance.md). What cannot go that way is left to the caller.
 */
export interface DirectFile {
  /**
   * Writes from the start of `data` what can be written directly.
   * @returns how many bytes; 0 when the memory, the place or the file system is not made for it
   * @throws the system's error, as for a write
   */
  write(offset: number, data: Uint8Array): Promise<number>;
  close(): Promise<void>;
}

/** @param path of a file that is there and is written in the usual way too */
export async function openDirectFile(path: string): Promise<DirectFile> {
  let file = await openOrNot(path);
  return {
    async write(offset, data) {
      const most = data.length - (data.length % PAGE_BYTES);
      if (most < LEAST_BYTES || offset % PAGE_BYTES !== 0 || !startsPage(data)) return 0;
      let done = 0;
      while (file && done < most && done % PAGE_BYTES === 0) {
        try {
          done += (await file.write(data, done, most - done, offset + done)).bytesWritten;
        } catch (cause) {
          if (!isRefusal(cause)) throw cause;
          const refused = file;
          file = undefined;
          await refused?.close();
        }
      }
      return done;
    },
    async close() {
      await file?.close();
    },
  };
}

/** Not every system has the flag, and not every file system takes it. */
async function openOrNot(path: string): Promise<FileHandle | undefined> {
  const { O_WRONLY, O_DIRECT } = constants;
  if (O_DIRECT === undefined) return undefined;
  return open(path, O_WRONLY | O_DIRECT).catch((cause: unknown) => {
    if (isRefusal(cause)) return undefined;
    throw cause;
  });
}

/** `EINVAL`: not supported at all (open), or for larger pages only (write). */
const isRefusal = (cause: unknown): boolean =>
  ['EINVAL', 'EOPNOTSUPP', 'ENOTSUP'].includes((cause as NodeJS.ErrnoException).code ?? '');
