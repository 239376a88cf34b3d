import type { Geometry } from '../format/geometry.ts';
import type { MapReader } from '../read/mapReader.ts';
import type { Page } from '../format/page.ts';
import type { Ref } from '../format/pack.ts';

/** A page that is being changed. */
interface Open {
  number: number;
  page: Page;
  /** As in the base: where unchanged children are found. */
  base: Page;
  changed: boolean;
}

/**
 * Writes an image's tree of pages from its base's tree and the blocks that differ, given in ascending order. Holds one page
 * per level; reads only pages on the way to changed blocks and writes only those anew.
 */
export class MapWriter {
  readonly #geometry: Geometry;
  readonly #reader: MapReader;
  readonly #store: (level: number, page: Page) => Promise<Ref>;
  #depth: number;
  readonly #open: (Open | undefined)[];
  #root: Ref | null;

  constructor(
    geometry: Geometry,
    base: Ref | null,
    reader: MapReader,
    store: (level: number, page: Page) => Promise<Ref>,
  ) {
    this.#geometry = geometry;
    this.#depth = geometry.depth;
    this.#reader = reader;
    this.#store = store;
    this.#root = base;
    this.#open = new Array<Open | undefined>(geometry.depth).fill(undefined);
  }

  /** Block numbers ascend from call to call. `null` is a block of zeros. */
  async set(block: number, ref: Ref | null): Promise<void> {
    await this.#put(0, block, ref);
  }

  /**
   * The new root: `null` when the image is all zeros.
   * @param depth of the image: that of the geometry, or less when there is no base
   */
  async finish(depth: number): Promise<Ref | null> {
    this.#depth = depth;
    for (let level = 0; level < depth; level++) await this.#close(level);
    return this.#root;
  }

  async #put(level: number, index: number, ref: Ref | null): Promise<void> {
    const { fanOut } = this.#geometry;
    const open = await this.#page(level, Math.floor(index / fanOut));
    open.page[index % fanOut] = ref;
    open.changed = true;
  }

  async #page(level: number, number: number): Promise<Open> {
    const current = this.#open[level];
    if (current?.number === number) return current;
    await this.#close(level);
    const { fanOut } = this.#geometry;
    const ref =
      level === this.#depth - 1
        ? this.#root
        : (await this.#page(level + 1, Math.floor(number / fanOut))).base[number % fanOut];
    const base = ref ? await this.#reader.page(ref, level) : new Array<Ref | null>(fanOut).fill(null);
    const open = { number, base, page: [...base], changed: false };
    this.#open[level] = open;
    return open;
  }

  async #close(level: number): Promise<void> {
    const open = this.#open[level];
    this.#open[level] = undefined;
    if (!open?.changed) return;
    const ref = open.page.every((entry) => entry === null) ? null : await this.#store(level, open.page);
    if (level === this.#depth - 1) this.#root = ref;
    else await this.#put(level + 1, open.number, ref);
  }
}
