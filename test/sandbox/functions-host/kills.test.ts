import { expect, test } from 'vitest';
import { runChaos } from '../../chaos/chaos.ts';
import { wrongDelivery, wrongOrder } from '../../chaos/check.ts';

// A sample of `npm run test:chaos`, with another seed at each run; the report names it.
test('a host killed at random loses nothing acknowledged and does nothing twice', async () => {
  const report = await runChaos({ seed: Date.now() % 1_000_000, orchestrations: 45, kills: 5 });
  expect(report).toMatchObject({ wrong: [], rows: { inbox: 0, timers: 0, activities: 0 } });
  expect(report.events.acknowledged).toBeGreaterThan(0);
}, 240_000);

test('the check notices what is lost, comes twice or was never sent', () => {
  const sent = [{ acknowledged: 'a, attempt 1', attempts: ['a, attempt 0', 'a, attempt 1'] }];
  expect(wrongDelivery(['a, attempt 1'], sent)).toBeUndefined();
  expect(wrongDelivery(['a, attempt 0', 'a, attempt 1'], sent)).toBeUndefined();
  expect(wrongDelivery(['a, attempt 0'], sent)).toBe('"a, attempt 1" was acknowledged and never came');
  expect(wrongDelivery(['a, attempt 1', 'a, attempt 1'], sent)).toBe('"a, attempt 1" came 2 times');
  expect(wrongDelivery(['a, attempt 1', 'b'], sent)).toBe('"b" was never sent');
  const later = { acknowledged: 'b, attempt 0', attempts: ['b, attempt 0'] };
  expect(wrongOrder(['a, attempt 1', 'b, attempt 0'], [...sent, later])).toBeUndefined();
  expect(wrongOrder(['b, attempt 0', 'a, attempt 1'], [...sent, later])).toBe(
    '"a, attempt 1" came after what was sent later',
  );
});
