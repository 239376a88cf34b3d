import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExportLimits } from '../../model/exports.ts';
import {
  acquire,
  exportPool,
  noLeases,
  release,
  resourcePool,
  type AcquireRequest,
  type LeaseState,
  type Take,
} from '../../model/leases.ts';
import { timing } from '../../model/timing.ts';

const time = (ms: number) => new Date(Date.parse('2026-11-21T10:00:00.000Z') + ms).toISOString();
const at = time(0);
const oneOf = (weight: number): Take[] => [{ members: ['a', 'b'], capacity: 5, weight }];
const ask = (owner: string, weight = 1, more: Partial<AcquireRequest> = {}): AcquireRequest => ({
  owner,
  takes: oneOf(weight),
  wait: false,
  at,
  ...more,
});

/** A pool that is asked, one request after the other. */
class Desk {
  state: LeaseState = noLeases;
  ask(request: AcquireRequest): string[] | null {
    const { state, grant } = acquire(this.state, request);
    this.state = state;
    return grant.members;
  }
  leave(owner: string): void {
    this.state = release(this.state, { owner });
  }
}

test('asking again gives the same member', () => {
  const first = acquire(noLeases, ask('x', 2));
  expect(acquire(first.state, ask('x', 2))).toEqual(first);
});

test('four comparisons fill two disk accesses, and one full read fits beside each pair', () => {
  const desk = new Desk();
  expect([...'1234'].map((owner) => desk.ask(ask(owner, 2)))).toEqual([['a'], ['a'], ['b'], ['b']]);
  expect(acquire(desk.state, ask('5', 2)).grant).toEqual({ members: null, owners: ['1', '2', '3', '4'] });
  expect(desk.ask(ask('6', 1))).toEqual(['a']);
});

test('releasing twice, or what was never held, changes nothing', () => {
  const { state } = acquire(noLeases, ask('x'));
  expect(release(release(state, { owner: 'x' }), { owner: 'x' })).toEqual(noLeases);
  expect(release(state, { owner: 'y' })).toEqual(state);
});

test('all that is asked for is given together, or nothing', () => {
  const desk = new Desk();
  const both = (owner: string) =>
    ask(owner, 1, { takes: [...oneOf(5), { members: ['disks'], capacity: 1, weight: 1 }] });
  expect(desk.ask(both('x'))).toEqual(['a', 'disks']);
  expect(desk.ask(both('y'))).toBeNull();
  expect(desk.ask(ask('z', 5))).toEqual(['b']); // y took nothing
});

describe('who waits', () => {
  const waiting = { wait: true };

  test('a heavy request is not starved by light ones that come later', () => {
    const desk = new Desk();
    for (const owner of ['1', '2']) desk.ask(ask(owner, 4));
    expect(desk.ask(ask('heavy', 2, waiting))).toBeNull();
    expect(desk.ask(ask('light', 1, waiting))).toBeNull(); // there is room for it, which the heavy one needs
    desk.leave('1');
    expect(desk.ask(ask('light', 1, waiting))).toEqual(['b']); // beside what the heavy one is sure of
    expect(desk.ask(ask('heavy', 2, waiting))).toEqual(['a']);
  });

  test('one that waits for something else is overtaken', () => {
    const desk = new Desk();
    const family = (name: string): Take => ({ members: [`family-${name}`], capacity: 5, weight: 2 });
    const of = (owner: string, name: string) => ask(owner, 2, { takes: [...oneOf(2), family(name)], wait: true });
    expect([desk.ask(of('1', 'f')), desk.ask(of('2', 'f'))]).toEqual([
      ['a', 'family-f'],
      ['a', 'family-f'],
    ]);
    expect(desk.ask(of('3', 'f'))).toBeNull();
    expect(desk.ask(of('4', 'g'))).toEqual(['b', 'family-g']);
  });

  test('one that is gone holds up nobody: silence costs the place in the queue', () => {
    const desk = new Desk();
    desk.ask(ask('holder', 5, { takes: [{ members: ['a'], capacity: 5, weight: 4 }] }));
    const one = (owner: string, weight: number, ms: number) =>
      ask(owner, weight, { takes: [{ members: ['a'], capacity: 5, weight }], wait: true, at: time(ms) });
    expect(desk.ask(one('gone', 2, 0))).toBeNull();
    expect(desk.ask(one('next', 1, timing.leaseSilence))).toBeNull();
    expect(desk.ask(one('next', 1, timing.leaseSilence + 1))).toEqual(['a']);
    expect(desk.state.waiting).toEqual([]);
  });

  test('one that leaves, or asked without waiting, leaves no trace', () => {
    const desk = new Desk();
    for (const owner of ['1', '2']) desk.ask(ask(owner, 5));
    desk.ask(ask('x', 1));
    desk.ask(ask('y', 1, waiting));
    expect(desk.state.waiting.map(({ owner }) => owner)).toEqual(['y']);
    desk.leave('y');
    expect(desk.state.waiting).toEqual([]);
  });
});

test('a resource is one pool however its id is written', () => {
  expect(resourcePool('/Subscriptions/X/VM/')).toEqual(resourcePool('/subscriptions/x/vm'));
});

