import { describe, expect, test } from 'vitest';
import { StrongroomError } from '../../../model/errors.ts';
import { verifyWithoutKey } from '../../../repository/index.ts';
import type { ObjectStore } from '../../../repository/ports.ts';
import { bytesStored, objectNames } from '../fixtures.ts';
import { repack } from '../repack.ts';
import { secretsOf } from '../secretsOf.ts';
import { BLOCK, FIRST, flip, fork, makeWorld, named, SECOND, unreadable, verify } from './world.ts';
import type { World } from './world.ts';

const all = { readData: { kind: 'all' } } as const;
const world = await makeWorld();
const names = await objectNames(world.store);
const of = (prefix: string): string => names.find((name) => name.startsWith(prefix)) ?? '';
const DISK = 26 * BLOCK + 512;

/** Objects that a report has something to say of. */
const told = ({ problems, warnings }: { problems: { object: string }[]; warnings: { object: string }[] }) => ({
  problems: problems.map(({ object }) => object),
  warnings: warnings.map(({ object }) => object),
});

describe('verify of a sound repository', () => {
  test('finds nothing, reads no pack unless asked to, and writes nothing', async () => {
    const w = await fork(world);
    const report = await verify(w);
    expect(report).toMatchObject({
      withKey: true,
      problems: [],
      warnings: [],
      points: 2,
      packsRead: 0,
      remembered: true,
    });
    expect(report.objects).toBe(names.length);
    expect(report.unreferenced).toEqual({ packs: 0, bytes: 0 });
    expect(report.coverage).toMatchObject({ packs: 6, packsUnchecked: 6, packsChecked: 0 });
    expect(await objectNames(w.store)).toEqual(names);
  });

  test('reads everything when asked to, and remembers it; progress goes up to its end', async () => {
    const w = await fork(world);
    const progress = new Map<string, { done: number; total?: number }>();
    const report = await verify(w, {
      ...all,
      onProgress: ({ phase, ...now }) => {
        expect(now.done).toBeGreaterThanOrEqual(progress.get(phase)?.done ?? 0);
        progress.set(phase, now);
      },
    });
    const bytes = (await bytesStored(w.store, 'data/')) + (await bytesStored(w.store, 'maps/'));
    expect(report).toMatchObject({ problems: [], warnings: [], packsRead: 6, remembered: true });
    expect(report.bytes).toBeGreaterThan(bytes);
    expect(report.coverage).toMatchObject({ packs: 6, bytes, packsChecked: 6, bytesChecked: bytes, packsUnchecked: 0 });
    expect(progress.get('data')).toEqual({ done: bytes, total: bytes });
    expect(progress.get('structure')?.done).toBeGreaterThan(4);
    expect(progress.get('references')?.done).toBeGreaterThan(5);
    expect(await verify(w)).toMatchObject({ coverage: { packsChecked: 6 } });
  });

  test('samples go round: each run reads what was read longest ago', async () => {
    const w = await fork(world);
    const covered: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { coverage } = await verify(w, { readData: { kind: 'sample', share: 0.25 } });
      covered.push(coverage.packsChecked);
    }
    expect(covered[0]).toBeGreaterThan(0);
    expect(covered[0]).toBeLessThan(6);
    expect(covered.at(-1)).toBe(6);
    expect((await objectNames(w.store, 'checks/')).length).toBe(4);
  });

  test('what is due is everything after a month, and nothing twice in a day', async () => {
    const w = await fork(world);
    const due = { readData: { kind: 'due' } } as const;
    w.clock.now += 40 * 24 * 3_600_000;
    expect((await verify(w, due)).packsRead).toBe(6);
    expect((await verify(w, due)).packsRead).toBeLessThan(2);
  });

  test('packs that were repacked and are gone are no damage', async () => {
    const w = await fork(world);
    const secrets = await secretsOf(w.store, w.recoveryKey);
    for (const name of names.filter((each) => /^(data|maps)\//.test(each))) {
      const [kind, pack = ''] = name.split('/');
      await repack(w.store, secrets, kind as 'data' | 'maps', pack);
      await w.store.delete(name);
    }
    const report = await verify(w, all);
    expect(report.problems).toEqual([]);
    expect(report.unreferenced).toEqual({ packs: 0, bytes: 0 });
    expect(await unreadable(w)).toEqual([]);
  });
});

