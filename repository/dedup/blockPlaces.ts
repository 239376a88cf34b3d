import type { IndexedPack } from '../format/indexObject.ts';
import { PACK_HEAD_BYTES } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import { IDENTITY_BYTES } from '../format/secrets.ts';

const FREE = 0xffffffff;

/**
 * Where blocks lie, exactly: a hash table over flat arrays, about 40 bytes a block. Identities are uniformly distributed, so
 * their first 4 bytes are the hash.
 */
export class BlockPlaces {
  #slots = new Uint32Array(1 << 6).fill(FREE);
  #identities = Buffer.alloc(IDENTITY_BYTES << 5);
  /** Number of the pack, offset and length of each block. */
  #places = new Uint32Array(3 << 5);
  #count = 0;
  readonly #packs: string[] = [];
  readonly #numbers = new Map<string, number>();

  get count(): number {
    return this.#count;
  }

  /** Bytes that the places take. */
  get bytes(): number {
    return this.#slots.byteLength + this.#identities.length + this.#places.byteLength;
  }

  /** A block that is known already keeps its first place. */
  add(identity: Buffer, { pack, offset, length }: Omit<Ref, 'identity'>): void {
    const slot = this.#find(identity);
    if (this.#slots[slot] !== FREE) return;
    const entry = this.#count++;
    if ((entry + 1) * IDENTITY_BYTES > this.#identities.length) this.#growEntries();
    identity.copy(this.#identities, entry * IDENTITY_BYTES);
    this.#places[entry * 3] = this.#numberOf(pack);
    this.#places[entry * 3 + 1] = offset;
    this.#places[entry * 3 + 2] = length;
    this.#slots[slot] = entry;
    if (this.#count * 2 > this.#slots.length) this.#growSlots();
  }

  addPack({ pack, entries }: Pick<IndexedPack, 'pack' | 'entries'>): void {
    let offset = PACK_HEAD_BYTES;
    for (const { identity, length } of entries) {
      this.add(identity, { pack, offset, length });
      offset += length;
    }
  }

  get(identity: Buffer): Ref | undefined {
    const entry = this.#slots[this.#find(identity)] ?? FREE;
    return entry === FREE ? undefined : this.#ref(entry);
  }

  /** The places that are not in these packs. */
  without(packs: ReadonlySet<string>): BlockPlaces {
    const rest = new BlockPlaces();
    for (let entry = 0; entry < this.#count; entry++) {
      const ref = this.#ref(entry);
      if (!packs.has(ref.pack)) rest.add(this.#identity(entry), ref);
    }
    return rest;
  }

  #ref(entry: number): Ref {
    const [number = 0, offset = 0, length = 0] = this.#places.subarray(entry * 3, entry * 3 + 3);
    return { pack: this.#packs[number] ?? '', offset, length, identity: this.#identity(entry).toString('hex') };
  }

  #identity(entry: number): Buffer {
    return this.#identities.subarray(entry * IDENTITY_BYTES, (entry + 1) * IDENTITY_BYTES);
  }

  #numberOf(pack: string): number {
    const known = this.#numbers.get(pack);
    if (known !== undefined) return known;
    const number = this.#packs.push(pack) - 1;
    this.#numbers.set(pack, number);
    return number;
  }

  /** The slot that holds an identity, or the free one where it belongs. */
  #find(identity: Buffer): number {
    const mask = this.#slots.length - 1;
    let slot = identity.readUInt32LE(0) & mask;
    for (;;) {
      const entry = this.#slots[slot] ?? FREE;
      if (entry === FREE) return slot;
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
    this.#slots = new Uint32Array(this.#slots.length * 2).fill(FREE);
    for (let entry = 0; entry < this.#count; entry++) this.#slots[this.#find(this.#identity(entry))] = entry;
  }
}
