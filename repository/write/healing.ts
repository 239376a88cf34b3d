import type { Config } from '../format/config.ts';
import { readBadMark } from '../format/badMark.ts';
import { isCode } from '../format/damage.ts';
import { writeForward } from '../format/forward.ts';
import type { NewPlace } from '../format/forward.ts';
import type { Geometry } from '../format/geometry.ts';
import { forwardName, PREFIXES } from '../format/layout.ts';
import type { Ref } from '../format/pack.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { Forwards } from '../read/forwards.ts';
import type { MapReader } from '../read/mapReader.ts';
import { putNew } from '../stores/objects.ts';
import type { WrittenRun } from './runs.ts';

interface HealingContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
  random(bytes: number): Buffer;
}

/** Offsets of the parts of a pack that cannot be read; `null`: all of them. */
type BadEntries = ReadonlySet<number> | null;

/**
 * Heals older points where the source still has what a bad pack lost (docs/format.md, 9.1): a block that the base has in a bad
 * place is read again and stored anew, and when it is the same, a forward leads there from the old place. One for each image.
 */
export class Healing {
  readonly #context: HealingContext;
  readonly #bad: ReadonlyMap<string, BadEntries>;
  /** Data packs that have forwards: only of these may a part be elsewhere. */
  readonly #moved: ReadonlySet<string>;
  readonly #forwards: Forwards;
  /** New places, by old pack. */
  readonly #places = new Map<string, Map<number, NewPlace>>();

  private constructor(context: HealingContext, bad: ReadonlyMap<string, BadEntries>, moved: ReadonlySet<string>) {
    this.#context = context;
    this.#bad = bad;
    this.#moved = moved;
    this.#forwards = new Forwards(context.store, context.secrets);
  }

  /** Costs one request when nothing is bad; there is nothing to do then. */
  static async of(context: HealingContext): Promise<Healing | undefined> {
    const { store } = context;
    const bad = new Map<string, BadEntries>();
    const badData = `${PREFIXES.bad}data-`;
    for await (const { name } of store.list(badData)) bad.set(name.slice(badData.length), await entriesOf(store, name));
    if (bad.size === 0) return undefined;
    const moved = new Set<string>();
    const movedData = `${PREFIXES.moved}data-`;
    for await (const { name } of store.list(movedData)) moved.add(name.slice(movedData.length).split('.')[0] ?? '');
    return new Healing(context, bad, moved);
  }

  /** The blocks of a base that cannot be read: walks all of its map. @throws REPOSITORY_DAMAGED (a page) */
  async lostBlocks(base: Ref | null, geometry: Geometry): Promise<Map<number, Ref>> {
    const lost = new Map<number, Ref>();
    for await (const { block, ref } of this.#context.maps.blocks(base, geometry, 0, geometry.blocks)) {
      if (this.#isBad(await this.#last(ref))) lost.set(block, ref);
    }
    return lost;
  }

  /** Passes runs on, and notes where lost blocks are that are the same still. */
  async *watch(runs: AsyncIterable<WrittenRun>, lost: ReadonlyMap<number, Ref>): AsyncGenerator<WrittenRun> {
    for await (const run of runs) {
      for (const [i, place] of run.places.entries()) {
        const old = lost.get(run.blocks[i] as number);
        if (!old || place?.identity !== old.identity) continue;
        // A writer that knew the pack before it was set aside may find the block in it again.
        if (!this.#isBad(place)) await this.#note(old, place);
      }
      yield run;
    }
  }

  /** Writes the forwards. What they lead to must be stored. */
  async flush(): Promise<void> {
    const { store, secrets, random } = this.#context;
    for (const [pack, those] of this.#places) {
      const forward = random(16).toString('hex');
      const object = writeForward(secrets, { kind: 'data', pack, forward }, those, random(32));
      await putNew(store, forwardName('data', pack, forward), [object]);
    }
  }

  /** Where a block is looked for last; asks the store only for packs that have forwards. */
  async #last(ref: Ref): Promise<Ref> {
    return this.#moved.has(ref.pack) ? this.#forwards.last('data', ref) : ref;
  }

  #isBad({ pack, offset }: Ref): boolean {
    const entries = this.#bad.get(pack);
    return entries === null || entries?.has(offset) === true;
  }

  /** From where the base has it, and from where it was moved meanwhile: later points may refer there. */
  async #note(old: Ref, { pack, offset, length }: Ref): Promise<void> {
    for (const from of [old, await this.#last(old)]) {
      const places = this.#places.get(from.pack) ?? new Map<number, NewPlace>();
      this.#places.set(from.pack, places.set(from.offset, { pack, offset, length }));
    }
  }
}

/** A mark that is damaged speaks of the whole pack. */
async function entriesOf(store: ObjectStore, name: string): Promise<BadEntries> {
  try {
    const mark = readBadMark((await store.get(name)).data);
    return mark?.entries ? new Set(mark.entries) : null;
  } catch (error) {
    if (isCode(error, 'NOT_FOUND')) return new Set(); // Taken back meanwhile.
    throw error;
  }
}
