import type { StrongroomError } from '../../model/errors.ts';
import { isCode } from '../format/damage.ts';
import { limiter, orderedMap } from '../flow.ts';
import type { Geometry } from '../format/geometry.ts';
import type { PackKind } from '../format/layout.ts';
import { packName } from '../format/layout.ts';
import type { Ref } from '../format/pack.ts';
import type { Page } from '../format/page.ts';
import type { Forwards } from '../read/forwards.ts';
import type { MapReader } from '../read/mapReader.ts';
import type { Directories } from './directories.ts';
import type { Parts } from './parts.ts';

const CHILDREN_AHEAD = 8;
/** Pages whose references are checked at once, each with the directories of the packs it names. */
const PAGES_AT_ONCE = 16;

/** A live reference that leads to nothing readable, not through forwards either. */
export interface Broken {
  kind: PackKind;
  ref: Ref;
  /** Where it was looked for last. */
  at: Ref;
  error: StrongroomError;
}

export const referenceKey = (kind: PackKind, { pack, offset, length, identity }: Ref): string =>
  `${kind}/${pack}/${offset}/${length}/${identity}`;

/** Follows the maps of points: each page once, whatever the number of points that share it. */
export class References {
  readonly #maps: MapReader;
  readonly #forwards: Forwards;
  readonly #parts: Parts;
  readonly #directories: Directories;
  /** Whether all below a page can be read. By level and reference. */
  readonly #pages = new Map<string, Promise<boolean>>();
  readonly #turn = limiter(PAGES_AT_ONCE);
  readonly #onPage: () => void;
  /** By {@link referenceKey}. */
  readonly broken = new Map<string, Broken>();
  /** Names of packs that have live parts. */
  readonly live = new Set<string>();

  constructor(
    {
      maps,
      forwards,
      parts,
      directories,
    }: { maps: MapReader; forwards: Forwards; parts: Parts; directories: Directories },
    onPage: () => void,
  ) {
    this.#maps = maps;
    this.#forwards = forwards;
    this.#parts = parts;
    this.#directories = directories;
    this.#onPage = onPage;
  }

  /** Whether all of an image can be read; what cannot is in {@link broken}. */
  async follow(root: Ref | null, { depth }: Geometry, signal?: AbortSignal): Promise<boolean> {
    return root === null || this.#page(root, depth - 1, signal);
  }

  /** Whether a page and all below it was found readable. */
  async isSound(ref: Ref, level: number): Promise<boolean> {
    return (await this.#pages.get(`${level}/${referenceKey('maps', ref)}`)) ?? false;
  }

  #page(ref: Ref, level: number, signal: AbortSignal | undefined): Promise<boolean> {
    const key = `${level}/${referenceKey('maps', ref)}`;
    const sound = this.#pages.get(key) ?? this.#followPage(ref, level, signal);
    this.#pages.set(key, sound);
    return sound;
  }

  async #followPage(ref: Ref, level: number, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    const page = await this.#turn(() => this.#read(ref, level));
    if (!page) return false;
    this.#onPage();
    if (level === 0) return this.#turn(() => this.#blocks(page));
    let sound = true;
    const children = page.filter((child) => child !== null);
    const below = orderedMap(children, CHILDREN_AHEAD, (child) => this.#page(child, level - 1, signal));
    for await (const child of below) sound &&= child;
    return sound;
  }

  async #read(ref: Ref, level: number): Promise<Page | undefined> {
    try {
      const page = await this.#maps.page(ref, level);
      await this.#find('maps', ref);
      return page;
    } catch (error) {
      await this.#note('maps', ref, error);
      return undefined;
    }
  }

  async #note(kind: PackKind, ref: Ref, error: unknown): Promise<void> {
    if (!isCode(error, 'REPOSITORY_DAMAGED')) throw error;
    const at = await this.#forwards.last(kind, ref);
    this.broken.set(referenceKey(kind, ref), { kind, ref, at, error });
  }

  async #blocks(page: Page): Promise<boolean> {
    // Fetches the directories together; checking then mostly finds them at hand.
    const packs = new Set(page.flatMap((ref) => (ref ? [ref.pack] : [])));
    await Promise.all([...packs].map((pack) => this.#directories.get('data', pack)));
    let sound = true;
    for (const ref of page) if (ref && !(await this.#block(ref))) sound = false;
    return sound;
  }

  async #block(ref: Ref): Promise<boolean> {
    try {
      await this.#find('data', ref);
      return true;
    } catch (error) {
      await this.#note('data', ref, error);
      return false;
    }
  }

  /** Notes the pack that a part is read from. @throws REPOSITORY_DAMAGED when there is none */
  async #find(kind: PackKind, ref: Ref): Promise<void> {
    await this.#forwards.read(kind, ref, async (at) => {
      const error = await this.#parts.check(kind, at);
      if (error) throw error;
      this.live.add(packName(kind, at.pack));
    });
  }
}
