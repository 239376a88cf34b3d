import { StrongroomError } from './errors.ts';

/** How many points to keep. Each number counts the newest; one that is left out keeps nothing by itself. */
export interface RetentionRules {
  /** The newest points, whenever they were made. */
  keepLast?: number;
  /** Of each of the newest days that have points, the newest point; the others likewise. */
  keepDaily?: number;
  /** ISO weeks: from Monday on, the first is the one with the year's first Thursday. */
  keepWeekly?: number;
  keepMonthly?: number;
  keepYearly?: number;
  /** IANA name of the time zone whose days count. Default UTC. */
  timeZone?: string;
}

export interface RetentionPoint {
  id: string;
  /** ISO 8601. */
  time: string;
  /** Whose point it is: retention is decided for each source by itself. */
  source: string;
}

export interface RetentionDecision {
  /** By source, then newest first. Reasons are `last`, `daily 2026-05-01`, `weekly 2026-W18`, `monthly 2026-05`, `yearly 2026`. */
  keep: { id: string; source: string; time: string; reasons: string[] }[];
  /** In the same order. */
  remove: { id: string; source: string; time: string }[];
}

const periodRules = [
  ['keepDaily', 'daily'],
  ['keepWeekly', 'weekly'],
  ['keepMonthly', 'monthly'],
  ['keepYearly', 'yearly'],
] as const;

/**
 * Decides which points stay. The rules are independent of each other, and a point stays when one of them wants it: a
 * rule takes the newest point of each of its newest N periods in which the source has points. Periods without a point do
 * not count, so a source that is no longer backed up keeps its points. The newest point of every source stays always.
 * @throws INVALID_INPUT: no rule keeps anything, a number that is none, an unknown time zone, a time that is none
 */
export function decideRetention(points: readonly RetentionPoint[], rules: RetentionRules): RetentionDecision {
  checkRules(rules);
  const periodsOf = periodReader(rules.timeZone ?? 'UTC');
  const bySource = new Map<string, { point: RetentionPoint; at: number }[]>();
  for (const point of points) {
    const at = Date.parse(point.time);
    if (Number.isNaN(at)) throw invalid(`The time ${JSON.stringify(point.time)} of the point ${point.id} is no time.`);
    const those = bySource.get(point.source);
    if (those) those.push({ point, at });
    else bySource.set(point.source, [{ point, at }]);
  }

  const decision: RetentionDecision = { keep: [], remove: [] };
  for (const source of [...bySource.keys()].sort(inOrder)) {
    const ordered = (bySource.get(source) ?? []).sort((a, b) => b.at - a.at || inOrder(b.point.id, a.point.id));
    const left = new Map(periodRules.map(([rule]) => [rule, rules[rule] ?? 0]));
    const before = new Map<string, string>();
    for (const [i, { point, at }] of ordered.entries()) {
      const reasons = i < (rules.keepLast ?? 0) ? ['last'] : [];
      const periods = periodsOf(at);
      for (const [rule, name] of periodRules) {
        const more = left.get(rule) ?? 0;
        if (more === 0 || before.get(rule) === periods[name]) continue;
        before.set(rule, periods[name]);
        left.set(rule, more - 1);
        reasons.push(`${name} ${periods[name]}`);
      }
      const { id, time } = point;
      if (reasons.length > 0) decision.keep.push({ id, source, time, reasons });
      else decision.remove.push({ id, source, time });
    }
  }
  return decision;
}

/** Gives the day, ISO week, month and year of a time, as they are in a time zone. */
function periodReader(timeZone: string) {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
    });
  } catch (cause) {
    throw invalid(`There is no time zone ${JSON.stringify(timeZone)}: use a name like Europe/Berlin.`, cause);
  }
  return (at: number) => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const [year = '', month = '', day = ''] = ['year', 'month', 'day'].map((type) => parts.get(type as 'year'));
    return {
      daily: `${year}-${month}-${day}`,
      weekly: isoWeek(Number(year), Number(month), Number(day)),
      monthly: `${year}-${month}`,
      yearly: year,
    };
  };
}

const DAY_MS = 24 * 60 * 60_000;

/** The ISO week of a day, e.g. `2026-W01`: it belongs to the year in which its Thursday is. */
function isoWeek(year: number, month: number, day: number): string {
  const date = new Date(Date.UTC(year, month - 1, day));
  const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * DAY_MS);
  const firstDay = Date.UTC(thursday.getUTCFullYear(), 0, 1);
  const week = Math.floor((thursday.getTime() - firstDay) / DAY_MS / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

function checkRules(rules: RetentionRules): void {
  const counts = [rules.keepLast, ...periodRules.map(([rule]) => rules[rule])].filter((count) => count !== undefined);
  for (const count of counts) {
    if (!Number.isSafeInteger(count) || count < 0)
      throw invalid(`${count} is no number of points to keep: use 0 or more.`);
  }
  if (!counts.some((count) => count > 0)) {
    throw invalid('No rule keeps anything, so every point would go: give at least one number to keep.');
  }
}

const invalid = (message: string, cause?: unknown): StrongroomError =>
  new StrongroomError('INVALID_INPUT', message, { cause });

const inOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
