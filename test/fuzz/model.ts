import { expect } from 'vitest';
import type { ImageRef } from '../../model/point.ts';
import { pointId } from '../../model/point.ts';
import { isCode } from '../../repository/format/damage.ts';
import { memoryStore, openRepository } from '../../repository/index.ts';
import type { Extent } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import {
  noise,
  objectNames,
  point,
  readBack,
  seededRandom,
  smallRepository,
  whole,
  write,
} from '../repository/fixtures.ts';
import { isDeath, shakyStore } from './shakyStore.ts';

const BLOCK = 4096;
export const SOURCES = 3;
/** Blocks of each source's image; the last one is half a block long. */
export const BLOCKS = 20;

/** Where a process dies: see `Shaky`. */
export interface Death {
  diesAfter: number;
  lastTakesEffect: boolean;
}

export interface Backup extends Death {
  kind: 'backup';
  source: number;
  /** Everything, what changed, or everything compared with the base. */
  how: 'full' | 'changes' | 'checksum';
  /** What is written to the disk before: neighbouring blocks, filled with one of a few contents. 0 is zeros. */
  changes: readonly { block: number; count: number; content: number }[];
}

export interface Prune extends Death {
  kind: 'prune';
  /** Which of the points that are there are deleted: bit n for the n-th. */
  deletes: number;
  repackBelow: number;
}

/** Reads everything and repairs what it can. */
export interface Verify extends Death {
  kind: 'verify';
}

/** One of the packs, indexes and forwards is altered, cut or lost. */
export interface Damage {
  kind: 'damage';
  object: number;
  at: number;
  how: 'flip' | 'cut' | 'lose';
}

export type Job = Backup | Prune | Verify;
export type Step =
  | Job
  | Damage
  | { kind: 'wait'; minutes: number }
  /** Jobs at once; at each operation of any of them so much time passes. */
  | { kind: 'together'; jobs: readonly Job[]; millisecondsPerOperation: number; turns: number };

/** A repository, and what each of its points has to hold. */
export class Model {
  readonly #store: ObjectStore;
  readonly #key: string;
  readonly #tick: (milliseconds: number) => void;
  readonly #now: () => number;
  readonly #disks = Array.from({ length: SOURCES }, () => Buffer.alloc(BLOCKS * BLOCK - BLOCK / 2));
  readonly #random = seededRandom('model');
  /** What a point holds if it is there. */
  readonly #contents = new Map<string, { id: string; source: number; disk: Buffer; image: ImageRef }>();
  /** Points that must be there: committed, and never asked to be deleted. */
  readonly #kept = new Set<string>();
  /** Whether something was damaged and not looked for since. */
  #isDamaged = false;
  /** Points that damage may have hit: made before it was done or looked for, or over such a point. */
  readonly #hit = new Set<string>();

  private constructor(store: ObjectStore, key: string, clock: { now: number }) {
    this.#store = store;
    this.#key = key;
    this.#tick = (milliseconds) => (clock.now += milliseconds);
    this.#now = () => clock.now;
  }

