import { expect, test } from 'vitest';
import { heartbeatLook, pollWait, timing } from '../../model/timing.ts';

/** Timer and activity: scheduled, done, and the two turns around each. */
const EVENTS = 8;

test('a job of two days keeps below a thousand history events, a lost worker of a young job is seen within minutes', () => {
  let looks = 0;
  for (let running = 0; running < 48 * 3_600_000; looks++) running += heartbeatLook(running);
  expect(looks * EVENTS).toBeLessThan(1_000);
  expect(heartbeatLook(0)).toBe(timing.minHeartbeatLook);
});

test('polls start quickly and thin out: the longest copy of a snapshot leaves room in a history of a thousand events', () => {
  let polls = 0;
  for (let waited = 0; waited < timing.snapshotCopy; polls++) waited += pollWait(polls);
  expect(polls * EVENTS).toBeLessThan(700);
  expect([0, 1, 2, 20].map(pollWait)).toEqual([2_000, 4_000, 8_000, timing.maxPoll]);
});
