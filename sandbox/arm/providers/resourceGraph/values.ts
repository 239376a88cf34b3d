import { UnsupportedQuery } from './kusto.ts';

/** A value as a query sees it: JSON, dates and spans besides. Absent is null. */
export type Value = null | boolean | number | string | Date | Timespan | Value[] | { [name: string]: Value };

/** Milliseconds between two times. */
export class Timespan {
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

const unitMs: Record<string, number> = {
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  ms: 1,
};

/** `1d`, `1.5h`, `30m`. */
export function readTimespan(text: string): Timespan {
  const [, count, unit] = /^(\d+(?:\.\d+)?)([a-z]+)$/i.exec(text) ?? [];
  const ms = unit && unitMs[unit.toLowerCase()];
  if (!ms) throw new UnsupportedQuery(`the timespan '${text}': write 7d, 3h, 10m, 5s or 20ms`);
  return new Timespan(Number(count) * ms);
}

/** A string literal's content: `'a'`, `"a"`, `@'c:\x'`, and `h` before either (hidden from logs). */
export function readString(text: string): string {
  const [, marks = '', quote] = /^([@hH]*)(['"])/.exec(text)!;
  const inner = text.slice(marks.length + 1, -1);
  if (marks.includes('@')) return inner.replaceAll(quote! + quote, quote!);
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '0': '\0' };
  return inner.replace(/\\u([0-9a-f]{4})|\\(.)/gi, (_, code?: string, letter?: string) =>
    code ? String.fromCharCode(parseInt(code, 16)) : (escapes[letter!] ?? letter!),
  );
}

/** A name as a key of an array or bag. */
export function member(of: Value, key: Value): Value {
  if (Array.isArray(of) && typeof key === 'number') return of.at(key) ?? null;
  if (isBag(of) && typeof key === 'string') return Object.hasOwn(of, key) ? of[key]! : null;
  return null;
}

export function isBag(value: Value): value is { [name: string]: Value } {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Timespan)
  );
}

/** As `tostring` gives it: null becomes the empty string, what is dynamic its JSON. */
export function asText(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'string') return value;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Timespan) return new Date(value.ms).toISOString().slice(11, 19);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Null for what is no number. */
export function asNumber(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  if (value instanceof Date) return value.getTime();
  if (value instanceof Timespan) return value.ms;
  if (typeof value !== 'string' || value.trim() === '') return null;
  const number = Number(value);
  return Number.isNaN(number) ? null : number;
}

export function asDate(value: Value): Date | null {
  if (value instanceof Date) return value;
  if (typeof value !== 'string' || value === '') return null;
  const date = new Date(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T00:00:00Z` : value);
  return Number.isNaN(date.getTime()) ? null : date;
}

export function asBoolean(value: Value): boolean | null {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return null;
  const word = value.toLowerCase();
  return word === 'true' ? true : word === 'false' ? false : null;
}

/** Both as numbers where one is a number, a date or a span; else as texts. Null when they cannot be compared. */
export function compare(left: Value, right: Value): number | null {
  if (left === null || right === null) return null;
  if (left instanceof Date || right instanceof Date)
    return difference(asDate(left)?.getTime(), asDate(right)?.getTime());
  const numeric = [left, right].some((v) => typeof v === 'number' || v instanceof Timespan || typeof v === 'boolean');
  if (numeric) {
    const [a, b] = [left, right].map((v) => (typeof v === 'string' && asBoolean(v) !== null ? asBoolean(v) : v));
    return difference(asNumber(a!) ?? undefined, asNumber(b!) ?? undefined);
  }
  const [a, b] = [asText(left), asText(right)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function difference(a: number | undefined, b: number | undefined): number | null {
  return a === undefined || b === undefined ? null : a - b;
}

/** What goes on the wire. */
export function toJson(value: Value): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Timespan) return asText(value);
  if (Array.isArray(value)) return value.map(toJson);
  return isBag(value) ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJson(one)])) : value;
}
