import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { choosePacks, coverageOf } from '../../../repository/verify/coverage.ts';
import type { PackAge } from '../../../repository/verify/coverage.ts';

const DAY = 24 * 60 * 60_000;
const start = Date.parse('2026-05-01T00:00:00Z');

const packs = (sizes: readonly number[]): PackAge[] =>
  sizes.map((size, i) => ({ kind: 'data', pack: `${i}`.padStart(4, '0'), size, stored: start }));

describe('which packs are read', () => {
  test('none, unless asked for; all of them; a share by bytes, unchecked first, then what was checked longest ago', () => {
    const some = packs([10, 20, 30, 40]);
    const now = { now: start + DAY, periodDays: 30 };
    expect(choosePacks(some, undefined, now)).toEqual([]);
    expect(choosePacks(some, { kind: 'all' }, now)).toHaveLength(4);
    (some[0] as PackAge).checked = start + 5;
    (some[2] as PackAge).checked = start + 2;
    const chosen = (share: number) => choosePacks(some, { kind: 'sample', share }, now).map(({ pack }) => Number(pack));
    expect(chosen(0.01)).toEqual([1]);
    expect(chosen(0.6)).toEqual([1, 3]);
    expect(chosen(0.61)).toEqual([1, 3, 2]);
    expect(chosen(1)).toEqual([1, 3, 2, 0]);
  });

  test('repeated samples cover everything, and no more often than needed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (sizes, percent) => {
          const all = packs(sizes);
          const rounds = Math.ceil(100 / percent);
          for (let round = 0; round < rounds; round++) {
            const now = start + round * DAY;
            const chosen = choosePacks(all, { kind: 'sample', share: percent / 100 }, { now, periodDays: 30 });
            for (const pack of chosen) pack.checked = now;
          }
          expect(coverageOf(all, { now: start, periodDays: 30 }).packsUnchecked).toBe(0);
        },
      ),
    );
  });

  test('what is due: runs at any regular interval read everything within the period, and about a share of it each', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 900, max: 1000 }), { minLength: 60, maxLength: 120 }),
        fc.integer({ min: 1, max: 40 }),
        (sizes, every) => {
          const all = packs(sizes);
          let lastRun: number | undefined;
          for (let day = 0; day <= 120; day += every) {
            const now = start + day * DAY;
            const chosen = choosePacks(all, { kind: 'due' }, { now, lastRun, periodDays: 30 });
            for (const pack of chosen) pack.checked = now;
            lastRun = now;
            if (day <= 30) continue;
            // Nothing is older than the period, or than the time between two runs.
            const oldest = Math.min(...all.map(({ checked }) => checked ?? 0));
            expect(now - oldest).toBeLessThanOrEqual(Math.max(30, every) * DAY);
            if (every < 3) expect(chosen.length).toBeLessThan(all.length / 5);
          }
        },
      ),
    );
  });

  test('coverage counts what was read within the period', () => {
    const some = packs([10, 20, 30]);
    (some[0] as PackAge).checked = start;
    (some[1] as PackAge).checked = start + 31 * DAY;
    expect(coverageOf(some, { now: start + 40 * DAY, periodDays: 30 })).toEqual({
      periodDays: 30,
      packs: 3,
      bytes: 60,
      packsChecked: 1,
      bytesChecked: 20,
      packsUnchecked: 1,
      oldest: '2026-05-01T00:00:00.000Z',
    });
  });
});
