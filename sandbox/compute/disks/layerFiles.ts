import { mkdirSync, read, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { OpenFiles } from './openFiles.ts';

/** Bytes of a layer that one file holds: file systems end a file earlier (ext4 at 16 TiB) than Azure a disk. */
const SEGMENT = 2 ** 42;

/** A part of a layer, and where it stands. */
export interface FilePart {
  path: string;
  /** In the file. */
  position: number;
  length: number;
}

/**
 * The layers' files: sparse ones, in which a byte stands at the same offset as on the disk, cut into segments of 4 TiB.
 * Writes are synchronous, so that a snapshot taken in the same process can never fall into the middle of one.
 */
export class LayerFiles {
  readonly #dir: string;
  readonly #open = new OpenFiles();
  /** Files of each layer. */
  readonly #names = new Map<number, Set<string>>();
  readonly #holds = new Map<number, number>();
  readonly #unwanted = new Set<number>();

  constructor(dir: string) {
    mkdirSync(dir, { recursive: true });
    this.#dir = dir;
    for (const name of readdirSync(dir)) {
      const layer = /^layer-(\d+)(?:\.\d+)?$/.exec(name)?.[1];
      if (layer) this.#namesOf(Number(layer)).add(name);
    }
  }

  /** Layers that have files. */
  layers(): number[] {
    return [...this.#names.keys()];
  }

  write(layer: number, offset: number, bytes: Uint8Array): void {
    this.#unwanted.delete(layer);
    let done = 0;
    for (const { path, position, length } of this.parts(layer, offset, bytes.length)) {
      this.#open.use(path, (fd) => {
        for (let at = 0; at < length;) at += writeSync(fd, bytes, done + at, length - at, position + at);
      });
      done += length;
    }
  }

  readSync(layer: number, offset: number, target: Uint8Array): void {
    let done = 0;
    for (const { path, position, length } of this.parts(layer, offset, target.length)) {
      this.#open.use(path, (fd) => {
        for (let at = 0; at < length;) {
          at += whole(path, readSync(fd, target, done + at, length - at, position + at));
        }
      });
      done += length;
    }
  }

  /** Fills `target` from `offset`, also when the layer is removed meanwhile. */
  async read(layer: number, offset: number, target: Uint8Array): Promise<void> {
    const release = this.hold(layer);
    try {
      let done = 0;
      for (const { path, position, length } of this.parts(layer, offset, target.length)) {
        await this.#open.use(path, async (fd) => {
          for (let at = 0; at < length;) {
            at += whole(path, await readOnce(fd, target.subarray(done + at, done + length), position + at));
          }
        });
        done += length;
      }
    } finally {
      release();
    }
  }

  /** The files that hold a range. */
  parts(layer: number, offset: number, length: number): FilePart[] {
    const found: FilePart[] = [];
    for (let at = offset; at < offset + length;) {
      const segment = Math.floor(at / SEGMENT);
      const end = Math.min(offset + length, (segment + 1) * SEGMENT);
      const name = segment === 0 ? `layer-${layer}` : `layer-${layer}.${segment}`;
      this.#namesOf(layer).add(name);
      found.push({ path: join(this.#dir, name), position: at - segment * SEGMENT, length: end - at });
      at = end;
    }
    return found;
  }

  /** Keeps a layer's files until released, also when the layer is removed meanwhile. */
  hold(layer: number): () => void {
    this.#holds.set(layer, (this.#holds.get(layer) ?? 0) + 1);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const holds = this.#holds.get(layer)! - 1;
      if (holds > 0) return void this.#holds.set(layer, holds);
      this.#holds.delete(layer);
      if (this.#unwanted.delete(layer)) this.remove(layer);
    };
  }

  /** Removes a layer's files, as soon as nobody holds them. */
  remove(layer: number): void {
    if (this.#holds.has(layer)) return void this.#unwanted.add(layer);
    for (const name of this.#names.get(layer) ?? []) this.#open.remove(join(this.#dir, name));
    this.#names.delete(layer);
  }

  close(): void {
    this.#open.close();
  }

  #namesOf(layer: number): Set<string> {
    const names = this.#names.get(layer) ?? new Set();
    this.#names.set(layer, names);
    return names;
  }
}

function whole(path: string, count: number): number {
  if (count === 0) throw new Error(`${path} is shorter than the disk's map says`);
  return count;
}

function readOnce(fd: number, target: Uint8Array, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, 0, target.length, position, (error, count) => (error ? reject(error) : resolve(count)));
  });
}
