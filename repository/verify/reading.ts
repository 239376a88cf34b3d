import type { Config } from '../format/config.ts';
import { choosePacks, coverageOf } from './coverage.ts';
import type { PackAge } from './coverage.ts';
import { readChecks, RunMemory } from './memory.ts';
import { checkPacks } from './packs.ts';
import type { CheckedPack, PackKeysSource } from './packs.ts';
import type { Coverage } from './report.ts';
import type { Run } from './run.ts';

const PERIOD_DAYS = 30;

export interface Reading {
  /** Packs that are not as they were written. */
  bad: { age: PackAge; check: CheckedPack }[];
  /** Packs that are whole. */
  whole: PackAge[];
  coverage: Coverage;
  remembered: true | string;
  /** The store's time, milliseconds. */
  now: number;
}

/** Reads in full what the options say, and remembers what was whole: a bad pack is read again next time. */
export async function readPacks(
  { store, inventory, findings, options }: Run,
  { config, keys, random }: { config: Config; keys: PackKeysSource | undefined; random(bytes: number): Buffer },
): Promise<Reading> {
  const { readData, periodDays = PERIOD_DAYS, onProgress, signal } = options;
  const checks = await readChecks(store, inventory.names.checks, keys !== undefined);
  const ages = (['data', 'maps'] as const).flatMap((kind) =>
    [...inventory.packs[kind]].map(([pack, { size, modified }]): PackAge => {
      const checked = checks.get(kind, pack);
      return { kind, pack, size, stored: modified, ...(checked === undefined ? {} : { checked }) };
    }),
  );
  const reading: Reading = {
    bad: [],
    whole: [],
    coverage: coverageOf(ages, { now: inventory.newest, periodDays }),
    remembered: true,
    now: inventory.newest,
  };
  if (!readData) return reading;

  const memory = new RunMemory(store, random(16).toString('hex'), config.id, keys !== undefined);
  const now = (await memory.begin()) ?? inventory.newest;
  const chosen = choosePacks(ages, readData, { now, lastRun: checks.lastRun, periodDays });
  const total = chosen.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  try {
    for await (const { age, check } of checkPacks(store, chosen, keys, signal)) {
      done += age.size;
      onProgress?.({ phase: 'data', done, total });
      if (check.problem !== undefined) {
        reading.bad.push({ age, check });
        continue;
      }
      reading.whole.push(age);
      age.checked = now;
      await memory.add(age.kind, age.pack);
    }
  } finally {
    await memory.save();
  }
  if (memory.failure !== undefined) findings.warning('checks/', `This run cannot be remembered: ${memory.failure}`);
  return { ...reading, now, coverage: coverageOf(ages, { now, periodDays }), remembered: memory.failure ?? true };
}
