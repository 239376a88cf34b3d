import { createHash } from 'node:crypto';
import type { Functions } from './evaluate.ts';
import { TemplateError } from './expression.ts';

/** Template functions that need nothing but their arguments ("ARM template functions"). */

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);
const asText = (value: unknown) =>
  typeof value === 'string' ? value : typeof value === 'boolean' ? (value ? 'True' : 'False') : JSON.stringify(value);
const flat = (values: unknown[]) =>
  values.length === 1 && Array.isArray(values[0]) ? (values[0] as unknown[]) : values;

function contains(container: unknown, item: unknown): boolean {
  if (typeof container === 'string') return container.includes(asText(item));
  if (Array.isArray(container)) return container.some((one) => same(one, item));
  if (!isObject(container)) return false;
  return Object.keys(container).some((key) => key.toLowerCase() === String(item).toLowerCase());
}

/** Objects are merged, the later one's fields winning; of arrays each element is taken once. */
function union(...parts: unknown[]): unknown {
  if (parts.every(isObject)) {
    const merged: Record<string, unknown> = {};
    for (const part of parts) {
      for (const [key, value] of Object.entries(part)) {
        merged[key] = isObject(value) && isObject(merged[key]) ? union(merged[key], value) : value;
      }
    }
    return merged;
  }
  const all = parts.flat() as unknown[];
  return all.filter((item, i) => all.findIndex((other) => same(other, item)) === i);
}

function intersection(...parts: unknown[]): unknown {
  const [first, ...rest] = parts;
  if (Array.isArray(first)) return first.filter((item) => rest.every((other) => contains(other, item)));
  const entries = Object.entries((first ?? {}) as object);
  return Object.fromEntries(
    entries.filter(([key, value]) => rest.every((other) => same((other as Record<string, unknown>)[key], value))),
  );
}

function length(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  return Object.keys(value as object).length;
}

/** `{0}` and `{1:x4}`: the forms that templates use. */
function format(pattern: string, args: unknown[]): string {
  return pattern.replace(/\{(\d+)(?::([^}]*))?\}/g, (_all, index: string, how?: string) => {
    const value = args[Number(index)];
    const [, letter, digits] = /^([xXdDnN])(\d*)$/.exec(how ?? '') ?? [];
    if (letter === undefined || typeof value !== 'number') return asText(value);
    const written = letter.toLowerCase() === 'x' ? value.toString(16) : String(value);
    const padded = written.padStart(Number(digits || 0), '0');
    return letter === 'X' ? padded.toUpperCase() : padded;
  });
}

/** 13 letters and digits that follow from the arguments. Azure's hash is not published, so its values differ. */
function uniqueString(...parts: unknown[]): string {
  const hash = createHash('sha256').update(parts.map(asText).join('-')).digest();
  return [...hash.subarray(0, 13)].map((byte) => 'abcdefghijklmnopqrstuvwxyz234567'[byte % 32]).join('');
}

