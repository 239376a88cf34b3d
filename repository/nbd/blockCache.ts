import { LRUCache } from 'lru-cache';

/** A plain block, or null where there are only zeros. */
export type Block = Buffer | null;

/** What an entry costs beside its data. */
const ENTRY_BYTES = 512;

/** Blocks of several images, those used last, within a number of bytes. Blocks that are being fetched count too. */
export class BlockCache {
  readonly #entries: LRUCache<string, Promise<Block>>;

  /** @param most bytes */
  constructor(most: number) {
    this.#entries = new LRUCache({ maxSize: most });
  }

  get(key: string): Promise<Block> | undefined {
    return this.#entries.get(key);
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps a block, unless it turns out that it cannot be read. @param bytes what it takes at most */
  set(key: string, block: Promise<Block>, bytes: number): void {
    this.#entries.set(key, block, { size: bytes + ENTRY_BYTES });
    const isKept = (): boolean => this.#entries.peek(key) === block;
    block.then(
      (data) => isKept() && this.#entries.set(key, block, { size: (data?.length ?? 0) + ENTRY_BYTES }),
      () => isKept() && this.#entries.delete(key),
    );
  }
}
