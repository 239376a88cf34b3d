import { describe, expect, test } from 'vitest';
import { writeCheckedText } from '../../../repository/format/checkedText.ts';
import type { Writer } from '../../../repository/index.ts';
import { point, write } from '../fixtures.ts';
import { pausingStore } from '../prune/interruptions.ts';
import type { Operation } from '../prune/interruptions.ts';
import { BLOCK, blocks, changed, DAY, HOUR, pointIdOf, World } from '../prune/world.ts';

const MINUTE = 60_000;

const openWriter = (world: World): Promise<Writer> => world.repository.writer({ packBytes: 8 * BLOCK });

/** Prunes until everything that no point needs is gone. */
async function pruneAll(world: World): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await world.prune();
    world.wait(DAY + HOUR);
  }
}

/** Commits an image that was written before as point number `n`. */
async function commit(
  world: World,
  writer: Writer,
  n: number,
  image: Buffer,
  written: Awaited<ReturnType<typeof write>>,
) {
  await writer.commit(point(pointIdOf(n), written.image));
  world.images.set(pointIdOf(n), image);
}

describe('writers beside prune', () => {
  test('a writer does not rely on what is marked: it stores it anew', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    await world.backup(1, image);
    world.wait(HOUR);
    await world.prune([1]);
    const writer = await openWriter(world);
    const written = await write(writer, image);
    expect(written.stats.blocksNew).toBe(20);
    await commit(world, writer, 2, image, written);
    await writer.close();
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
  });

  test('what was marked after it began and is needed for its point becomes kept', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    await world.backup(1, image);
    world.wait(HOUR);
    const writer = await openWriter(world);
    const written = await write(writer, image);
    expect(written.stats.blocksNew).toBe(0);
    await world.prune([1]);
    expect(Object.keys(await world.markStates())).toEqual(['marked']);
    await commit(world, writer, 2, image, written);
    expect(await world.markStates()).toMatchObject({ kept: 3 });
    await writer.close();
    world.wait(DAY + HOUR);
    await world.prune();
    expect(await world.markStates()).toEqual({});
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
  });

  test('nothing that was marked after a writer began is deleted while it lives, however long that is', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    await world.backup(1, image);
    await world.backup(9, blocks(1, 'z'));
    world.wait(HOUR);
    const writer = await openWriter(world);
    const written = await write(writer, image);
    const other = await write(writer, blocks(1, 'other'));
    world.images.set(pointIdOf(3), blocks(1, 'other'));
    await world.prune([1]);
    for (let i = 0; i < 60; i++) {
      world.wait(29 * MINUTE);
      await writer.commit(point(pointIdOf(3), other.image)); // Renews the registration.
      if (i % 20 === 0) await world.prune();
    }
    expect(await world.prune()).toMatchObject({ packs: { deleted: 0 } });
    await commit(world, writer, 2, image, written);
    await writer.close();
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect((await world.repository.pointIds()).length).toBe(3);
  });

  test('a writer that was silent for half an hour holds nothing up, and cannot commit', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    await world.backup(1, image);
    world.wait(HOUR);
    const writer = await openWriter(world);
    const written = await write(writer, image);
    await world.prune([1]);
    expect((await world.names('writers/')).length).toBe(1);
    world.wait(DAY + HOUR);
    expect((await world.prune()).packs.deleted).toBeGreaterThan(0);
    expect(await world.names('writers/')).toEqual([]);
    await expect(commit(world, writer, 2, image, written)).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
    expect(await world.repository.pointIds()).toEqual([]);
    await writer.close();
  });

  test('images that another writer stored and closed on are claimed by who commits them', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    const first = await openWriter(world);
    const written = await write(first, image);
    await first.close();
    world.wait(HOUR);
    await world.prune();
    expect(Object.keys(await world.markStates())).toEqual(['marked']);
    world.wait(20 * HOUR);
    const second = await openWriter(world);
    await commit(world, second, 1, image, written);
    await second.close();
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(1)]);
  });

  test('images whose packs are gone are refused, and the backup begins anew', async () => {
    const world = await World.make();
    const image = blocks(20, 'a');
    const first = await openWriter(world);
    const written = await write(first, image);
    await first.close();
    const [lost = ''] = await world.names('data/');
    await world.store.delete(lost);
    const second = await openWriter(world);
    await expect(commit(world, second, 1, image, written)).rejects.toMatchObject({
      code: 'WRITER_LAPSED',
      retryable: true,
      details: { object: lost },
    });
    await second.close();
    expect(await world.repository.pointIds()).toEqual([]);
  });

  test('prune and a commit want the same mark: the one whose write comes first wins', async () => {
    for (const faster of ['commit', 'prune']) {
      const world = await World.make();
      const image = blocks(6, 'a');
      const first = await openWriter(world);
      const written = await write(first, image);
      await first.close();
      world.wait(HOUR);
      await world.prune();
      world.wait(DAY + HOUR);

      const isClaim = (operation: Operation, name: string) => operation === 'put' && name.startsWith('marks/');
      const gate = pausingStore(world.store, isClaim);
      const slow = await world.open(gate.store);
      if (faster === 'commit') {
        const pruning = slow.prune();
        await gate.reached;
        const writer = await openWriter(world);
        await commit(world, writer, 1, image, written);
        gate.resume();
        expect(await pruning).toMatchObject({ packs: { deleted: 0 } });
        await writer.close();
        expect(await world.repository.pointIds()).toEqual([pointIdOf(1)]);
      } else {
        const writer = await slow.writer();
        const committing = commit(world, writer, 1, image, written);
        committing.catch(() => undefined);
        await gate.reached;
        await world.prune();
        gate.resume();
        await expect(committing).rejects.toMatchObject({ code: 'WRITER_LAPSED', retryable: true });
        await writer.close();
        expect(await world.repository.pointIds()).toEqual([]);
      }
      await pruneAll(world);
      expect(await world.wrongPoints()).toEqual([]);
    }
  });

  test('a pack that is being deleted counts as gone', async () => {
    const world = await World.make();
    const image = blocks(6, 'a');
    const first = await openWriter(world);
    const written = await write(first, image);
    await first.close();
    world.wait(HOUR);
    await world.prune();
    for (const name of await world.names('marks/')) {
      const { data, info } = await world.store.get(name);
      const mark = { ...(JSON.parse(data.toString().split('\n')[0] ?? '') as object), state: 'deleting' };
      await world.store.put(name, [writeCheckedText(mark)], { ifMatch: info.etag });
    }
    const second = await openWriter(world);
    await expect(commit(world, second, 1, image, written)).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
    await second.close();
    // The next run of prune finishes what one began that died.
    await world.prune();
    expect(await world.names('data/')).toEqual([]);
  });

  test('an incremental whose base was deleted meanwhile claims all that it shares', async () => {
    const world = await World.make();
    const image = blocks(60, 'a');
    await world.backup(1, image);
    const base = await world.imageOf(1);
    world.wait(HOUR);
    const writer = await openWriter(world);
    const next = changed(image, [3, 40], 'b');
    const written = await write(
      writer,
      next,
      [3, 40].map((i) => ({ offset: i * BLOCK, length: BLOCK })),
      base,
    );
    await world.prune([1]);
    const made = point(pointIdOf(2), written.image);
    for (const disk of made.disks) disk.read = { mode: 'incremental', basePoint: pointIdOf(1) };
    await writer.commit(made);
    world.images.set(made.id, next);
    await writer.close();
    await pruneAll(world);
    expect(await world.wrongPoints()).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
  });

  test('a base whose point was gone before is looked at in full: what is missing is refused, what is there is claimed', async () => {
    for (const gone of [true, false]) {
      const world = await World.make();
      const image = blocks(60, 'a');
      await world.backup(1, image);
      const base = await world.imageOf(1);
      world.wait(HOUR);
      await world.prune([1]);
      const names = await world.names('data/');
      if (gone) await world.store.delete(names[0] ?? '');
      const next = changed(image, [3], 'b');
      const writer = await openWriter(world);
      const written = await write(writer, next, [{ offset: 3 * BLOCK, length: BLOCK }], base);
      const committing = commit(world, writer, 2, next, written);
      if (gone) await expect(committing).rejects.toMatchObject({ code: 'WRITER_LAPSED' });
      else await committing;
      await writer.close();
      await pruneAll(world);
      expect(await world.wrongPoints()).toEqual([]);
    }
  });

  test('what a commit reads grows with the change, and without marks it reads no map', async () => {
    const world = await World.make();
    const image = blocks(200, 'a');
    await world.backup(1, image);
    await world.backup(2, blocks(8, 'b'));
    world.wait(HOUR);
    const read: string[] = [];
    const counting = await world.open({
      ...world.store,
      get: (name, range, signal) => {
        read.push(name);
        return world.store.get(name, range, signal);
      },
      head: (name) => {
        read.push(name);
        return world.store.head(name);
      },
    });
    const readOf = async (marked: boolean) => {
      if (marked) await world.prune([2]);
      const n = marked ? 4 : 3;
      const writer = await counting.writer();
      const next = changed(image, [n], `v${n}`);
      const written = await write(writer, next, [{ offset: n * BLOCK, length: BLOCK }], await world.imageOf(1));
      const made = point(pointIdOf(n), written.image);
      for (const disk of made.disks) disk.read = { mode: 'incremental', basePoint: pointIdOf(1) };
      read.length = 0;
      await writer.commit(made);
      await writer.close();
      world.images.set(made.id, next);
      return [...read];
    };
    const without = await readOf(false);
    expect(without.filter((name) => name.startsWith('maps/')).length).toBeLessThanOrEqual(1); // The root.
    expect(without.filter((name) => name.startsWith('data/'))).toEqual([]);
    expect(without).toContain(`points/${pointIdOf(1)}`);
    const withMarks = await readOf(true);
    // Four levels of pages, of this image and of its base; all of them would be 67 pages each.
    expect(withMarks.filter((name) => name.startsWith('maps/')).length).toBeLessThanOrEqual(9);
    expect(await world.wrongPoints()).toEqual([]);
  });
});
