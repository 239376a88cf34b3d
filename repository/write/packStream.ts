import type { Frame } from '../format/frame.ts';
import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { putNew } from '../stores/objects.ts';
import { PackBuilder } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import type { IndexedPack } from '../format/indexObject.ts';
import type { ObjectStore } from '../ports.ts';
import type { Secrets } from '../format/secrets.ts';

/** Packs of one kind that upload while the next one fills. */
const UPLOADS = 3;

export interface PackStreamOptions {
  store: ObjectStore;
  secrets: Secrets;
  random(bytes: number): Buffer;
  /** A pack is closed when it reaches this. */
  packBytes: number;
  /** Runs before a pack is uploaded: what its content relies on is stored first. */
  before?(): Promise<void>;
  /** Runs after a pack is stored; its failure is an upload's. */
  stored?(pack: IndexedPack): Promise<void>;
}

/**
 * Puts sealed blocks or pages into packs and the packs into the store. A failed upload fails everything after it: references
 * to a lost pack may have been given out.
 */
export class PackStream {
  readonly #kind: PackKind;
  readonly #options: PackStreamOptions;
  readonly #uploads = new Set<Promise<void>>();
  #builder: PackBuilder | undefined;
  #failure: { error: unknown } | undefined;

  constructor(kind: PackKind, options: PackStreamOptions) {
    this.#kind = kind;
    this.#options = options;
  }

  /** Why an upload failed, if one did. */
  get failure(): { error: unknown } | undefined {
    return this.#failure;
  }

  add(content: Frame, identity: Buffer): Ref {
    this.#throwIfFailed();
    const { random, secrets, packBytes } = this.#options;
    const builder = (this.#builder ??= new PackBuilder(this.#kind, random(16), secrets));
    const ref = builder.add(content, identity);
    if (builder.size >= packBytes) this.#close();
    return ref;
  }

  /** Resolves when there is room for more: bounds memory when the store is slower than the source. */
  async ready(): Promise<void> {
    while (this.#uploads.size >= UPLOADS) await Promise.race(this.#uploads);
    this.#throwIfFailed();
  }

  /** Resolves when everything that was added is stored. */
  async flush(): Promise<void> {
    this.#close();
    await this.settle();
    this.#throwIfFailed();
  }

  /** Resolves when no upload is under way, whatever became of them. */
  async settle(): Promise<void> {
    await Promise.all(this.#uploads);
  }

  #close(): void {
    const builder = this.#builder;
    this.#builder = undefined;
    if (!builder) return;
    const upload = this.#upload(builder)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#uploads.delete(upload));
    this.#uploads.add(upload);
  }

  async #upload(builder: PackBuilder): Promise<void> {
    const { store, before, stored } = this.#options;
    const parts = builder.finish();
    await before?.();
    await putNew(store, packName(this.#kind, builder.pack), parts);
    const size = parts.reduce((sum, part) => sum + part.length, 0);
    await stored?.({ pack: builder.pack, size, entries: builder.entries });
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }
}
