import { expect, test } from 'vitest';
import { orderedMap } from '../../repository/flow.ts';

test('whoever is to work on an item gets it, even when all is cancelled just then: it may hold something', async () => {
  const cancel = new AbortController();
  const held = new Set<number>();
  const items = function* () {
    for (const item of [1, 2, 3]) {
      held.add(item);
      if (item === 2) cancel.abort();
      yield item;
    }
  };
  const work = async (item: number): Promise<void> => void held.delete(item);
  const all = async () => {
    for await (const _ of orderedMap(items(), 2, work, cancel.signal));
  };
  await expect(all()).rejects.toThrow('aborted');
  expect([...held]).toEqual([]);
});

test('nothing is begun when it was cancelled before', async () => {
  const begun: number[] = [];
  const results = orderedMap([1], 2, async (item) => begun.push(item), AbortSignal.abort());
  await expect(results.next()).rejects.toBeDefined();
  expect(begun).toEqual([]);
});
