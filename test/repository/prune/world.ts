import type { Point } from '../../../model/point.ts';
import { memoryStore, openRepository } from '../../../repository/index.ts';
import type { PruneOptions, Repository, Writer } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { noise, objectNames, point, readBack, seededRandom, smallRepository, write } from '../fixtures.ts';

export const BLOCK = 4096;
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export const pointIdOf = (n: number): string => `20260501T000000Z-${n.toString(16).padStart(8, '0')}`;

/** A repository in memory whose store has a clock, with points whose images are known. */
export class World {
  readonly store: ObjectStore;
  readonly repository: Repository;
  /** What was backed up, by the point's id. */
  readonly images: Map<string, Buffer>;
  readonly #clock: { now: number };
  /** The recovery key. */
  readonly key: string;

  private constructor(
    store: ObjectStore,
    repository: Repository,
    key: string,
    clock: { now: number },
    images: ReadonlyMap<string, Buffer> = new Map(),
  ) {
    this.images = new Map(images);
    this.store = store;
    this.repository = repository;
    this.key = key;
    this.#clock = clock;
  }

  /** @param wrap what stands between the repository and its store */
  static async make(wrap: (store: ObjectStore) => ObjectStore = (store) => store, seed = 'prune'): Promise<World> {
    const clock = { now: Date.parse('2026-05-01T00:00:00Z') };
    const memory = memoryStore(() => clock.now);
    const random = seededRandom(seed);
    const { repository, recoveryKey } = await smallRepository({
      store: wrap(memory),
      random,
      now: () => new Date(clock.now).toISOString(),
    });
    return new World(memory, repository, recoveryKey, clock);
  }

  /** Another world with the same objects, written at the same times. */
  async fork(): Promise<World> {
    const clock = { now: 0 };
    const store = memoryStore(() => clock.now);
    for await (const { name, modified } of this.store.list('')) {
      clock.now = Date.parse(modified);
      await store.put(name, [(await this.store.get(name)).data]);
    }
    clock.now = this.now;
    const repository = await this.open(store);
    return new World(store, repository, this.key, clock, this.images);
  }

  /** The same world looking at another store. */
  on(store: ObjectStore): World {
    return new World(store, this.repository, this.key, this.#clock, this.images);
  }

  get now(): number {
    return this.#clock.now;
  }

  wait(ms: number): void {
    this.#clock.now += ms;
  }

  /** Makes point number `n` of an image, over the image of another point when `base` is given. */
  async backup(n: number, image: Buffer, { base, writer }: { base?: number; writer?: Writer } = {}): Promise<Point> {
    const own = writer ?? (await this.repository.writer({ packBytes: 8 * BLOCK }));
    const over = base === undefined ? undefined : await this.imageOf(base);
    const written = await write(own, image, undefined, over);
    const made = point(pointIdOf(n), written.image);
    if (base !== undefined) {
      for (const disk of made.disks) disk.read = { mode: 'incremental', basePoint: pointIdOf(base) };
    }
    await own.commit(made);
    if (!writer) await own.close();
    this.images.set(made.id, image);
    return made;
  }

  async imageOf(n: number) {
    const { disks } = await this.repository.point(pointIdOf(n));
    if (!disks[0]) throw new Error('a point without disks');
    return disks[0].image;
  }

  prune(deleted: number[] = [], options: PruneOptions = {}) {
    return this.repository.prune({ deletePoints: deleted.map(pointIdOf), packBytes: 8 * BLOCK, ...options });
  }

  /** The repository as another process sees it, perhaps through another store. */
  open(store = this.store): Promise<Repository> {
    return openRepository(store, { kind: 'recovery', key: this.key }, { now: () => new Date(this.now).toISOString() });
  }

  /** Ids of the points whose content is not what was backed up, as who opens the repository now sees it. */
  async wrongPoints(): Promise<string[]> {
    const repository = await this.open();
    const wrong: string[] = [];
    for (const { id, disks } of await repository.points()) {
      for (const { image } of disks) {
        const content = await readBack(repository.image(image)).catch(() => undefined);
        if (!this.images.get(id)?.equals(content ?? Buffer.alloc(0))) wrong.push(id);
      }
    }
    return wrong;
  }

  names(prefix: string): Promise<string[]> {
    return objectNames(this.store, prefix);
  }

  async markStates(): Promise<Record<string, number>> {
    const states: Record<string, number> = {};
    for (const name of await this.names('marks/')) {
      const { data } = await this.store.get(name);
      const { state } = JSON.parse(data.toString().split('\n')[0] ?? '') as { state: string };
      states[state] = (states[state] ?? 0) + 1;
    }
    return states;
  }
}

/** An image of so many blocks, each known by its number and a name. */
export function blocks(count: number, name: string): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, i) => noise(BLOCK, `${name}/${i}`)));
}

/** The image with some of its blocks written anew. */
export function changed(image: Buffer, which: readonly number[], name: string): Buffer {
  const copy = Buffer.from(image);
  for (const i of which) noise(BLOCK, `${name}/${i}`).copy(copy, i * BLOCK);
  return copy;
}

/**
 * A repository whose next prune, that is to delete points 1 and 4, deletes packs, marks some, copies some together, merges the
 * index and cleans up. Only point 2 stays, which was written over point 1.
 */
export async function fullOfWork(): Promise<World> {
  const world = await World.make();
  const image = blocks(16, 'a');
  await world.backup(1, image);
  const most = [...Array(16).keys()].filter((i) => i % 8 > 1);
  await world.backup(2, changed(image, most, 'b'), { base: 1 });
  await world.backup(3, blocks(3, 'c'));
  await world.backup(4, blocks(3, 'd'));
  world.wait(HOUR);
  await world.repository.writer(); // It never closes.
  await world.store.put('probe/one', [Buffer.from('x')]);
  await world.prune([3]);
  world.wait(DAY + HOUR);
  return world;
}
