import { expect, test } from 'vitest';
import { BufferPool } from '../../../repository/lanes/pool.ts';

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test('no more buffers exist than the pool may have: the next taker waits for one that comes back', async () => {
  const pool = new BufferPool(2, 100);
  const [first, second] = [await pool.take(), await pool.take()];
  const third = pool.take();
  const fourth = pool.take();
  expect(await settled(third)).toBe(false);
  pool.give(second);
  expect(await third).toBe(second);
  expect(await settled(fourth)).toBe(false);
  pool.give(first);
  expect(await fourth).toBe(first);
});

test('who wants a larger buffer gets one in the place of a small one', async () => {
  const pool = new BufferPool(1, 100);
  const small = await pool.take();
  expect(small.byteLength).toBe(100);
  pool.give(small);
  const large = await pool.take(500);
  expect(large.byteLength).toBe(500);
  pool.give(large);
  expect(await pool.take()).toBe(large);
});

test('when there is none, those who hold one without need are asked, until one gives it up', async () => {
  const pool = new BufferPool(1, 100);
  const buffer = await pool.take();
  const asked: string[] = [];
  pool.holders.add(() => asked.push('busy') === 0);
  pool.holders.add(() => {
    asked.push('idle');
    pool.give(buffer);
    return true;
  });
  pool.holders.add(() => asked.push('not asked') === 0);
  expect(await pool.take()).toBe(buffer);
  expect(asked).toEqual(['busy', 'idle']);
});

test('a buffer is wanted while more wait than are announced', async () => {
  const pool = new BufferPool(1, 100);
  const buffer = await pool.take();
  expect(pool.wanted).toBe(false);
  const first = pool.take();
  expect(pool.wanted).toBe(true);
  pool.expect();
  expect(pool.wanted).toBe(false);
  const second = pool.take();
  expect(pool.wanted).toBe(true);
  pool.give(buffer, true);
  expect(await first).toBe(buffer);
  pool.give(buffer);
  expect(await second).toBe(buffer);
  expect(pool.wanted).toBe(false);
});
