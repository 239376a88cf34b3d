import type { Goal } from './report.ts';

const OURS = 'strongroom';

const faster = (scenario: string, peer: string, least: number): Goal => ({
  what: `${scenario}: how many times as fast as ${peer}`,
  needed: { least },
  of: (run) => run(scenario, peer).seconds / run(scenario, OURS).seconds,
});

const smaller = (scenario: string, peer: string, most: number): Goal => ({
  what: `${scenario}: stored bytes, of ${peer}'s`,
  needed: { most },
  of: (run) => run(scenario, OURS).storedBytes / run(scenario, peer).storedBytes,
});

/** What the repository has to reach beside others, in one run on one machine. */
export const goals: readonly Goal[] = [
  faster('full', 'restic', 2.5),
  faster('full', 'borg', 2.5),
  faster('full', 'zstd', 0.8),
  smaller('full', 'restic', 1.08),
  faster('400 × 64 KiB', 'restic', 20),
  faster('400 × 64 KiB', 'borg', 20),
  smaller('400 × 64 KiB', 'restic', 1 / 3),
  faster('restore', 'restic', 2),
  ...['full', 'restore', 'verify', 'prune'].map((scenario): Goal => ({
    what: `${scenario}: peak memory, MiB`,
    needed: { most: 400 },
    of: (run) => run(scenario, OURS).peakBytes / 2 ** 20,
  })),
];
