import { open, readFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Stats } from 'node:fs';
import { VHD_FOOTER_BYTES, vhdKind } from '../../azure/vhdFooter.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { Extent } from '../../model/extents.ts';
import { dataExtents } from './holes.ts';

const SECTOR = 512;

/** A disk image that is read: a raw file, a fixed VHD or a block device. */
export interface ImageSource {
  name: string;
  /** Bytes of the disk, a multiple of 512. */
  size: number;
  /** What a person should know of it. */
  note?: string;
  /**
   * Where a sparse file has data; undefined when all of it is to be read.
   * See {@link dataExtents}.
   */
  allocated(): Promise<Extent[] | undefined>;
  /** Fills `into`; zeros behind the file's end, where sectors ask for them. @throws SOURCE_FAILED */
  read(offset: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** @throws INVALID_INPUT, NOT_FOUND */
export async function openImageSource(path: string): Promise<ImageSource> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new StrongroomError('NOT_FOUND', `There is no image ${path}: check its path.`, { cause });
    throw new StrongroomError('INVALID_INPUT', `The image ${path} cannot be opened (${cause.code}).`, { cause });
  });
  try {
    const stats = await file.stat();
    const stored = await bytesOf(path, stats);
    const { disk, note } = await diskOf(path, file, stored);
    const size = Math.ceil(disk / SECTOR) * SECTOR;
    return {
      name: basename(path),
      size,
      ...(note ? { note } : {}),
      allocated: async () => (isSparse(stats) ? dataExtents(file, disk) : undefined),
      read: (offset, into) => readFully(path, file, offset, into, disk),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Whether a file takes less room than it has bytes. */
const isSparse = (stats: Stats): boolean => stats.isFile() && stats.blocks * SECTOR < stats.size;

/** Bytes of the file or block device. @throws INVALID_INPUT when it is neither, or empty */
async function bytesOf(path: string, stats: Stats): Promise<number> {
  const what = stats.isDirectory() ? 'a folder' : stats.isFIFO() || stats.isSocket() ? 'a pipe' : 'no disk image';
  if (!stats.isFile() && !stats.isBlockDevice()) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `${path} is ${what}: an image is a file or a block device, or "-" for standard input.`,
    );
  }
  const size = stats.isFile() ? stats.size : await blockDeviceBytes(stats.rdev);
  if (size === 0)
    throw new StrongroomError('INVALID_INPUT', `The image ${path} is empty: there is nothing to back up.`);
  return size;
}

/** Bytes of a block device, as the kernel counts it. */
export async function blockDeviceBytes(device: number): Promise<number> {
  // Numbers as glibc packs them (makedev).
  const major = Math.floor(device / 256) % 4096;
  const minor = (device % 256) + Math.floor(device / 2 ** 20) * 256;
  return Number(await readFile(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * SECTOR;
}

/** How files begin that hold a disk in another way than byte for byte; the names are those of `qemu-img convert -f`. */
const containers = [
  { format: 'qcow2', begins: 'QFI\xfb' },
  { format: 'vmdk', begins: 'KDMV' },
  { format: 'vhdx', begins: 'vhdxfile' },
  { format: 'vpc', begins: 'conectix' },
];

/** @throws INVALID_INPUT for a file that is no plain image of its disk */
async function refuseContainers(path: string, file: FileHandle, stored: number): Promise<void> {
  const head = Buffer.alloc(8);
  await readFully(path, file, 0, head, stored);
  const found = containers.find(({ begins }) => head.toString('latin1').startsWith(begins));
  if (found) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `${path} is a ${found.format} file, which is no plain image of its disk: make one with ` +
        `"qemu-img convert -f ${found.format} -O raw". To back the file itself up, give it on standard input.`,
    );
  }
}

/** Bytes of the disk in it: a fixed VHD has a footer behind the disk. @throws INVALID_INPUT for other kinds of VHD */
async function diskOf(path: string, file: FileHandle, stored: number): Promise<{ disk: number; note?: string }> {
  await refuseContainers(path, file, stored);
  if (stored > VHD_FOOTER_BYTES) {
    const footer = Buffer.alloc(VHD_FOOTER_BYTES);
    await readFully(path, file, stored - VHD_FOOTER_BYTES, footer, stored);
    const kind = vhdKind(footer);
    if (kind === 'fixed')
      return {
        disk: stored - VHD_FOOTER_BYTES,
        note: `${path} is a fixed VHD: its disk is backed up, not its footer.`,
      };
    if (kind === 'other') {
      throw new StrongroomError(
        'INVALID_INPUT',
        `${path} is a dynamic or differencing VHD, which is no plain image of its disk: make one with "qemu-img convert -f vpc -O raw".`,
      );
    }
  }
  const note = paddingNote(path, stored);
  return { disk: stored, ...(note ? { note } : {}) };
}

/** What a person should know of an image whose last sector is not whole. */
export function paddingNote(what: string, bytes: number): string | undefined {
  const over = bytes % SECTOR;
  if (over === 0) return undefined;
  return `${what} is no whole number of sectors of ${SECTOR} bytes: ${SECTOR - over} zero bytes are added at its end.`;
}

/** Bytes of the file; zeros behind `end`. @throws SOURCE_FAILED */
async function readFully(path: string, file: FileHandle, offset: number, into: Uint8Array, end: number): Promise<void> {
  const real = Math.max(0, Math.min(into.length, end - offset));
  for (let done = 0; done < real;) {
    const { bytesRead } = await file
      .read(into, done, real - done, offset + done)
      .catch((cause: NodeJS.ErrnoException) => {
        throw unreadable(`${path} cannot be read at offset ${offset + done} (${cause.code})`, cause);
      });
    if (bytesRead === 0)
      throw unreadable(
        `${path} became shorter while it was read: of ${end} bytes, those from ${offset + done} on are gone`,
      );
    done += bytesRead;
  }
  into.fill(0, real);
}

/** SOURCE_FAILED, as a person reads it. */
export function unreadable(what: string, cause?: unknown): StrongroomError {
  return new StrongroomError(
    'SOURCE_FAILED',
    `${what}. No restore point was made: back up a source that is whole and that nobody shortens.`,
    { cause },
  );
}
