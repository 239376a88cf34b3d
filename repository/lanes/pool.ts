import { pagedMemory } from '../pages.ts';

/**
 * A fixed number of buffers that are used again and again. Who wants one waits until one is free: that bounds memory, and is
 * what holds the source back when the store is slower. They are shared with threads: a buffer that is transferred
 * counts as new memory of the receiver, which then collects garbage all the time.
 */
export class BufferPool {
  readonly #size: number;
  #unused: number;
  readonly #free: SharedArrayBuffer[] = [];
  readonly #waiting: ((buffer: SharedArrayBuffer) => void)[] = [];
  #coming = 0;
  /** Whom to ask when there is none: gives up a buffer soon and says true, or has none to give up. */
  readonly holders = new Set<() => boolean>();

  /** @param size bytes of a buffer, unless more is asked for */
  constructor(count: number, size: number) {
    this.#unused = count;
    this.#size = size;
  }

  /** A buffer of at least the pool's size, and at least `bytes`; what is in it is not defined. */
  async take(bytes = this.#size): Promise<SharedArrayBuffer> {
    const buffer = this.#free.pop() ?? (this.#unused > 0 ? undefined : await this.#wait());
    if (!buffer) this.#unused--;
    return buffer && buffer.byteLength >= bytes ? buffer : pagedMemory(Math.max(bytes, this.#size));
  }

  /** More wait than will be served by what is said to be coming: who could give a buffer up should. */
  get wanted(): boolean {
    return this.#waiting.length > this.#coming;
  }

  /** Says that a buffer will be given back without further ado. */
  expect(): void {
    this.#coming++;
  }

  /** Gives a buffer back, which nobody may use any more. @param expected whether {@link expect} announced it */
  give(buffer: SharedArrayBuffer, expected = false): void {
    if (expected) this.#coming--;
    const next = this.#waiting.shift();
    if (next) next(buffer);
    else this.#free.push(buffer);
  }

  #wait(): Promise<SharedArrayBuffer> {
    const given = new Promise<SharedArrayBuffer>((resolve) => this.#waiting.push(resolve));
    for (const giveUp of this.holders) if (!this.wanted || giveUp()) break;
    return given;
  }
}
