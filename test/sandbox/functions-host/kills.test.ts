import { expect, test } from 'vitest';
import { runChaos } from '../../chaos/chaos.ts';

// A sample of `npm run test:chaos`, with another seed at each run; the report names it.
test('a host killed at random loses nothing acknowledged and does nothing twice', async () => {
  const report = await runChaos({ seed: Date.now() % 1_000_000, orchestrations: 60, kills: 6 });
  expect(report).toMatchObject({ wrong: [], rows: { inbox: 0, timers: 0, activities: 0 } });
  expect(report.events.acknowledged).toBeGreaterThan(0);
});
