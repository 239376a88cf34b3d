const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
/** Seconds, minutes, hours, days of the month, months, days of the week: lowest, highest, names from the lowest on. */
const FIELDS: [number, number, string[]][] = [
  [0, 59, []],
  [0, 59, []],
  [0, 23, []],
  [1, 31, []],
  [1, 12, MONTHS],
  [0, 6, DAYS],
];
const HORIZON_YEARS = 10;

/** @returns the first time after a given one, both in milliseconds, in UTC */
export type Schedule = (after: number) => number;

/**
 * An NCRONTAB expression of six fields, or of five without the seconds: numbers, names, `*`, `a-b`, `/n`, lists. A day
 * must fit both the day of the month and the day of the week.
 * @throws Error when it is malformed
 */
export function parseCron(text: string): Schedule {
  const given = text.trim().split(/\s+/);
  const parts = given.length === 5 ? ['0', ...given] : given;
  if (parts.length !== FIELDS.length) throw new Error(`The schedule expression '${text}' was not recognized`);
  const [seconds, minutes, hours, days, months, weekdays] = parts.map((part, index) =>
    parseField(part, FIELDS[index]!, text),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];

  return (after) => {
    let time = (Math.floor(after / 1000) + 1) * 1000;
    const end = new Date(after).getUTCFullYear() + HORIZON_YEARS;
    for (;;) {
      const date = new Date(time);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
      const [hour, minute] = [date.getUTCHours(), date.getUTCMinutes()];
      if (year > end) throw new Error(`The schedule expression '${text}' never occurs`);
      if (!months.has(month + 1)) time = Date.UTC(year, month + 1);
      else if (!days.has(day) || !weekdays.has(date.getUTCDay())) time = Date.UTC(year, month, day + 1);
      else if (!hours.has(hour)) time = Date.UTC(year, month, day, hour + 1);
      else if (!minutes.has(minute)) time = Date.UTC(year, month, day, hour, minute + 1);
      else if (!seconds.has(date.getUTCSeconds())) time += 1000;
      else return time;
    }
  };
}

function parseField(field: string, [low, high, names]: [number, number, string[]], text: string): Set<number> {
  const wrong = () => new Error(`The schedule expression '${text}' was not recognized`);
  const valueOf = (word: string) => {
    const named = names.indexOf(word.toLowerCase());
    const value = named >= 0 ? named + low : /^\d+$/.test(word) ? Number(word) : NaN;
    if (!(value >= low && value <= high)) throw wrong();
    return value;
  };
  const values = new Set<number>();
  for (const item of field.split(',')) {
    const [range, every, ...rest] = item.split('/');
    const step = every === undefined ? 1 : Number(every);
    if (!range || rest.length > 0 || !Number.isInteger(step) || step < 1) throw wrong();
    const [from, to, ...more] = range === '*' ? [low, high] : range.split('-').map(valueOf);
    if (from === undefined || more.length > 0) throw wrong();
    // `5/10` runs from 5 to the field's end, `5` alone is 5.
    const last = to ?? (every === undefined ? from : high);
    for (let value = from; value <= last; value += step) values.add(value);
  }
  return values;
}
