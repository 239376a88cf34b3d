import { constants } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { StrongroomError } from '../../model/errors.ts';
import { openDirectFile } from '../../repository/stores/directFile.ts';
import type { DirectFile } from '../../repository/stores/directFile.ts';
import { diskError } from '../../repository/stores/diskErrors.ts';
import { humanBytes } from '../io/units.ts';
import { isSameRestore, readState, removeState, writeState } from './restoreState.ts';
import type { RestoreState } from './restoreState.ts';
import { blockDeviceBytes } from './source.ts';
import { zeros } from './zeros.ts';

/** How much is written between two notes of how far the restore is. */
const NOTE_EVERY = 256 * 1024 * 1024;

/** A file or block device that an image is restored to. Errors are NO_SPACE, READ_ONLY or INTERNAL. */
export interface FileTarget {
  /** How far an earlier try of the same restore came: to there the target is compared with the image, not written anew. */
  readonly done: number;
  /** Whether what nobody wrote is zeros. */
  readonly isSparse: boolean;
  read(offset: number, length: number): Promise<Buffer>;
  /** In any order, several at once. */
  write(offset: number, data: Uint8Array): Promise<void>;
  writeZeros(offset: number, length: number): Promise<void>;
  /** All was written: brings it to the disk and forgets how far the restore was. */
  finish(): Promise<void>;
  /** Gives up, and leaves what a later try needs to go on. */
  close(): Promise<void>;
}

/**
 * Opens a file or block device to restore to. A file is new, or is overwritten when that was asked for; one in which this
 * very restore was interrupted is gone on with.
 * @param options bytes: what the target has to hold; restore: what is restored
 * @throws ALREADY_EXISTS, INVALID_INPUT, NOT_FOUND (no such folder), RESOURCE_BUSY (a device in use), NO_SPACE, READ_ONLY
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
  const isDevice = found?.isBlockDevice() ?? false;
  if (found && isDevice) refuseSmaller(path, await blockDeviceBytes(found.rdev), bytes);

  const begun = found && (await readState(path));
  const isOurs = begun !== undefined && isSameRestore(begun, restore);
  if (found && !isOurs && !overwrite) throw exists(path, isDevice, begun);

  const file = await openForWriting(path, { isNew: !found, isDevice });
  const state = { ...restore, done: isOurs ? begun.done : 0 };
  let direct: DirectFile;
  try {
    await writeState(path, state);
    if (!isDevice && !isOurs) await file.truncate(0);
    if (!isDevice) await file.truncate(bytes);
    direct = await openDirectFile(path);
  } catch (cause) {
    await file.close();
    if (!found) await Promise.all([rm(path, { force: true }), removeState(path)]);
    throw diskError(cause, 'write', path);
  }
  return fileTarget(path, { file, direct }, state, !isDevice);
}

/** @param files the same, opened twice */
function fileTarget(
  path: string,
  { file, direct }: { file: FileHandle; direct: DirectFile },
  state: RestoreState,
  isSparse: boolean,
): FileTarget {
  const onDisk = async <T>(doing: 'read' | 'write', act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (cause) {
      throw diskError(cause, doing, path);
    }
  };
  /** The end of what was written so far; some before it may be under way, which a later comparison finds. */
  let at = state.done;
  let noted = state.done;
  let notes = Promise.resolve();
  // One after the other: several writes at once may each be far from the last note.
  const note = (): Promise<void> => {
    noted = at;
    const done = Math.min(at, state.size);
    notes = notes.catch(() => undefined).then(() => writeState(path, { ...state, done }));
    return notes;
  };
  const write = async (offset: number, data: Uint8Array): Promise<void> => {
    for (let done = await direct.write(offset, data); done < data.length;)
      done += (await file.write(data, done, data.length - done, offset + done)).bytesWritten;
  };
  return {
    done: state.done,
    isSparse,
    read: (offset, length) =>
      onDisk('read', async () => (await file.read(Buffer.alloc(length), 0, length, offset)).buffer),
    write: (offset, data) =>
      onDisk('write', async () => {
        await write(offset, data);
        at = Math.max(at, offset + data.length);
        if (at - noted >= NOTE_EVERY) await note();
      }),
    writeZeros: (offset, length) =>
      onDisk('write', async () => {
        let to = offset;
        for (const piece of zeros(length)) {
          await write(to, piece);
          to += piece.length;
        }
      }),
    finish: () =>
      onDisk('write', async () => {
        // A device may be taken away next; a file is left to the kernel, as copying tools do.
        if (!isSparse) await file.datasync();
        await Promise.all([file.close(), direct.close()]);
        await removeState(path);
      }),
    async close() {
      await note().catch(() => undefined);
      await Promise.all([file.close(), direct.close()]);
    },
  };
}

function openForWriting(path: string, { isNew, isDevice }: { isNew: boolean; isDevice: boolean }): Promise<FileHandle> {
  // Exclusively: a new file is nobody else's, a block device is neither mounted nor otherwise in use.
  const { O_RDWR, O_CREAT, O_EXCL } = constants;
  return open(path, O_RDWR | (isNew ? O_CREAT : 0) | (isNew || isDevice ? O_EXCL : 0)).catch(
    (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT')
        throw new StrongroomError('NOT_FOUND', `The folder of ${path} does not exist: make it first.`, { cause });
      if (cause.code === 'EBUSY')
        throw new StrongroomError('RESOURCE_BUSY', `${path} is in use (mounted?): release it first.`, { cause });
      throw diskError(cause, 'write', path);
    },
  );
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
      'Repeat that one to go on with it, or begin this one with --overwrite.'
    : isDevice
      ? `${path} is a block device: give --overwrite to replace what is on it.`
      : `${path} exists: name another file, or give --overwrite to replace it.`;
  return new StrongroomError('ALREADY_EXISTS', what);
}
