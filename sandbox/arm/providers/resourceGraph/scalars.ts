import { asBoolean, asDate, asNumber, asText, isBag, Timespan, type Value } from './values.ts';

/** A scalar function of Kusto, of values alone. Those that do not evaluate all their arguments stand in expressions.ts. */
export type Scalar = (args: Value[], now: number) => Value;

const text =
  (work: (text: string) => Value): Scalar =>
  ([value]) =>
    work(asText(value ?? null));

const whole = (value: Value): Value => {
  const number = asNumber(value);
  return number === null ? null : Math.trunc(number);
};

function parseJson(value: Value): Value {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as Value;
  } catch {
    return value;
  }
}

/** Down to a multiple of the size, for numbers, dates and spans. */
function bin(value: Value, size: Value): Value {
  const [number, step] = [asNumber(value), asNumber(size)];
  if (number === null || !step) return null;
  const floored = Math.floor(number / step) * step;
  if (value instanceof Date) return new Date(floored);
  return value instanceof Timespan ? new Timespan(floored) : floored;
}

const isEmpty = (value: Value | undefined) => asText(value ?? null) === '';

/** By their names in lower case. */
export const scalars: Record<string, Scalar> = {
  tolower: text((value) => value.toLowerCase()),
  toupper: text((value) => value.toUpperCase()),
  tostring: text((value) => value),
  strlen: text((value) => value.length),
  toint: ([value]) => whole(value ?? null),
  tolong: ([value]) => whole(value ?? null),
  todouble: ([value]) => asNumber(value ?? null),
  toreal: ([value]) => asNumber(value ?? null),
  tobool: ([value]) => asBoolean(value ?? null),
  todatetime: ([value]) => asDate(value ?? null),
  todynamic: ([value]) => parseJson(value ?? null),
  parse_json: ([value]) => parseJson(value ?? null),
  isempty: ([value]) => isEmpty(value),
  isnotempty: ([value]) => !isEmpty(value),
  isnull: ([value]) => value === null || value === undefined,
  isnotnull: ([value]) => value !== null && value !== undefined,
  not: ([value]) => {
    const truth = asBoolean(value ?? null);
    return truth === null ? null : !truth;
  },
  strcat: (args) => args.map(asText).join(''),
  split: ([value, separator, index]) => {
    const parts = asText(value ?? null).split(asText(separator ?? null));
    return typeof index === 'number' ? parts.slice(index, index + 1) : parts;
  },
  substring: ([value, from, length]) => {
    const start = asNumber(from ?? null) ?? 0;
    const count = length === undefined ? undefined : (asNumber(length) ?? 0);
    return asText(value ?? null).slice(start, count === undefined ? undefined : start + count);
  },
  indexof: ([value, wanted]) => asText(value ?? null).indexOf(asText(wanted ?? null)),
  replace_string: ([value, from, to]) => asText(value ?? null).replaceAll(asText(from ?? null), asText(to ?? null)),
  extract: ([pattern, group, value]) =>
    new RegExp(asText(pattern ?? null)).exec(asText(value ?? null))?.[asNumber(group ?? null) ?? 0] ?? '',
  trim: ([pattern, value]) => {
    const edge = asText(pattern ?? null);
    return asText(value ?? null).replace(new RegExp(`^(?:${edge})+|(?:${edge})+$`, 'g'), '');
  },
  array_length: ([value]) => (Array.isArray(value) ? value.length : null),
  bag_keys: ([value]) => (isBag(value ?? null) ? Object.keys(value as object) : null),
  pack_array: (args) => args,
  bag_pack: (args) => bagOf(args),
  pack: (args) => bagOf(args),
  set_has_element: ([set, wanted]) =>
    Array.isArray(set) && set.some((one) => JSON.stringify(one) === JSON.stringify(wanted)),
  now: (_, now) => new Date(now),
  ago: ([span], now) => new Date(now - (asNumber(span ?? null) ?? 0)),
  bin: ([value, size]) => bin(value ?? null, size ?? null),
};

function bagOf(args: Value[]): Value {
  const pairs: [string, Value][] = [];
  for (let i = 0; i + 1 < args.length; i += 2) pairs.push([asText(args[i]!), args[i + 1]!]);
  return Object.fromEntries(pairs);
}
