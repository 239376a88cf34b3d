import { IDENTITY_BYTES } from '../format/secrets.ts';

const SEGMENTS = 256;
const SLOT_BYTES = 8;
const FIRST_SLOTS = 16;
/** Full enough to be small, empty enough that a search ends after some twenty slots. */
const FULL = 0.85;
const GROWTH = 1.25;

/**
 * Which index object may know a block: 8 bytes a slot, 9.4 to 11.8 bytes a block. It keeps 5 of an identity's 16 bytes
 * (one chooses the segment, four are compared), so it can be wrong about one block in a hundred thousand: who asks compares the
 * whole identity with the object's details. Segments grow one by one, so growing needs no second copy of everything.
 *
 * The table never takes more than its limit. When it would, it goes over to every 2nd, 4th, 8th, … block, chosen by the
 * identity, so that all agree which ones (a sparse index).
 */
export class BlockTable {
  readonly #limit: number;
  /** Each slot is a fingerprint and 1 + the number of an object; 0 is a free slot. */
  readonly #segments = Array.from({ length: SEGMENTS }, () => new Uint32Array(FIRST_SLOTS * 2));
  readonly #counts = new Uint32Array(SEGMENTS);
  #slots = SEGMENTS * FIRST_SLOTS;
  #mask = 0;

  /** @param limit bytes */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that the table takes. */
  get bytes(): number {
    return this.#slots * SLOT_BYTES;
  }

  /** Of how many blocks one is kept: 1, 2, 4, … */
  get sparsity(): number {
    return this.#mask + 1;
  }

  /** Whether a block of this identity would be kept. */
  keeps(identity: Buffer): boolean {
    return (identity.readUInt32LE(1) & this.#mask) === 0;
  }

  /** Makes room for about so many blocks in all, if the limit allows it: growing step by step copies each of them several times. */
  reserve(blocks: number): void {
    const slots = Math.ceil((blocks / SEGMENTS) * GROWTH);
    if (SEGMENTS * slots * SLOT_BYTES > this.#limit) return;
    for (let each = 0; each < SEGMENTS; each++) {
      if (slots > this.#segment(each).length / 2) this.#resize(each, slots);
    }
  }

  /** @param identities of one or more blocks, one behind the other */
  add(identities: Buffer, object: number): void {
    for (let at = 0; at < identities.length; at += IDENTITY_BYTES) {
      this.#add(identities.readUInt8(at), identities.readUInt32LE(at + 1), object);
    }
  }

  /** Numbers of the objects that may know the block. */
  candidates(identity: Buffer): number[] {
    const segment = this.#segment(identity.readUInt8(0));
    const fingerprint = identity.readUInt32LE(1);
    const found: number[] = [];
    for (let at = home(segment, fingerprint); segment[at + 1] !== 0; at = after(segment, at)) {
      if (segment[at] === fingerprint) found.push((segment[at + 1] ?? 0) - 1);
    }
    return found;
  }

  #add(number: number, fingerprint: number, object: number): void {
    if ((fingerprint & this.#mask) !== 0) return;
    if ((this.#counts[number] ?? 0) + 1 > this.#segment(number).length * (FULL / 2)) {
      this.#grow(number);
      if ((fingerprint & this.#mask) !== 0) return;
    }
    insert(this.#segment(number), fingerprint, object + 1);
    this.#counts[number] = (this.#counts[number] ?? 0) + 1;
  }

  #segment(number: number): Uint32Array {
    return this.#segments[number] as Uint32Array;
  }

  #grow(number: number): void {
    const slots = Math.ceil((this.#segment(number).length / 2) * GROWTH);
    if (this.bytes + (slots - this.#segment(number).length / 2) * SLOT_BYTES <= this.#limit) {
      this.#resize(number, slots);
      return;
    }
    this.#mask = this.#mask * 2 + 1;
    for (let each = 0; each < SEGMENTS; each++) {
      const kept = countKept(this.#segment(each), this.#mask);
      this.#counts[each] = kept;
      this.#resize(each, Math.max(FIRST_SLOTS, Math.ceil((kept / FULL) * GROWTH)));
    }
  }

  #resize(number: number, slots: number): void {
    const before = this.#segment(number);
    const segment = new Uint32Array(slots * 2);
    for (let at = 0; at < before.length; at += 2) {
      const fingerprint = before[at] ?? 0;
      const value = before[at + 1] ?? 0;
      if (value !== 0 && (fingerprint & this.#mask) === 0) insert(segment, fingerprint, value);
    }
    this.#segments[number] = segment;
    this.#slots += slots - before.length / 2;
  }
}

/** Where the search for a fingerprint begins: fingerprints are uniformly distributed, and any number of slots will do. */
const home = (segment: Uint32Array, fingerprint: number): number =>
  Math.floor((fingerprint / 2 ** 32) * (segment.length / 2)) * 2;

const after = (segment: Uint32Array, at: number): number => (at + 2 < segment.length ? at + 2 : 0);

function insert(segment: Uint32Array, fingerprint: number, value: number): void {
  let at = home(segment, fingerprint);
  while (segment[at + 1] !== 0) at = after(segment, at);
  segment[at] = fingerprint;
  segment[at + 1] = value;
}

function countKept(segment: Uint32Array, mask: number): number {
  let count = 0;
  for (let at = 0; at < segment.length; at += 2) {
    if (segment[at + 1] !== 0 && ((segment[at] ?? 0) & mask) === 0) count++;
  }
  return count;
}
