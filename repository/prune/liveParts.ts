import type { PackKey } from '../format/marks.ts';

/** Offsets in one pack: a hash table over a flat array, 5 to 8 bytes each. No part lies at offset 0. */
class Offsets {
  #slots = new Uint32Array(8);
  count = 0;
  /** Of the parts, as stored. */
  bytes = 0;

  has(offset: number): boolean {
    return this.#slots[this.#find(offset)] === offset;
  }

  add(offset: number, length: number): boolean {
    if (this.has(offset)) return false;
    if (++this.count > this.#slots.length * 0.8) {
      const before = this.#slots;
      this.#slots = new Uint32Array(Math.ceil(before.length * 1.5));
      for (const old of before) if (old !== 0) this.#slots[this.#find(old)] = old;
    }
    this.#slots[this.#find(offset)] = offset;
    this.bytes += length;
    return true;
  }

  #find(offset: number): number {
    const { length } = this.#slots;
    let slot = Math.imul(offset, 0x9e3779b1) >>> 0;
    for (slot %= length; this.#slots[slot] !== 0 && this.#slots[slot] !== offset; slot = (slot + 1) % length);
    return slot;
  }
}

/** Which parts of which packs are needed: up to 8 bytes a block or page, so 32 MB for 1 TiB of unlike blocks. */
export class LiveParts {
  readonly #packs = new Map<PackKey, Offsets>();

  /** @returns whether it was not known before */
  add(key: PackKey, offset: number, length: number): boolean {
    const offsets = this.#packs.get(key) ?? new Offsets();
    if (offsets.count === 0) this.#packs.set(key, offsets);
    return offsets.add(offset, length);
  }

  has(key: PackKey, offset: number): boolean {
    return this.#packs.get(key)?.has(offset) ?? false;
  }

  /** How much of a pack is needed. */
  of(key: PackKey): { count: number; bytes: number } {
    const { count, bytes } = this.#packs.get(key) ?? { count: 0, bytes: 0 };
    return { count, bytes };
  }
}
