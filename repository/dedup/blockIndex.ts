import type { DirectoryEntry, Ref } from '../format/pack.ts';
import { PACK_HEAD_BYTES } from '../format/pack.ts';
import { IDENTITY_BYTES } from '../format/secrets.ts';

const NO_ENTRY = 0xffffffff;

/**
 * Which blocks the repository has, and where: a hash table over flat arrays, about 40 bytes a block, because a
 * repository has millions. Identities are uniformly distributed, so their first 4 bytes are the hash.
 */
export class BlockIndex {
  #slots = new Uint32Array(1 << 12).fill(NO_ENTRY);
  #identities = Buffer.alloc(1 << 15);
  /** Pack number, offset and length of each entry. */
  #places = new Uint32Array(3 << 11);
  #count = 0;
  readonly #packs: string[] = [];

  get size(): number {
    return this.#count;
  }

  /** Makes a pack known and gives its number. */
  addPack(pack: string): number {
    return this.#packs.push(pack) - 1;
  }

  /** All blocks of a pack, from its directory. */
  addDirectory(pack: string, entries: readonly DirectoryEntry[]): void {
    const number = this.addPack(pack);
    let offset = PACK_HEAD_BYTES;
    for (const { identity, length } of entries) {
      this.add(identity, number, offset, length);
      offset += length;
    }
  }

  /** A block that is known already keeps its first place. */
  add(identity: Buffer, pack: number, offset: number, length: number): void {
    const slot = this.#find(identity);
    if (this.#slots[slot] !== NO_ENTRY) return;
    const entry = this.#count++;
    if ((entry + 1) * IDENTITY_BYTES > this.#identities.length) this.#growEntries();
    identity.copy(this.#identities, entry * IDENTITY_BYTES);
    this.#places.set([pack, offset, length], entry * 3);
    this.#slots[slot] = entry;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
  }

  get(identity: Buffer): Ref | undefined {
    const entry = this.#slots[this.#find(identity)] ?? NO_ENTRY;
    if (entry === NO_ENTRY) return undefined;
    const [pack = 0, offset = 0, length = 0] = this.#places.subarray(entry * 3, entry * 3 + 3);
    return { pack: this.#packs[pack] ?? '', offset, length, identity: identity.toString('hex') };
  }

  /** The slot that holds an identity, or the free one where it belongs. */
  #find(identity: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = identity.readUInt32LE(0) & mask;
    for (;;) {
      const entry = this.#slots[slot] ?? NO_ENTRY;
      if (entry === NO_ENTRY) return slot;
      const at = entry * IDENTITY_BYTES;
      if (identity.compare(this.#identities, at, at + IDENTITY_BYTES) === 0) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #growEntries(): void {
    this.#identities = Buffer.concat([this.#identities], this.#identities.length * 2);
    const places = new Uint32Array(this.#places.length * 2);
    places.set(this.#places);
    this.#places = places;
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2).fill(NO_ENTRY);
    for (let entry = 0; entry < this.#count; entry++) {
      const at = entry * IDENTITY_BYTES;
      this.#slots[this.#find(this.#identities.subarray(at, at + IDENTITY_BYTES))] = entry;
    }
  }
}
