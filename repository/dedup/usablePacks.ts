import { PREFIXES } from '../format/layout.ts';
import type { ObjectStore } from '../ports.ts';

const PACK_BYTES = 16;
const FIRST_PACKS = 1024;

/**
 * The data packs that a new point may rely on: in the store, without a bad mark and without a mark of prune. A pack that
 * has none is not deleted while the writer lives that looks (docs/format.md, section 9). 21 bytes a pack, because a
 * repository may have a million.
 */
export class UsablePacks {
  /** In order. */
  #packs = Buffer.alloc(FIRST_PACKS * PACK_BYTES);
  #sizes = new Uint32Array(FIRST_PACKS);
  #listed = new Uint8Array(FIRST_PACKS);
  #count = 0;

  static async of(store: ObjectStore): Promise<UsablePacks> {
    const marked = new Set<string>();
    // Before the packs: a mark goes after its pack.
    for (const prefix of [`${PREFIXES.bad}data-`, `${PREFIXES.marks}data-`]) {
      for await (const { name } of store.list(prefix)) marked.add(name.slice(prefix.length));
    }
    const usable = new UsablePacks();
    // A store lists in name order, which is the packs' order.
    for await (const { name, size } of store.list(PREFIXES.data)) {
      const pack = name.slice(PREFIXES.data.length);
      if (/^[0-9a-f]{32}$/.test(pack) && !marked.has(pack)) usable.#push(pack, size);
    }
    return usable;
  }

  /**
   * Notes that an index object lists the pack with this size.
   * @returns whether it was listed before; 'unusable' when it is not to be relied on
   */
  list(pack: string, size: number): 'first' | 'again' | 'unusable' {
    const number = this.#find(Buffer.from(pack, 'hex'));
    if (number === undefined || this.#sizes[number] !== size) return 'unusable';
    const before = this.#listed[number];
    this.#listed[number] = 1;
    return before ? 'again' : 'first';
  }

  /** Packs that no index object lists, and their sizes. */
  *unlisted(): Generator<{ pack: string; size: number }> {
    for (let number = 0; number < this.#count; number++) {
      if (this.#listed[number]) continue;
      const at = number * PACK_BYTES;
      yield { pack: this.#packs.toString('hex', at, at + PACK_BYTES), size: this.#sizes[number] ?? 0 };
    }
  }

  #find(pack: Buffer): number | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >> 1;
      const at = middle * PACK_BYTES;
      const order = pack.compare(this.#packs, at, at + PACK_BYTES);
      if (order === 0) return middle;
      if (order < 0) high = middle;
      else low = middle + 1;
    }
    return undefined;
  }

  #push(pack: string, size: number): void {
    if (this.#count === this.#sizes.length) {
      this.#packs = Buffer.concat([this.#packs], this.#packs.length * 2);
      const sizes = new Uint32Array(this.#sizes.length * 2);
      sizes.set(this.#sizes);
      this.#sizes = sizes;
      const listed = new Uint8Array(sizes.length);
      listed.set(this.#listed);
      this.#listed = listed;
    }
    this.#packs.write(pack, this.#count * PACK_BYTES, 'hex');
    this.#sizes[this.#count++] = size;
  }
}
