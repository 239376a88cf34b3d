import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { withFileLock } from '../../../repository/stores/fileLock.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-lock-'));
  path = join(folder, 'a.lock');
});
afterEach(async () => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

test('a lock that is held is not taken for stale because the clocks of disk and machine differ', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  const work = Promise.withResolvers<void>();
  const done: string[] = [];
  const first = withFileLock(path, () => work.promise.then(() => done.push('first')));
  while ((await readdir(folder)).length === 0);
  const second = withFileLock(path, async () => done.push('second'));
  for (let i = 0; i < 100; i++) await stat(folder); // Time enough for it to look at the lock.
  expect(done).toEqual([]);
  work.resolve();
  await Promise.all([first, second]);
  expect(done).toEqual(['first', 'second']);
  expect(await readdir(folder)).toEqual([]);
});

test('a lock of a process that died is taken over', async () => {
  await writeFile(path, '');
  const longAgo = new Date(Date.now() - 60_000);
  await utimes(path, longAgo, longAgo);
  expect(await withFileLock(path, async (isHeld) => isHeld())).toBe(true);
  expect(await readdir(folder)).toEqual([]);
});

test('who held a lock for so long that others may have taken it is told, and leaves it alone', async () => {
  const held = await withFileLock(path, async (isHeld) => {
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    return isHeld();
  });
  expect(held).toBe(false);
  expect(await readdir(folder)).toEqual(['a.lock']);
});
