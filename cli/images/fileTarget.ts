import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { StrongroomError } from '../../model/errors.ts';
import { diskError } from '../../repository/stores/diskErrors.ts';
import { humanBytes } from '../io/units.ts';
import { isSameRestore, readState, removeState, writeState } from './restoreState.ts';
import type { RestoreState } from './restoreState.ts';
import { blockDeviceBytes } from './source.ts';
import { zeros } from './target.ts';
import type { Target } from './target.ts';

/** How much is written between two notes of how far the restore is. */
const NOTE_EVERY = 256 * 1024 * 1024;
const RUN_BYTES = 4 * 1024 * 1024;
const WRITES_AT_ONCE = 4;

export interface FileTarget extends Target {
  /** How far an earlier try of the same restore came: what stands before that is to be compared, not written. */
  readonly done: number;
  /** What stands there now. */
  read(offset: number, length: number): Promise<Buffer>;
}

/**
 * Opens a file or block device to restore to. A file is new, or is overwritten when that was asked for; one in which this
 * very restore was interrupted is gone on with.
 * @param options bytes: what the target has to hold; restore: what is restored
 * @throws ALREADY_EXISTS, INVALID_INPUT, NOT_FOUND (no such folder), NO_SPACE, READ_ONLY
 */
export async function openFileTarget(
  path: string,
  { bytes, restore, overwrite }: { bytes: number; restore: RestoreState; overwrite: boolean },
): Promise<FileTarget> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw diskError(cause, 'write', path);
  });
  if (found && !found.isFile() && !found.isBlockDevice())
    throw new StrongroomError('INVALID_INPUT', `${path} is neither a file nor a block device: name one of them.`);
  const device = found?.isBlockDevice() ? found.rdev : undefined;
  if (device !== undefined) refuseSmaller(path, await blockDeviceBytes(device), bytes);

  const begun = found && (await readState(path));
  const done = begun && isSameRestore(begun, restore) ? begun.done : undefined;
  if (found && done === undefined && !overwrite) throw exists(path, device !== undefined, begun);

  const file = await openForWriting(path, found ? 'there' : 'new', device !== undefined);
  try {
    if (device === undefined) {
      if (done === undefined) await file.truncate(0);
      await file.truncate(bytes);
    }
    await writeState(path, { ...restore, done: done ?? 0 });
  } catch (cause) {
    await file.close();
    throw diskError(cause, 'write', path);
  }
  return fileTarget(path, file, { isSparse: device === undefined, restore: { ...restore, done: done ?? 0 } });
}

function fileTarget(
  path: string,
  file: FileHandle,
  { isSparse, restore }: { isSparse: boolean; restore: RestoreState },
): FileTarget {
  /** All before is given to be written. */
  let at = restore.done;
  /** All before is written, and noted. */
  let noted = restore.done;
  let run: { offset: number; blocks: Buffer[] } = { offset: at, blocks: [] };
  const underWay: Promise<void>[] = [];

  const put = async (offset: number, blocks: readonly Buffer[]): Promise<void> => {
    const data = blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks);
    try {
      for (let written = 0; written < data.length;) {
        const { bytesWritten } = await file.write(data, written, data.length - written, offset + written);
        written += bytesWritten;
      }
    } catch (cause) {
      throw diskError(cause, 'write', path);
    }
  };
  const flush = async (): Promise<void> => {
    if (run.blocks.length === 0) return;
    const write = put(run.offset, run.blocks);
    write.catch(() => undefined); // Seen when its turn comes.
    underWay.push(write);
    run = { offset: at, blocks: [] };
    if (underWay.length >= WRITES_AT_ONCE) await underWay.shift();
  };
  const settle = async (): Promise<void> => {
    await flush();
    await Promise.all(underWay.splice(0));
  };
  const append = async (data: Buffer): Promise<void> => {
    run.blocks.push(data);
    at += data.length;
    if (at - run.offset >= RUN_BYTES) await flush();
  };
  const skipTo = async (offset: number): Promise<void> => {
    if (offset === at) return;
    if (!isSparse) for (const piece of zeros(offset - at)) await append(piece);
    await flush();
    at = run.offset = offset;
  };
  const note = async (): Promise<void> => {
    await settle();
    await writeState(path, { ...restore, done: at });
    noted = at;
  };

  return {
    done: restore.done,
    async read(offset, length) {
      const data = Buffer.alloc(length);
      await file.read(data, 0, length, offset).catch((cause: unknown) => {
        throw diskError(cause, 'read', path);
      });
      return data;
    },
    async write(offset, data) {
      if (offset < restore.done) return put(offset, [data]);
      await skipTo(offset);
      await append(data);
      if (at - noted >= NOTE_EVERY) await note();
    },
    async finish(footer) {
      await skipTo(restore.size);
      if (footer) await append(footer);
      await settle();
      await file.datasync().catch((cause: unknown) => {
        throw diskError(cause, 'write', path);
      });
      await file.close();
      await removeState(path);
    },
    async close() {
      await note().catch(() => undefined);
      await file.close();
    },
  };
}

function openForWriting(path: string, is: 'new' | 'there', isDevice: boolean): Promise<FileHandle> {
  // Exclusively: a new file is nobody else's, a block device is neither mounted nor otherwise in use.
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  const flags = O_RDWR | (is === 'new' ? O_CREAT | O_EXCL : isDevice ? O_EXCL : 0);
  return open(path, flags).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT')
      throw new StrongroomError('NOT_FOUND', `There is no folder for ${path}: make it first.`, { cause });
    if (cause.code === 'EBUSY')
      throw new StrongroomError('RESOURCE_BUSY', `${path} is in use (mounted?): release it first.`, { cause });
    throw diskError(cause, 'write', path);
  });
}

function refuseSmaller(path: string, has: number, needs: number): void {
  if (has >= needs) return;
  throw new StrongroomError(
    'INVALID_INPUT',
    `The device ${path} has ${humanBytes(has)} (${has} bytes), the image ${humanBytes(needs)} (${needs}): name a larger one.`,
  );
}

function exists(path: string, isDevice: boolean, begun: RestoreState | undefined): StrongroomError {
  const what = begun
    ? `${path} holds another restore that was interrupted (disk ${begun.disk} of point ${begun.point} as ${begun.format}). ` +
      'Repeat that one to go on with it, or begin this one anew with --overwrite.'
    : isDevice
      ? `${path} is a block device: give --overwrite to replace what is on it.`
      : `${path} exists: name another file, or give --overwrite to replace it.`;
  return new StrongroomError('ALREADY_EXISTS', what);
}
