import { expect, test } from 'vitest';
import { runKills } from './kills/kills.ts';
import { full, seed } from './runs.ts';

const KILLS = full ? 200 : 6;
/** Milliseconds of a long run, on a machine that does other things too. */
const LONGEST = 1_800_000;

test(
  'processes killed in the middle of a backup, a prune, a repack or a repair leave every kept point restorable',
  async () => {
    const report = await runKills({ seed, kills: KILLS });
    if (full) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    expect(report.wrong).toEqual([]);
    expect(report.kills).toBeGreaterThanOrEqual(KILLS);
  },
  LONGEST,
);
