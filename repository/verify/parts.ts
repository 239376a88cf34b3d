import type { StrongroomError } from '../../model/errors.ts';
import { damaged, isCode } from '../format/damage.ts';
import { unframe } from '../format/frame.ts';
import type { PackKind } from '../format/layout.ts';
import { packName } from '../format/layout.ts';
import { maxEntryBytes, openPart } from '../format/pack.ts';
import type { Ref } from '../format/pack.ts';
import { maxPageBytes } from '../format/page.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { readPart } from '../stores/objects.ts';
import type { Directories } from './directories.ts';
import { Directory } from './directories.ts';

/** What is known of a pack that is not as it was written. */
export interface Suspect {
  /** Offsets of entries that cannot be read; left out when it has to be tried for each. */
  bad?: ReadonlySet<number>;
}

/**
 * Tells whether a part of a pack can be read. Of a pack that nothing is known against, its directory's word is enough; of a
 * suspect pack each part is read.
 */
export class Parts {
  readonly #store: ObjectStore;
  readonly #secrets: Secrets;
  readonly #limits: Record<PackKind, number>;
  readonly #directories: Directories;
  /** By the pack's name. */
  readonly #suspects = new Map<string, Suspect>();
  /** Of parts that were read: by place and identity. */
  readonly #tried = new Map<string, Promise<StrongroomError | undefined>>();

  constructor(
    store: ObjectStore,
    secrets: Secrets,
    { blockSize, fanOut }: { blockSize: number; fanOut: number },
    directories: Directories,
  ) {
    this.#store = store;
    this.#secrets = secrets;
    this.#limits = { data: blockSize, maps: maxPageBytes(fanOut) };
    this.#directories = directories;
  }

  suspect(kind: PackKind, pack: string, suspect: Suspect): void {
    this.#suspects.set(packName(kind, pack), suspect);
  }

  /** Why a block or page cannot be read at a place; undefined when it can. */
  async check(kind: PackKind, at: Ref): Promise<StrongroomError | undefined> {
    const directory = await this.#directories.get(kind, at.pack);
    if (directory instanceof Directory && directory.lists(at)) {
      const suspect = this.#suspects.get(packName(kind, at.pack));
      if (!suspect || suspect.bad?.has(at.offset) === false) return undefined;
    }
    // No directory's word to go by: a lie of its own would be found here too.
    const key = `${kind}/${at.pack}/${at.offset}/${at.length}/${at.identity}`;
    const tried = this.#tried.get(key) ?? this.read(kind, at);
    this.#tried.set(key, tried);
    return tried;
  }

  /** As {@link check}, by reading it. */
  async read(kind: PackKind, at: Ref): Promise<StrongroomError | undefined> {
    const name = packName(kind, at.pack);
    const limit = this.#limits[kind];
    try {
      if (at.length > maxEntryBytes(limit)) throw damaged(name, `has no entry of ${at.length} bytes`);
      const sealed = await readPart(this.#store, name, at);
      const role = kind === 'data' ? 'block' : 'page';
      const plain = unframe(openPart(this.#secrets, this.#secrets.packKey(at.pack), role, at, sealed), limit);
      const identity = kind === 'data' ? this.#secrets.blockIdentity : this.#secrets.pageIdentity;
      if (!plain || identity(plain).toString('hex') !== at.identity) {
        throw damaged(name, `has another ${role} at offset ${at.offset} than the one referred to`);
      }
      return undefined;
    } catch (error) {
      if (isCode(error, 'REPOSITORY_DAMAGED')) return error;
      throw error;
    }
  }
}
