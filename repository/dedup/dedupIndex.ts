import type { StrongroomError } from '../../model/errors.ts';
import { isCode } from '../format/damage.ts';
import { orderedMap } from '../flow.ts';
import { readIndexDirectories } from '../format/indexObject.ts';
import type { IndexedDirectory, IndexedPack } from '../format/indexObject.ts';
import { indexName, PREFIXES } from '../format/layout.ts';
import { directoryIdentities, ENTRY_BYTES, parseDirectory } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';
import { BlockPlaces } from './blockPlaces.ts';
import { BlockTable } from './blockTable.ts';
import { DetailsCache } from './detailsCache.ts';
import { UsablePacks } from './usablePacks.ts';

const TABLE_BYTES = 96 * 1024 * 1024;
const DETAILS_BYTES = 24 * 1024 * 1024;
/** Index objects that are read at once: when loading, and when looking up. */
const LOADS_AHEAD = 8;
const DETAILS_AHEAD = 4;

export interface DedupIndexOptions {
  /** Told what is left out of deduplication: an index object that is damaged, or of a newer version. */
  onWarning?(warning: StrongroomError): void;
  /** Bounds of memory, in bytes. */
  tableBytes?: number;
  detailsBytes?: number;
}

/**
 * Which blocks a repository has, and where: a compact table in memory, and the details of index objects on demand. It is
 * loaded at the first block that is looked up, and only when that pays. What it does not find is stored once more,
 * which costs space; what it finds is compared in full, so it is never another block. Each writer has its own: it sees
 * what was listed when it loaded, and what it stored itself.
 */
export class DedupIndex {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #onWarning: (warning: StrongroomError) => void;
  readonly #table: BlockTable;
  readonly #details: DetailsCache;
  /** Names of the index objects by their numbers, and back. */
  readonly #names: string[] = [];
  readonly #numbers = new Map<string, number>();
  /** Packs that index objects list but that are not to be relied on. */
  readonly #unusable = new Set<string>();
  /** What this writer stored and no index object lists yet. */
  #own = new BlockPlaces();
  #expected = 0;
  /** Bytes of the index objects when it was found that loading them does not pay. */
  #tooLarge = 0;
  #loading: Promise<void> | undefined;

  constructor(store: ObjectStore, secrets: Secrets, options: DedupIndexOptions = {}) {
    this.#store = store;
    this.#secrets = secrets;
    this.#onWarning = options.onWarning ?? (() => undefined);
    this.#table = new BlockTable(options.tableBytes ?? TABLE_BYTES);
    this.#details = new DetailsCache(options.detailsBytes ?? DETAILS_BYTES, (object) => this.#readDetails(object));
  }

  /** What it takes in memory, in bytes, and of how many blocks the table keeps one. */
  get memory(): { table: number; details: number; sparsity: number } {
    const details = this.#details.bytes + this.#own.bytes;
    return { table: this.#table.bytes, details, sparsity: this.#table.sparsity };
  }

  /** Says that so many bytes more are going to be read. The index is loaded when it is smaller than all that is read. */
  expect(bytes: number): void {
    this.#expected += bytes;
  }

  /**
   * Loads the index if that pays; what looks for blocks waits for it. For who will look and has something else to do first.
   * @throws what the store throws
   */
  async load(): Promise<void> {
    if (!this.#loading && this.#expected < this.#tooLarge) return;
    this.#loading ??= this.#readIndex().then(
      (loaded) => {
        if (!loaded) this.#loading = undefined; // When more is to be read, it may pay.
      },
      (error: unknown) => {
        this.#loading = undefined; // The next block tries again.
        throw error;
      },
    );
    await this.#loading;
  }

  /**
   * Where each block lies, or undefined when it is not known.
   * @throws what the store throws; an index object that is damaged is left out
   */
  async find(identities: readonly Buffer[]): Promise<(Ref | undefined)[]> {
    await this.load();
    const found = identities.map((identity) => this.#own.get(identity));
    const asked = new Map<number, number[]>();
    for (const [i, identity] of identities.entries()) {
      if (found[i]) continue;
      for (const object of this.#table.candidates(identity)) {
        const those = asked.get(object);
        if (those) those.push(i);
        else asked.set(object, [i]);
      }
    }
    if (asked.size > 0) {
      const objects = orderedMap(asked, DETAILS_AHEAD, async ([object, those]) => ({
        those,
        places: await this.#details.get(object),
      }));
      for await (const { those, places } of objects) {
        for (const i of those) found[i] ??= places.get(identities[i] as Buffer);
      }
    }
    if (this.#table.sparsity > 1) {
      // Blocks that lie together were read together: what the table left out is often in the details at hand.
      const recent = [...this.#details.loaded()].reverse();
      for (const [i, identity] of identities.entries()) {
        if (found[i] || this.#table.keeps(identity)) continue;
        for (const places of recent) if ((found[i] = places.get(identity))) break;
      }
    }
    return found;
  }

  /** Makes a block known that this writer stored. A block that is known already keeps its first place. */
  add(identity: Buffer, ref: Omit<Ref, 'identity'>): void {
    this.#own.add(identity, ref);
  }

  /** Says that an index object of these packs is in the store: their blocks need not be held in detail any more. */
  listed(index: string, packs: readonly IndexedPack[]): void {
    const object = this.#addObject(indexName(index));
    const places = new BlockPlaces();
    for (const pack of packs) {
      places.addPack(pack);
      for (const { identity } of pack.entries) this.#table.add(identity, object);
    }
    this.#details.put(object, places);
    this.#own = this.#own.without(new Set(packs.map(({ pack }) => pack)));
  }

  /** Reads all index objects into the table. @returns false when that does not pay */
  async #readIndex(): Promise<boolean> {
    const names: string[] = [];
    let bytes = 0;
    for await (const { name, size } of this.#store.list(PREFIXES.index)) {
      if (this.#numbers.has(name)) continue;
      names.push(name);
      bytes += size;
    }
    this.#tooLarge = bytes;
    if (bytes > this.#expected) return false;
    if (names.length === 0) return true;

    const usable = await UsablePacks.of(this.#store);
    this.#table.reserve(bytes / ENTRY_BYTES);
    const objects = orderedMap(names, LOADS_AHEAD, async (name) => ({ name, packs: await this.#readObject(name) }));
    for await (const { name, packs } of objects) {
      const object = this.#addObject(name);
      for (const { pack, size, directory, count } of packs) {
        const listing = usable.list(pack, size);
        if (listing === 'unusable') this.#unusable.add(pack);
        if (listing === 'first') this.#table.add(directoryIdentities(directory, count), object);
      }
    }
    return true;
  }

  async #readDetails(object: number): Promise<BlockPlaces> {
    const places = new BlockPlaces();
    for (const { pack, directory, count } of await this.#readObject(this.#names[object] ?? '')) {
      if (!this.#unusable.has(pack)) places.addPack({ pack, entries: parseDirectory(directory, count) });
    }
    return places;
  }

  /** The packs that an index object lists: none when prune replaced it meanwhile, or when it cannot be understood. */
  async #readObject(name: string): Promise<IndexedDirectory[]> {
    try {
      const { data } = await this.#store.get(name);
      return readIndexDirectories(this.#secrets, name, data);
    } catch (error) {
      if (isCode(error, 'REPOSITORY_DAMAGED') || isCode(error, 'REPOSITORY_UNKNOWN')) this.#onWarning(error);
      else if (!isCode(error, 'NOT_FOUND')) throw error;
      return [];
    }
  }

  #addObject(name: string): number {
    const number = this.#names.push(name) - 1;
    this.#numbers.set(name, number);
    return number;
  }
}
