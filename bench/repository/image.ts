import { execFileSync } from 'node:child_process';
import { createCipheriv, createHash } from 'node:crypto';
import { copyFileSync, linkSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Blake3Hasher } from '@napi-rs/blake-hash';
import type { Extent } from '../../repository/index.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Room for directories, inodes and what a file system keeps free. */
const FILL = 0.7;

export interface Image {
  path: string;
  /** Bytes; most of them data, the rest free space, which reads as zeros. */
  size: number;
  /** How it came to be, for whoever repeats it. */
  made: { from: string; files: number; fileBytes: number; listSha256: string; command: string };
}

/**
 * Makes an ext4 file system out of a folder's files: the first ones in the order of their names, whole directories deep,
 * until there are `bytes` of them. The same files give the same image.
 * @param folder for the image, removed by the caller
 */
export function makeImage(folder: string, from: string, bytes: number): Image {
  const staged = join(folder, 'files');
  const list = createHash('sha256');
  let [files, fileBytes] = [0, 0];
  const stage = (source: string, target: string): void => {
    mkdirSync(target);
    for (const entry of readdirSync(source, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (fileBytes >= bytes) return;
      const [path, copy] = [join(source, entry.name), join(target, entry.name)];
      if (entry.isDirectory()) stage(path, copy);
      else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(path), copy);
      else if (entry.isFile()) {
        const { size } = lstatSync(path);
        linkOrCopy(path, copy);
        list.update(`${path}\0${size}\n`);
        files++;
        fileBytes += size;
      }
    }
  };
  stage(from, staged);
  const path = join(folder, 'image');
  const size = Math.ceil(fileBytes / FILL / GIB) * GIB;
  // Fixed ids and no lazy work left to a kernel.
  const id = '8f3c2a10-5b6d-4e7f-9a01-23456789abcd';
  const args = ['-q', '-F', '-U', id, '-E', `hash_seed=${id},lazy_itable_init=0,lazy_journal_init=0`];
  execFileSync('mkfs.ext4', [...args, '-d', staged, path, `${size / MIB}M`], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(staged, { recursive: true });
  const command = `mkfs.ext4 ${args.join(' ')} -d FILES image ${size / MIB}M`;
  return { path, size, made: { from, files, fileBytes, listSha256: list.digest('hex'), command } };
}

/** A hard link costs nothing, but not every folder allows one. */
function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

/** Bytes that look random, the same for the same name. */
export function noise(length: number, name: string): Buffer {
  const key = createHash('sha256').update(name).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/**
 * `count` places of `length` bytes, sorted and disjoint, at random multiples of `unit`: of 4 KiB, as a guest's file system
 * writes.
 */
export function scattered(size: number, count: number, length: number, name: string, unit = 4096): Extent[] {
  const units = Math.floor((size - length) / unit);
  const taken = new Map<number, Extent>();
  for (let i = 0; taken.size < count; i++) {
    const offset = (noise(6, `${name}/${i}`).readUIntLE(0, 6) % units) * unit;
    const near = Math.floor(offset / length);
    // No two places of `length` bytes in one or in neighbouring stretches of as many: they cannot overlap.
    if (![near - 1, near, near + 1].some((stretch) => taken.has(stretch))) taken.set(near, { offset, length });
  }
  return [...taken.values()].sort((a, b) => a.offset - b.offset);
}

/** One place of about `length` bytes, at a random multiple of 1 MiB. */
export function contiguous(size: number, length: number, name: string): Extent[] {
  const whole = Math.ceil(length / MIB) * MIB;
  const offset = (noise(6, name).readUIntLE(0, 6) % Math.floor((size - whole) / MIB)) * MIB;
  return [{ offset, length: whole }];
}

/** Writes random bytes into places of an image; the function returned puts back what was there. */
export async function overwrite(path: string, extents: readonly Extent[], name: string): Promise<() => Promise<void>> {
  const file = await open(path, 'r+');
  const before: Buffer[] = [];
  for (const { offset, length } of extents) {
    const old = Buffer.alloc(length);
    await file.read(old, 0, length, offset);
    before.push(old);
    await file.write(noise(length, `${name}/${offset}`), 0, length, offset);
  }
  await file.close();
  return async () => {
    const again = await open(path, 'r+');
    for (const [i, { offset }] of extents.entries())
      await again.write(before[i] as Buffer, 0, before[i]?.length, offset);
    await again.close();
  };
}

/**
 * Reads a file to its end, so that it lies in the page cache, and again: what was read once only, the kernel moves to another
 * list at the next read, which would cost that reader a second for 10 GiB.
 */
export async function warm(path: string): Promise<void> {
  for (let read = 0; read < 2; read++) for await (const _ of pieces(path));
}

/** The BLAKE3 of a file, and how many of its bytes lie in blocks of 4 KiB that are not all zeros. */
export async function contentOf(path: string): Promise<{ hash: string; nonZero: number }> {
  const hasher = new Blake3Hasher();
  const zeros = Buffer.alloc(4096);
  let nonZero = 0;
  for await (const piece of pieces(path)) {
    hasher.update(piece);
    for (let at = 0; at < piece.length; at += zeros.length) {
      if (!piece.subarray(at, at + zeros.length).equals(zeros)) nonZero += zeros.length;
    }
  }
  return { hash: hasher.digest('hex'), nonZero };
}

/** A file's bytes in order; each piece is valid until the next is asked for. */
async function* pieces(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r');
  const buffer = Buffer.alloc(4 * MIB);
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
