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
    const settle = (bytes?: number): void => {
      if (this.#entries.peek(key) !== block) return;
      // Setting the same value again would leave its size as it was.
      this.#entries.delete(key);
      if (bytes !== undefined) this.#entries.set(key, block, { size: bytes + ENTRY_BYTES });
    };
    block.then(
      (data) => settle(data?.length ?? 0),
      () => settle(),
    );
  }
}
