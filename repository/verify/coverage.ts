import type { PackKind } from '../format/layout.ts';
import type { Coverage, ReadData } from './report.ts';

const DAY_MS = 24 * 60 * 60_000;

/** A pack and when it was read in full. Times are the store's, in milliseconds. */
export interface PackAge {
  kind: PackKind;
  pack: string;
  size: number;
  /** When it was stored. */
  stored: number;
  /** Last read in full; left out when never. */
  checked?: number;
}

/** Never read comes first, then what was read longest ago. */
const byAge = (a: PackAge, b: PackAge): number =>
  (a.checked ?? -Infinity) - (b.checked ?? -Infinity) || (a.pack < b.pack ? -1 : a.pack > b.pack ? 1 : 0) || 0;

/** The first of them that together have at least so many bytes. */
function upTo(packs: readonly PackAge[], bytes: number): PackAge[] {
  let sum = 0;
  return packs.filter(({ size }) => {
    const take = sum < bytes;
    if (take) sum += size;
    return take;
  });
}

/**
 * Which packs are read in this run.
 * @param now the store's time
 * @param lastRun when the newest run before this one began; the first run stands for one day
 */
export function choosePacks(
  packs: readonly PackAge[],
  readData: ReadData | undefined,
  { now, lastRun = now - DAY_MS, periodDays }: { now: number; lastRun?: number | undefined; periodDays: number },
): PackAge[] {
  const sorted = [...packs].sort(byAge);
  const total = sorted.reduce((sum, { size }) => sum + size, 0);
  if (!readData) return [];
  if (readData.kind === 'all') return sorted;
  if (readData.kind === 'sample') return upTo(sorted, total * readData.share);
  // The share of the period that has gone by; and what would be too old when the next run comes.
  const period = periodDays * DAY_MS;
  const elapsed = Math.max(0, now - lastRun);
  const share = new Set(upTo(sorted, total * Math.min(1, elapsed / period)));
  return sorted.filter((pack) => share.has(pack) || (pack.checked ?? pack.stored) + period <= now + elapsed);
}

/** How much was read in full within the period, and when. */
export function coverageOf(
  packs: readonly PackAge[],
  { now, periodDays }: { now: number; periodDays: number },
): Coverage {
  const coverage: Coverage = { periodDays, packs: 0, bytes: 0, packsChecked: 0, bytesChecked: 0, packsUnchecked: 0 };
  let oldest = Infinity;
  for (const { size, checked } of packs) {
    coverage.packs++;
    coverage.bytes += size;
    if (checked === undefined) {
      coverage.packsUnchecked++;
      continue;
    }
    oldest = Math.min(oldest, checked);
    if (checked < now - periodDays * DAY_MS) continue;
    coverage.packsChecked++;
    coverage.bytesChecked += size;
  }
  return oldest === Infinity ? coverage : { ...coverage, oldest: new Date(oldest).toISOString() };
}
