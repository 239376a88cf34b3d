import { z } from 'zod';
import { StrongroomError } from '../../model/errors.ts';
import type { ImageRef, Point } from '../../model/point.ts';
import { readCheckedText, writeCheckedText } from '../format/checkedText.ts';
import type { Config } from '../format/config.ts';
import { isCode } from '../format/damage.ts';
import { readForward } from '../format/forward.ts';
import { CONFIG, forwardPrefix, keyNames, lockName, packName, pointName, PREFIXES } from '../format/layout.ts';
import type { PackKind } from '../format/layout.ts';
import { readPoint } from '../format/points.ts';
import type { Secrets } from '../format/secrets.ts';
import type { ObjectStore } from '../ports.ts';
import { differences } from '../read/differences.ts';
import { parseImage } from '../read/image.ts';
import type { MapReader } from '../read/mapReader.ts';

/** A longer generation extends fewer locks, and keeps what is not needed any more for longer. */
const GENERATION_DAYS = 10;
const DAY_MS = 86_400_000;
const LOCKS_AT_ONCE = 16;

export interface LockOptions {
  /** For so many days at least after its commit no point can be deleted, nor anything that it needs. */
  days: number;
  /** How long one generation is, days. */
  generationDays?: number;
}

const generationSchema = z.object({
  repository: z.string(),
  /** Its first day, `YYYY-MM-DD`. */
  generation: z.iso.date(),
  /** When the next one begins, ISO 8601 UTC. */
  ends: z.iso.datetime(),
  /** Until when everything is locked that its points need, ISO 8601 UTC. */
  until: z.iso.datetime(),
});
type Generation = z.infer<typeof generationSchema>;

export interface LockContext {
  store: ObjectStore;
  config: Config;
  secrets: Secrets;
  maps: MapReader;
}

/**
 * Locks what a point needs, before it is stored (docs/format.md, section 10). A point's own lock says how long all of that
 * is locked: over a base of the same generation only what differs from it is looked at.
 * @param now the store's time, ISO 8601 UTC
 * @returns locks the point itself, once it is stored
 * @throws UNSUPPORTED when the store cannot lock, AZURE_REFUSED when it may not
 */
export async function lockForPoint(
  context: LockContext,
  point: Point,
  now: string,
  options: LockOptions,
): Promise<() => Promise<void>> {
  const { store, config } = context;
  const lock = locking(store);
  const { until, next } = await currentGeneration(context, now, options);
  for (const name of [...keyNames(config.id), CONFIG]) await lock(name, next);
  const packs = new PackLocks(context, until, lock);
  for (const { image, key, read } of point.disks) {
    const base = await lockedBase(context, read.basePoint, until);
    const same = base?.disks.find((disk) => disk.key === key && disk.image.size === image.size);
    await packs.lockImage(image, same?.image);
  }
  await packs.done();
  return () => lock(pointName(point.id), until);
}

function locking(store: ObjectStore): (name: string, until: string) => Promise<void> {
  if (store.lock) return store.lock.bind(store);
  throw new StrongroomError('UNSUPPORTED', `${store.location} cannot make objects immutable: leave out the lock.`);
}

/** The base's point, when it and so all that it needs is locked long enough. */
async function lockedBase(
  { store, secrets }: LockContext,
  point: string | undefined,
  until: string,
): Promise<Point | undefined> {
  if (point === undefined) return undefined;
  try {
    const { lockedUntil } = await store.head(pointName(point));
    return isLocked(lockedUntil, until) ? await readPoint(store, secrets, point) : undefined;
  } catch (error) {
    // A base that is gone or damaged only means that everything is looked at.
    if (isCode(error, 'NOT_FOUND') || isCode(error, 'REPOSITORY_DAMAGED')) return undefined;
    throw error;
  }
}

const isLocked = (lockedUntil: string | undefined, until: string): boolean =>
  lockedUntil !== undefined && Date.parse(lockedUntil) >= Date.parse(until);

/** Locks packs, each once, several at a time. */
class PackLocks {
  readonly #context: LockContext;
  readonly #until: string;
  readonly #lock: (name: string, until: string) => Promise<void>;
  readonly #seen = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  #failure: { error: unknown } | undefined;

  constructor(context: LockContext, until: string, lock: (name: string, until: string) => Promise<void>) {
    this.#context = context;
    this.#until = until;
    this.#lock = lock;
  }

  /** The packs of what an image does not share with its base. */
  async lockImage(image: ImageRef, base: ImageRef | undefined): Promise<void> {
    const { config, maps } = this.#context;
    const { geometry, root } = parseImage(image, config);
    const before = base ? parseImage(base, config).root : null;
    for await (const { kind, ref } of differences(maps, geometry, root, before)) {
      if (!ref) continue;
      this.#begin(kind === 'block' ? 'data' : 'maps', ref.pack);
      if (this.#running.size >= LOCKS_AT_ONCE) await Promise.race(this.#running);
      this.#throwIfFailed();
    }
  }

  async done(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
    this.#throwIfFailed();
  }

  #begin(kind: PackKind, pack: string): void {
    const name = packName(kind, pack);
    if (this.#seen.has(name)) return;
    this.#seen.add(name);
    const run = this.#lockPack(kind, pack)
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** A pack that is gone has been repacked or repaired: its parts are where its forwards say. */
  async #lockPack(kind: PackKind, pack: string): Promise<void> {
    const { store, secrets } = this.#context;
    try {
      return await this.#lock(packName(kind, pack), this.#until);
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) throw error;
    }
    for await (const { name } of store.list(forwardPrefix(kind, pack))) {
      const { data } = await store.get(name);
      for (const place of readForward(secrets, name, data).values()) this.#begin(kind, place.pack);
      await this.#lock(name, this.#until);
    }
  }
}

/** The generation of a time, begun when there is none; longer locked when more days are asked for than when it began. */
async function currentGeneration(
  { store, config }: LockContext,
  now: string,
  { days, generationDays = GENERATION_DAYS }: LockOptions,
): Promise<{ until: string; next: string }> {
  for (;;) {
    const found = await newestGeneration(store);
    const current = found?.generation && found.generation.ends > now ? found.generation : undefined;
    const first = now.slice(0, 10);
    const { generation, ends } = current ?? { generation: first, ends: after(first, generationDays) };
    const until = after(ends, days);
    if (current && current.until >= until) return { until: current.until, next: after(current.until, generationDays) };
    const name = lockName(generation);
    const text = writeCheckedText({ repository: config.id, generation, ends, until } satisfies Generation);
    try {
      await store.put(name, [text], found?.name === name ? { ifMatch: found.etag } : { ifAbsent: true });
      return { until, next: after(until, generationDays) };
    } catch (error) {
      // Another writer was faster: what it wrote counts.
      if (!isCode(error, 'ALREADY_EXISTS')) throw error;
    }
  }
}

/** Without `generation`: damaged, so another one is begun. */
async function newestGeneration(
  store: ObjectStore,
): Promise<{ name: string; etag: string; generation?: Generation } | undefined> {
  let name: string | undefined;
  for await (const info of store.list(PREFIXES.locks)) name = info.name;
  if (name === undefined) return undefined;
  const { data, info } = await store.get(name);
  const { data: generation } = generationSchema.safeParse(readCheckedText(data));
  return { name, etag: info.etag, ...(generation && { generation }) };
}

const after = (time: string, days: number): string => new Date(Date.parse(time) + days * DAY_MS).toISOString();
