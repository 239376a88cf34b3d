import type { FileHandle } from 'node:fs/promises';
import type { Extent } from '../../model/extents.ts';

/** A hole that is smaller is read: finding it costs more. */
const LEAST_HOLE = 1024 * 1024;
/** Of a file in more pieces, small holes are read too: bounds memory. */
const MOST_EXTENTS = 100_000;
/** After so many questions, others have their turn. */
const IN_A_ROW = 1000;

/** Of lseek(2), on Linux. */
const SEEK_DATA = 3;
const SEEK_HOLE = 4;

/** Where the next data, or the next hole, begins at or behind an offset; undefined when there is none. @throws when that cannot be told */
type Seek = (offset: number, whence: typeof SEEK_DATA | typeof SEEK_HOLE) => number | undefined;

/**
 * Where a sparse file has data, as its file system tells; all else reads as zeros. What is still on its way to the disk is
 * waited for first: file systems were wrong about such data.
 * @param size bytes of the file
 * @returns undefined when this system or file system cannot tell
 */
export async function dataExtents(file: FileHandle, size: number): Promise<Extent[] | undefined> {
  const seek = await seekIn(file);
  if (!seek) return undefined;
  try {
    await file.sync();
    return await findData(seek, size);
  } catch {
    return undefined;
  }
}

/** @throws what `seek` throws */
export async function findData(seek: Seek, size: number, most = MOST_EXTENTS): Promise<Extent[]> {
  let least = LEAST_HOLE;
  let found: Extent[] = [];
  let questions = 0;
  for (let at = 0; at < size;) {
    const start = seek(at, SEEK_DATA);
    if (start === undefined || start >= size) break;
    at = Math.min(seek(start, SEEK_HOLE) ?? size, size);
    addExtent(found, { offset: start, length: at - start }, least);
    while (found.length > most) found = withoutHoles(found, (least *= 4));
    if (++questions % IN_A_ROW === 0) await new Promise(setImmediate);
  }
  return found;
}

function withoutHoles(extents: readonly Extent[], least: number): Extent[] {
  const joined: Extent[] = [];
  for (const extent of extents) addExtent(joined, extent, least);
  return joined;
}

function addExtent(extents: Extent[], { offset, length }: Extent, least: number): void {
  const last = extents.at(-1);
  if (last && offset - (last.offset + last.length) < least) last.length = offset + length - last.offset;
  else extents.push({ offset, length });
}

/** Node.js has no lseek(2): it is called in the C library. Undefined where that is none of Linux. */
async function seekIn({ fd }: FileHandle): Promise<Seek | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { default: koffi } = await import('koffi').catch(() => ({ default: undefined }));
  if (!koffi) return undefined;
  const lseek = koffi.load(null).func('int64_t lseek(int fd, int64_t offset, int whence)');
  return (offset, whence) => {
    const found = Number(lseek(fd, offset, whence));
    if (found >= 0) return found;
    const code = koffi.errno();
    if (code === koffi.os.errno.ENXIO) return undefined;
    throw new Error(`lseek failed: errno ${code}`);
  };
}