  static async make(): Promise<Model> {
    const clock = { now: Date.parse('2026-05-01T00:00:00Z') };
    const store = memoryStore(() => clock.now++);
    const { recoveryKey } = await smallRepository({ store, random: seededRandom('repository') });
    return new Model(store, recoveryKey, clock);
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'wait') this.#tick(step.minutes * 60_000);
    else if (step.kind === 'damage') await this.#damage(step);
    else if (step.kind === 'together') {
      let turn = step.turns;
      const pause = async (): Promise<void> => {
        this.#tick(step.millisecondsPerOperation);
        turn = (turn * 1103515245 + 12345) % 2 ** 31;
        for (let i = turn % 4; i > 0; i--) await new Promise((go) => setImmediate(go));
      };
      await Promise.all(step.jobs.map((job) => this.#run(job, pause)));
    } else await this.#run(step, () => Promise.resolve());
    await this.check();
  }

  /** Every point that is there holds what it has to or, if damage may have hit it, says so; every one that has to be there is. */
  async check(): Promise<void> {
    const repository = await this.#open(this.#store);
    const ids = await repository.pointIds();
    expect(ids).toEqual(expect.arrayContaining([...this.#kept]));
    for (const id of ids) {
      try {
        const image = (await repository.point(id)).disks[0]?.image as ImageRef;
        const right = (await readBack(repository.image(image))).equals(this.#contents.get(id)?.disk as Buffer);
        expect(right, `${id} holds what was backed up`).toBe(true);
      } catch (error) {
        if (!isCode(error, 'REPOSITORY_DAMAGED') || !this.#hit.has(id)) throw error;
      }
    }
  }

  /**
   * Long after everything has ended, and when what damage hit is repaired or deleted, verification finds no fault, and prune leaves
   * nothing that no point needs.
   */
  async settle(): Promise<void> {
    const repository = await this.#open(this.#store);
    if (this.#hit.size > 0) {
      await this.#verify(this.#store);
      for (let source = 0; source < SOURCES; source++) {
        const content = 50 + source;
        await this.#backUp(this.#store, { source, how: 'full', changes: [{ block: source, count: 2, content }] });
      }
    }
    for (let day = 0; day < 3; day++) {
      this.#tick(25 * 60 * 60_000);
      for (const id of this.#hit) this.#kept.delete(id);
      await repository.prune({ deletePoints: [...this.#hit], repackBelow: 0 });
    }
    await this.check();
    const { problems, unreferenced } = await repository.verify({ readData: { kind: 'all' } });
    expect(problems).toEqual([]);
    // A copy whose original a commit kept after all stays with its forward.
    const forwards = await objectNames(this.#store, 'moved/');
    expect(unreferenced?.packs).toBeLessThanOrEqual(forwards.length);
  }

  async #run(job: Job, pause: () => Promise<void>): Promise<void> {
    const store = shakyStore(this.#store, { ...job, pause });
    try {
      if (job.kind === 'backup') await this.#backUp(store, job);
      else if (job.kind === 'prune') await this.#prune(store, job);
      else await this.#verify(store);
    } catch (error) {
      const isExpected =
        isDeath(error) || isCode(error, 'WRITER_LAPSED') || (this.#hit.size > 0 && isCode(error, 'REPOSITORY_DAMAGED'));
      if (!isExpected) throw error;
    }
  }

  #open(store: ObjectStore) {
    return openRepository(store, { kind: 'recovery', key: this.#key }, { random: this.#random });
  }

  async #backUp(store: ObjectStore, { source, how, changes }: Omit<Backup, 'kind' | keyof Death>): Promise<void> {
    const disk = this.#disks[source] as Buffer;
    for (const { block, count, content } of changes) {
      for (let i = 0; i < count; i++) fill(disk, block + i, content);
    }
    const now = Buffer.from(disk);
    // Until damage is looked for, it is relied on as if it were none.
    const mayBeHit = this.#isDamaged;
    const repository = await this.#open(store);
    const id = pointId(new Date(this.#now()).toISOString(), this.#random(4));
    const ids = await repository.pointIds();
    const base =
      how === 'full'
        ? undefined
        : ids.map((known) => this.#contents.get(known)).findLast((known) => known?.source === source);
    const extents = base && how === 'changes' ? differences(base.disk, now) : whole(now);

    const writer = await repository.writer({ packBytes: 4 * BLOCK });
    const { image } = await write(writer, now, extents, base?.image);
    this.#contents.set(id, { id, source, disk: now, image });
    if (mayBeHit || (base && this.#hit.has(base.id))) this.#hit.add(id);
    const committed = point(id, image);
    for (const disk of committed.disks) if (base) disk.read = { mode: 'incremental', basePoint: base.id };
    await writer.commit(committed);
    this.#kept.add(id);
    await writer.close();
  }

  async #prune(store: ObjectStore, { deletes, repackBelow }: Omit<Prune, keyof Death>): Promise<void> {
    const repository = await this.#open(store);
    const deletePoints = (await repository.pointIds()).filter((_, n) => (deletes >> n) & 1);
    for (const id of deletePoints) this.#kept.delete(id);
    await repository.prune({ deletePoints, repackBelow, packBytes: 4 * BLOCK });
  }

  async #verify(store: ObjectStore): Promise<void> {
    const repository = await this.#open(store);
    await repository.verify({ readData: { kind: 'all' }, repair: true });
    this.#isDamaged = false;
  }

  async #damage({ object, at, how }: Damage): Promise<void> {
    const names = (await objectNames(this.#store)).filter((name) => /^(data|maps|index|moved)\//.test(name));
    const name = names[object % names.length];
    if (name === undefined) return;
    const { data } = await this.#store.get(name);
    const position = at % data.length;
    data.writeUInt8(data.readUInt8(position) ^ 1, position);
    if (how === 'lose') await this.#store.delete(name);
    else await this.#store.put(name, [how === 'cut' ? data.subarray(0, position) : data]);
    this.#isDamaged = true;
    for (const id of this.#contents.keys()) this.#hit.add(id);
  }
}

/** Fills a block of a disk; what goes beyond its end is left out. */
function fill(disk: Buffer, block: number, content: number): void {
  const bytes =
    content === 0 ? Buffer.alloc(BLOCK) : content === 1 ? Buffer.alloc(BLOCK, 'text') : noise(BLOCK, content);
  if (block < BLOCKS) bytes.copy(disk, block * BLOCK);
}

/** Blocks in which two disks differ, as extents. */
function differences(one: Buffer, other: Buffer): Extent[] {
  const extents: Extent[] = [];
  for (let offset = 0; offset < other.length; offset += BLOCK) {
    const end = Math.min(offset + BLOCK, other.length);
    if (!one.subarray(offset, end).equals(other.subarray(offset, end))) extents.push({ offset, length: end - offset });
  }
  return extents;
}
