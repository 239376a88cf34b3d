import type { BlockPlaces } from './blockPlaces.ts';

/** The details of index objects that were used last, within a bound of bytes. */
export class DetailsCache {
  readonly #most: number;
  readonly #load: (object: number) => Promise<BlockPlaces>;
  /** In order of use. */
  readonly #loaded = new Map<number, BlockPlaces>();
  readonly #loading = new Map<number, Promise<BlockPlaces>>();
  #bytes = 0;

  /** @param most bytes; the object used last is kept even when it alone takes more */
  constructor(most: number, load: (object: number) => Promise<BlockPlaces>) {
    this.#most = most;
    this.#load = load;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async get(object: number): Promise<BlockPlaces> {
    const known = this.#loaded.get(object);
    if (known) {
      this.#loaded.delete(object);
      this.#loaded.set(object, known);
      return known;
    }
    let loading = this.#loading.get(object);
    if (!loading) {
      loading = this.#load(object).finally(() => this.#loading.delete(object));
      this.#loading.set(object, loading);
    }
    const places = await loading;
    if (!this.#loaded.has(object)) this.put(object, places);
    return places;
  }

  put(object: number, places: BlockPlaces): void {
    this.#loaded.set(object, places);
    this.#bytes += places.bytes;
    for (const [oldest, { bytes }] of this.#loaded) {
      if (this.#bytes <= this.#most || this.#loaded.size === 1) break;
      this.#loaded.delete(oldest);
      this.#bytes -= bytes;
    }
  }

  /** What is in memory, in order of use. */
  loaded(): Iterable<BlockPlaces> {
    return this.#loaded.values();
  }
}
