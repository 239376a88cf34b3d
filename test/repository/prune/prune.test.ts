import { describe, expect, test } from 'vitest';
import { writeCheckedText } from '../../../repository/format/checkedText.ts';
import type { PruneProgress } from '../../../repository/index.ts';
import { readForward } from '../../../repository/format/forward.ts';
import { noise, readBack, write } from '../fixtures.ts';
import { forward } from '../repack.ts';
import { secretsOf } from '../secretsOf.ts';
import { BLOCK, blocks, changed, DAY, HOUR, pointIdOf, World } from './world.ts';

/** Runs prune until there is nothing left to do. */
async function pruneAll(world: World): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.prune();
    world.wait(DAY + HOUR);
  }
}

describe('prune', () => {
  test('marks what no point needs, and deletes it a day later', async () => {
    const world = await World.make();
    await world.backup(1, blocks(20, 'a'));
    await world.backup(2, blocks(20, 'b'));
    const before = await world.names('data/');
    world.wait(HOUR);

    const first = await world.prune([1]);
    expect(first).toMatchObject({
      points: { deleted: [pointIdOf(1)], kept: 1 },
      packs: { deleted: 0, repacked: 0 },
      bytes: { freed: 0 },
      nextDue: new Date(world.now + DAY).toISOString(),
    });
    expect(first.packs.marked).toBeGreaterThan(1);
    expect(first.bytes.freedLater).toBeGreaterThan(20 * BLOCK);
    expect(await world.names('data/')).toEqual(before);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);

    world.wait(DAY - HOUR);
    expect(await world.prune()).toMatchObject({ packs: { marked: 0, deleted: 0, waiting: first.packs.marked } });

    world.wait(HOUR);
    const last = await world.prune();
    expect(last).toMatchObject({ packs: { deleted: first.packs.marked, marked: 0, waiting: 0 } });
    expect(last.bytes.freed).toBe(first.bytes.freedLater);
    expect(last.nextDue).toBeUndefined();
    expect(await world.names('marks/')).toEqual([]);
    expect(await world.names('writers/')).toEqual([]);
    expect((await world.names('data/')).length).toBeLessThan(before.length);
    expect(await world.wrongPoints()).toEqual([]);
  });

  test('what points share stays while one of them does', async () => {
    const world = await World.make();
    const image = blocks(60, 'a');
    await world.backup(1, image);
    for (let n = 2; n <= 6; n++) await world.backup(n, changed(image, [n, 7 * n], `v${n}`), { base: n - 1 });
    for (const n of [3, 1, 6, 4]) {
      await world.prune([n]);
      world.wait(DAY + HOUR);
      expect(await world.wrongPoints()).toEqual([]);
    }
    await pruneAll(world);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2), pointIdOf(5)]);
    expect(await world.wrongPoints()).toEqual([]);
  });

  test('of an empty repository leaves its configuration and keys, of one without garbage everything', async () => {
    const world = await World.make();
    const bare = await world.names('');
    await world.backup(1, blocks(30, 'a'));
    const full = (await world.names('')).filter((name) => !name.startsWith('writers/'));
    await pruneAll(world);
    expect((await world.names('')).filter((name) => !name.startsWith('index/'))).toEqual(
      full.filter((name) => !name.startsWith('index/')),
    );
    await world.prune([1]);
    await pruneAll(world);
    expect(await world.names('')).toEqual(bare);
  });

  test('a dry run says what the run then does, and changes nothing', async () => {
    const world = await World.make();
    const image = blocks(40, 'a');
    await world.backup(1, image);
    await world.backup(2, changed(image, [...Array(30).keys()], 'b'), { base: 1 });
    await world.backup(3, blocks(9, 'c'));
    await world.prune([3]);
    world.wait(DAY + HOUR);
    const before = await world.names('');
    const plan = await world.prune([1], { dryRun: true });
    expect(await world.names('')).toEqual(before);
    const done = await world.prune([1]);
    expect(plan.dryRun && !done.dryRun).toBe(true);
    expect(done.points).toEqual(plan.points);
    expect(done.packs).toEqual(plan.packs);
    expect(plan.packs).toMatchObject({ repacked: expect.any(Number) });
    expect(done.packs.repacked).toBeGreaterThan(0);
    expect(done.packs.deleted).toBeGreaterThan(0);
    expect({ ...done.bytes, repacked: 0 }).toEqual({ ...plan.bytes, repacked: 0 });
    expect(done.nextDue).toBe(plan.nextDue);
  });

  test('packs with little that is needed are copied together; maps and points stay as they are', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    // Of each pack of eight blocks, two stay needed.
    const other = changed(
      image,
      [...Array(64).keys()].filter((i) => i % 8 > 1),
      'b',
    );
    await world.backup(2, other, { base: 1 });
    const maps = await world.imageOf(2);
    const before = await world.names('data/');
    const run = await world.prune([1]);
    expect(run.packs.repacked).toBeGreaterThanOrEqual(8);
    expect(run.bytes.repacked).toBeGreaterThan(16 * BLOCK);
    expect(run.bytes.repacked).toBeLessThan(24 * BLOCK);
    expect(await world.wrongPoints()).toEqual([]);

    world.wait(DAY + HOUR);
    const freed = await world.prune();
    expect(freed.bytes.freed).toBeGreaterThan(64 * BLOCK);
    const after = await world.names('data/');
    expect(before.filter((name) => after.includes(name)).length).toBeLessThan(before.length - 7);
    expect(await world.imageOf(2)).toEqual(maps);
    expect(await world.wrongPoints()).toEqual([]);

    // The blocks are found at their new place.
    const writer = await world.repository.writer();
    expect((await write(writer, other)).stats.blocksNew).toBe(0);
    await writer.close();
    // And there is nothing more to do.
    await pruneAll(world);
    expect(await world.prune()).toMatchObject({ packs: { repacked: 0, marked: 0, deleted: 0 } });
  });

  test('what was copied once can be copied again: forwards lead straight to the newest place, and go when nobody needs them', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    const keep = (n: number, name: string) =>
      changed(
        image,
        [...Array(64).keys()].filter((i) => i % 8 >= n),
        name,
      );
    await world.backup(2, keep(4, 'b'), { base: 1 });
    await world.backup(3, keep(2, 'c'), { base: 1 });
    await world.backup(4, keep(1, 'd'), { base: 1 });
    for (const n of [1, 2, 3]) {
      await world.prune([n], { repackBelow: 1 });
      expect(await world.wrongPoints()).toEqual([]);
      world.wait(DAY + HOUR);
      await world.prune([], { repackBelow: 1 });
      expect(await world.wrongPoints()).toEqual([]);
      world.wait(DAY + HOUR);
    }
    expect((await world.names('moved/')).length).toBeGreaterThan(0);
    await world.prune([4]);
    await pruneAll(world);
    expect(await world.names('moved/')).toEqual([]);
    expect(await world.names('data/')).toEqual([]);
    expect(await world.names('maps/')).toEqual([]);
  });

  test('a point that is deleted when its old packs are due is read for a day more, through its forwards', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    const most = [...Array(64).keys()].filter((i) => i % 8 > 1);
    const other = changed(image, most, 'b');
    await world.backup(2, other, { base: 1 });
    await world.backup(3, blocks(1, 'c'));
    world.wait(HOUR);
    expect((await world.prune([1])).packs.repacked).toBeGreaterThan(0);
    world.wait(DAY + HOUR);
    const reading = await world.imageOf(2);
    expect((await world.prune([2])).packs.deleted).toBeGreaterThan(0);
    world.wait(DAY - HOUR);
    await world.prune();
    expect((await readBack((await world.open()).image(reading))).equals(other)).toBe(true);
    await pruneAll(world);
    expect(await world.names('moved/')).toEqual([]);
  });

  test('many small index objects become few', async () => {
    const world = await World.make();
    for (let n = 1; n <= 40; n++) await world.backup(n, blocks(2, `i${n}`));
    expect((await world.names('index/')).length).toBe(40);
    await world.prune();
    expect((await world.names('index/')).length).toBe(2);
    await world.prune();
    expect((await world.names('index/')).length).toBe(2);
    const writer = await world.repository.writer();
    for (const n of [1, 20, 40]) expect((await write(writer, blocks(2, `i${n}`))).stats.blocksNew).toBe(0);
    await writer.close();
  });

  test('index objects stay while a writer is at work that may have listed them', async () => {
    const world = await World.make();
    for (let n = 1; n <= 4; n++) await world.backup(n, blocks(2, `i${n}`));
    const before = await world.names('index/');
    const writer = await world.repository.writer();
    await world.prune();
    expect(await world.names('index/')).toEqual(expect.arrayContaining(before));
    await writer.close();
    await world.prune();
    expect((await world.names('index/')).length).toBe(1);
  });

  test('a damaged map of a point that stays stops everything; of a point that goes, nothing', async () => {
    const world = await World.make();
    await world.backup(1, blocks(20, 'a'));
    await world.backup(2, blocks(20, 'b'));
    await world.prune([]);
    const { root } = await world.imageOf(1);
    await world.store.delete(`maps/${root?.pack}`);
    const before = await world.names('');
    const opened = await world.open();
    await expect(opened.prune({ deletePoints: [pointIdOf(2)] })).rejects.toMatchObject({ code: 'REPOSITORY_DAMAGED' });
    expect(await world.names('')).toEqual(before);
    await opened.prune({ deletePoints: [pointIdOf(1)] });
    world.wait(DAY + HOUR);
    await opened.prune();
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
  });

  test('a pack that is missing or damaged is named, and what is left of it stays', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    await world.backup(
      2,
      changed(
        image,
        [...Array(64).keys()].filter((i) => i % 8 > 1),
        'b',
      ),
      { base: 1 },
    );
    const [missing = '', altered = ''] = await world.names('data/');
    await world.store.delete(missing);
    const { data } = await world.store.get(altered);
    data.writeUInt8(data.readUInt8(100) ^ 1, 100);
    await world.store.put(altered, [data]);
    const run = await world.prune([1]);
    expect(run.damaged).toContain(altered);
    expect(run.damaged).toContain(missing);
    world.wait(DAY + HOUR);
    await world.prune();
    expect(await world.names('data/')).toContain(altered);
  });

  test('immutable packs are neither marked nor copied, and immutable points stay', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    await world.backup(
      2,
      changed(
        image,
        [...Array(64).keys()].filter((i) => i % 8 > 1),
        'b',
      ),
      { base: 1 },
    );
    await world.backup(3, blocks(8, 'c'));
    await world.backup(4, blocks(8, 'd'));
    const until = new Date(world.now + 10 * DAY).toISOString();
    for (const name of [...(await world.names('data/')), `points/${pointIdOf(4)}`])
      await world.store.lock?.(name, until);
    const before = await world.names('data/');
    const run = await world.prune([1, 3, 4]);
    expect(run).toMatchObject({
      points: { deleted: [pointIdOf(1), pointIdOf(3)], locked: [pointIdOf(4)] },
      packs: { repacked: 0 },
    });
    expect(run.packs.locked).toBeGreaterThan(0);
    for (let i = 0; i < 3; i++) {
      world.wait(3 * DAY);
      expect(await world.prune()).toMatchObject({ packs: { repacked: 0, locked: run.packs.locked } });
      expect(await world.names('data/')).toEqual(before);
    }
    for (let i = 0; i < 2; i++) {
      world.wait(DAY + HOUR);
      await world.prune([4]);
    }
    expect((await world.names('data/')).length).toBeLessThan(before.length);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
    expect(await world.wrongPoints()).toEqual([]);
  });

  test('a pack that was locked while prune was deleting it waits for the end of its lock', async () => {
    const world = await World.make();
    await world.backup(1, blocks(8, 'a'));
    await world.prune([1]);
    world.wait(DAY + HOUR);
    const [name = ''] = await world.names('data/');
    const locking = await world.open({
      ...world.store,
      put: async (mark, parts, options) => {
        if (mark.startsWith('marks/')) await world.store.lock?.(name, new Date(world.now + DAY).toISOString());
        return world.store.put(mark, parts, options);
      },
    });
    await expect(locking.prune()).rejects.toMatchObject({ code: 'AZURE_REFUSED' });
    expect((await world.prune()).packs.waiting).toBe(1);
    world.wait(DAY);
    await world.prune();
    expect(await world.names('data/')).toEqual([]);
  });

  test('what is left over beside the format goes after a day, and nothing else', async () => {
    const world = await World.make();
    await world.backup(1, blocks(8, 'a'));
    const ours = await world.names('keys/');
    const other = '00000000-0000-4000-8000-000000000000';
    for (const name of ['probe/one', `keys/${other}.0`, `keys/${other}.1`, 'unknown/thing', 'keys/note']) {
      await world.store.put(name, [Buffer.from(name)]);
    }
    await world.prune();
    expect(await world.names('probe/')).toEqual(['probe/one']);
    world.wait(DAY);
    await world.prune();
    expect(await world.names('probe/')).toEqual([]);
    expect(await world.names('keys/')).toEqual([...ours, 'keys/note'].sort());
    expect(await world.names('unknown/')).toEqual(['unknown/thing']);
  });

  test('checks go when newer ones say as much about every pack that is there', async () => {
    const world = await World.make();
    await world.backup(1, blocks(20, 'a'));
    const [one = '', two = ''] = (await world.names('data/')).map((name) => name.replace('data/', ''));
    const check = async (id: string, data: boolean, packs: string[]) => {
      const text = { repository: world.repository.id, began: null, data, packs: { data: packs, maps: [] } };
      await world.store.put(`checks/${id.repeat(32)}`, [writeCheckedText(text)]);
      world.wait(HOUR);
    };
    await check('a', true, [one]);
    await check('b', true, [one, two]);
    await check('c', false, [one, two]);
    await check('d', true, [two, 'f'.repeat(32)]);
    await check('e', false, [two]);
    const left = async () => (await world.names('checks/')).map((name) => name.slice(7, 8)).join('');
    await world.prune();
    expect(await left()).toBe('abcde');
    world.wait(DAY);
    await world.prune();
    // A check that decrypts is as good as one that does not; one that does not is not as good.
    expect(await left()).toBe('bcde');
    await check('f', true, [one, two]);
    world.wait(DAY);
    await world.prune();
    expect(await left()).toBe('f');
  });

  test('bad marks go with their packs, and stay while a point needs what is missing', async () => {
    const world = await World.make();
    await world.backup(1, blocks(8, 'a'));
    await world.backup(2, blocks(8, 'b'));
    const [one = '', two = ''] = (await world.names('data/')).map((name) => name.replace('/', '-'));
    await world.store.put(`bad/${one}`, [Buffer.from('x')]);
    await world.store.put(`bad/${two}`, [Buffer.from('x')]);
    await world.store.put(`bad/data-${'0'.repeat(32)}`, [Buffer.from('x')]);
    await world.store.delete(one.replace('-', '/'));
    await world.prune();
    expect(await world.names('bad/')).toEqual([`bad/${one}`, `bad/${two}`].sort());
    await world.prune([1, 2]);
    await pruneAll(world);
    expect(await world.names('bad/')).toEqual([]);
  });

  test('a mark from when a point needed the pack does not count when that point goes', async () => {
    const world = await World.make();
    await world.backup(1, blocks(8, 'a'));
    for (const name of await world.names('data/')) {
      const [, pack] = name.split('/');
      const mark = { repository: world.repository.id, pack, kind: 'data', plan: 'late', state: 'marked' };
      await world.store.put(`marks/data-${pack}`, [writeCheckedText(mark)]);
    }
    world.wait(2 * DAY);
    expect(await world.prune([1])).toMatchObject({ packs: { deleted: 0 }, bytes: { freed: 0 } });
    world.wait(DAY - HOUR);
    expect(await world.prune()).toMatchObject({ packs: { deleted: 0 } });
    world.wait(HOUR);
    expect((await world.prune()).packs.deleted).toBeGreaterThan(0);
    expect(await world.names('data/')).toEqual([]);
  });

  test('tells how far it is, and can be stopped', async () => {
    const world = await World.make();
    const image = blocks(64, 'a');
    await world.backup(1, image);
    await world.backup(
      2,
      changed(
        image,
        [...Array(64).keys()].filter((i) => i % 8 > 1),
        'b',
      ),
      { base: 1 },
    );
    const seen: PruneProgress[] = [];
    const stop = new AbortController();
    const stopped = world.prune([1], {
      signal: stop.signal,
      onProgress: (progress) => {
        seen.push(progress);
        if (progress.phase === 'repack') stop.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(new Set(seen.map(({ phase }) => phase))).toEqual(new Set(['walk', 'delete', 'repack']));
    expect(await world.wrongPoints()).toEqual([]);
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    await expect(world.prune([], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(world.prune([], { repackBelow: 1.5 })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test('a run that stood still for half an hour stops before it deletes anything', async () => {
    const world = await World.make();
    await world.backup(1, noise(8 * BLOCK, 'a'));
    await world.prune([1]);
    world.wait(DAY + HOUR);
    const before = await world.names('data/');
    let waited = false;
    const slow = await world.open({
      ...world.store,
      async *list(prefix) {
        if (prefix === 'points/' && !waited) {
          waited = true;
          world.wait(31 * 60_000);
        }
        yield* world.store.list(prefix);
      },
    });
    await expect(slow.prune()).rejects.toMatchObject({ code: 'WRITER_LAPSED', retryable: true });
    expect(await world.names('data/')).toEqual(before);
  });
});

describe('a copy that is bad', () => {
  /** Point 2 needs two blocks of packs that the run copied together. @returns the new data packs */
  async function repacked(): Promise<{ world: World; copies: string[] }> {
    const world = await World.make();
    const image = blocks(24, 'a');
    await world.backup(1, image);
    await world.backup(
      2,
      changed(
        image,
        [...Array(24).keys()].filter((i) => i % 8 !== 0),
        'b',
      ),
      { base: 1 },
    );
    world.wait(HOUR);
    const before = new Set(await world.names('data/'));
    expect((await world.prune([1])).packs.repacked).toBeGreaterThan(0);
    const copies = (await world.names('data/')).filter((name) => !before.has(name));
    expect(copies).toHaveLength(1);
    return { world, copies };
  }

  test('does not cost the original, which is there still', async () => {
    const { world, copies } = await repacked();
    for (const name of copies) {
      const { data } = await world.store.get(name);
      data[40] = 1 ^ (data[40] ?? 0);
      await world.store.put(name, [data]);
    }
    await world.repository.verify({ readData: { kind: 'all' }, repair: true });
    world.wait(DAY + HOUR);
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
  });

  test('may be found in the original: forwards in a loop stop nothing, and nothing on it is lost', async () => {
    const { world, copies } = await repacked();
    const [copy = ''] = copies.map((name) => name.slice('data/'.length));
    const secrets = await secretsOf(world.store, world.key);
    for (const name of await world.names('moved/data-')) {
      const { data } = await world.store.get(name);
      const [, pack = ''] = /data-([0-9a-f]+)/.exec(name) ?? [];
      for (const [offset, { offset: to, length }] of readForward(secrets, name, data)) {
        await forward(world.store, secrets, 'data', copy, new Map([[to, { pack, offset, length }]]));
      }
    }
    world.wait(DAY + HOUR);
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.prune()).toMatchObject({ damaged: [] });
  });
});
