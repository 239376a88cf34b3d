import { expect, test } from 'vitest';
import { full } from './runs.ts';
import { dyingStore } from '../repository/prune/interruptions.ts';
import { DAY, fullOfWork, HOUR, pointIdOf } from '../repository/prune/world.ts';
import type { World } from '../repository/prune/world.ts';

/** The full run tries every step, `npm test` a sample of them. */
const STEP = full ? 1 : 9;

const deleted = [1, 4].map(pointIdOf);

test('prune may die after any step: every point that stays restores, and the next runs finish', async () => {
  const origin = await fullOfWork();
  const whole = await origin.fork();
  const counting = dyingStore(whole.store, Infinity);
  const run = await (await whole.open(counting.store)).prune({ deletePoints: deleted });
  expect(run.packs).toMatchObject({ deleted: expect.any(Number), repacked: expect.any(Number) });
  for (const n of [run.packs.deleted, run.packs.repacked, run.packs.marked - run.packs.repacked]) {
    expect(n).toBeGreaterThan(0);
  }
  const finish = async (world: World): Promise<Record<string, number>> => {
    for (let i = 0; i < 3; i++) {
      await world.prune([1, 4]);
      world.wait(DAY + HOUR);
    }
    const counts: Record<string, number> = {};
    for (const name of await world.names('')) {
      const folder = name.split('/')[0] ?? '';
      counts[folder] = (counts[folder] ?? 0) + 1;
    }
    return counts;
  };
  const expected = await finish(whole);
  expect(await whole.wrongPoints()).toEqual([]);

  // The first and the last changes are those of the run's own registration; the last two are let pass.
  for (let n = 1; n < counting.changes() - 1; n += STEP) {
    const world = await origin.fork();
    const dying = dyingStore(world.store, n);
    const died = (await world.open(dying.store)).prune({ deletePoints: deleted });
    await expect(died, `change ${n}`).rejects.toThrow('the process was killed');
    expect(await world.wrongPoints(), `after change ${n}`).toEqual([]);
    const counts = await finish(world);
    expect(await world.wrongPoints(), `finished after change ${n}`).toEqual([]);
    expect(await world.repository.pointIds()).toEqual([pointIdOf(2)]);
    expect({ ...counts, moved: 0, data: 0 }, `left after change ${n}`).toEqual({ ...expected, moved: 0, data: 0 });
  }
});
