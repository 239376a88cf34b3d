import { expect, test } from 'vitest';
import { blockRuns, blocksOf, gatherRuns } from '../../../repository/format/geometry.ts';

const BLOCK = 4096;
const MOST = 4;

test('gathered runs hold each block that the extents touch once, in order, and as many as fit', () => {
  const touched = [0, 2, 3, 4, 5, 6, 9, 11, 12, 20];
  const extents = touched.map((block) => ({ offset: block * BLOCK + 512, length: 1024 }));
  const gathered = [...gatherRuns(blockRuns(extents, BLOCK, MOST), MOST)].map((runs) => runs.flatMap(blocksOf));
  expect(gathered).toEqual([[0], [2, 3, 4, 5], [6, 9, 11, 12], [20]]);
  expect([...gatherRuns([], MOST)]).toEqual([]);
});
