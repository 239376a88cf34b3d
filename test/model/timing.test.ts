import { expect, test } from 'vitest';
import { heartbeatLook, pollWait, timing } from '../../model/timing.ts';

test('a week-long job costs fewer than a thousand looks, a lost worker of a young job is seen within minutes', () => {
  let looks = 0;
  for (let running = 0; running < 7 * 24 * 3_600_000; looks++) running += heartbeatLook(running);
  expect(looks).toBeLessThan(1_000);
  expect(heartbeatLook(0)).toBe(timing.minHeartbeatLook);
});

test('polls start quickly and thin out', () => {
  expect([0, 1, 2, 20].map(pollWait)).toEqual([2_000, 4_000, 8_000, timing.maxPoll]);
});
