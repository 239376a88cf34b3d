import { damaged, isCode } from '../format/damage.ts';
import { readForward } from '../format/forward.ts';
import type { NewPlace } from '../format/forward.ts';
import { packName } from '../format/layout.ts';
import { packKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import type { PackKind } from '../format/layout.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';

const CACHED_PACKS = 256;
const MOST_STEPS = 64;

type Places = ReadonlyMap<number, NewPlace>;

/** Where a part is found, and the packs whose forwards led there. */
export interface Found {
  at: NewPlace;
  via: PackKey[];
}

/** The forwards as they were when the run began, merged as readers merge them (docs/format.md, section 7). */
export class MovedParts {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #forwards: ReadonlyMap<PackKey, readonly ObjectInfo[]>;
  readonly #exists: (key: PackKey) => boolean;
  /** In order of use. */
  readonly #cache = new Map<PackKey, Promise<Places>>();

  /** @param exists whether a pack is in the store */
  constructor(
    { store, secrets }: { store: ObjectStore; secrets: Secrets },
    forwards: ReadonlyMap<PackKey, readonly ObjectInfo[]>,
    exists: (key: PackKey) => boolean,
  ) {
    this.#store = store;
    this.#secrets = secrets;
    this.#forwards = forwards;
    this.#exists = exists;
  }

  /**
   * Where a part is: where forwards lead when the pack there is in the store, else its own place, else nowhere. So the old
   * place of what was copied is needed no more.
   * @throws REPOSITORY_DAMAGED when a forward that may say is damaged
   */
  find(kind: PackKind, at: NewPlace, step = 0): Found | undefined | Promise<Found | undefined> {
    const key = packKey(kind, at.pack);
    if (this.#forwards.has(key)) return this.#follow(kind, key, at, step);
    return this.#exists(key) ? { at, via: [] } : undefined;
  }

  /** All places that the forwards of a pack give. @throws REPOSITORY_DAMAGED */
  places(key: PackKey): Promise<Places> {
    const places = this.#cache.get(key) ?? this.#load(key);
    this.#cache.delete(key);
    this.#cache.set(key, places);
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= CACHED_PACKS) break;
      this.#cache.delete(oldest);
    }
    return places;
  }

  async #follow(kind: PackKind, key: PackKey, at: NewPlace, step: number): Promise<Found | undefined> {
    if (step > MOST_STEPS) throw damaged(packName(kind, at.pack), `has forwards for offset ${at.offset} in a loop`);
    const next = (await this.places(key)).get(at.offset);
    const found = next && (await this.find(kind, next, step + 1));
    if (found) return { at: found.at, via: [key, ...found.via] };
    return this.#exists(key) ? { at, via: [] } : undefined;
  }

  async #load(key: PackKey): Promise<Places> {
    const places = new Map<number, NewPlace>();
    // What was written last counts: it knew of those before.
    const objects = [...(this.#forwards.get(key) ?? [])].sort(
      (a, b) => Date.parse(a.modified) - Date.parse(b.modified),
    );
    for (const { name } of objects) {
      const object = await this.#store.get(name).catch((error: unknown) => {
        if (isCode(error, 'NOT_FOUND')) return undefined; // Another prune was there.
        throw error;
      });
      if (!object) continue;
      for (const [offset, place] of readForward(this.#secrets, name, object.data)) places.set(offset, place);
    }
    return places;
  }
}