describe('each object damaged, one at a time', () => {
  const packs = names.filter((name) => /^(data|maps)\//.test(name));
  test.each(packs)('%s flipped, cut or gone: the lost blocks are named, and no others', async (name) => {
    const { data } = await world.store.get(name);
    const ways: ((w: World) => Promise<unknown>)[] = [
      ...[0, 10, 40, data.length >> 1, -50, -38, -1].map((at) => (w: World) => flip(w.store, name, at)),
      ...[0, 20, data.length >> 1, data.length - 1].map(
        (length) => (w: World) => w.store.put(name, [data.subarray(0, length)]),
      ),
      (w) => w.store.delete(name),
    ];
    for (const damage of ways) {
      const w = await fork(world);
      await damage(w);
      const report = await verify(w, all);
      expect(report.problems.map(({ object }) => object)).toEqual([name]);
      expect(named(report)).toEqual(await unreadable(w));
      const bytes = report.problems.flatMap(({ affected }) => affected.map((disk) => [disk.disk, disk.bytes]));
      for (const [disk, lost] of bytes) {
        expect(disk).toBe('os');
        expect(lost).toBeLessThanOrEqual(DISK);
      }
    }
  });

  test('a pack that is missing or cut is found without reading packs', async () => {
    for (const name of packs) {
      const w = await fork(world);
      const { data } = await w.store.get(name);
      await w.store.put(name, [data.subarray(0, data.length - 1)]);
      expect(told(await verify(w)).problems).toEqual([name]);
      await w.store.delete(name);
      const report = await verify(w);
      expect(told(report).problems).toEqual([name]);
      expect(named(report)).toEqual(await unreadable(w));
    }
  });

  test('a pack in another one’s place is found, with and without the key', async () => {
    const [one = '', other = ''] = names.filter((name) => name.startsWith('data/'));
    const w = await fork(world);
    await w.store.put(one, [(await w.store.get(other)).data]);
    expect(named(await verify(w))).toEqual(await unreadable(w));
    expect((await verifyWithoutKey(w.store, all)).problems).toMatchObject([{ object: one, what: 'is another pack' }]);
  });

  test('a point: it is named, and all of it is lost', async () => {
    const w = await fork(world);
    await flip(w.store, `points/${FIRST}`, -60);
    expect((await verify(w)).problems).toEqual([
      {
        object: `points/${FIRST}`,
        what: 'is altered or truncated',
        affected: [{ point: FIRST, bytes: 0, ranges: [], rangeCount: 0 }],
      },
    ]);
  });

  test('an index object costs deduplication only, and repair lists its packs anew', async () => {
    const w = await fork(world);
    const name = of('index/');
    await flip(w.store, name, 60);
    const report = await verify(w);
    expect(report.problems).toEqual([]);
    expect(told(report).warnings).toContain(name);
    const repaired = await verify(w, { repair: true });
    expect(repaired.warnings.every((warning) => warning.repaired)).toBe(true);
    expect(await objectNames(w.store, 'index/')).not.toContain(name);
    expect(await verify(w)).toMatchObject({ problems: [], warnings: [] });
  });

  test.each([0, 1])('key document %i: restored from the other one', async (copy) => {
    for (const gone of [true, false]) {
      const w = await fork(world);
      const name = names.filter((each) => each.startsWith('keys/'))[copy] ?? '';
      const { data } = await w.store.get(name);
      await (gone ? w.store.delete(name) : flip(w.store, name, 30));
      expect(told(await verify(w)).problems).toEqual([name]);
      expect((await verifyWithoutKey(w.store)).problems).toMatchObject([{ object: name }]);
      const repaired = await verify(w, { repair: true });
      expect(repaired.problems).toMatchObject([{ object: name, repaired: 'restored from the other copy' }]);
      expect((await w.store.get(name)).data.equals(data)).toBe(true);
    }
  });

  test('both key documents: restored from what the repository was opened with', async () => {
    const w = await fork(world);
    const both = names.filter((each) => each.startsWith('keys/'));
    const { data } = await w.store.get(both[0] ?? '');
    for (const name of both) await w.store.delete(name);
    const { problems } = await verify(w, { repair: true });
    expect(problems.map(({ object }) => object)).toEqual(both);
    for (const name of both) expect((await w.store.get(name)).data.equals(data)).toBe(true);
  });

  test('strongroom.json, damaged while the repository is open: written anew', async () => {
    const w = await fork(world);
    const { data } = await w.store.get('strongroom.json');
    const repository = await w.open();
    await flip(w.store, 'strongroom.json', 5);
    expect((await repository.verify({ repair: true })).problems).toMatchObject([
      { object: 'strongroom.json', repaired: 'written anew' },
    ]);
    expect((await w.store.get('strongroom.json')).data.equals(data)).toBe(true);
  });

  test('registrations, marks, bad marks, locks and checks that are damaged or another’s are named', async () => {
    const w = await fork(world);
    const id = 'ab'.repeat(16);
    const writer = of('writers/');
    await flip(w.store, writer, 3);
    const foreign = [`marks/data-${id}`, `bad/maps-${id}`, `checks/${id}`, 'locks/2026-05-01'];
    for (const name of foreign) await w.store.put(name, [Buffer.from('nonsense\n')]);
    for (const report of [await verify(w), await verifyWithoutKey(w.store)]) {
      expect(told(report).problems.sort()).toEqual([...foreign, writer].sort());
    }
  });

  test('objects that nobody knows are told, and left alone', async () => {
    const w = await fork(world);
    const unknown = ['data/readme.txt', 'desktop.ini', 'keys/other.0', 'points/latest'];
    for (const name of unknown) await w.store.put(name, [Buffer.from('x')]);
    const report = await verify(w, { ...all, repair: true });
    expect(report.problems).toEqual([]);
    expect(told(report).warnings.sort()).toEqual(unknown);
    for (const name of unknown) expect((await w.store.get(name)).data.toString()).toBe('x');
  });

  test('a forward that is damaged is a problem only when something needs it', async () => {
    const w = await fork(world);
    const name = of('data/');
    const secrets = await secretsOf(w.store, w.recoveryKey);
    await repack(w.store, secrets, 'data', name.slice('data/'.length));
    const [forward = ''] = await objectNames(w.store, 'moved/');
    await flip(w.store, forward, 70);
    const harmless = await verify(w);
    expect(harmless.problems).toEqual([]);
    expect(told(harmless).warnings).toContain(forward);
    await w.store.delete(name);
    const report = await verify(w);
    expect(told(report).problems).toEqual([forward]);
    expect(report.problems[0]?.what).toContain('exist elsewhere');
    expect((await unreadable(w)).length).toBeGreaterThan(0);
    // The blocks are in the new pack still: repair finds them.
    expect((await verify(w, { repair: true })).problems).toMatchObject([{ affected: [] }]);
    expect(await unreadable(w)).toEqual([]);
  });
});

describe('without the key', () => {
  test('every flipped byte of packs, points and indexes is found; affected points are not named', async () => {
    for (const name of names.filter((each) => /^(data|maps|points|index)\//.test(each))) {
      const { data } = await world.store.get(name);
      for (const at of [3, 20, 60, data.length >> 1, data.length - 1]) {
        const w = await fork(world);
        await flip(w.store, name, at);
        const report = await verifyWithoutKey(w.store, all);
        expect(report).toMatchObject({ withKey: false, problems: [{ object: name, affected: [] }] });
        expect(report.unreferenced).toBeUndefined();
      }
    }
  });

  test('is remembered, but does not count as decrypted', async () => {
    const w = await fork(world);
    expect((await verifyWithoutKey(w.store, all)).coverage.packsChecked).toBe(6);
    expect((await verifyWithoutKey(w.store)).coverage.packsChecked).toBe(6);
    expect((await verify(w)).coverage.packsChecked).toBe(0);
    await verify(w, all);
    expect((await verifyWithoutKey(w.store)).coverage.packsUnchecked).toBe(0);
  });

  test('no repository, and a damaged configuration, are refused', async () => {
    const w = await fork(world);
    await flip(w.store, 'strongroom.json', 5);
    await expect(verifyWithoutKey(w.store)).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
    await w.store.delete('strongroom.json');
    await expect(verifyWithoutKey(w.store)).rejects.toMatchObject({ code: 'REPOSITORY_UNKNOWN' });
  });
});

describe('a store that cannot be written, and a run that is interrupted', () => {
  const readOnly = (store: ObjectStore): ObjectStore => ({
    ...store,
    put: async () => {
      throw new StrongroomError('READ_ONLY', 'The store cannot be written.');
    },
  });

  test('reads on, and says that it cannot be remembered', async () => {
    const w = await fork(world);
    const report = await verifyWithoutKey(readOnly(w.store), all);
    expect(report).toMatchObject({ problems: [], packsRead: 6, remembered: 'The store cannot be written.' });
    expect(report.coverage.packsChecked).toBe(6);
  });

  test('what was read before an abort is remembered; an abort is CANCELLED', async () => {
    const w = await fork(world);
    const abort = new AbortController();
    const run = verify(w, {
      ...all,
      signal: abort.signal,
      onProgress: ({ phase }) => {
        if (phase === 'data') abort.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ code: 'CANCELLED' });
    const { coverage } = await verify(w);
    expect(coverage.packsChecked).toBeGreaterThan(0);
    expect(coverage.packsChecked).toBeLessThan(6);
  });

  test('a bad pack is not remembered as read: the next run reads it first', async () => {
    const w = await fork(world);
    const name = of('data/');
    await flip(w.store, name, 40);
    await verify(w, all);
    const report = await verify(w, { readData: { kind: 'sample', share: 0.01 } });
    expect(report.packsRead).toBe(1);
    expect(told(report).problems).toEqual([name]);
  });
});

test('a second point shares what it did not change: damage of that is named for both, of its own for it alone', async () => {
  const w = await fork(world);
  const report = await Promise.all(
    names
      .filter((name) => name.startsWith('data/'))
      .map(async (name) => {
        const one = await fork(w);
        await one.store.delete(name);
        return (await verify(one)).problems.flatMap(({ affected }) => affected.map(({ point }) => point));
      }),
  );
  expect(report.filter((points) => points.join() === SECOND)).toHaveLength(1);
  expect(report.filter((points) => points.join() === [FIRST, SECOND].join())).toHaveLength(3);
});
