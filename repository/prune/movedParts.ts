import { LRUCache } from 'lru-cache';
import { damaged } from '../format/damage.ts';
import type { NewPlace } from '../format/forward.ts';
import { packName } from '../format/layout.ts';
import { packKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import type { PackKind } from '../format/layout.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { mergeForwards, MOST_STEPS } from '../read/forwards.ts';

const CACHED_PACKS = 256;

type Places = ReadonlyMap<number, NewPlace>;

/** Where a part is found, and the packs whose forwards led there. */
export interface Found {
  /** One place, unless it is in doubt whether the part can be read there. */
  places: NewPlace[];
  via: PackKey[];
}

/** What is known of packs. */
export interface KnownPacks {
  /** Whether a pack is in the store. */
  exists(key: PackKey): boolean;
  /** Whether it has a bad mark. */
  isBad(key: PackKey): boolean;
}

/** The forwards as they were when the run began, merged as readers merge them (docs/format.md, section 7). */
export class MovedParts {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #forwards: ReadonlyMap<PackKey, readonly ObjectInfo[]>;
  readonly #packs: KnownPacks;
  readonly #cache = new LRUCache<PackKey, Promise<Places>>({ max: CACHED_PACKS });

  constructor(
    { store, secrets }: { store: ObjectStore; secrets: Secrets },
    forwards: ReadonlyMap<PackKey, readonly ObjectInfo[]>,
    packs: KnownPacks,
  ) {
    this.#store = store;
    this.#secrets = secrets;
    this.#forwards = forwards;
    this.#packs = packs;
  }

  /**
   * Where a part is: where forwards lead when the pack there is in the store, else its own place, else nowhere. So the old
   * place of what was copied is needed no more, unless the copy is in a bad pack: then each place before it counts too.
   * @throws REPOSITORY_DAMAGED when a forward that may say is damaged
   */
  find(kind: PackKind, at: NewPlace): Found | undefined | Promise<Found | undefined> {
    const key = packKey(kind, at.pack);
    if (this.#forwards.has(key)) return this.#follow(kind, at);
    return this.#packs.exists(key) ? { places: [at], via: [] } : undefined;
  }

  /** All places that the forwards of a pack give. @throws REPOSITORY_DAMAGED */
  places(key: PackKey): Promise<Places> {
    const places = this.#cache.get(key) ?? this.#load(key);
    this.#cache.set(key, places);
    return places;
  }

  async #follow(kind: PackKind, at: NewPlace): Promise<Found | undefined> {
    const chain = [at];
    const keys = [packKey(kind, at.pack)];
    let isLoop = false;
    for (const [step, key] of keys.entries()) {
      const next = this.#forwards.has(key) && (await this.places(key)).get(chain[step]?.offset ?? 0);
      if (!next) break;
      // A copy that was found where it once came from: a reader that begins elsewhere may need either.
      isLoop = chain.some(({ pack, offset }) => pack === next.pack && offset === next.offset);
      if (isLoop) break;
      if (step === MOST_STEPS) throw damaged(packName(kind, at.pack), `has too many forwards for offset ${at.offset}`);
      chain.push(next);
      keys.push(packKey(kind, next.pack));
    }
    const places: NewPlace[] = [];
    let last: number | undefined;
    for (const [step, key] of [...keys.entries()].reverse()) {
      if (!this.#packs.exists(key)) continue;
      last ??= step;
      places.push(chain[step] as NewPlace);
      if (!isLoop && !this.#packs.isBad(key)) break;
    }
    if (last === undefined) return undefined;
    return { places, via: isLoop ? keys : keys.slice(0, last) };
  }

  async #load(key: PackKey): Promise<Places> {
    const { places, damage } = await mergeForwards(this.#store, this.#secrets, this.#forwards.get(key) ?? []);
    if (damage) throw damage;
    return places;
  }
}
