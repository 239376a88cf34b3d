/**
 * Makes the golden repositories of format version 1 (`node test/golden/make.ts`): small folder stores whose bytes are kept for
 * ever, so that every later release shows that it reads what this one wrote. They are made once; a release that adds to the
 * format adds golden repositories of its own beside them. The same release makes the same bytes each time.
 */
import { createHash } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blake3 } from '@napi-rs/blake-hash';
import { writeCheckedText } from '../../repository/format/checkedText.ts';
import { readPoint } from '../../repository/format/points.ts';
import { pointName } from '../../repository/format/layout.ts';
import { writeSealedObject } from '../../repository/format/sealedObject.ts';
import { createRepository, folderStore, memoryStore, openRepository } from '../../repository/index.ts';
import type { Repository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { imagePoint } from '../fuzz/smallWorld.ts';
import { noise, objectNames, point, seededRandom, write } from '../repository/fixtures.ts';
import { secretsOf } from '../repository/secretsOf.ts';
import { GOLDEN, PASSPHRASE } from './golden.ts';
import type { Golden } from './golden.ts';

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

const BLOCK = 4096;
const HOUR = 3_600_000;

/** A repository in memory whose time is the same in each run, and what its points hold. */
class Maker {
  readonly clock = { now: Date.parse('2026-11-22T08:00:00Z') };
  readonly store = memoryStore(() => (this.clock.now += 1000));
  readonly golden: Golden = { recoveryKey: '', points: {} };
  readonly #random: (bytes: number) => Buffer;
  #repository: Repository | undefined;

  constructor(seed: string) {
    this.#random = seededRandom(`golden 1 ${seed}`);
  }

  async create(passphrase?: string): Promise<void> {
    const now = () => new Date(this.clock.now).toISOString();
    const options = { recovery: true, now, random: this.#random, blockSize: BLOCK, fanOut: 4 };
    const made = await createRepository(this.store, passphrase === undefined ? options : { ...options, passphrase });
    this.golden.recoveryKey = made.recoveryKey ?? '';
    await this.open();
  }

  async open(): Promise<void> {
    const how = { kind: 'recovery', key: this.golden.recoveryKey } as const;
    this.#repository = await openRepository(this.store, how, { random: this.#random });
  }

  get repository(): Repository {
    return this.#repository as Repository;
  }

  /** A restore point of a machine's disks, each in full or over the disk of an earlier point. */
  async back(id: string, disks: readonly Buffer[], base?: string): Promise<void> {
    const before = base === undefined ? undefined : await this.repository.point(base);
    const writer = await this.repository.writer({ packBytes: 3 * BLOCK });
    const images = [];
    for (const [i, disk] of disks.entries()) {
      images.push((await write(writer, disk, undefined, before?.disks[i]?.image)).image);
    }
    const made = point(id, ...images);
    for (const disk of made.disks) if (base !== undefined) disk.read = { mode: 'incremental', basePoint: base };
    await writer.commit(made);
    await writer.close();
    this.#note(id, disks);
  }

  async backImage(id: string, disk: Buffer): Promise<void> {
    const writer = await this.repository.writer();
    await writer.commit(imagePoint(id, (await write(writer, disk)).image));
    await writer.close();
    this.#note(id, [disk]);
  }

  /** Writes the store into a folder. */
  async save(name: string, alter: (store: ObjectStore) => Promise<void> = () => Promise.resolve()): Promise<void> {
    const root = join(GOLDEN, name);
    const folder = folderStore(root);
    const copy = memoryStore();
    for (const object of await objectNames(this.store)) await copy.put(object, [(await this.store.get(object)).data]);
    await alter(copy);
    for (const object of await objectNames(copy)) await folder.put(object, [(await copy.get(object)).data]);
    await rm(join(root, '.scratch'), { recursive: true, force: true });
    await writeFile(`${root}.json`, `${JSON.stringify(this.golden, undefined, 2)}\n`);
  }

  #note(id: string, disks: readonly Buffer[]): void {
    this.golden.points[id] = disks.map((disk) => ({
      size: disk.length,
      sha256: sha256(disk).toString('hex'),
    }));
  }
}

const id = (day: number): string => `2026112${day}T080000Z-0000000${day}`;
const text = (length: number): Buffer => Buffer.alloc(length, 'a line of text that compresses\n');

/** Machines and images, in full and incremental; a passphrase and a recovery key. */
async function ordinary(): Promise<void> {
  const maker = new Maker('ordinary');
  await maker.create(PASSPHRASE);
  const os = Buffer.concat([noise(2 * BLOCK, 'os'), Buffer.alloc(30 * BLOCK), text(3 * BLOCK), noise(512, 'end')]);
  const data = Buffer.concat([noise(BLOCK, 'data'), noise(BLOCK, 'os'), Buffer.alloc(5 * BLOCK)]);
  await maker.back(id(2), [os, data]);
  const changed = Buffer.concat([os.subarray(0, BLOCK), noise(BLOCK, 'changed'), os.subarray(2 * BLOCK)]);
  await maker.back(id(3), [changed, data], id(2));
  await maker.backImage(id(4), Buffer.concat([noise(BLOCK, 'image'), text(BLOCK), Buffer.alloc(1024)]));
  await maker.backImage(id(5), Buffer.alloc(3 * BLOCK));
  await maker.save('ordinary');
}

/** Points deleted, packs that were half empty copied together and deleted: forwards lead to what is left of them. */
async function repacked(): Promise<void> {
  const maker = new Maker('repacked');
  await maker.create();
  const os = Buffer.concat([noise(6 * BLOCK, 'repacked'), text(4 * BLOCK)]);
  await maker.back(id(2), [os]);
  const changed = Buffer.from(os);
  for (const block of [0, 1, 3, 4]) noise(BLOCK, `changed ${block}`).copy(changed, block * BLOCK);
  await maker.back(id(3), [changed], id(2));
  for (const deletePoints of [[id(2)], [], []]) {
    await maker.repository.prune({ deletePoints, repackBelow: 0.9, packBytes: 3 * BLOCK });
    maker.clock.now += 25 * HOUR;
  }
  delete maker.golden.points[id(2)];
  await maker.save('repacked');
}

/** A pack was lost and verification set it aside; what exists elsewhere has a forward, and a later point stored the rest anew. */
async function badMark(): Promise<void> {
  const maker = new Maker('bad-mark');
  await maker.create();
  const os = noise(5 * BLOCK, 'bad');
  await maker.back(id(2), [os]);
  const [pack = ''] = await objectNames(maker.store, 'data/');
  const { data } = await maker.store.get(pack);
  data.fill(0, 100, 200);
  await maker.store.put(pack, [data]);
  await maker.repository.verify({ readData: { kind: 'all' }, repair: true });
  await maker.open();
  await maker.back(id(3), [os], id(2));
  await maker.save('bad-mark');
}

/** Two points, and what may become of what the first one stored. */
async function damaged(): Promise<void> {
  const maker = new Maker('damaged');
  await maker.create();
  await maker.back(id(2), [Buffer.concat([noise(2 * BLOCK, 'damaged'), text(BLOCK)])]);
  const names = await objectNames(maker.store);
  await maker.back(id(3), [Buffer.concat([noise(2 * BLOCK, 'damaged'), text(2 * BLOCK)])]);
  const first = (prefix: string): string => names.find((name) => name.startsWith(prefix)) ?? '';
  const secrets = await secretsOf(maker.store, maker.golden.recoveryKey);

  const change = (name: string, work: (data: Buffer) => Buffer) => async (store: ObjectStore) =>
    void (await store.put(name, [work((await store.get(name)).data)]));
  const flip = (at: number) => (data: Buffer) => (data.writeUInt8(data.readUInt8(at) ^ 1, at), data);
  const newer = (checksum: (bytes: Buffer) => Buffer) => (data: Buffer) => {
    data.writeUInt8(2, 4);
    checksum(data.subarray(0, -32)).copy(data, data.length - 32);
    return data;
  };
  await maker.save('flipped-block', change(first('data/'), flip(40)));
  await maker.save(
    'flipped-foot',
    change(first('data/'), (data) => flip(data.length - 1)(data)),
  );
  await maker.save(
    'truncated-map',
    change(first('maps/'), (data) => data.subarray(0, 50)),
  );
  await maker.save('missing-pack', (store) => store.delete(first('data/')));
  await maker.save('damaged-index', change(first('index/'), flip(60)));
  await maker.save('newer-pack', change(first('data/'), newer(blake3)));
  await maker.save('newer-object', change(pointName(id(2)), newer(sha256)));
  await maker.save('newer-point', async (store) => {
    const name = pointName(id(2));
    const content = { ...(await readPoint(store, secrets, id(2))), version: 2, added: 'by a later release' };
    const salt = noise(32, 'newer point');
    const text = Buffer.from(JSON.stringify(content));
    await store.put(name, [writeSealedObject(secrets, 'point', name, Buffer.alloc(0), text, salt)]);
  });
  await maker.save('newer-repository', async (store) => {
    const [line = ''] = (await store.get('strongroom.json')).data.toString('utf8').split('\n');
    const config = JSON.parse(line) as Record<string, unknown>;
    await store.put('strongroom.json', [writeCheckedText({ ...config, version: 2, added: 'by a later release' })]);
  });
}

await rm(GOLDEN, { recursive: true, force: true });
await mkdir(GOLDEN, { recursive: true });
await ordinary();
await repacked();
await badMark();
await damaged();
