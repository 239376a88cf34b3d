import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Damage, Problem } from './problem.ts';

/** A repository's objects as files of a folder, by their names. Only reads. */
export interface Folder {
  readonly path: string;
  /** The whole object, or undefined when there is none. */
  find(name: string): Buffer | undefined;
  /** A part of an object that must have it. @throws Damage */
  part(name: string, offset: number, length: number): Buffer;
  /** Names that start with a prefix, those written last first. */
  names(prefix: string): string[];
}

/** @throws Problem when there is no such folder */
export function openFolder(path: string): Folder {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Problem(`There is no folder ${path}.`);
  const fileOf = (name: string) => join(path, ...name.split('/'));
  const withFile = <T>(name: string, use: (file: number, size: number) => T): T | undefined => {
    const file = openIfThere(fileOf(name));
    if (file === undefined) return undefined;
    try {
      return use(file, fstatSync(file).size);
    } finally {
      closeSync(file);
    }
  };
  return {
    path,
    find: (name) => withFile(name, (file, size) => readFully(file, 0, size)),
    part(name, offset, length) {
      const bytes = withFile(name, (file, size) => readFully(file, offset, Math.min(length, size - offset)));
      if (bytes?.length === length) return bytes;
      throw new Damage(bytes ? `${name} is truncated: it ends before ${offset + length}.` : `${name} is missing.`);
    },
    names(prefix) {
      const folder = dirname(`${prefix}x`);
      const entries = statSync(fileOf(folder), { throwIfNoEntry: false }) ? readdirSync(fileOf(folder)) : [];
      const start = prefix.endsWith('/') ? '' : basename(prefix);
      return entries
        .filter((entry) => entry.startsWith(start) && !entry.startsWith('.'))
        .map((entry) => ({ name: `${folder}/${entry}`, written: statSync(join(fileOf(folder), entry)).mtimeMs }))
        .sort((a, b) => b.written - a.written)
        .map(({ name }) => name);
    },
  };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What there is of the range. */
function readFully(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, length));
  let done = 0;
  while (done < bytes.length) {
    const count = readSync(file, bytes, done, bytes.length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
