import { isCode } from '../format/damage.ts';
import type { ImageReader } from '../read/image.ts';
import type { Block, BlockCache } from './blockCache.ts';
import type { Piece } from './protocol.ts';

/** How far ahead of a sequential reader blocks are fetched at most. */
const AHEAD_BYTES = 8 * 1024 * 1024;
/** Readers that are followed at once: parallel connections, and file systems that read several files. */
const STREAMS = 16;
/** Parallel connections overtake each other: so near to where a reader is expected it is still the same. */
const JITTER_BLOCKS = 4;

/** A reader that goes forward. */
interface Stream {
  /** The block expected next. */
  next: number;
  /** Blocks to fetch ahead; doubles while the reader goes on. */
  window: number;
  /** Blocks before this one were asked for already. */
  ahead: number;
}

/** Reads an image through a cache, and ahead of those who read it in order. */
export class CachedImage {
  readonly #image: ImageReader;
  readonly #cache: BlockCache;
  readonly #name: string;
  readonly #signal: AbortSignal;
  readonly #blocks: number;
  /** In order of use. */
  #streams: Stream[] = [];

  /**
   * @param name of the image in the cache
   * @param signal ends all reading: then reads fail with CANCELLED
   */
  constructor(image: ImageReader, cache: BlockCache, name: string, signal: AbortSignal) {
    this.#image = image;
    this.#cache = cache;
    this.#name = name;
    this.#signal = signal;
    this.#blocks = Math.ceil(image.size / image.blockSize);
  }

  /**
   * The pieces that make up a range inside the image. They are parts of cached blocks: not to be changed.
   * @throws REPOSITORY_DAMAGED when one of these very blocks is, and what the store throws
   */
  async read(offset: number, length: number): Promise<Piece[]> {
    const { blockSize } = this.#image;
    const first = Math.floor(offset / blockSize);
    const end = Math.ceil((offset + length) / blockSize);
    const blocks = this.#fetch(first, end);
    this.#readAhead(first, end);
    return (await Promise.all(blocks)).map((data, i) => {
      const start = (first + i) * blockSize;
      const from = Math.max(0, offset - start);
      const to = Math.min(blockSize, offset + length - start);
      return data ? data.subarray(from, to) : to - from;
    });
  }

  /** The blocks from `first` to before `end`: those that are not known are fetched, neighbours together. */
  #fetch(first: number, end: number): Promise<Block>[] {
    const blocks: Promise<Block>[] = [];
    for (let block = first; block < end;) {
      const known = this.#cache.get(this.#key(block));
      if (known) {
        blocks.push(known);
        block++;
        continue;
      }
      let last = block + 1;
      while (last < end && !this.#cache.has(this.#key(last))) last++;
      blocks.push(...this.#load(block, last));
      block = last;
    }
    return blocks;
  }

  #readAhead(first: number, end: number): void {
    const most = Math.max(1, Math.floor(AHEAD_BYTES / this.#image.blockSize));
    const isHere = ({ next }: Stream) => first > next - JITTER_BLOCKS && first <= next + JITTER_BLOCKS;
    const stream = this.#streams.find(isHere) ?? { next: end, window: 0, ahead: end };
    this.#streams = [stream, ...this.#streams.filter((each) => each !== stream)].slice(0, STREAMS);
    if (end <= stream.next) return;
    stream.next = end;
    stream.window = Math.min(most, Math.max(1, stream.window * 2));
    // In large steps: neighbours are read from the store at once.
    if (stream.ahead - end > stream.window / 2) return;
    const until = Math.min(this.#blocks, end + stream.window);
    void this.#fetch(Math.max(stream.ahead, end), until);
    stream.ahead = until;
  }

  /** Begins to fetch blocks that are not in the cache. */
  #load(first: number, end: number): Promise<Block>[] {
    const { blockSize } = this.#image;
    const waiting = Array.from({ length: end - first }, (_, i) => {
      const { promise, resolve, reject } = Promise.withResolvers<Block>();
      this.#cache.set(this.#key(first + i), promise, blockSize);
      return { promise, resolve, reject };
    });
    void this.#loadInto(first, waiting);
    return waiting.map(({ promise }) => promise);
  }

  async #loadInto(
    first: number,
    waiting: readonly { resolve(block: Block): void; reject(error: unknown): void }[],
  ): Promise<void> {
    const { blockSize, size } = this.#image;
    const range = { offset: first * blockSize, length: waiting.length * blockSize };
    let done = 0;
    const upTo = (end: number) => {
      while (done < end) waiting[done++]?.resolve(null);
    };
    try {
      for await (const { offset, data } of this.#image.blocks(this.#signal, range)) {
        upTo(offset / blockSize - first);
        waiting[done++]?.resolve(data);
      }
      upTo(waiting.length);
    } catch (error) {
      const alone = isCode(error, 'REPOSITORY_DAMAGED') && waiting.length > 1;
      for (const [i, { resolve, reject }] of waiting.entries()) {
        if (i < done) continue;
        if (!alone) {
          reject(error);
          continue;
        }
        // One of them is damaged: who reads the others is not to suffer.
        const at = (first + i) * blockSize;
        await this.#image.read(at, Math.min(blockSize, size - at), this.#signal).then(resolve, reject);
      }
    }
  }

  #key(block: number): string {
    return `${this.#name}/${block}`;
  }
}
