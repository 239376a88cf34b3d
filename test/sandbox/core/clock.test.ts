import { expect, test } from 'vitest';
import { createClock } from '../../../sandbox/core/clock.ts';
import { openState } from '../../../sandbox/core/state.ts';

test('the clock is set and advanced, tells of each move, and keeps its offset', () => {
  const kept = openState().map<number>('clock');
  const clock = createClock(kept);
  const moves: number[] = [];
  const forget = clock.onChange((offset) => moves.push(offset));
  clock.set('2030-05-01T00:00:00Z');
  expect(clock.iso()).toMatch(/^2030-05-01T00:00:0/);
  const { offset } = clock;
  clock.advance(60_000);
  clock.advance(-30_000);
  forget();
  expect(moves).toEqual([offset, offset + 60_000, offset + 30_000]);
  expect(createClock(kept).offset).toBe(offset + 30_000);
  expect(() => clock.set('tomorrow')).toThrow('"tomorrow" is no time');
  expect(() => clock.advance(1e18)).toThrow(RangeError);
  expect(clock.offset).toBe(offset + 30_000);
});
