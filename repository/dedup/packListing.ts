import { writeIndexObject } from '../format/indexObject.ts';
import type { IndexedPack } from '../format/indexObject.ts';
import { indexName } from '../format/layout.ts';
import { putNew } from '../stores/objects.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** An index object is written of so many packs, or of packs of so many blocks: what a writer that dies leaves unlisted is little. */
const PACKS_PER_OBJECT = 32;
const BLOCKS_PER_OBJECT = 64 * 1024;

/** Lists packs that were stored in index objects. */
export class PackListing {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #random: (bytes: number) => Buffer;
  readonly #listed: (index: string, packs: readonly IndexedPack[]) => void;
  #packs: IndexedPack[] = [];
  #blocks = 0;

  /** @param listed told of each index object when it is stored */
  constructor(
    { store, secrets, random }: { store: ObjectStore; secrets: Secrets; random(bytes: number): Buffer },
    listed: (index: string, packs: readonly IndexedPack[]) => void = () => undefined,
  ) {
    this.#store = store;
    this.#secrets = secrets;
    this.#random = random;
    this.#listed = listed;
  }

  /** Takes a pack that is in the store. Resolves when an index object that was due is stored. */
  async add(pack: IndexedPack): Promise<void> {
    this.#packs.push(pack);
    this.#blocks += pack.entries.length;
    if (this.#packs.length >= PACKS_PER_OBJECT || this.#blocks >= BLOCKS_PER_OBJECT) await this.flush();
  }

  /** Lists what is not listed yet. */
  async flush(): Promise<void> {
    const packs = this.#packs;
    if (packs.length === 0) return;
    this.#packs = [];
    this.#blocks = 0;
    const index = this.#random(16).toString('hex');
    await putNew(this.#store, indexName(index), [writeIndexObject(this.#secrets, index, packs, this.#random(32))]);
    this.#listed(index, packs);
  }
}
