import type { DedupIndex } from '../dedup/dedupIndex.ts';
import type { Ref } from '../format/pack.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { BlockPacks, NewBlock } from './blockPacks.ts';

/** Where a block lies, and whether it was stored for this. */
export interface Placed {
  ref: Ref;
  isNew: boolean;
}

/** A block of a batch in work. */
interface Pending {
  /** Where the batch's blocks lie; nowhere when that failed. */
  refs: Promise<readonly Ref[]>;
  /** Which of them it is. */
  at: number;
}

/** Gives every block a place: the one that it has already, or a new one. Of equal blocks in work at once, one is stored. */
export class BlockStore {
  readonly #index: DedupIndex;
  readonly #packs: BlockPacks;
  /** By identity: blocks that are being looked up or stored. */
  readonly #pending = new Map<string, Pending>();

  constructor(index: DedupIndex, packs: BlockPacks) {
    this.#index = index;
    this.#packs = packs;
  }

  /** Says that so many bytes more are going to be read: see {@link DedupIndex.expect} and {@link BlockPacks.expect}. */
  expect(bytes: number): void {
    this.#index.expect(bytes);
    this.#packs.expect(bytes);
  }

  /** Loads what {@link place} would wait for. @throws what the index throws */
  prepare(): Promise<void> {
    return this.#index.load();
  }

  /** @throws what the index and the packs throw */
  async place(lanes: Lanes, run: SharedArrayBuffer, blocks: readonly NewBlock[]): Promise<Placed[]> {
    const placed: Placed[] = [];
    let rest = blocks.map((block, i) => ({ block, i, id: block.identity.toString('hex') }));
    while (rest.length > 0) {
      const mine: typeof rest = [];
      const others: ((typeof rest)[number] & { pending: Pending })[] = [];
      const { promise: refs, resolve } = Promise.withResolvers<readonly Ref[]>();
      for (const one of rest) {
        const pending = this.#pending.get(one.id);
        if (pending) others.push({ ...one, pending });
        else this.#pending.set(one.id, { refs, at: mine.push(one) - 1 });
      }
      let found: Placed[] = [];
      try {
        const blocks = mine.map(({ block }) => block);
        found = await this.#findOrStore(lanes, run, blocks);
        mine.forEach(({ i }, n) => (placed[i] = found[n] as Placed));
      } finally {
        for (const { id } of mine) this.#pending.delete(id);
        resolve(found.map(({ ref }) => ref));
      }
      rest = [];
      for (const { pending, ...one } of others) {
        const ref = (await pending.refs)[pending.at];
        if (ref) placed[one.i] = { ref, isNew: false };
        else rest.push(one);
      }
    }
    return placed;
  }

  async #findOrStore(lanes: Lanes, run: SharedArrayBuffer, blocks: readonly NewBlock[]): Promise<Placed[]> {
    if (blocks.length === 0) return [];
    const known = await this.#index.find(blocks.map(({ identity }) => identity));
    const unknown = blocks.filter((_, i) => !known[i]);
    const refs = await this.#packs.add(lanes, run, unknown);
    unknown.forEach(({ identity }, i) => this.#index.add(identity, refs[i] as Ref));
    let next = 0;
    return known.map((ref) => (ref ? { ref, isNew: false } : { ref: refs[next++] as Ref, isNew: true }));
  }
}
