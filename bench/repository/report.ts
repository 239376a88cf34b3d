import { table } from '../../cli/io/table.ts';
import { humanBytes } from '../../cli/io/units.ts';
import type { Cost } from './measured.ts';

/** One measured run. */
export interface Run extends Cost {
  scenario: string;
  contestant: string;
  repetition: number;
  /** By how much the repository's files grew, in bytes: their sizes, and what they take on the disk. */
  storedBytes: number;
  usedBytes: number;
}

/** A ratio of two runs of one repetition that is to be reached. */
export interface Goal {
  what: string;
  needed: { least: number } | { most: number };
  /** The ratio in one repetition. */
  of(run: (scenario: string, contestant: string) => Run): number;
}

export interface Reached {
  what: string;
  ratio: Spread;
  needed: string;
  reached: boolean;
}

export interface Spread {
  median: number;
  min: number;
  max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (i: number) => sorted[i] ?? NaN;
  const middle = (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2;
  return { median: middle, min: at(0), max: at(sorted.length - 1) };
}

/** Runs of the same thing, the repetitions together; scenarios in the order in which they came. */
export function summary(runs: readonly Run[], image: { size: number; nonZero: number }) {
  const scenarios = [...new Set(runs.map(({ scenario }) => scenario))];
  const ordered = scenarios.flatMap((scenario) => runs.filter((run) => run.scenario === scenario));
  return [...Map.groupBy(ordered, ({ scenario, contestant }) => `${scenario}\n${contestant}`).values()].map((same) => {
    const of = (key: keyof Cost | 'storedBytes' | 'usedBytes') => spread(same.map((run) => run[key]));
    const seconds = of('seconds');
    return {
      scenario: same[0]?.scenario ?? '',
      contestant: same[0]?.contestant ?? '',
      seconds,
      cpuSeconds: of('cpuSeconds'),
      peakBytes: of('peakBytes'),
      storedBytes: of('storedBytes'),
      usedBytes: of('usedBytes'),
      imageBytesPerSecond: image.size / seconds.median,
      nonZeroBytesPerSecond: image.nonZero / seconds.median,
    };
  });
}

export function summaryTable(rows: ReturnType<typeof summary>): string {
  const right = (title: string) => ({ title, right: true });
  return table(
    [
      { title: 'scenario' },
      { title: 'program' },
      ...['seconds', 'min', 'max', 'MiB/s', 'of data', 'CPU s', 'memory', 'stored', 'on disk'].map(right),
    ],
    rows.map((row, i) => [
      row.scenario === rows[i - 1]?.scenario ? '' : row.scenario,
      row.contestant,
      ...[row.seconds.median, row.seconds.min, row.seconds.max].map(decimals),
      ...[row.imageBytesPerSecond, row.nonZeroBytesPerSecond].map((rate) => (rate / 2 ** 20).toFixed(0)),
      decimals(row.cpuSeconds.median),
      ...[row.peakBytes, row.storedBytes, row.usedBytes].map(({ median }) => signedBytes(median)),
    ]),
  );
}

/** What is to be reached, from pairs of runs of one repetition. */
export function reached(goals: readonly Goal[], runs: readonly Run[]): Reached[] {
  const repetitions = [...new Set(runs.map(({ repetition }) => repetition))];
  return goals.map(({ what, needed, of }) => {
    const ratio = spread(
      repetitions.map((repetition) =>
        of((scenario, contestant) => {
          const isIt = (run: Run) =>
            run.repetition === repetition && run.scenario === scenario && run.contestant === contestant;
          const found = runs.find(isIt);
          if (!found) throw new Error(`There is no run of ${contestant}: ${scenario}.`);
          return found;
        }),
      ),
    );
    return 'least' in needed
      ? { what, ratio, needed: `at least ${needed.least}`, reached: ratio.median >= needed.least }
      : { what, ratio, needed: `at most ${decimals(needed.most)}`, reached: ratio.median <= needed.most };
  });
}

export function reachedTable(rows: readonly Reached[]): string {
  const right = (title: string) => ({ title, right: true });
  return table(
    [{ title: 'ratio' }, right('median'), right('min'), right('max'), { title: 'needed' }, { title: 'reached' }],
    rows.map(({ what, ratio, needed, reached: isReached }) => [
      what,
      ...[ratio.median, ratio.min, ratio.max].map(decimals),
      needed,
      isReached ? 'yes' : 'NO',
    ]),
  );
}

const decimals = (value: number): string => value.toFixed(2);
const signedBytes = (bytes: number): string => (bytes < 0 ? `-${humanBytes(-bytes)}` : humanBytes(bytes));
