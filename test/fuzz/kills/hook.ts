/**
 * Loaded before the program that is to die (`node --import`): tells each change of the file system on descriptor 3 before it
 * happens, and kills the process with SIGKILL at the one with the number KILL_AT, a write half way through.
 */
import { writeSync } from 'node:fs';
import fs from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, relative } from 'node:path';
import { PAGE_BYTES } from '../../../repository/pages.ts';

type Written = ReturnType<FileHandle['write']>;

const STEPS = 3;
const killAt = Number(process.env.KILL_AT ?? Infinity);
const root = process.env.KILL_ROOT ?? '';
let steps = 0;

function step(name: string, half?: () => void): void {
  steps += 1;
  writeSync(STEPS, `${name}\n`);
  if (steps < killAt) return;
  half?.();
  process.kill(process.pid, 'SIGKILL');
}

/** `put data` for data/0f…: what is done to which kind of object. */
function named(verb: string, path: unknown): string {
  const name = relative(root, String(path));
  if (!name.startsWith('.scratch/')) return `${verb} ${name.split('/')[0]}`;
  return basename(name).endsWith('.lock') ? `${verb} lock` : `${verb} scratch`;
}

const { link, open, rename, rm, unlink } = fs;
const patched: Partial<typeof fs> = {
  link: async (from, to) => {
    step(named('put', to));
    await link(from, to);
  },
  rename: async (from, to) => {
    step(named('put', to));
    await rename(from, to);
  },
  rm: async (path, options) => {
    step(named('delete', path));
    await rm(path, options);
  },
  unlink: async (path) => {
    step(named('delete', path));
    await unlink(path);
  },
  open: async (path, flags, mode) => {
    if (flags === 'r' || flags === undefined) return open(path, flags, mode);
    step(named('make', path));
    const file = await open(path, flags, mode);
    const writev = file.writev.bind(file) as unknown as (parts: readonly Uint8Array[], at: number) => Written;
    file.writev = ((parts: readonly Uint8Array[], at: number) => {
      const first = parts[0] ?? Buffer.alloc(0);
      step(named('write', path), () => writeSync(file.fd, first, 0, Math.floor(first.length / 2), at));
      return writev(parts, at);
    }) as unknown as FileHandle['writev'];
    const write = file.write.bind(file) as (data: Uint8Array, from: number, length: number, at: number) => Written;
    file.write = ((data: Uint8Array, from: number, length: number, at: number) => {
      // Past the page cache only whole pages go.
      const half = Math.floor(length / 2 / PAGE_BYTES) * PAGE_BYTES;
      step(named('write', path), () => writeSync(file.fd, data, from, half, at));
      return write(data, from, length, at);
    }) as FileHandle['write'];
    return file;
  },
};
Object.assign(fs, patched);
syncBuiltinESMExports();
