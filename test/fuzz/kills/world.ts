import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pointId } from '../../../model/point.ts';
import type { ImageRef } from '../../../model/point.ts';
import { createRepository, folderStore } from '../../../repository/index.ts';
import type { Extent, Repository } from '../../../repository/index.ts';
import type { Random } from '../../chaos/random.ts';
import { created, noise, objectNames } from '../../repository/fixtures.ts';
import { BLOCK } from '../smallWorld.ts';
import { openFolder, operate } from './operations.ts';
import type { Operation } from './operations.ts';

/** Blocks of an image. */
const BLOCKS = 120;
/** Points that a prune leaves at most. */
const KEPT = 4;
const DAY_MS = 24 * 3_600_000;

interface KnownPoint {
  source: number;
  image: Buffer;
}

/** What is done at once, and what of it may show as long as it is not done to its end. */
export interface Plan {
  operations: Operation[];
  /** Points that are being made: each may be there, then it is right. */
  made: Map<string, KnownPoint>;
  /** Points that are being deleted: each may be gone. */
  deleted: string[];
  /** The object that a repair has to bring back. */
  missing?: string;
}

/** A repository in a folder, and what is known of it: what must be restorable, and what may be. */
export class World {
  readonly folder: string;
  /** Recovery keys: which of them opens depends on whether a rotation came through. */
  readonly keys: string[] = [];
  /** Committed points, by id, oldest first. */
  readonly points = new Map<string, KnownPoint>();
  readonly #files: string;
  readonly #random: Random;
  readonly #images: Buffer[];
  #made = 0;

  private constructor(files: string, random: Random) {
    this.#files = files;
    this.folder = join(files, 'repository');
    this.#random = random;
    // Half of each image is the other's too.
    const shared = noise((BLOCKS / 2) * BLOCK, 'shared');
    this.#images = ['a', 'b'].map((name) => Buffer.concat([shared, noise((BLOCKS / 2) * BLOCK, name)]));
  }

  /** @param files an empty folder */
  static async create(files: string, random: Random): Promise<World> {
    const world = new World(files, random);
    const options = { recovery: true, now: () => created, blockSize: BLOCK, fanOut: 8 };
    const { recoveryKey } = await createRepository(folderStore(world.folder), options);
    world.keys.push(recoveryKey ?? '');
    return world;
  }

