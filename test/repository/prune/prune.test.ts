import { describe, expect, test } from 'vitest';
import { BLOCK, blocks, changed, DAY, HOUR, pointIdOf, World } from './world.ts';

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
});
