import { LRUCache } from 'lru-cache';
import { damaged, isCode } from '../format/damage.ts';
import type { ObjectStore } from '../ports.ts';
import { partOf } from './objects.ts';

/** The most that one read brings. */
const MOST_BYTES = 256 * 1024;
/** Objects of which the last read is kept: with {@link MOST_BYTES}, 4 MiB. */
const OBJECTS = 16;

/** What was read of an object last, or is being read. */
interface Window {
  offset: number;
  end: number;
  data: Promise<Buffer>;
}

/**
 * Reads parts of objects that never change. Who asks for one part after the other, or leaves little out between two, gets
 * each time twice as much read as before, so that many small parts cost few requests; a part that is far from the
 * others costs what it is long.
 */
export class ReadAhead {
  readonly #store: ObjectStore;
  readonly #windows = new LRUCache<string, Window>({ max: OBJECTS });

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** A part of an object that must be there. @throws REPOSITORY_DAMAGED when it is missing or too short */
  async read(name: string, part: { offset: number; length: number }): Promise<Buffer> {
    const window = this.#windowOf(name, part);
    const data = await window.data.catch((cause: unknown) => {
      throw isCode(cause, 'NOT_FOUND') ? damaged(name, 'is missing', cause) : cause;
    });
    return partOf(name, data, window.offset, part);
  }

  #windowOf(name: string, { offset, length }: { offset: number; length: number }): Window {
    const last = this.#windows.get(name);
    if (last && last.offset <= offset && offset + length <= last.end) return last;
    const before = last ? last.end - last.offset : 0;
    const isNear = last && last.offset <= offset && offset - last.end <= before;
    const bytes = Math.max(length, isNear ? Math.min(2 * before, MOST_BYTES) : 0);
    const window = { offset, end: offset + bytes, data: this.#get(name, offset, bytes) };
    this.#windows.set(name, window);
    // A read that failed is tried again by the next who asks.
    window.data.catch(() => this.#windows.peek(name) === window && this.#windows.delete(name));
    return window;
  }

  async #get(name: string, offset: number, length: number): Promise<Buffer> {
    return (await this.#store.get(name, { offset, length })).data;
  }
}
