import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { StrongroomError } from '../../model/errors.ts';
import { withFileLock } from './fileLock.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

/** Where files are while they are being written, and locks of conditional writes. Names that start with a dot are never objects. */
const SCRATCH = '.scratch';

/**
 * Objects as files of a local folder, which is made when it is missing. A put writes a scratch file, syncs it and
 * moves it into place, so a reader (and a crash) sees all of it or nothing. Several processes may use one folder.
 */
export function folderStore(root: string): ObjectStore {
  const scratch = join(root, SCRATCH);

  const info = async (name: string): Promise<ObjectInfo> =>
    infoOf(name, await stat(pathOf(root, name), { bigint: true }));

  const find = async (name: string): Promise<ObjectInfo> => {
    try {
      return await info(name);
    } catch (cause) {
      throw isMissing(cause) ? missing(root, name, cause) : cause;
    }
  };

  const ifUnchanged = <T>(name: string, etag: string, act: () => Promise<T>): Promise<T> =>
    withFileLock(join(scratch, `${name.replaceAll('/', '!')}.lock`), async () => {
      const now = await info(name).catch((cause: unknown) => {
        if (isMissing(cause)) return undefined;
        throw cause;
      });
      if (now?.etag !== etag) throw refused(root, name);
      return act();
    });

  return {
    location: root,
    async get(name, range) {
      const path = pathOf(root, name);
      const file = await open(path, 'r').catch((cause: unknown) => {
        throw isMissing(cause) ? missing(root, name, cause) : cause;
      });
      try {
        const found = infoOf(name, await file.stat({ bigint: true }));
        const offset = Math.min(range?.offset ?? 0, found.size);
        const data = Buffer.allocUnsafe(Math.min(range?.length ?? found.size, found.size - offset));
        let done = 0;
        while (done < data.length) {
          const { bytesRead } = await file.read(data, done, data.length - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return { data: data.subarray(0, done), info: found };
      } finally {
        await file.close();
      }
    },
    async put(name, parts, options = {}) {
      options.signal?.throwIfAborted();
      const path = pathOf(root, name);
      await mkdir(scratch, { recursive: true });
      await mkdir(dirname(path), { recursive: true });
      const temporary = join(scratch, randomBytes(12).toString('hex'));
      try {
        const file = await open(temporary, 'wx');
        try {
          await writeAll(file, parts);
          await file.datasync();
        } finally {
          await file.close();
        }
        if (options.ifAbsent) {
          await link(temporary, path).catch((cause: unknown) => {
            throw (cause as NodeJS.ErrnoException).code === 'EEXIST' ? refused(root, name) : cause;
          });
        } else if (options.ifMatch !== undefined) {
          await ifUnchanged(name, options.ifMatch, () => rename(temporary, path));
        } else {
          await rename(temporary, path);
        }
        await syncFolder(dirname(path));
        return await info(name);
      } finally {
        await rm(temporary, { force: true });
      }
    },
    head: find,
    async *list(prefix) {
      const names = await namesBelow(root, prefix);
      for (const name of names.sort()) {
        const found = await find(name).catch((error: unknown) => {
          if (error instanceof StrongroomError && error.code === 'NOT_FOUND') return undefined;
          throw error;
        });
        if (found) yield found;
      }
    },
    async delete(name, options = {}) {
      const path = pathOf(root, name);
      if (options.ifMatch !== undefined) {
        await mkdir(scratch, { recursive: true });
        await ifUnchanged(name, options.ifMatch, () => unlink(path));
      } else {
        await rm(path, { force: true });
      }
    },
  };
}

/** @throws INVALID_INPUT for names that could leave the folder or meet its scratch files. */
function pathOf(root: string, name: string): string {
  const segments = name.split('/');
  if (!segments.every((segment) => /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(segment))) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `${JSON.stringify(name)} is no object name: use letters, digits, ". _ -" and "/".`,
    );
  }
  return join(root, ...segments);
}

function infoOf(name: string, stats: BigIntStats): ObjectInfo {
  return {
    name,
    size: Number(stats.size),
    etag: `${stats.ino}-${stats.mtimeNs}-${stats.size}`,
    modified: new Date(Number(stats.mtimeMs)).toISOString(),
  };
}

/** The object names that start with a prefix; walks only folders that can hold such names. */
async function namesBelow(root: string, prefix: string): Promise<string[]> {
  const names: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((cause: unknown) => {
      if (isMissing(cause)) return [];
      throw cause;
    });
    for (const entry of entries) {
      if (entry.name.startsWith('.')) continue;
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        const inside = `${name}/`;
        if (inside.startsWith(prefix) || prefix.startsWith(inside)) await walk(name);
      } else if (name.startsWith(prefix)) names.push(name);
    }
  };
  await walk('');
  return names;
}

async function writeAll(file: FileHandle, parts: readonly Uint8Array[]): Promise<void> {
  // 1024 buffers is the most that one writev takes.
  for (let i = 0; i < parts.length; i += 1024) {
    const some = parts.slice(i, i + 1024);
    const expected = some.reduce((sum, part) => sum + part.length, 0);
    const { bytesWritten } = await file.writev(some);
    if (bytesWritten !== expected)
      throw new StrongroomError('INTERNAL', 'The disk took only a part of a write: is it full?');
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

const isMissing = (cause: unknown): boolean =>
  ['ENOENT', 'ENOTDIR'].includes((cause as NodeJS.ErrnoException).code ?? '');

const missing = (root: string, name: string, cause: unknown): StrongroomError =>
  new StrongroomError('NOT_FOUND', `There is no object ${name} in ${root}.`, { cause });

const refused = (root: string, name: string): StrongroomError =>
  new StrongroomError('ALREADY_EXISTS', `The object ${name} in ${root} is not as the condition expects.`);
