import { StrongroomError } from '../../model/errors.ts';
import { readCheck, writeCheck } from '../format/check.ts';
import type { Check } from '../format/check.ts';
import { checkName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { getIfThere } from './texts.ts';

/** What a run remembers is put after as many packs, so that one that is interrupted was not in vain. */
const PACKS_PER_PUT = 1000;

/** When packs were read in full, by earlier runs. Times are the store's, in milliseconds. */
export class CheckedPacks {
  readonly #times: Record<PackKind, Map<string, number>> = { data: new Map(), maps: new Map() };
  lastRun: number | undefined;

  add({ packs }: Check, time: number): void {
    this.lastRun = Math.max(this.lastRun ?? 0, time);
    for (const kind of ['data', 'maps'] as const) for (const pack of packs[kind]) this.#set(kind, pack, time);
  }

  #set(kind: PackKind, pack: string, time: number): void {
    const before = this.#times[kind].get(pack);
    if (before === undefined || before < time) this.#times[kind].set(pack, time);
  }

  get(kind: PackKind, pack: string): number | undefined {
    return this.#times[kind].get(pack);
  }
}

/**
 * When packs were read in full, by the objects in `checks/`. What is damaged is told with the other texts.
 * @param data whether only those count that were decrypted
 */
export async function readChecks(store: ObjectStore, names: readonly string[], data: boolean): Promise<CheckedPacks> {
  const checked = new CheckedPacks();
  for (const name of names) {
    const found = await getIfThere(store, name);
    const check = found && readCheck(found.data);
    if (check && (check.data || !data)) checked.add(check, Date.parse(check.began ?? found.info.modified));
  }
  return checked;
}

/** Writes down what a run reads in full. A store that refuses does not stop the run. */
export class RunMemory {
  readonly #store: ObjectStore;
  readonly #name: string;
  readonly #check: Check;
  #info: ObjectInfo | undefined;
  #unsaved = 0;
  /** Why the run cannot be remembered. */
  failure: string | undefined;

  /** @param id 16 random bytes, hex */
  constructor(store: ObjectStore, id: string, repository: string, data: boolean) {
    this.#store = store;
    this.#name = checkName(id);
    this.#check = { repository, began: null, data, packs: { data: [], maps: [] } };
  }

  /** @returns the store's time, or undefined when the store refuses to be written */
  async begin(): Promise<number | undefined> {
    await this.#put();
    if (!this.#info) return undefined;
    this.#check.began = this.#info.modified;
    return Date.parse(this.#info.modified);
  }

  async add(kind: PackKind, pack: string): Promise<void> {
    this.#check.packs[kind].push(pack);
    if (++this.#unsaved >= PACKS_PER_PUT) await this.save();
  }

  async save(): Promise<void> {
    if (this.#unsaved === 0 || this.failure !== undefined) return;
    await this.#put();
    this.#unsaved = 0;
  }

  async #put(): Promise<void> {
    try {
      const condition = this.#info ? { ifMatch: this.#info.etag } : { ifAbsent: true };
      this.#info = await this.#store.put(this.#name, [writeCheck(this.#check)], condition);
    } catch (error) {
      if (!(error instanceof StrongroomError)) throw error;
      this.failure = error.message;
    }
  }
}
