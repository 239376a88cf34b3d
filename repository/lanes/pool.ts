/** Bytes that travel: to a thread and back. While they are away, `bytes` is detached. */
export interface Memory {
  bytes: ArrayBuffer;
}

/**
 * A fixed number of buffers that are used again and again. Who wants one waits until one is free: that bounds memory, and is
 * what holds the source back when the store is slower.
 */
export class BufferPool {
  readonly #size: number;
  #unused: number;
  readonly #free: ArrayBuffer[] = [];
  readonly #waiting: ((memory: ArrayBuffer) => void)[] = [];
  /** Whom to ask when there is none: gives up a buffer soon and says true, or has none to give up. */
  readonly holders = new Set<() => boolean>();

  /** @param size bytes of a buffer, unless more is asked for */
  constructor(count: number, size: number) {
    this.#unused = count;
    this.#size = size;
  }

  /** A buffer of at least the pool's size, and at least `bytes`; what is in it is not defined. */
  async take(bytes = 0): Promise<Memory> {
    const found = this.#free.pop();
    if (found) return { bytes: large(found, bytes) };
    if (this.#unused > 0) {
      this.#unused--;
      return { bytes: new ArrayBuffer(Math.max(this.#size, bytes)) };
    }
    const given = new Promise<ArrayBuffer>((resolve) => this.#waiting.push(resolve));
    for (const giveUp of this.holders) if (giveUp()) break;
    return { bytes: large(await given, bytes) };
  }

  /** Gives a buffer back. One that was lost with its thread is replaced. */
  give({ bytes }: Memory): void {
    const next = this.#waiting.shift();
    if (next) next(large(bytes, this.#size));
    else if (bytes.detached) this.#unused++;
    else this.#free.push(bytes);
  }
}

const large = (buffer: ArrayBuffer, bytes: number): ArrayBuffer =>
  buffer.byteLength >= bytes ? buffer : new ArrayBuffer(bytes);