  /** A backup of a source that changed since: in full, or over a base, told of the changes or left to find them. */
  async planBackup(): Promise<Plan> {
    const source = this.#random.between(0, this.#images.length - 1);
    this.#change(source);
    const image = Buffer.from(this.#images[source] as Buffer);
    const path = join(this.#files, `image${source}`);
    await writeFile(path, image);
    const [base, before] = [...this.points].filter(([, known]) => known.source === source).at(-1) ?? [];
    const [isFull, isTold] = [this.#random.between(0, 3) === 0, this.#random.between(0, 1) === 0];
    const changed = before && isTold ? differences(before.image, image) : [{ offset: 0, length: image.length }];
    const point = pointId(new Date(Date.parse(created) + ++this.#made * DAY_MS).toISOString(), Buffer.alloc(4));
    const operation = { kind: 'backup' as const, point, image: path, ...(isFull || !base ? {} : { base }), changed };
    return { operations: [operation], made: new Map([[point, { source, image }]]), deleted: [] };
  }

  /** Deletes points, marks what only they needed, and deletes what was marked a day before. */
  planPrune(): Promise<Plan> {
    return this.#planPrune(0);
  }

  /** As well copies the live parts of every pack that holds anything else. */
  planRepack(): Promise<Plan> {
    return this.#planPrune(1);
  }

  async planBoth(): Promise<Plan> {
    const prune = await this.#planPrune(this.#random.between(0, 1));
    const backup = await this.planBackup();
    return { ...prune, operations: [...prune.operations, ...backup.operations], made: backup.made };
  }

  /** Something is gone that a repair can bring back: an index object, or one copy of the key slots. */
  async planRepair(): Promise<Plan> {
    const prefix = this.#random.between(0, 1) === 0 ? 'index/' : 'keys/';
    const names = await objectNames(folderStore(this.folder), prefix);
    const missing = names[this.#random.between(0, names.length - 1)];
    if (missing !== undefined) await rm(join(this.folder, missing));
    return { operations: [{ kind: 'repair' }], made: new Map(), deleted: [], ...(missing ? { missing } : {}) };
  }

  planRotation(): Plan {
    const operation = { kind: 'rotate' as const, keep: join(this.#files, 'recovery-key') };
    return { operations: [operation], made: new Map(), deleted: [] };
  }

  /** Lets 25 hours pass for the repository: in a folder an object's time is its file's. Nothing may be running. */
  async passTime(): Promise<void> {
    const then = new Date(Date.now() - 25 * 3_600_000);
    for (const folder of ['marks', 'writers', '.scratch']) {
      for (const name of await namesIn(join(this.folder, folder)))
        await utimes(join(this.folder, folder, name), then, then);
    }
  }

  /**
   * Checks everything that the repository promises.
   * @param plan what was going on
   * @param isDone whether it came to its end
   * @returns what is wrong
   */
  async check({ made, deleted, missing }: Plan, isDone: boolean): Promise<string[]> {
    const wrong: string[] = [];
    await this.#learnKey();
    const repository = await openFolder(this.folder, this.keys);
    const ids = new Set(await repository.pointIds());
    for (const id of this.points.keys()) {
      if (ids.has(id)) continue;
      if (!deleted.includes(id)) wrong.push(`${id} is lost`);
      this.points.delete(id);
    }
    for (const id of ids) {
      const known = this.points.get(id) ?? made.get(id);
      if (!known) {
        wrong.push(`${id} was deleted and is there again`);
        continue;
      }
      this.points.set(id, known);
      const found = await restored(repository, id).catch((error: unknown) => String(error));
      if (typeof found === 'string') wrong.push(`${id}: ${found}`);
      else if (!found.equals(known.image)) wrong.push(`${id} restores another image`);
    }
    const { problems } = await repository.verify({ readData: { kind: 'all' } });
    const unforeseen = problems.filter(({ object }) => isDone || object !== missing);
    return [...wrong, ...unforeseen.map(({ object, what }) => `${object} ${what}`)];
  }

  /** What is left when nothing runs and everything was pruned that may be: objects that no point needs. */
  async remains(): Promise<string[]> {
    const repository = await openFolder(this.folder, this.keys);
    for (let run = 0; run < 3; run++) {
      await this.passTime();
      await repository.prune({ repackBelow: 0 });
    }
    const { unreferenced } = await repository.verify();
    const store = folderStore(this.folder);
    const [marks, writers] = await Promise.all(['marks/', 'writers/'].map((prefix) => objectNames(store, prefix)));
    const packs = unreferenced?.packs ? [`${unreferenced.packs} packs without a point`] : [];
    return [...(marks ?? []), ...(writers ?? []), ...packs];
  }

  async #planPrune(repackBelow: number): Promise<Plan> {
    // Packs that nobody needs now, and packs marked a day ago.
    await this.#backUp();
    await this.#prune(this.#oldest(KEPT));
    await this.passTime();
    await this.#backUp();
    const deleted = this.#oldest(this.#random.between(1, KEPT));
    return { operations: [{ kind: 'prune', deletePoints: deleted, repackBelow }], made: new Map(), deleted };
  }

  async #backUp(): Promise<void> {
    const { operations, made } = await this.planBackup();
    for (const operation of operations) await operate(await openFolder(this.folder, this.keys), operation);
    for (const [id, point] of made) this.points.set(id, point);
  }

  async #prune(deletePoints: string[]): Promise<void> {
    const operation = { kind: 'prune' as const, deletePoints, repackBelow: 0 };
    await operate(await openFolder(this.folder, this.keys), operation);
    for (const id of deletePoints) this.points.delete(id);
  }

  /** All points but the newest. */
  #oldest(kept: number): string[] {
    return [...this.points.keys()].slice(0, Math.max(0, this.points.size - kept));
  }

  #change(source: number): void {
    const random = this.#random;
    const [mine, other] = [this.#images[source], this.#images[1 - source]] as [Buffer, Buffer];
    for (let block = random.between(0, 20); block < BLOCKS; block += random.between(2, 40)) {
      const end = Math.min(block + random.between(1, 15), BLOCKS) * BLOCK;
      const piece = mine.subarray(block * BLOCK, end);
      const content = random.between(0, 3);
      if (content === 0) piece.fill(0);
      else if (content === 1) other.copy(piece, 0, block * BLOCK, end);
      else noise(piece.length, random.between(0, 2 ** 31)).copy(piece);
      block = end / BLOCK;
    }
  }

  async #learnKey(): Promise<void> {
    const key = await readFile(join(this.#files, 'recovery-key'), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (key && !this.keys.includes(key)) this.keys.push(key);
  }
}

async function restored(repository: Repository, point: string): Promise<Buffer> {
  const [disk] = (await repository.point(point)).disks;
  const image = repository.image(disk?.image as ImageRef);
  return image.read(0, image.size);
}

/** The blocks in which two images differ. */
function differences(a: Buffer, b: Buffer): Extent[] {
  const extents: Extent[] = [];
  for (let offset = 0; offset < b.length; offset += BLOCK) {
    if (!a.subarray(offset, offset + BLOCK).equals(b.subarray(offset, offset + BLOCK)))
      extents.push({ offset, length: BLOCK });
  }
  return extents;
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
