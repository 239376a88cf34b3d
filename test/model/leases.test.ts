import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acquire, noLeases, release, resourcePool } from '../../model/leases.ts';

const at = '2026-11-21T10:00:00.000Z';
const ask = (owner: string, weight = 1) => ({ owner, weight, members: ['a', 'b'], capacity: 5, at });

test('asking again gives the same member', () => {
  const first = acquire(noLeases, ask('x', 2));
  expect(acquire(first.state, ask('x', 2))).toEqual(first);
});

test('four comparisons fill two disk accesses, and one full read fits beside each pair', () => {
  let state = noLeases;
  const given = [...'1234'].map((owner) => {
    const taken = acquire(state, ask(owner, 2));
    state = taken.state;
    return taken.grant.member;
  });
  expect(given).toEqual(['a', 'a', 'b', 'b']);
  expect(acquire(state, ask('5', 2)).grant).toEqual({ member: null, owners: ['1', '2', '3', '4'] });
  expect(acquire(state, ask('6', 1)).grant.member).toBe('a');
});

test('releasing twice, or what was never held, changes nothing', () => {
  const { state } = acquire(noLeases, ask('x'));
  expect(release(release(state, { owner: 'x' }), { owner: 'x' })).toEqual(noLeases);
  expect(release(state, { owner: 'y' })).toEqual(state);
});

test('no member ever holds more than its capacity', () => {
  const step = fc.record({ owner: fc.constantFrom(...'abcdefgh'), weight: fc.constantFrom(1, 2), leave: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let state = noLeases;
      for (const { owner, weight, leave } of steps) {
        state = leave ? release(state, { owner }) : acquire(state, ask(owner, weight)).state;
        for (const member of ['a', 'b']) {
          const used = Object.values(state.holders).filter((holding) => holding.member === member);
          expect(used.reduce((sum, holding) => sum + holding.weight, 0)).toBeLessThanOrEqual(5);
        }
      }
    }),
  );
});

test('a resource is one pool however its id is written', () => {
  expect(resourcePool('/Subscriptions/X/VM/')).toEqual(resourcePool('/subscriptions/x/vm'));
});
