import { expect, test } from 'vitest';
import { coalesced } from '../../functions/coalesced.ts';

/** Work that ends when it is told. */
function turns() {
  const open: ((outcome: number | Error) => void)[] = [];
  const work = () =>
    new Promise<number>((resolve, reject) =>
      open.push((outcome) => (typeof outcome === 'number' ? resolve(outcome) : reject(outcome))),
    );
  return { open, work };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('fifty that ask at once cost two turns; nobody gets an answer that was begun before it asked', async () => {
  const { open, work } = turns();
  const ask = coalesced<number>();
  const first = ask('site', work);
  const others = Array.from({ length: 49 }, () => ask('site', work));
  const elsewhere = ask('another', work);
  expect(open).toHaveLength(2);
  open[0]!(1);
  expect(await first).toBe(1);
  await settled();
  expect(open).toHaveLength(3);
  const late = ask('site', work);
  open[2]!(2);
  expect(await Promise.all(others)).toEqual(others.map(() => 2));
  await settled();
  open[3]!(3);
  open[1]!(9);
  expect([await late, await elsewhere]).toEqual([3, 9]);
});

test('a failure reaches those who shared its turn and no others', async () => {
  const { open, work } = turns();
  const ask = coalesced<number>();
  const first = ask('site', work);
  const second = ask('site', work);
  open[0]!(new Error('no'));
  await expect(first).rejects.toThrow('no');
  await settled();
  open[1]!(2);
  expect(await second).toBe(2);
});
