import { LRUCache } from 'lru-cache';
import { isCode } from '../format/damage.ts';
import type { StrongroomError } from '../../model/errors.ts';
import type { PackKind } from '../format/layout.ts';
import { packName } from '../format/layout.ts';
import { PACK_HEAD_BYTES, writeDirectory } from '../format/pack.ts';
import type { DirectoryEntry, Ref } from '../format/pack.ts';
import { IDENTITY_BYTES } from '../format/secrets.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { readPackDirectory } from '../read/packDirectory.ts';
import type { Inventory } from './inventory.ts';

/** Bytes of directories that are kept: of some two million blocks. */
const CACHED_BYTES = 64 * 1024 * 1024;

/** A pack's directory as it is kept: 24 bytes an entry. */
export class Directory {
  readonly #offsets: Uint32Array;
  /** As in the pack: lengths, then identities. */
  readonly #content: Buffer;

  constructor(entries: readonly DirectoryEntry[]) {
    this.#content = writeDirectory(entries);
    this.#offsets = new Uint32Array(entries.length);
    let offset = PACK_HEAD_BYTES;
    for (const [i, { length }] of entries.entries()) {
      this.#offsets[i] = offset;
      offset += length;
    }
  }

  get bytes(): number {
    return this.#content.length + this.#offsets.byteLength;
  }

  /** Whether the pack has this very entry. */
  lists({ offset, length, identity }: Ref): boolean {
    const i = this.#find(offset);
    return i !== undefined && this.#length(i) === length && this.#identity(i) === identity;
  }

  *entries(): Generator<Omit<Ref, 'pack'>> {
    for (const [i, offset] of this.#offsets.entries()) {
      yield { offset, length: this.#length(i), identity: this.#identity(i) };
    }
  }

  #length(i: number): number {
    return this.#content.readUInt32LE(i * 4);
  }

  #identity(i: number): string {
    const at = this.#offsets.length * 4 + i * IDENTITY_BYTES;
    return this.#content.toString('hex', at, at + IDENTITY_BYTES);
  }

  #find(offset: number): number | undefined {
    let low = 0;
    let high = this.#offsets.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const found = this.#offsets[middle] ?? 0;
      if (found === offset) return middle;
      if (found < offset) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }
}

/** The directories of packs, read from their ends; those used last are kept. */
export class Directories {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #packs: Inventory['packs'];
  readonly #cache = new LRUCache<string, Directory>({
    maxSize: CACHED_BYTES,
    sizeCalculation: ({ bytes }) => Math.max(1, bytes),
  });
  readonly #missing = new Set<string>();

  constructor(store: ObjectStore, secrets: Secrets, packs: Inventory['packs']) {
    this.#store = store;
    this.#secrets = secrets;
    this.#packs = packs;
  }

  /** The directory, why it cannot be read, or undefined when there is no such pack. */
  async get(kind: PackKind, pack: string, signal?: AbortSignal): Promise<Directory | StrongroomError | undefined> {
    const name = packName(kind, pack);
    const known = this.#cache.get(name);
    if (known) return known;
    const size = await this.#size(kind, pack);
    if (size === undefined) return undefined;
    try {
      const entries = await readPackDirectory(this.#store, this.#secrets, { kind, pack, size }, signal);
      const directory = new Directory(entries);
      this.#cache.set(name, directory);
      return directory;
    } catch (error) {
      if (isCode(error, 'REPOSITORY_DAMAGED')) return error;
      throw error;
    }
  }

  /** Of a pack in the store: one that came after the inventory was taken is asked for. */
  async #size(kind: PackKind, pack: string): Promise<number | undefined> {
    const known = this.#packs[kind].get(pack);
    if (known) return known.size;
    const name = packName(kind, pack);
    if (this.#missing.has(name)) return undefined;
    try {
      return (await this.#store.head(name)).size;
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error;
      this.#missing.add(name);
      return undefined;
    }
  }
}
