import { limiter } from '../flow.ts';
import { packName } from '../format/layout.ts';
import type { IndexedPack } from '../format/indexObject.ts';
import { maxEntryBytes, PACK_HEAD_BYTES, packHead, writeDirectory } from '../format/pack.ts';
import type { DirectoryEntry, PackKeys, Ref } from '../format/pack.ts';
import type { Secrets } from '../format/secrets.ts';
import { packBuffers } from '../lanes/lanes.ts';
import type { Lanes } from '../lanes/lanes.ts';
import type { ObjectStore } from '../ports.ts';
import { putNew } from '../stores/objects.ts';

export interface BlockPacksOptions {
  store: ObjectStore;
  secrets: Secrets;
  random(bytes: number): Buffer;
  blockSize: number;
  /** A pack is closed when it reaches this, or earlier: see {@link BlockPacks.expect}. */
  packBytes: number;
  /** Runs after a pack is stored; its failure is an upload's. */
  stored(pack: IndexedPack): Promise<void>;
}

/** A block of a run that is to be stored. */
export interface NewBlock {
  /** In the run. */
  start: number;
  length: number;
  identity: Buffer;
}

/** A pack is closed when it reaches this part of what is to be read, but not below so many bytes. */
const SHARE = 1 / 32;
const LEAST_BYTES = 4 * 1024 * 1024;

/** Packs that are filled at once. One more than lanes work: a lane that ends has the next task at hand. */
const packsAtOnce = ({ width }: Lanes): number => (width === 1 ? 1 : width + 1);

/** A pack that is not stored yet. */
interface Pack {
  keys: PackKeys;
  memory: SharedArrayBuffer;
  size: number;
  entries: DirectoryEntry[];
  /** With a lane. */
  busy: boolean;
  /** To be closed although it is not full. */
  closing: boolean;
  /** Closed: on its way into the store. */
  closed: boolean;
  /** Resolves when it is stored, or never will be. */
  done: Promise<void>;
  end(): void;
}

/**
 * Seals blocks into data packs, several at once, and stores the packs. A failed upload fails everything
 * after it: references to a lost pack may have been given out.
 */
export class BlockPacks {
  readonly #options: BlockPacksOptions;
  /** Not yet closed. */
  readonly #open = new Set<Pack>();
  /** Not yet stored. */
  readonly #unstored = new Set<Pack>();
  #failure: { error: unknown } | undefined;
  #expected = 0;
  #lanes: Lanes | undefined;
  #inTurn = limiter(1);
  readonly #giveUp = (): boolean => {
    const idle = [...this.#open].find(({ busy }) => !busy);
    if (idle) this.#close(idle);
    return idle !== undefined;
  };

  constructor(options: BlockPacksOptions) {
    this.#options = options;
  }

  /** Why an upload failed, if one did. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  /**
   * Says that so many bytes more are going to be read. When they are few, packs are small: the first is on its way while the
   * next is filled, and uses its memory again.
   */
  expect(bytes: number): void {
    this.#expected += bytes;
  }

  get #packBytes(): number {
    return Math.min(this.#options.packBytes, Math.max(LEAST_BYTES, this.#expected * SHARE));
  }

  /** Puts blocks of a run into packs. Resolves when they are sealed; waits when the store is slower than the source. */
  async add(lanes: Lanes, run: SharedArrayBuffer, blocks: readonly NewBlock[]): Promise<Ref[]> {
    if (this.#lanes?.width !== lanes.width) this.#inTurn = limiter(packsAtOnce(lanes));
    this.#lanes = lanes;
    const refs: Ref[] = [];
    while (refs.length < blocks.length) {
      refs.push(...(await this.#inTurn(() => this.#append(lanes, run, blocks.slice(refs.length)))));
    }
    return refs;
  }

  /** Resolves when everything that was added is stored. */
  async flush(): Promise<void> {
    for (const pack of [...this.#open]) {
      pack.closing = true;
      if (!pack.busy) this.#close(pack);
    }
    await this.settle();
    this.#throwIfFailed();
  }

  /** Drops what is not full and resolves when nothing is being stored any more, whatever became of it. */
  async drop(): Promise<void> {
    for (const pack of [...this.#open]) {
      if (pack.busy) pack.closing = true;
      else this.#forget(pack);
    }
    await this.settle();
  }

  async settle(): Promise<void> {
    await Promise.all([...this.#unstored].map(({ done }) => done));
  }

  /** Appends as many blocks as one pack takes. */
  async #append(lanes: Lanes, run: SharedArrayBuffer, blocks: readonly NewBlock[]): Promise<Ref[]> {
    this.#throwIfFailed();
    const pack = [...this.#open].find(({ busy }) => !busy) ?? (await this.#begin());
    pack.busy = true;
    const { keys, size, memory } = pack;
    const packBytes = this.#packBytes;
    const parts = blocks.map(({ start, length }) => ({ start, length }));
    let lengths: number[];
    try {
      lengths = await lanes.run('seal', { ...keys, run, blocks: parts, bytes: memory, size, packBytes });
    } catch (error) {
      this.#failure ??= { error };
      this.#forget(pack);
      throw error;
    }
    pack.busy = false;
    const refs = lengths.map((length, i): Ref => {
      const identity = blocks[i]?.identity ?? Buffer.alloc(0);
      const ref = { pack: keys.pack, offset: pack.size, length, identity: identity.toString('hex') };
      pack.entries.push({ length, identity });
      pack.size += length;
      return ref;
    });
    // Somebody may have asked for a buffer while this one was busy.
    if (pack.closing || pack.size >= packBytes || packBuffers.wanted) this.#close(pack);
    return refs;
  }

  async #begin(): Promise<Pack> {
    const { secrets, random, packBytes, blockSize } = this.#options;
    const memory = await packBuffers.take(packBytes + maxEntryBytes(blockSize));
    const id = random(16).toString('hex');
    packHead('data', id).copy(new Uint8Array(memory));
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const keys = { repository: secrets.repository, pack: id, packKey: secrets.packKey(id) };
    const pack = {
      keys,
      memory,
      size: PACK_HEAD_BYTES,
      entries: [],
      busy: true,
      closing: false,
      closed: false,
      done,
      end,
    };
    this.#open.add(pack);
    this.#unstored.add(pack);
    packBuffers.holders.add(this.#giveUp);
    return pack;
  }

  #close(pack: Pack): void {
    pack.closed = true;
    packBuffers.expect();
    this.#open.delete(pack);
    if (this.#open.size === 0) packBuffers.holders.delete(this.#giveUp);
    this.#store(pack)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#forget(pack));
  }

  #forget(pack: Pack): void {
    this.#open.delete(pack);
    if (this.#open.size === 0) packBuffers.holders.delete(this.#giveUp);
    this.#unstored.delete(pack);
    packBuffers.give(pack.memory, pack.closed);
    pack.end();
  }

  async #store({ keys, size, memory, entries }: Pack): Promise<void> {
    if (this.#failure || !this.#lanes) return;
    const directory = writeDirectory(entries);
    const task = { ...keys, bytes: memory, size, directory, count: entries.length };
    const tail = await this.#lanes.run('finish', task);
    const parts = [new Uint8Array(memory, 0, size), tail];
    await putNew(this.#options.store, packName('data', keys.pack), parts);
    await this.#options.stored({ pack: keys.pack, size: size + tail.length, entries });
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
