import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { pointId } from '../../model/point.ts';
import { createRepository, memoryStore } from '../../repository/index.ts';
import type { Repository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import { full } from '../fuzz/runs.ts';
import { point, readBack, write } from './fixtures.ts';
import { pausingStore } from './prune/interruptions.ts';
import { BLOCK, blocks, changed, DAY, fullOfWork, HOUR, pointIdOf } from './prune/world.ts';
import type { World } from './prune/world.ts';

/** An operation as docs/format.md, section 13, names it. Each works through its own view of the store, as a process would. */
interface Operation {
  /** Throws when what it does is not right. */
  run(store: ObjectStore, world: World): Promise<void>;
}

const opened =
  (act: (repository: Repository, world: World) => Promise<void>): Operation['run'] =>
  async (store, world) =>
    act(await world.open(store), world);

let points = 0;

/** A point over the newest one, with blocks that are new and blocks that a deleted point has. */
const backup = (lock?: { days: number }) =>
  opened(async (repository, world) => {
    const id = pointId('2026-05-04T00:00:00Z', Buffer.from([0, 0, 0, ++points]));
    const before = world.images.get(pointIdOf(2)) ?? Buffer.alloc(0);
    const image = changed(before, [3, 9], id);
    blocks(3, 'd').copy(image, 12 * BLOCK);
    const writer = await repository.writer({ packBytes: 8 * BLOCK, ...(lock ? { lock } : {}) });
    try {
      const extents = [3, 9, 12].map((i) => ({ offset: i * BLOCK, length: (i === 12 ? 3 : 1) * BLOCK }));
      const base = (await repository.point(pointIdOf(2))).disks[0]?.image;
      const made = point(id, (await write(writer, image, extents, base)).image);
      for (const disk of made.disks) disk.read = { mode: 'incremental', basePoint: pointIdOf(2) };
      await writer.commit(made);
      world.images.set(id, image);
    } finally {
      await writer.close();
    }
  });

const verify = (repair: boolean) =>
  opened(async (repository) => {
    const report = await repository.verify({ readData: { kind: 'all' }, repair });
    // A pack that prune deletes meanwhile may be missed; nothing that a point needs may.
    expect(report.problems.flatMap(({ affected }) => affected)).toEqual([]);
  });

const operations: Record<string, Operation> = {
  create: {
    run: async (store) => {
      await createRepository(store, { recovery: true, now: () => '2026-05-01T00:00:00Z' });
    },
  },
  write: { run: backup() },
  read: {
    // Of a point that stays, and of one that others delete meanwhile: it has a day.
    run: opened(async (repository, world) => {
      const images = [];
      for (const n of [1, 2]) {
        const found = await repository.point(pointIdOf(n)).catch(() => undefined);
        if (found) images.push({ image: found.disks[0]?.image, expected: world.images.get(pointIdOf(n)) });
      }
      for (const { image, expected } of images) {
        if (!image || !expected) throw new Error('a point without an image');
        expect((await readBack(repository.image(image))).equals(expected)).toBe(true);
      }
    }),
  },
  'delete points': {
    run: opened(async (repository) => {
      await repository.prune({ deletePoints: [1, 4].map(pointIdOf), repackBelow: 0 });
    }),
  },
  prune: {
    run: opened(async (repository) => {
      await repository.prune({ repackBelow: 0 });
    }),
  },
  repack: {
    run: opened(async (repository) => {
      await repository.prune({ deletePoints: [pointIdOf(1)], repackBelow: 1, packBytes: 8 * BLOCK });
    }),
  },
  verify: { run: verify(false) },
  repair: { run: verify(true) },
  'key change': {
    run: opened(async (repository) => {
      const before = await repository.keys.list();
      const added = await repository.keys.add({ kind: 'recovery', keep: async () => undefined });
      expect((await repository.keys.list()).length).toBeGreaterThan(before.length);
      await repository.keys.remove(added.id, { recovery: true });
    }),
  },
  lock: { run: backup({ days: 1 }) },
};

/** What may become of the running and of the starting operation: `done` or the code of its error. */
type Outcomes = readonly (readonly [running: string, starting: string])[];
const both: Outcomes = [['done', 'done']];
const notYet: Outcomes = [['done', 'REPOSITORY_UNKNOWN']];
const exists: Outcomes = [['done', 'ALREADY_EXISTS']];

const names = ['create', 'write', 'read', 'delete points', 'prune', 'repack', 'verify', 'repair', 'key change', 'lock'];
const cells: Record<string, Record<string, Outcomes>> = {};
for (const running of names) {
  cells[running] = {};
  for (const starting of names) {
    cells[running][starting] = running === 'create' ? notYet : starting === 'create' ? exists : both;
  }
}
const cell = (running: string, starting: string, outcomes: Outcomes) => ((cells[running] ??= {})[starting] = outcomes);
cell('create', 'create', [['ALREADY_EXISTS', 'done']]);
// Key objects that are locked may not be overwritten, where the store refuses that.
cell('key change', 'lock', [...both, ['AZURE_REFUSED', 'done']]);
cell('lock', 'key change', [...both, ['done', 'AZURE_REFUSED']]);

/** Where the running operation stands still: how far through its operations on the store. */
const momentsOf = (running: string, starting: string): number[] =>
  full
    ? Array.from({ length: 12 }, (_, i) => (i + 0.5) / 12)
    : [(((names.indexOf(running) * 3 + names.indexOf(starting) * 7) % 8) + 1) / 9];

let origin: World;
const lengths = new Map<string, number>();

/** An empty store for those that begin with a creation. */
const worldFor = async (running: string): Promise<World> => {
  const world = await origin.fork();
  return running === 'create' ? world.on(memoryStore(() => world.now)) : world;
};

const outcomeOf = (work: Promise<void>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => {
      const { code } = error as { code?: string };
      if (code === undefined) throw error;
      return code;
    },
  );

beforeAll(async () => {
  origin = await fullOfWork();
  for (const [name, { run }] of Object.entries(operations)) {
    const world = await worldFor(name);
    const counting = pausingStore(world.store, () => false);
    await run(counting.store, world);
    lengths.set(name, counting.operations());
  }
});

test('docs/format.md has this table', async () => {
  const text = await readFile(new URL('../../docs/format.md', import.meta.url), 'utf8');
  const rows = text.split('\n').flatMap((line) => {
    const found = /^\| (.*) \|$/.exec(line);
    return found?.[1] ? [found[1].split(' | ')] : [];
  });
  const head = rows.findIndex(([first]) => first?.startsWith('running ↓'));
  expect(rows[head]?.slice(1)).toEqual(names);
  const body = rows.slice(head + 1, head + 1 + names.length);
  expect(body.map(([first]) => first?.replaceAll('**', ''))).toEqual(names);
  for (const row of body) {
    expect(row.length).toBe(names.length + 1);
    for (const entry of row) expect(entry.trim()).not.toBe('');
  }
});

test('every operation has a row and a column', () => {
  expect(Object.keys(operations)).toEqual(names);
  expect(Object.keys(cells)).toEqual(names);
  for (const row of Object.values(cells)) expect(Object.keys(row)).toEqual(names);
});

describe.each(names)('while %s runs', (running) => {
  test.each(names)('%s', async (starting) => {
    for (const moment of momentsOf(running, starting)) {
      const world = await worldFor(running);
      const at = Math.floor((lengths.get(running) ?? 0) * moment);
      const gate = pausingStore(world.store, (_operation, _name, count) => count === at);
      const slow = outcomeOf(
        operations[running]?.run(gate.store, world) ?? Promise.reject(new Error('no such operation')),
      );
      await Promise.race([gate.reached, slow]);
      const second = await outcomeOf(
        operations[starting]?.run(world.store, world) ?? Promise.reject(new Error('no such operation')),
      );
      gate.resume();
      expect(cells[running]?.[starting], `at ${at} of ${lengths.get(running)}`).toContainEqual([await slow, second]);
      if (running === 'create') continue;

      if (full) expect(await world.wrongPoints()).toEqual([]);
      for (let i = 0; i < (full ? 3 : 1); i++) {
        world.wait(DAY + HOUR);
        await world.prune();
        expect(await world.wrongPoints()).toEqual([]);
      }
      for (const id of world.images.keys()) {
        const isDeleted = ['delete points', 'repack'].some((name) => [running, starting].includes(name));
        const stays = ![1, 3, 4].map(pointIdOf).includes(id);
        if (stays) expect(await world.repository.pointIds()).toContain(id);
        else if (id === pointIdOf(1) && isDeleted) expect(await world.repository.pointIds()).not.toContain(id);
      }
    }
  });
});
