/** The other side has closed the connection, or it broke. */
export class Disconnected extends Error {}

/** Reads a stream of chunks in pieces of the lengths that a protocol asks for. Takes no chunk before it is needed. */
export class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @throws Disconnected when the stream ends before */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; missing -= parts.at(-1)?.length ?? 0) parts.push(await this.#some(missing));
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  /** Leaves bytes out, without keeping them. @throws Disconnected */
  async skip(length: number): Promise<void> {
    for (let missing = length; missing > 0;) missing -= (await this.#some(missing)).length;
  }

  /** The next bytes, at least one, at most as many as that. */
  async #some(most: number): Promise<Buffer> {
    while (this.#rest.length === 0) this.#rest = await this.#next();
    const some = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(some.length);
    return some;
  }

  async #next(): Promise<Buffer> {
    try {
      const { value, done } = await this.#chunks.next();
      if (!done) return value;
    } catch (cause) {
      throw new Disconnected('the connection broke', { cause });
    }
    throw new Disconnected('the other side has closed the connection');
  }
}
