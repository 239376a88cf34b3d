import { LRUCache } from 'lru-cache';
import { damaged } from '../format/damage.ts';
import { unframe } from '../format/frame.ts';
import { orderedMap } from '../flow.ts';
import type { Geometry } from '../format/geometry.ts';
import { packName } from '../format/layout.ts';
import type { Forwards } from './forwards.ts';
import { ReadAhead } from '../stores/readAhead.ts';
import { maxPageBytes, readPage } from '../format/page.ts';
import type { Page } from '../format/page.ts';
import { openPart } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import { release } from '../format/release.ts';
import type { ObjectStore } from '../ports.ts';
import { TAG_BYTES } from '../format/seal.ts';
import type { Secrets } from '../format/secrets.ts';

const CACHED_PAGES = 256;
const PAGES_AHEAD = 4;

/** Reads pages of maps, and keeps the ones used last. */
export class MapReader {
  /** Pages that follow one another in the map mostly do so in a pack. */
  readonly #packs: ReadAhead;
  readonly #secrets: Secrets;
  readonly #fanOut: number;
  readonly #forwards: Forwards;
  readonly #cache = new LRUCache<string, Promise<Page>>({ max: CACHED_PAGES });

  constructor(store: ObjectStore, secrets: Secrets, fanOut: number, forwards: Forwards) {
    this.#packs = new ReadAhead(store);
    this.#secrets = secrets;
    this.#fanOut = fanOut;
    this.#forwards = forwards;
  }

  /** @throws REPOSITORY_DAMAGED */
  page(ref: Ref, level: number): Promise<Page> {
    const key = `${level}/${ref.pack}/${ref.offset}/${ref.length}/${ref.identity}`;
    const known = this.#cache.get(key);
    if (known) return known;
    const page = this.#forwards.read('maps', ref, (at) => this.#read(at, level));
    this.#cache.set(key, page);
    page.catch(() => this.#cache.delete(key));
    return page;
  }

  /** The reference of one block: `null` for a hole. */
  async block(root: Ref | null, { fanOut, depth }: Geometry, block: number): Promise<Ref | null> {
    let ref = root;
    for (let level = depth - 1; level >= 0 && ref; level--) {
      const page = await this.page(ref, level);
      ref = page[Math.floor(block / fanOut ** level) % fanOut] ?? null;
    }
    return ref;
  }

  /** All blocks from `first` to before `end` that are no holes, in order; reads pages ahead. */
  async *blocks(
    root: Ref | null,
    { depth }: Geometry,
    first: number,
    end: number,
  ): AsyncGenerator<{ block: number; ref: Ref }> {
    if (root) yield* this.#walk(await this.page(root, depth - 1), depth - 1, 0, first, end);
  }

  async *#walk(
    page: Page,
    level: number,
    start: number,
    first: number,
    end: number,
  ): AsyncGenerator<{ block: number; ref: Ref }> {
    const span = this.#fanOut ** level;
    const inside = page.flatMap((ref, i) => {
      const block = start + i * span;
      return ref && block < end && block + span > first ? [{ block, ref }] : [];
    });
    if (level === 0) return yield* inside;
    const children = orderedMap(inside, PAGES_AHEAD, async ({ block, ref }) => ({
      block,
      page: await this.page(ref, level - 1),
    }));
    for await (const child of children) yield* this.#walk(child.page, level - 1, child.block, first, end);
  }

  async #read(ref: Ref, level: number): Promise<Page> {
    const name = packName('maps', ref.pack);
    const limit = maxPageBytes(this.#fanOut);
    if (ref.length > limit + 1 + TAG_BYTES) throw damaged(name, `has no page of ${ref.length} bytes`);
    const sealed = await this.#packs.read(name, ref);
    const framed = openPart(this.#secrets, this.#secrets.packKey(ref.pack), 'page', ref, sealed);
    const plain = unframe(framed, limit);
    if (!plain || this.#secrets.pageIdentity(plain).toString('hex') !== ref.identity) {
      throw damaged(name, `has another page at offset ${ref.offset} than the one referred to`);
    }
    const page = readPage(plain, level, this.#fanOut);
    // A walk of a large map would leave tens of MiB to the garbage collector.
    for (const bytes of [plain, framed]) release(bytes);
    if (!page) throw damaged(name, `has no page of level ${level} at offset ${ref.offset}`);
    return page;
  }
}