/** A GUID of version 5 that follows from the arguments, in the namespace that the documentation names. */
function guid(...parts: unknown[]): string {
  const namespace = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');
  const hash = createHash('sha1').update(namespace).update(parts.map(asText).join('-')).digest();
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function toNumber(value: unknown): number {
  const number = Number(value);
  if (!Number.isInteger(number)) throw new TemplateError(`'${asText(value)}' cannot be converted to an integer.`);
  return number;
}

function substring(text: string, start: number, size = text.length - start): string {
  if (start < 0 || size < 0 || start + size > text.length) {
    throw new TemplateError(`The function 'substring' was asked for ${start}+${size} of ${text.length} characters.`);
  }
  return text.slice(start, start + size);
}

const numbers = (work: (a: number, b: number) => number) => (a: unknown, b: unknown) => work(toNumber(a), toNumber(b));
const texts =
  (work: (text: string, ...rest: string[]) => unknown) =>
  (...args: unknown[]) => {
    const [text = '', ...rest] = args.map((arg) => (typeof arg === 'string' ? arg : asText(arg)));
    return work(text, ...rest);
  };
const insensitive = (work: (text: string, part: string) => unknown) =>
  texts((text, part = '') => work(text.toLowerCase(), part.toLowerCase()));
const ordered = (work: (sign: number) => boolean) => (a: unknown, b: unknown) =>
  work(typeof a === 'number' ? a - Number(b) : String(a).localeCompare(String(b)));

export const pureFunctions: Functions = {
  concat: (...parts) => (parts.some(Array.isArray) ? parts.flat() : parts.map(asText).join('')),
  format: (pattern, ...args) => format(String(pattern), args),
  tolower: texts((text) => text.toLowerCase()),
  toupper: texts((text) => text.toUpperCase()),
  trim: texts((text) => text.trim()),
  replace: texts((text, from = '', to = '') => text.replaceAll(from, to)),
  startswith: insensitive((text, part) => text.startsWith(part)),
  endswith: insensitive((text, part) => text.endsWith(part)),
  indexof: (of, item) =>
    Array.isArray(of) ? of.findIndex((one) => same(one, item)) : insensitive((t, p) => t.indexOf(p))(of, item),
  lastindexof: insensitive((text, part) => text.lastIndexOf(part)),
  substring: (text, start, size) => substring(String(text), toNumber(start), size == null ? undefined : toNumber(size)),
  split: (text, by) =>
    (Array.isArray(by) ? (by as string[]) : [String(by)]).reduce<string[]>(
      (parts, separator) => parts.flatMap((part) => part.split(separator)),
      [String(text)],
    ),
  join: (parts, by) => (parts as unknown[]).map(asText).join(String(by)),
  padleft: (text, size, by = ' ') => asText(text).padStart(toNumber(size), String(by)),
  string: asText,
  base64: texts((text) => Buffer.from(text).toString('base64')),
  base64tostring: texts((text) => Buffer.from(text, 'base64').toString()),
  base64tojson: texts((text) => JSON.parse(Buffer.from(text, 'base64').toString()) as unknown),
  json: texts((text) => JSON.parse(text) as unknown),
  uri: texts((base, relative = '') => new URL(relative, base).href),
  uricomponent: texts(encodeURIComponent),
  uricomponenttostring: texts(decodeURIComponent),
  uniquestring: uniqueString,
  guid,
  int: toNumber,
  add: numbers((a, b) => a + b),
  sub: numbers((a, b) => a - b),
  mul: numbers((a, b) => a * b),
  div: numbers((a, b) => Math.trunc(a / b)),
  mod: numbers((a, b) => a % b),
  min: (...values) => Math.min(...flat(values).map(toNumber)),
  max: (...values) => Math.max(...flat(values).map(toNumber)),
  range: (start, count) => Array.from({ length: toNumber(count) }, (_, i) => toNumber(start) + i),
  length,
  empty: (value) => value === null || length(value) === 0,
  contains,
  first: (value) => (value as unknown[] | string)[0] ?? (typeof value === 'string' ? '' : null),
  last: (value) => (value as unknown[] | string).at(-1) ?? (typeof value === 'string' ? '' : null),
  skip: (value, count) => (value as unknown[] | string).slice(Math.max(0, toNumber(count))),
  take: (value, count) => (value as unknown[] | string).slice(0, Math.max(0, toNumber(count))),
  array: (value) => (Array.isArray(value) ? (value as unknown[]) : [value]),
  createarray: (...values) => values,
  createobject: (...values) =>
    Object.fromEntries(values.flatMap((key, i) => (i % 2 === 0 ? [[String(key), values[i + 1]]] : []))),
  items: (value) =>
    Object.entries(value as object)
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([key, content]) => ({ key, value: content as unknown })),
  objectkeys: (value) => Object.keys(value as object).sort(),
  flatten: (value) => (value as unknown[]).flat(),
  union,
  intersection,
  coalesce: (...values) => values.find((value) => value !== null && value !== undefined) ?? null,
  trygetproperty: (value, ...path) =>
    path.reduce((of, name) => (isObject(of) ? of[String(name)] : undefined), value) ?? null,
  equals: same,
  not: (value) => value !== true,
  and: (...values) => values.every((value) => value === true),
  or: (...values) => values.includes(true),
  bool: (value) => value === true || value === 1 || String(value).toLowerCase() === 'true',
  true: () => true,
  false: () => false,
  null: () => null,
  less: ordered((sign) => sign < 0),
  lessorequals: ordered((sign) => sign <= 0),
  greater: ordered((sign) => sign > 0),
  greaterorequals: ordered((sign) => sign >= 0),
};
