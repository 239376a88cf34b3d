import { expect, test } from 'vitest';
import { StrongroomError } from '../../../model/errors.ts';
import type { ImageRef, MachinePoint } from '../../../model/point.ts';
import { memoryStore, openRepository } from '../../../repository/index.ts';
import type { Extent } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { readCheckedText } from '../../../repository/format/checkedText.ts';
import { noise, objectNames, point, readBack, smallRepository, whole, write } from '../fixtures.ts';
import { repack } from '../repack.ts';
import { secretsOf } from '../secretsOf.ts';

const BLOCK = 4096;
const DAY = 86_400_000;
const MAY = Date.parse('2026-05-01T00:00:00Z');
const lock = { days: 30 };
const idOf = (n: number) => `2026050${n}T000000Z-0000000${n}`;

/** A repository whose store's time is set, with writers that lock. */
async function lockedRepository() {
  const time = { now: MAY + 5 * 3_600_000 };
  const locks: string[] = [];
  const memory = memoryStore(() => time.now);
  const store: ObjectStore = {
    ...memory,
    lock: (name, until) => {
      locks.push(name);
      return memory.lock!(name, until);
    },
  };
  const made = await smallRepository({ store });
  const backUp = async (
    n: number,
    image: Buffer,
    { over, extents, days = lock.days }: { over?: MachinePoint; extents?: Extent[]; days?: number } = {},
  ): Promise<MachinePoint> => {
    const writer = await made.repository.writer({ packBytes: 4 * BLOCK, lock: { days } });
    const base: ImageRef | undefined = over?.disks[0]!.image;
    const { image: ref } = await write(writer, image, extents ?? whole(image), base);
    const committed = point(idOf(n), ref);
    if (over) committed.disks[0]!.read = { mode: 'incremental', basePoint: over.id };
    locks.length = 0;
    await writer.commit(committed);
    await writer.close();
    return committed;
  };
  /** What is locked as long as asked for, alone. */
  const remains = async (until: string): Promise<ObjectStore> => {
    const copy = memoryStore();
    for await (const { name, lockedUntil } of store.list('')) {
      if (lockedUntil !== undefined && Date.parse(lockedUntil) >= Date.parse(until))
        await copy.put(name, [(await store.get(name)).data]);
    }
    return copy;
  };
  const restored = async (from: ObjectStore, id: string) => {
    const repository = await openRepository(from, { kind: 'recovery', key: made.recoveryKey });
    return readBack(repository.image((await repository.point(id)).disks[0]!.image));
  };
  return { ...made, store, time, locks, backUp, remains, restored };
}

test('a point restores from nothing but what is locked to the end of its generation and for the days after it', async () => {
  const { store, backUp, remains, restored } = await lockedRepository();
  const image = noise(40 * BLOCK, 'a');
  await backUp(1, image);
  const until = '2026-06-10T00:00:00.000Z'; // begun on 1 May, ended after 10 days, and 30 more
  expect((await restored(await remains(until), idOf(1))).equals(image)).toBe(true);
  const [generation] = await objectNames(store, 'locks/');
  expect(generation).toBe('locks/2026-05-01');
  const ends = '2026-05-11T00:00:00.000Z';
  expect(readCheckedText((await store.get(generation!)).data)).toMatchObject({ generation: '2026-05-01', ends, until });
  for (const name of ['strongroom.json', ...(await objectNames(store, 'keys/'))])
    expect((await store.head(name)).lockedUntil).toBe('2026-06-20T00:00:00.000Z');
  await expect(store.delete((await objectNames(store, 'data/'))[0]!)).rejects.toMatchObject({ code: 'AZURE_REFUSED' });
});

test('within a generation a point over a base locks only what is new', async () => {
  const { store, time, locks, backUp, remains, restored } = await lockedRepository();
  const image = noise(200 * BLOCK, 'a');
  const first = await backUp(1, image);
  const before = new Set(await objectNames(store));
  time.now += 3 * DAY;
  image.fill(7, 90 * BLOCK, 91 * BLOCK);
  await backUp(2, image, { over: first, extents: [{ offset: 90 * BLOCK, length: BLOCK }] });
  const known = locks.filter((name) => before.has(name) && !/^(keys\/|strongroom)/.test(name));
  expect(known).toEqual([]);
  expect(locks.filter((name) => name.startsWith('data/'))).toHaveLength(1);
  expect((await restored(await remains('2026-06-10T00:00:00.000Z'), idOf(2))).equals(image)).toBe(true);
});

