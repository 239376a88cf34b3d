import { identityOf, unframe, unseal } from './crypto.ts';
import type { Folder } from './folder.ts';
import type { Keys } from './derivedKeys.ts';
import type { Config } from './keys.ts';
import { Damage } from './problem.ts';
import type { Disk, Ref } from './points.ts';
import { sealedContent } from './sealedObject.ts';

/** A part that was moved more often than this is in a loop. */
const MOST_STEPS = 64;

/** What a part of a pack is: its kind of pack, and the number that is bound into it. */
const parts = { block: { folder: 'data', role: 1 }, page: { folder: 'maps', role: 2 } } as const;
type PartKind = keyof typeof parts;

/** A block of a disk, or why it cannot be had. */
export type Found = { offset: number; data: Buffer } | { offset: number; length: number; damage: Damage };

/** Reads images block by block; what it gives is what was backed up (docs/format.md, 5 to 7). */
export class Images {
  readonly #folder: Folder;
  readonly #config: Config;
  readonly #keys: Keys;

  constructor(folder: Folder, config: Config, keys: Keys) {
    this.#folder = folder;
    this.#config = config;
    this.#keys = keys;
  }

  /** The blocks of a disk that are not zeros, in order. What the map of a stretch cannot tell is one long damage. */
  *blocks({ image }: Disk): Generator<Found> {
    if (!image.root) return;
    const { pack, offset, length, hash } = image.root;
    yield* this.#walk({ pack, offset, length, identity: hash }, image.depth - 1, 0, image.size);
  }

  *#walk(ref: Ref, level: number, start: number, size: number): Generator<Found> {
    const { blockSize, fanOut } = this.#config;
    const span = blockSize * fanOut ** level;
    let entries: { at: number; ref: Ref }[];
    try {
      entries = this.#page(ref, level).map(({ index, ref: child }) => ({ at: start + index * span, ref: child }));
    } catch (damage) {
      if (!(damage instanceof Damage)) throw damage;
      yield { offset: start, length: Math.min(span * fanOut, size - start), damage };
      return;
    }
    for (const { at, ref: child } of entries) {
      if (at >= size) throw new Damage(`maps/${ref.pack} refers to blocks behind the end of the disk.`);
      if (level > 0) {
        yield* this.#walk(child, level - 1, at, size);
        continue;
      }
      const length = Math.min(blockSize, size - at);
      try {
        yield { offset: at, data: this.#part('block', child, length, (plain) => plain.length === length) };
      } catch (damage) {
        if (!(damage instanceof Damage)) throw damage;
        yield { offset: at, length, damage };
      }
    }
  }

  /** The entries of a page that are no holes. */
  #page(ref: Ref, level: number): { index: number; ref: Ref }[] {
    const { fanOut } = this.#config;
    const page = this.#part('page', ref, 8 + fanOut * 42, (plain) => isPage(plain, level, fanOut));
    const [packs, count] = [page.readUInt16LE(2), page.readUInt16LE(4)];
    const columns = 8 + 16 * packs;
    return Array.from({ length: count }, (_, index) => {
      const number = page.readUInt16LE(columns + 2 * index);
      const identity = columns + 10 * count + 16 * index;
      return {
        index,
        number,
        ref: {
          pack: page.toString('hex', 8 + 16 * (number - 1), 8 + 16 * number),
          offset: page.readUInt32LE(columns + 2 * count + 4 * index),
          length: page.readUInt32LE(columns + 6 * count + 4 * index),
          identity: page.toString('hex', identity, identity + 16),
        },
      };
    }).filter(({ number }) => number > 0);
  }

  /** A part of a pack, at its place or where forwards say that it is now. @throws Damage */
  #part(kind: PartKind, ref: Ref, limit: number, fits: (plain: Buffer) => boolean): Buffer {
    const tried = new Set<string>();
    const places = [ref];
    let first: unknown;
    for (let place = places.pop(); place && tried.size < MOST_STEPS; place = places.pop()) {
      const key = `${place.pack}/${place.offset}`;
      if (tried.has(key)) continue;
      tried.add(key);
      try {
        const plain = this.#open(kind, place, limit);
        const own = kind === 'block' ? this.#keys.block : this.#keys.page;
        if (plain && identityOf(own, plain) === ref.identity && fits(plain)) return plain;
        throw new Damage(`${nameOf(kind, place.pack)} is not as it was written at offset ${place.offset}.`);
      } catch (damage) {
        if (!(damage instanceof Damage)) throw damage;
        first ??= damage;
        places.push(...this.#forwards(kind, place).reverse());
      }
    }
    throw first;
  }

  #open(kind: PartKind, { pack, offset, length }: Ref, limit: number): Buffer | undefined {
    // Tag and codec; what is longer was not written by this format.
    if (length > limit + 17) return undefined;
    const sealed = this.#folder.part(nameOf(kind, pack), offset, length);
    const place = Buffer.alloc(8);
    place.writeBigUInt64LE(BigInt(offset));
    const data = Buffer.concat([this.#keys.repository, Buffer.of(parts[kind].role), Buffer.from(pack, 'hex'), place]);
    const frame = unseal(this.#keys.pack(pack), Buffer.concat([Buffer.alloc(4), place]), data, sealed);
    return frame && unframe(frame, limit);
  }

  /** Where a part may be now, what was written last first. A damaged forward counts for nothing. */
  #forwards(kind: PartKind, ref: Ref): Ref[] {
    const found: Ref[] = [];
    for (const name of this.#folder.names(`moved/${parts[kind].folder}-${ref.pack}.`)) {
      try {
        const bytes = sealedContent(this.#keys, 'forward', name, this.#folder.find(name) ?? Buffer.alloc(0));
        const [packs, count] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
        for (let at = 8 + 16 * packs; at < 8 + 16 * packs + 16 * count; at += 16) {
          if (bytes.readUInt32LE(at) !== ref.offset) continue;
          const number = bytes.readUInt32LE(at + 4);
          const pack = bytes.toString('hex', 8 + 16 * number, 24 + 16 * number);
          found.push({ ...ref, pack, offset: bytes.readUInt32LE(at + 8), length: bytes.readUInt32LE(at + 12) });
        }
      } catch (damage) {
        if (!(damage instanceof Damage)) throw damage;
      }
    }
    return found;
  }
}

const nameOf = (kind: PartKind, pack: string): string => `${parts[kind].folder}/${pack}`;

/** Whether the bytes are a page of that level (docs/format.md, 6). */
function isPage(bytes: Buffer, level: number, fanOut: number): boolean {
  if (bytes.length < 8 || bytes[0] !== level) return false;
  const [packs, count] = [bytes.readUInt16LE(2), bytes.readUInt16LE(4)];
  return count <= fanOut && bytes.length === 8 + 16 * packs + 26 * count;
}
