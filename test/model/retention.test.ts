import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideRetention } from '../../model/retention.ts';
import type { RetentionPoint, RetentionRules } from '../../model/retention.ts';

const at = (time: string, source = 's'): RetentionPoint => ({ id: `${source}/${time}`, time, source });
const keptTimes = (points: RetentionPoint[], rules: RetentionRules): string[] =>
  decideRetention(points, rules).keep.map(({ time }) => time);

const day = (n: number, hour = 12): string => new Date(Date.UTC(2026, 0, n, hour)).toISOString();

describe('retention', () => {
  test('each rule keeps the newest point of its newest periods, and says why', () => {
    const points = [day(1), day(2, 1), day(2, 23), day(9), day(40)].map((time) => at(time));
    expect(
      decideRetention(points, { keepLast: 1, keepDaily: 2, keepWeekly: 3, keepMonthly: 2, keepYearly: 1 }),
    ).toEqual({
      keep: [
        {
          ...at(day(40)),
          reasons: ['last', 'daily 2026-02-09', 'weekly 2026-W07', 'monthly 2026-02', 'yearly 2026'],
        },
        { ...at(day(9)), reasons: ['daily 2026-01-09', 'weekly 2026-W02', 'monthly 2026-01'] },
        { ...at(day(2, 23)), reasons: ['weekly 2026-W01'] },
      ],
      remove: [at(day(2, 1)), at(day(1))],
    });
  });

  test('periods without a point do not count: a source that is no longer backed up keeps its points', () => {
    const points = ['2020-01-01', '2022-05-05', '2026-01-01'].map((date) => at(`${date}T00:00:00Z`));
    expect(keptTimes(points, { keepDaily: 3 })).toHaveLength(3);
    expect(keptTimes(points, { keepYearly: 2 })).toEqual(['2026-01-01T00:00:00Z', '2022-05-05T00:00:00Z']);
  });

  test('each source is decided by itself', () => {
    const points = [at(day(1), 'old'), at(day(50), 'new'), at(day(51), 'new')];
    expect(decideRetention(points, { keepLast: 1 })).toMatchObject({
      keep: [{ source: 'new', time: day(51) }, { source: 'old' }],
      remove: [{ source: 'new', time: day(50) }],
    });
  });

  test('without a rule that keeps something nothing is decided', () => {
    for (const rules of [{}, { keepLast: 0 }, { keepDaily: 0, keepYearly: 0 }, { timeZone: 'UTC' }]) {
      expect(() => decideRetention([at(day(1))], rules)).toThrowError(
        expect.objectContaining({ code: 'INVALID_INPUT' }),
      );
    }
    for (const keepLast of [-1, 1.5, NaN, Infinity]) {
      expect(() => decideRetention([], { keepLast })).toThrowError(/no number of points/);
    }
    expect(() => decideRetention([], { keepLast: 1, timeZone: 'Mars/Olympus' })).toThrowError(/Mars\/Olympus/);
    expect(() => decideRetention([at('yesterday')], { keepLast: 1 })).toThrowError(/yesterday/);
  });

  test('ISO weeks: the days around New Year belong to the year of their Thursday', () => {
    const weeks = ['2020-12-31', '2021-01-03', '2021-01-04', '2024-12-29', '2024-12-30', '2026-01-01'].map((date) => {
      const [kept] = decideRetention([at(`${date}T12:00:00Z`)], { keepWeekly: 1 }).keep;
      return kept?.reasons[0];
    });
    const expected = ['2020-W53', '2020-W53', '2021-W01', '2024-W52', '2025-W01', '2026-W01'];
    expect(weeks).toEqual(expected.map((week) => `weekly ${week}`));
  });

  test('days are those of the time zone, also when the clocks change', () => {
    // In Berlin the day of 29 March 2026 has 23 hours and that of 25 October 25.
    const points = [
      '2026-03-28T22:59:00Z', // 28 March, 23:59
      '2026-03-28T23:00:00Z', // 29 March, 00:00
      '2026-03-29T21:59:00Z', // 29 March, 23:59
      '2026-03-29T22:00:00Z', // 30 March, 00:00
      '2026-10-24T22:00:00Z', // 25 October, 00:00
      '2026-10-25T22:59:00Z', // 25 October, 23:59
      '2026-10-25T23:00:00Z', // 26 October, 00:00
    ].map((time) => at(time));
    expect(keptTimes(points, { keepDaily: 99, timeZone: 'Europe/Berlin' })).toEqual([
      '2026-10-25T23:00:00Z',
      '2026-10-25T22:59:00Z',
      '2026-03-29T22:00:00Z',
      '2026-03-29T21:59:00Z',
      '2026-03-28T22:59:00Z',
    ]);
  });
});