test('the first point of a generation extends what it shares with earlier ones, and no more', async () => {
  const { store, time, backUp, remains, restored } = await lockedRepository();
  const image = noise(40 * BLOCK, 'a');
  const first = await backUp(1, image);
  await backUp(2, noise(12 * BLOCK, 'another'));
  time.now += 12 * DAY;
  const until = '2026-06-22T00:00:00.000Z'; // begun on 13 May
  image.fill(7, 0, 20 * BLOCK);
  await backUp(3, image, { over: first, extents: [{ offset: 0, length: 20 * BLOCK }] });
  const locked = await remains(until);
  expect((await restored(locked, idOf(3))).equals(image)).toBe(true);
  expect(await objectNames(locked, 'points/')).toEqual([`points/${idOf(3)}`]);
  const [all, kept] = [await objectNames(store, 'data/'), await objectNames(locked, 'data/')];
  expect(kept.length).toBeLessThan(all.length);

  // Blocks that deduplication found in packs of an earlier generation are extended too.
  const other = Buffer.concat([noise(12 * BLOCK, 'another'), noise(4 * BLOCK, 'b')]);
  await backUp(4, other);
  expect((await restored(await remains(until), idOf(4))).equals(other)).toBe(true);
});

test('a base is not relied on that lies beyond the lock, is gone or is damaged', async () => {
  const { store, time, backUp, remains, restored } = await lockedRepository();
  const image = noise(20 * BLOCK, 'a');
  const first = await backUp(1, image);
  const nothing: Extent[] = [];
  // More days are asked for than when the generation began.
  const second = await backUp(2, image, { over: first, extents: nothing, days: 60 });
  const until = '2026-07-10T00:00:00.000Z';
  expect((await restored(await remains(until), idOf(2))).equals(image)).toBe(true);
  expect(readCheckedText((await store.get('locks/2026-05-01')).data)).toMatchObject({ until });
  // Fewer days shorten nothing.
  await backUp(3, image, { over: second, extents: nothing, days: 1 });
  expect((await store.head(`points/${idOf(3)}`)).lockedUntil).toBe(until);
  await backUp(4, image, { over: { ...first, id: idOf(9) }, extents: nothing });
  expect((await restored(await remains(until), idOf(4))).equals(image)).toBe(true);
  time.now += 100 * DAY;
  await store.put('locks/2026-08-09', [Buffer.from('damaged')]);
  await store.put(`points/${idOf(1)}`, [Buffer.from('damaged')]);
  await backUp(5, image, { over: first, extents: nothing });
  expect((await restored(await remains('2026-09-18T00:00:00.000Z'), idOf(5))).equals(image)).toBe(true);
});

test('of writers that commit at once one begins the generation', async () => {
  const { store, backUp } = await lockedRepository();
  await Promise.all([1, 2, 3].map((n) => backUp(n, noise(4 * BLOCK, n))));
  expect(await objectNames(store, 'locks/')).toEqual(['locks/2026-05-01']);
});

test('what was repacked is locked where it lies now, with the forwards that lead there', async () => {
  const { store, recoveryKey, time, backUp, remains, restored } = await lockedRepository();
  const image = noise(12 * BLOCK, 'a');
  const first = await backUp(1, image);
  time.now += 50 * DAY;
  const secrets = await secretsOf(store, recoveryKey);
  for (const name of await objectNames(store, 'data/')) {
    await repack(store, secrets, 'data', name.slice(5));
    await store.delete(name);
  }
  await backUp(2, image, { over: first, extents: [] });
  expect((await restored(await remains('2026-07-30T00:00:00.000Z'), idOf(2))).equals(image)).toBe(true);
});

test('a commit that failed between the point and its lock is repeated: the point is locked then', async () => {
  const memory = memoryStore(() => MAY);
  let away = true;
  const store: ObjectStore = {
    ...memory,
    lock: async (name, until) => {
      if (away && name.startsWith('points/')) throw new StrongroomError('AZURE_UNAVAILABLE', 'The store is away.');
      return memory.lock!(name, until);
    },
  };
  const { repository } = await smallRepository({ store });
  const writer = await repository.writer({ lock });
  const { image } = await write(writer, noise(BLOCK, 'a'));
  await expect(writer.commit(point(idOf(1), image))).rejects.toMatchObject({ code: 'AZURE_UNAVAILABLE' });
  away = false;
  await writer.commit(point(idOf(1), image));
  expect((await store.head(`points/${idOf(1)}`)).lockedUntil).toBe('2026-06-10T00:00:00.000Z');
  await writer.close();
});

test('a generation is as long as asked for', async () => {
  const store = memoryStore(() => MAY);
  const { repository } = await smallRepository({ store });
  const writer = await repository.writer({ lock: { days: 1, generationDays: 2 } });
  const { image } = await write(writer, noise(BLOCK, 'a'));
  await writer.commit(point(idOf(1), image));
  await writer.close();
  expect((await store.head(`points/${idOf(1)}`)).lockedUntil).toBe('2026-05-04T00:00:00.000Z');
});

test('a store that cannot lock refuses to', async () => {
  const { lock: _lock, ...store } = memoryStore();
  const { repository } = await smallRepository({ store });
  const writer = await repository.writer({ lock });
  const { image } = await write(writer, noise(BLOCK, 'a'));
  await expect(writer.commit(point(idOf(1), image))).rejects.toMatchObject({ code: 'UNSUPPORTED' });
  expect(await repository.pointIds()).toEqual([]);
  await writer.close();
});
