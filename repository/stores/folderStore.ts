import { randomBytes } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { StrongroomError } from '../../model/errors.ts';
import { openDirectFile } from './directFile.ts';
import { diskError } from './diskErrors.ts';
import { withFileLock } from './fileLock.ts';
import { orderedMap } from '../flow.ts';
import { isCode } from '../format/damage.ts';
import { startsPage } from '../pages.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

/** Where files are while they are being written, and locks of conditional writes. Names that start with a dot are never objects. */
const SCRATCH = '.scratch';
/** No write takes that long: a scratch file this old was left by a process that died. */
const ABANDONED_MS = 24 * 60 * 60_000;
/** Files that a listing asks for at once. */
const LISTED_AHEAD = 16;
/** The most buffers that one write takes. */
const MOST_PARTS = 1024;

/**
 * Objects as files of a local folder, which is made when it is missing. A put writes a scratch file, syncs it and
 * moves it into place, so a reader (and a crash) sees all of it or nothing. Several processes may use one folder.
 */
export function folderStore(root: string): ObjectStore {
  const scratch = join(root, SCRATCH);
  let scratchReady: Promise<void> | undefined;
  const makeScratch = (): Promise<void> => {
    scratchReady ??= mkdir(scratch, { recursive: true })
      .then(() => removeAbandoned(scratch))
      .catch((cause: unknown) => {
        scratchReady = undefined; // The next write tries again.
        throw cause;
      });
    return scratchReady;
  };

  const info = async (name: string): Promise<ObjectInfo> =>
    infoOf(name, await stat(pathOf(root, name), { bigint: true }));

  const find = async (name: string): Promise<ObjectInfo> => {
    try {
      return await info(name);
    } catch (cause) {
      throw isMissing(cause) ? missing(root, name, cause) : diskError(cause, 'read', `${name} in ${root}`);
    }
  };

  const ifUnchanged = <T>(name: string, etag: string, act: () => Promise<T>): Promise<T> =>
    withFileLock(join(scratch, `${name.replaceAll('/', '!')}.lock`), async (isHeld) => {
      const now = await info(name).catch((cause: unknown) => {
        if (isMissing(cause)) return undefined;
        throw cause;
      });
      if (now?.etag !== etag || !isHeld()) throw refused(root, name);
      return act();
    });

  return {
    location: root,
    async get(name, range) {
      const path = pathOf(root, name);
      const failed = (cause: unknown) => diskError(cause, 'read', `${name} in ${root}`);
      const file = await open(path, 'r').catch((cause: unknown) => {
        throw isMissing(cause) ? missing(root, name, cause) : failed(cause);
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
      } catch (cause) {
        throw failed(cause);
      } finally {
        await file.close();
      }
    },
    async put(name, parts, options = {}) {
      options.signal?.throwIfAborted();
      const path = pathOf(root, name);
      const temporary = join(scratch, randomBytes(12).toString('hex'));
      try {
        await makeScratch();
        await mkdir(dirname(path), { recursive: true });
        await writeFile(temporary, parts);
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
      } catch (cause) {
        throw diskError(cause, 'write', `${name} in ${root}`);
      } finally {
        await rm(temporary, { force: true }).catch(() => undefined); // What failed before is what to tell.
      }
    },
    head: find,
    async *list(prefix) {
      const names = await namesBelow(root, prefix);
      const found = orderedMap(names.sort(), LISTED_AHEAD, (name) =>
        find(name).catch((error: unknown) => {
          if (isCode(error, 'NOT_FOUND')) return undefined;
          throw error;
        }),
      );
      for await (const each of found) if (each) yield each;
    },
    async delete(name, options = {}) {
      const path = pathOf(root, name);
      try {
        if (options.ifMatch !== undefined) {
          await makeScratch();
          await ifUnchanged(name, options.ifMatch, () => unlink(path));
        } else {
          await rm(path, { force: true });
        }
      } catch (cause) {
        throw diskError(cause, 'write', `${name} in ${root}`);
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
      throw diskError(cause, 'read', join(root, folder));
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

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const modified = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (Date.now() - modified > ABANDONED_MS) await rm(path, { force: true });
  }
}

/** A new file, on the disk when this resolves. */
async function writeFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    const done = await writeDirectly(path, parts[0]);
    await writeAll(file, partsFrom(parts, done), done);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Of a pack, which is large, what comes first goes past the page cache. @returns how many bytes */
async function writeDirectly(path: string, part: Uint8Array | undefined): Promise<number> {
  if (!part || !startsPage(part)) return 0;
  const file = await openDirectFile(path);
  try {
    return await file.write(0, part);
  } finally {
    await file.close();
  }
}

/** A disk that is nearly full takes a part, and says why only when it is asked for the rest. */
async function writeAll(file: FileHandle, parts: readonly Uint8Array[], position: number): Promise<void> {
  let at = position;
  for (let rest = parts; rest.length > 0;) {
    const { bytesWritten } = await file.writev(rest.slice(0, MOST_PARTS), at);
    at += bytesWritten;
    rest = partsFrom(rest, bytesWritten);
  }
}

/** What is left of parts without their first bytes. */
function partsFrom(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(skip, part.length));
    skip -= part.length - rest.length;
    return rest.length > 0 ? [rest] : [];
  });
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
