import { StrongroomError } from '../../model/errors.ts';
import type { ImageRef, Point } from '../../model/point.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { packName } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { claimMark, listMarkedPacks, packKey, splitPackKey } from '../format/marks.ts';
import type { PackKey } from '../format/marks.ts';
import type { Ref } from '../format/pack.ts';
import { readPoint } from '../format/points.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { differences } from '../read/differences.ts';
import { Forwards } from '../read/forwards.ts';
import { parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';

export interface ClaimContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
}

/**
 * What a writer does about prune before it makes a point visible (docs/format.md, section 9): packs that the point relies on
 * and that prune has marked become `kept`. Reads no more than the marks' names and the base's point when there is no mark,
 * and otherwise only the pages that the base does not have.
 */
export class Claims {
  readonly #context: ClaimContext;
  /** Images that this writer wrote, by their roots, and what they were written over. */
  readonly #own = new Map<string, ImageRef | undefined>();

  constructor(context: ClaimContext) {
    this.#context = context;
  }

  /** Remembers an image: its new parts rely on nothing that was marked when this writer began. */
  wrote(image: ImageRef, base: ImageRef | undefined): void {
    this.#own.set(rootKey(image), base);
  }

  /**
   * Claims what the point relies on. The writer must have proved just before that it has not lapsed.
   * @throws WRITER_LAPSED (retryable) when a part of it is being deleted or gone: the backup begins anew,
   * REPOSITORY_DAMAGED (a page cannot be read)
   */
  async claim(point: Point): Promise<void> {
    const marked = await listMarkedPacks(this.#context.store);
    const relied = new ReliedPacks(this.#context, point.id, marked);
    for (const disk of point.disks) {
      const base = await this.#liveBase(disk);
      const isSound = this.#isSound(disk.image, base);
      if (isSound && marked.size === 0) continue;
      const { config, maps } = this.#context;
      const { root, geometry } = parseImage(disk.image, config);
      const before = base ? parseImage(base, config).root : null;
      for await (const { kind, ref } of differences(maps, geometry, root, before)) {
        if (ref) await relied.check(kind === 'page' ? 'maps' : 'data', ref, !isSound);
      }
    }
  }

  /** Whether all that the image names was there, unmarked, after this writer began, so that it is there still. */
  #isSound(image: ImageRef, live: ImageRef | undefined): boolean {
    if (live && rootKey(live) === rootKey(image)) return true;
    if (!this.#own.has(rootKey(image))) return false;
    const base = this.#own.get(rootKey(image));
    return !base || (rootKey(base) !== rootKey(image) && this.#isSound(base, live));
  }

  /** The image of the base's point, if that point exists: prune has kept all that it needs, and keeps it for a day at least. */
  async #liveBase({ key, image, read }: Point['disks'][number]): Promise<ImageRef | undefined> {
    const { store, secrets } = this.#context;
    if (read.basePoint === undefined) return undefined;
    const point = await readPoint(store, secrets, read.basePoint).catch((error: unknown) => {
      if (isCode(error, 'NOT_FOUND') || isCode(error, 'REPOSITORY_DAMAGED')) return undefined;
      throw error;
    });
    const disks = point?.disks.filter((disk) => disk.image.size === image.size) ?? [];
    const over = this.#own.get(rootKey(image));
    const found =
      disks.find((disk) => over && rootKey(disk.image) === rootKey(over)) ?? disks.find((disk) => disk.key === key);
    return found?.image;
  }
}

/** The packs that one point relies on, each looked at once. */
class ReliedPacks {
  readonly #context: ClaimContext;
  readonly #point: string;
  readonly #marked: ReadonlySet<PackKey>;
  readonly #forwards: Forwards;
  readonly #claimed = new Map<PackKey, Promise<void>>();
  readonly #there = new Map<PackKey, Promise<boolean>>();

  constructor(context: ClaimContext, point: string, marked: ReadonlySet<PackKey>) {
    this.#context = context;
    this.#point = point;
    this.#marked = marked;
    this.#forwards = new Forwards(context.store, context.secrets);
  }

  /** @param look whether the pack may be gone altogether */
  async check(kind: PackKind, ref: Ref, look: boolean): Promise<void> {
    const key = packKey(kind, ref.pack);
    if (this.#marked.has(key)) await once(this.#claimed, key, () => this.#claim(key));
    if (!look || (await once(this.#there, key, () => this.#isThere(key)))) return;
    const next = await this.#forwards.next(kind, ref);
    if (!next) throw this.#gone(key);
    await this.check(kind, { ...ref, ...next }, look);
  }

  async #claim(key: PackKey): Promise<void> {
    const claimed = await claimMark(this.#context.store, key);
    if (claimed === 'kept' || (claimed === 'unmarked' && (await this.#isThere(key)))) return;
    throw this.#gone(key);
  }

  async #isThere(key: PackKey): Promise<boolean> {
    const { kind, pack } = splitPackKey(key);
    try {
      await this.#context.store.head(packName(kind, pack));
      return true;
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return false;
      throw error;
    }
  }

  #gone(key: PackKey): StrongroomError {
    const { kind, pack } = splitPackKey(key);
    return new StrongroomError(
      'WRITER_LAPSED',
      `Prune has deleted ${packName(kind, pack)}, on which the restore point ${this.#point} would rely: its images or their ` +
        'base were no part of any point for a day or more. Start the backup again.',
      { retryable: true, details: { object: packName(kind, pack) } },
    );
  }
}

function once<K, V>(known: Map<K, Promise<V>>, key: K, work: () => Promise<V>): Promise<V> {
  const value = known.get(key) ?? work();
  known.set(key, value);
  return value;
}

const rootKey = ({ root }: ImageRef): string => (root ? `${root.pack}/${root.offset}/${root.hash}` : '');
