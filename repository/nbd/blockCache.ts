/** A plain block, or null where there are only zeros. */
export type Block = Buffer | null;

/** What an entry costs beside its data. */
const ENTRY_BYTES = 512;

/** Blocks of several images, those used last, within a number of bytes. Blocks that are being fetched count too. */
export class BlockCache {
  readonly #most: number;
  /** In order of use. */
  readonly #entries = new Map<string, { block: Promise<Block>; bytes: number }>();
  #bytes = 0;

  /** @param most bytes */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Promise<Block> | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.block;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** Keeps a block, unless it turns out that it cannot be read. @param bytes what it takes at most */
  set(key: string, block: Promise<Block>, bytes: number): void {
    const entry = { block, bytes: bytes + ENTRY_BYTES };
    this.#drop(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    block.then(
      (data) => this.#shrink(key, entry, (data?.length ?? 0) + ENTRY_BYTES),
      () => this.#entries.get(key) === entry && this.#drop(key),
    );
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#most || oldest === key) break;
      this.#drop(oldest);
    }
  }

  #shrink(key: string, entry: { bytes: number }, bytes: number): void {
    if (this.#entries.get(key) !== entry) return;
    this.#bytes += bytes - entry.bytes;
    entry.bytes = bytes;
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