const source = fc.constantFrom('a', 'b', 'c');
// Near each other and on the hour, so that periods are shared; years apart too.
const time = fc
  .tuple(fc.integer({ min: 2019, max: 2027 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 23 }))
  .map(([year, days, hour]) => new Date(Date.UTC(year, 0, days, hour)).toISOString());
const pointsOf = fc
  .array(fc.tuple(source, time), { maxLength: 60 })
  .map((all) => all.map(([s, t], i) => ({ id: `p${i}`, time: t, source: s })));
const count = fc.integer({ min: 0, max: 6 });
const rulesOf = fc
  .record({
    keepLast: count,
    keepDaily: count,
    keepWeekly: count,
    keepMonthly: count,
    keepYearly: count,
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Pacific/Auckland', 'America/St_Johns'),
  })
  .filter(({ timeZone: _, ...counts }) => Object.values(counts).some((n) => n > 0));
const idsOf = (kept: { id: string }[]): string[] => kept.map(({ id }) => id);

describe('retention, whatever the points', () => {
  test('every point is either kept or removed, in an order that does not depend on theirs', () => {
    fc.assert(
      fc.property(pointsOf, rulesOf, fc.integer(), (points, rules, seed) => {
        const decision = decideRetention(points, rules);
        expect([...idsOf(decision.keep), ...idsOf(decision.remove)].sort()).toEqual(idsOf(points).sort());
        const shuffled = points
          .map((point, i) => ({ point, order: Math.imul(seed ^ i, 0x9e3779b1) }))
          .sort((a, b) => a.order - b.order)
          .map(({ point }) => point);
        expect(decideRetention(shuffled, rules)).toEqual(decision);
      }),
    );
  });

  test('the newest point of each source is kept', () => {
    fc.assert(
      fc.property(pointsOf, rulesOf, (points, rules) => {
        const kept = new Set(decideRetention(points, rules).keep.map(({ source: s, time: t }) => `${s} ${t}`));
        for (const s of new Set(points.map((point) => point.source))) {
          const times = points.filter((point) => point.source === s).map((point) => point.time);
          expect(kept).toContain(`${s} ${times.sort().at(-1)}`);
        }
      }),
    );
  });

  test('deciding again about what was kept keeps it all', () => {
    fc.assert(
      fc.property(pointsOf, rulesOf, (points, rules) => {
        const kept = new Set(idsOf(decideRetention(points, rules).keep));
        const again = decideRetention(
          points.filter(({ id }) => kept.has(id)),
          rules,
        );
        expect(again.remove).toEqual([]);
      }),
    );
  });

  test('a rule that keeps more keeps all that it kept before', () => {
    const rule = fc.constantFrom('keepLast', 'keepDaily', 'keepWeekly', 'keepMonthly', 'keepYearly' as const);
    fc.assert(
      fc.property(pointsOf, rulesOf, rule, fc.integer({ min: 1, max: 4 }), (points, rules, name, more) => {
        const kept = new Set(idsOf(decideRetention(points, { ...rules, [name]: rules[name] + more }).keep));
        for (const id of idsOf(decideRetention(points, rules).keep)) expect(kept).toContain(id);
      }),
    );
  });

  test('no more points are kept than the rules add up to, and one for each period and rule', () => {
    fc.assert(
      fc.property(pointsOf, rulesOf, (points, rules) => {
        const { keep } = decideRetention(points, rules);
        const most = rules.keepLast + rules.keepDaily + rules.keepWeekly + rules.keepMonthly + rules.keepYearly;
        for (const s of new Set(keep.map((point) => point.source))) {
          const those = keep.filter((point) => point.source === s);
          expect(those.length).toBeLessThanOrEqual(most);
          const reasons = those.flatMap((point) => point.reasons);
          expect(reasons.length).toBeLessThanOrEqual(most);
          const periods = reasons.filter((reason) => reason !== 'last');
          expect(new Set(periods).size).toBe(periods.length);
        }
      }),
    );
  });
});
