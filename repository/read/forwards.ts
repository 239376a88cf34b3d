import { LRUCache } from 'lru-cache';
import type { StrongroomError } from '../../model/errors.ts';
import { damaged, isCode } from '../format/damage.ts';
import { readForward } from '../format/forward.ts';
import type { NewPlace } from '../format/forward.ts';
import { forwardPrefix, packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import type { Ref } from '../format/pack.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

/** A part that was moved more often than this is in a loop (docs/format.md, section 7). */
export const MOST_STEPS = 64;
const CACHED_PACKS = 64;
/** Packs remembered to be gone, so that each costs one request in vain and not one for every part. */
const GONE_PACKS = 10_000;

/** All forwards of one pack. */
interface Moved {
  places: ReadonlyMap<number, NewPlace>;
  /** Why a forward could not be read: told when no other says where a part is. */
  damage?: StrongroomError;
}

/**
 * Finds the parts of packs that are not readable at their own place (docs/format.md, section 7): repacked, or repaired.
 * Asks the store only when a part was not readable.
 */
export class Forwards {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #cache = new LRUCache<string, Promise<Moved>>({ max: CACHED_PACKS });
  readonly #gone = new Set<string>();

  constructor(store: ObjectStore, secrets: Secrets) {
    this.#store = store;
    this.#secrets = secrets;
  }

  /**
   * Reads a part at its place or, when it is missing or damaged there, where forwards say that it is.
   * @param read gets the reference with the place to read at; what it throws as REPOSITORY_DAMAGED makes the next place count
   * @throws REPOSITORY_DAMAGED of the last place that there is: with forwards that is the one that counts
   */
  async read<T>(kind: PackKind, ref: Ref, read: (ref: Ref) => Promise<T>): Promise<T> {
    let at = await this.settle(kind, ref);
    let last: unknown;
    for (let step = 0; step <= MOST_STEPS; step++) {
      try {
        return await read(at);
      } catch (error) {
        if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
        last = error;
        this.note(kind, at.pack, error);
      }
      const next = await this.next(kind, at);
      if (!next) throw last;
      at = { ...at, ...next };
    }
    throw inLoop(kind, ref);
  }

  /** Takes notice of an error: a pack that is missing is not asked for again. */
  note(kind: PackKind, pack: string, error: unknown): void {
    if (!isCode(error, 'REPOSITORY_DAMAGED') || !isCode(error.cause, 'NOT_FOUND')) return;
    if (this.#gone.size >= GONE_PACKS) this.#gone.clear();
    this.#gone.add(packName(kind, pack));
  }

  /** The place to read a part at first: its own, or the one it was moved to when its pack is known to be gone. */
  async settle(kind: PackKind, ref: Ref): Promise<Ref> {
    let at = ref;
    for (let step = 0; step <= MOST_STEPS; step++) {
      if (!this.#gone.has(packName(kind, at.pack))) return at;
      const next = await this.next(kind, at);
      if (!next) return at;
      at = { ...at, ...next };
    }
    throw inLoop(kind, ref);
  }

  /** The place that is tried last: where no forward leads on. */
  async last(kind: PackKind, ref: Ref): Promise<Ref> {
    let at = ref;
    for (let step = 0; step < MOST_STEPS; step++) {
      const next = await this.next(kind, at).catch((error: unknown) => {
        if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
        return undefined;
      });
      if (!next) break;
      at = { ...at, ...next };
    }
    return at;
  }

  /**
   * Where a part lies that is not readable here: undefined when no forward says.
   * @throws REPOSITORY_DAMAGED when the forward that may say is damaged
   */
  async next(kind: PackKind, { pack, offset }: Pick<Ref, 'pack' | 'offset'>): Promise<NewPlace | undefined> {
    const name = forwardPrefix(kind, pack);
    const known = this.#cache.get(name);
    const place = known && (await known).places.get(offset);
    if (place) return place;
    // A forward may have been written since.
    const loading = this.#load(name);
    this.#cache.set(name, loading);
    loading.catch(() => this.#cache.delete(name));
    const { places, damage } = await loading;
    const found = places.get(offset);
    if (!found && damage) throw damage;
    return found;
  }

  async #load(prefix: string): Promise<Moved> {
    const objects: ObjectInfo[] = [];
    for await (const info of this.#store.list(prefix)) objects.push(info);
    return mergeForwards(this.#store, this.#secrets, objects);
  }
}

/** Reads the forwards of one pack. Of several that tell of a part, the one that was written last counts: it knew of the others. */
export async function mergeForwards(
  store: ObjectStore,
  secrets: Secrets,
  objects: readonly ObjectInfo[],
): Promise<Moved> {
  const places = new Map<number, NewPlace>();
  let damage: StrongroomError | undefined;
  for (const { name } of objects.toSorted((a, b) => Date.parse(a.modified) - Date.parse(b.modified))) {
    try {
      const { data } = await store.get(name);
      for (const [offset, place] of readForward(secrets, name, data)) places.set(offset, place);
    } catch (error) {
      if (isCode(error, 'REPOSITORY_DAMAGED')) damage = error;
      else if (!isCode(error, 'NOT_FOUND')) throw error; // Prune may delete one after it was listed.
    }
  }
  return damage === undefined ? { places } : { places, damage };
}

const inLoop = (kind: PackKind, ref: Ref) =>
  damaged(packName(kind, ref.pack), `has forwards for offset ${ref.offset} that lead nowhere: a loop`);
