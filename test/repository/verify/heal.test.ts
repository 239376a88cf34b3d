import { describe, expect, test } from 'vitest';
import { noise, objectNames, point, readBack, write } from '../fixtures.ts';
import { repack } from '../repack.ts';
import { secretsOf } from '../secretsOf.ts';
import { BLOCK, FIRST, flip, fork, makeWorld, named, SECOND, unreadable, verify } from './world.ts';
import type { World } from './world.ts';

const THIRD = '20260503T000000Z-00000003';
const all = { readData: { kind: 'all' } } as const;

const world = await makeWorld();
const dataPacks = (await objectNames(world.store, 'data/')).sort();

/** A third point over the second: block 0 is another now. */
async function backUp(of: World): Promise<{ reads: { offset: number; length: number }[] }> {
  const repository = await of.open();
  const writer = await repository.writer();
  const base = of.images[SECOND];
  const bytes = Buffer.from(base?.bytes ?? Buffer.alloc(0));
  noise(BLOCK, 'third').copy(bytes, 0);
  const { image, reads } = await write(writer, bytes, [{ offset: 0, length: BLOCK }], base?.image);
  await writer.commit(point(THIRD, image));
  await writer.close();
  of.images[THIRD] = { image, bytes };
  return { reads };
}

describe('what a bad pack lost and the source still has', () => {
  test('nothing is read again while no pack is bad', async () => {
    const w = await fork(world);
    expect((await backUp(w)).reads).toEqual([{ offset: 0, length: BLOCK }]);
    expect(await objectNames(w.store, 'moved/')).toEqual([]);
  });

  test.each(dataPacks.flatMap((name) => [40, 0.5, 'gone'].map((how) => [name, how] as const)))(
    '%s damaged (%s): named, set aside, stored anew by the next backup, and all points are whole again',
    async (name, how) => {
      const w = await fork(world);
      const { data } = await w.store.get(name);
      if (how === 'gone') await w.store.delete(name);
      else if (how === 0.5) await w.store.put(name, [data.subarray(0, data.length >> 1)]);
      else await flip(w.store, name, Number(how));

      const before = await verify(w, all);
      const lost = await unreadable(w);
      expect(named(before)).toEqual(lost);
      expect(lost.length).toBeGreaterThan(0);
      expect(await objectNames(w.store, 'bad/')).toEqual([]);

      const repaired = await verify(w, { ...all, repair: true });
      expect(named(repaired)).toEqual(lost);
      expect(repaired.problems.find(({ object }) => object === name)?.repaired).toContain('set aside');
      expect(await objectNames(w.store, 'bad/')).toEqual([`bad/${name.replace('/', '-')}`]);
      // Known without reading it again.
      expect(named(await verify(w))).toEqual(lost);

      // Read are the changed block and those of the base that are lost.
      const { reads } = await backUp(w);
      const ofBase = lost.filter((block) => block.startsWith(SECOND) && block !== `${SECOND}/0`);
      expect(reads.reduce((sum, { length }) => sum + Math.ceil(length / BLOCK), 0)).toBe(1 + ofBase.length);

      // Lost for good is what no source has any more: block 0 of both, blocks 5 and 6 of the first.
      const gone = [`${FIRST}/0`, `${FIRST}/5`, `${FIRST}/6`, `${SECOND}/0`];
      const healed = await verify(w, all);
      expect(named(healed)).toEqual(lost.filter((block) => gone.includes(block)));
      expect(await unreadable(w)).toEqual(named(healed));
      if (named(healed).length === 0) expect(healed.problems).toEqual([]);
      expect(
        (await readBack((await w.open()).image(w.images[THIRD]?.image ?? never()))).equals(bytesOf(w, THIRD)),
      ).toBe(true);
      // The next backup has nothing to heal.
      const moved = await objectNames(w.store, 'moved/');
      const writer = await (await w.open()).writer();
      expect((await write(writer, bytesOf(w, THIRD), [], w.images[THIRD]?.image)).reads).toEqual([]);
      await writer.close();
      expect(await objectNames(w.store, 'moved/')).toEqual(moved);
    },
  );

  test('a full backup stores it anew, and repair finds it there', async () => {
    const w = await fork(world);
    const [name = ''] = dataPacks;
    await w.store.delete(name);
    await verify(w, { repair: true });
    const lost = await unreadable(w);
    const writer = await (await w.open()).writer();
    const { image } = await write(writer, bytesOf(w, SECOND));
    await writer.commit(point(THIRD, image));
    await writer.close();
    w.images[THIRD] = { image, bytes: bytesOf(w, SECOND) };
    expect(await unreadable(w)).toEqual(lost);
    const found = await verify(w);
    const still = named(found);
    expect(still.filter((block) => block.startsWith(SECOND))).toEqual([]);
    expect(found.problems.find(({ object }) => object === name)?.what).toContain('exist elsewhere');
    await verify(w, { repair: true });
    expect(await unreadable(w)).toEqual(still);
  });

  test('a lost page of references to blocks comes back with a full backup and a repair', async () => {
    const lost: string[] = [];
    for (const name of await objectNames(world.store, 'maps/')) {
      const one = await fork(world);
      await flip(one.store, name, 40);
      const report = await verify(one, { repair: true });
      expect(named(report)).toEqual(await unreadable(one));
      lost.push(...named(report));
      const writer = await (await one.open()).writer();
      for (const [id, from] of [
        [THIRD, SECOND],
        ['20260504T000000Z-00000004', FIRST],
      ] as const) {
        await writer.commit(point(id, (await write(writer, bytesOf(one, from))).image));
      }
      await writer.close();
      expect(named(await verify(one, { repair: true }))).toEqual([]);
      expect(await unreadable(one)).toEqual([]);
    }
    expect(lost.length).toBe(3 * 4);
  });

  test('blocks that were repacked, and whose new pack is damaged, are healed for points that name the old one', async () => {
    const w = await fork(world);
    const secrets = await secretsOf(w.store, w.recoveryKey);
    const [name = ''] = dataPacks;
    const pack = await repack(w.store, secrets, 'data', name.slice('data/'.length));
    await w.store.delete(name);
    expect(await unreadable(w)).toEqual([]);
    await flip(w.store, `data/${pack}`, 40);
    const lost = await unreadable(w);
    const report = await verify(w, { ...all, repair: true });
    expect(report.problems.map(({ object }) => object)).toEqual([`data/${pack}`]);
    expect(named(report)).toEqual(lost);
    expect(lost.length).toBeGreaterThan(0);
    await backUp(w);
    expect(await unreadable(w)).toEqual([]);
    expect(await verify(w, all)).toMatchObject({ problems: [] });
  });

  test('prune after a pack was healed takes nothing from any point', async () => {
    const w = await fork(world);
    const [name = ''] = dataPacks;
    await flip(w.store, name, 40);
    await verify(w, { ...all, repair: true });
    await backUp(w);
    const lost = await unreadable(w);
    const moved = await objectNames(w.store, 'moved/');
    expect(lost).toEqual([]);
    expect(moved.length).toBeGreaterThan(0);
    for (let day = 0; day < 4; day++) {
      await (await w.open()).prune({ repackBelow: 1 });
      expect(await unreadable(w)).toEqual([]);
      w.clock.now += 25 * 3_600_000;
    }
    expect(await verify(w, all)).toMatchObject({ problems: [] });
  });

  test('a writer that knew a pack before it was set aside heals nothing with it, and harms nothing', async () => {
    const w = await fork(world);
    const [name = ''] = dataPacks;
    const writer = await (await w.open()).writer();
    const base = w.images[SECOND];
    await write(writer, base?.bytes ?? Buffer.alloc(0)); // Loads the index.
    await flip(w.store, name, 40);
    const lost = await unreadable(w);
    expect(lost.length).toBeGreaterThan(0);
    await verify(w, { ...all, repair: true });
    await write(writer, base?.bytes ?? Buffer.alloc(0), [], base?.image);
    await writer.close();
    expect(await objectNames(w.store, 'moved/')).toEqual([]);
    await (await w.open()).prune();
    await backUp(w);
    expect(await unreadable(w)).toEqual([]);
  });

  test('a pack that is put back whole is trusted again after it was read', async () => {
    const w = await fork(world);
    const [name = ''] = dataPacks;
    const { data } = await w.store.get(name);
    await w.store.delete(name);
    await verify(w, { repair: true });
    await w.store.put(name, [data]);
    const report = await verify(w, { ...all, repair: true });
    expect(report.problems).toEqual([]);
    expect(await objectNames(w.store, 'bad/')).toEqual([]);
  });
});

const never = (): never => {
  throw new Error('there is no such point');
};
const bytesOf = (w: World, id: string): Buffer => w.images[id]?.bytes ?? never();