describe('export slots of a site', () => {
  const site = { appliance: 'strongroom', subscriptionId: 's', region: 'westeurope' };
  const limits: ExportLimits = {
    network: 'private',
    disksInParallel: 3,
    exportsPerDiskAccess: 5,
    sasPerSnapshotFamily: 4,
  };
  const accesses = ['da1', 'da2'];
  const pool = (exports: 1 | 2, family: string | null, of = limits) =>
    exportPool(site, accesses, of, { exports, family });

  test('a disk takes one place of the site, its exports of one disk access and of its snapshot family', () => {
    const desk = new Desk();
    const given = desk.ask({ owner: 'x', takes: pool(2, 'f').takes, wait: true, at });
    expect(given).toEqual(['disks', 'da1', 'family-f']);
    expect(desk.state.holders['x']!.taken.map(({ weight }) => weight)).toEqual([1, 2, 2]);
  });

  test('HOW-05 in a public network no disk access is taken', () => {
    const takes = pool(2, 'f', { ...limits, network: 'public' }).takes;
    expect(takes.map(({ members }) => members)).toEqual([['disks'], ['family-f']]);
  });

  interface Work {
    exports: 1 | 2;
    family: string | null;
  }
  interface Step {
    owner: number;
    act: 'ask' | 'leave';
    pause: number;
  }
  /** What several sessions may do in any order: ask (again), end, die silently; the clock goes on. */
  const step: fc.Arbitrary<Step> = fc.record({
    owner: fc.integer({ min: 0, max: 11 }),
    act: fc.constantFrom('ask' as const, 'ask' as const, 'leave' as const),
    pause: fc.integer({ min: 0, max: 20_000 }),
  });
  const work: fc.Arbitrary<Work[]> = fc.array(
    fc.record({ exports: fc.constantFrom(1 as const, 2 as const), family: fc.constantFrom('f', 'g', null) }),
    { minLength: 12, maxLength: 12 },
  );

  /** Plays the steps; `look` sees the state before and after each grant that was new. */
  function play(
    works: Work[],
    steps: Step[],
    look: (before: LeaseState, after: LeaseState, owner: string, at: string) => void,
  ): void {
    const desk = new Desk();
    let now = 0;
    for (const { owner: n, act, pause } of steps) {
      now += pause;
      const owner = String(n);
      if (act === 'leave') {
        desk.leave(owner);
        continue;
      }
      const { exports, family } = works[n]!;
      const before = desk.state;
      const granted = desk.ask({ owner, takes: pool(exports, family).takes, wait: true, at: time(now) });
      withinLimits(desk.state);
      if (granted && !(owner in before.holders)) look(before, desk.state, owner, time(now));
    }
  }

  test('VMP-19 no interleaving exceeds a limit', () => {
    fc.assert(fc.property(work, fc.array(step, { maxLength: 80 }), (works, steps) => play(works, steps, () => {})));
  });

  test('who is served leaves room for all who asked earlier and wait for the same', () => {
    const alike = work.map((works) => works.map(({ exports }) => ({ exports, family: null })));
    fc.assert(
      fc.property(alike, fc.array(step, { maxLength: 80 }), (works, steps) =>
        play(works, steps, (before, after, owner, at) => {
          const place = before.waiting.findIndex((each) => each.owner === owner);
          const ahead = place < 0 ? before.waiting : before.waiting.slice(0, place);
          let state: LeaseState = { ...after, waiting: [] };
          for (const { owner: earlier, takes, asked } of ahead) {
            if (Date.parse(at) - Date.parse(asked) > timing.leaseSilence) continue;
            const taken = acquire(state, { owner: earlier, takes, wait: false, at });
            expect(taken.grant.members).not.toBeNull();
            state = taken.state;
          }
        }),
      ),
    );
  });

  test('everything is served, in bounded time, whoever ends first', () => {
    fc.assert(
      fc.property(
        work,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 12, maxLength: 12 }),
        (works, lasting) => {
          const desk = new Desk();
          const left = new Map(works.map((_, i) => [String(i), lasting[i]!]));
          let round = 0;
          for (; left.size && round < 100; round++) {
            for (const [owner, rounds] of left) {
              const { exports, family } = works[Number(owner)]!;
              const given = desk.ask({
                owner,
                takes: pool(exports, family).takes,
                wait: true,
                at: time(round * timing.lease),
              });
              if (!given) continue;
              withinLimits(desk.state);
              left.set(owner, rounds - 1);
            }
            for (const [owner, rounds] of left) {
              if (rounds > 0) continue;
              desk.leave(owner);
              left.delete(owner);
            }
          }
          expect(left.size).toBe(0);
          expect(round).toBeLessThanOrEqual(lasting.reduce((sum, each) => sum + each, 0) + 1); // never slower than one by one
          expect(desk.state).toEqual(noLeases);
        },
      ),
    );
  });

  test('a site at its limit with light work lets a comparison in after what is running', () => {
    const desk = new Desk();
    const want = (owner: string, exports: 1 | 2) =>
      desk.ask({ owner, takes: pool(exports, null, { ...limits, disksInParallel: 100 }).takes, wait: true, at });
    const running = Array.from({ length: 10 }, (_, i) => `light-${i}`);
    for (const owner of running) expect(want(owner, 1)).not.toBeNull();
    expect(want('heavy', 2)).toBeNull();
    for (const [i, owner] of running.slice(0, 2).entries()) {
      desk.leave(owner);
      expect(want(`late-${i}`, 1)).toBeNull(); // a steady stream of light work
    }
    expect(want('heavy', 2)).toEqual(['disks', 'da1']);
  });

  function withinLimits({ holders }: LeaseState): void {
    const used = new Map<string, number>();
    for (const { taken } of Object.values(holders))
      for (const { member, weight } of taken) used.set(member, (used.get(member) ?? 0) + weight);
    for (const [member, weight] of used) {
      const most = member === 'disks' ? 3 : member.startsWith('family-') ? 4 : 5;
      expect(weight).toBeLessThanOrEqual(most);
    }
  }
});
