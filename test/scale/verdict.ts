import { check, type Check } from '../../demo/leftovers.ts';
import { EXPORTS_OF_COMPARISON } from '../../model/exports.ts';
import { siteLayout } from '../../model/site/layout.ts';
import type { SitePlan, Size } from './plan.ts';
import type { Report, Round } from './run.ts';

/** A history stays below that, whatever is backed up (house plan, section 5). */
export const MOST_EVENTS = 1000;

/** What a run must show. */
export function verdict(size: Size, { plan, rounds, peaks, hub, remains }: Report): Check[] {
  const wrong = (limit: number, highest: Record<string, number>) =>
    Object.entries(highest).filter(([, times]) => times > limit);
  const sessions = rounds.flatMap((round) => round.sessions);
  const failures = sessions.filter(({ state }) => state !== 'completed').map(({ error }) => error?.message);
  const merged = (of: (round: Round) => Record<string, number>) => highestOf(rounds.map(of));
  const full = rounds[0]!;
  const changes = rounds.at(-1)!;
  const demand = (site: SitePlan) => plan.machines.find((machine) => machine.site === site)!.disks.length;
  const atOnce = ({ counted }: Round) => plan.sites.map((site) => counted.sites[groupKey(site)] ?? 0);
  const expected = plan.sites.map((site) => Math.min(size.disksInParallel, demand(site)));
  const made = plan.sites.filter(({ declared }) => !declared).map(({ region }) => region);
  const noted = (region: string) =>
    sessions.some(({ notes }) => notes?.some((note) => note.startsWith(`Site ${region}`)));
  return [
    check('every session completed', failures, []),
    check('no session has a warning', [...new Set(sessions.flatMap(({ warnings }) => warnings ?? []))], []),
    check('no disk access bore more exports than it may', wrong(size.exportsPerDiskAccess, peaks.diskAccesses), []),
    check('no family of snapshots had more SAS than it may', wrong(size.sasPerSnapshotFamily, peaks.families), []),
    check('ARM’s record counts the same for disk accesses', merged(({ counted }) => counted.diskAccesses), sorted(peaks.diskAccesses)), // prettier-ignore
    check('Azure refused nothing', highestOf(rounds.map(({ counted }) => counted.refused)), {}),
    check('full reads: disks at once reach what a site may, and no more', atOnce(full), expected),
    check('comparisons: disks at once reach what a site may, and no more', atOnce(changes), expected),
    check('every disk was compared', modesOf(changes), ['incremental']),
    check('comparisons open two snapshots', highestValue(changes.counted.disks), EXPORTS_OF_COMPARISON),
    check('sites that were not declared were made by a session', made.filter(noted), made),
    check(`histories stay below ${MOST_EVENTS} events`, [...hub.histories].filter(([, events]) => events >= MOST_EVENTS), []), // prettier-ignore
    check('nothing is leased', hub.leased, {}),
    ...remains,
  ];
}

export function groupKey(site: SitePlan): string {
  return siteLayout({ appliance: 'strongroom', ...site }).resourceGroup.id.toLowerCase();
}

/** The highest value of each key. */
export function highestOf(all: Record<string, number>[]): Record<string, number> {
  const highest: Record<string, number> = {};
  for (const one of all) {
    for (const [key, value] of Object.entries(one)) highest[key] = Math.max(highest[key] ?? 0, value);
  }
  return sorted(highest);
}

function sorted(record: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => a.localeCompare(b)));
}

export function highestValue(record: Record<string, number>): number {
  return Math.max(0, ...Object.values(record));
}

function modesOf({ sessions }: Round): string[] {
  return [...new Set(sessions.flatMap(({ disks }) => disks.map(({ mode }) => mode?.mode ?? 'none')))];
}
