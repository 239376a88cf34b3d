import { bodyOf } from './body.ts';
import type { Inputs, Operation } from './operation.ts';
import type { ResourceOptions } from './registration.ts';
import { missingOnWire, valueOnWire } from './wire.ts';

/**
 * Paths (`a.b[0].c`) of inputs that are not as they were. Absent and null are the same, as azure-native has it; a
 * top-level location's case and spaces mean nothing (azure-native: `applyAzureSpecificDiff`).
 */
export function changedPaths(before: unknown, now: unknown, at = ''): string[] {
  if (at === 'location' && typeof before === 'string' && typeof now === 'string') {
    return regionName(before) === regionName(now) ? [] : [at];
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    const longest = before.length > now.length ? before : now;
    return longest.flatMap((_, i) => changedPaths(before[i], now[i], `${at}[${i}]`));
  }
  if (isObject(before) && isObject(now)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(now)]);
    return [...keys].flatMap((key) => changedPaths(before[key], now[key], at ? `${at}.${key}` : key));
  }
  return (before ?? undefined) === (now ?? undefined) ? [] : [at];
}

/**
 * Paths of inputs that differ from what Azure answered when the resource was imported. What the program does not state
 * is not compared, since Azure fills in more than anyone wrote; but nobody fills in tags (azure-native: a tag that only the
 * resource has is a difference, pulumi-azure-nextgen #184).
 */
export function changedSinceImport(operation: Operation, read: ImportedState, inputs: Inputs): string[] {
  const { location, ...body } = bodyOf(operation, inputs);
  return [
    ...operation.parameters.filter((key) => !sameSegment(read.segments[key], inputs[key])),
    ...changedPaths({ location: read.body.location ?? location }, { location: location ?? read.body.location }),
    ...missingOnWire(body, read.body, operation.wireNames),
    ...keysOnlyIn(read.body.tags, body.tags).map((tag) => `tags.${tag}`),
  ];
}

function keysOnlyIn(one: unknown, other: unknown): string[] {
  const stated = Object.keys(other ?? {});
  return Object.keys(one ?? {}).filter((key) => !stated.includes(key));
}

/** What Azure answered when a resource was imported. */
export interface ImportedState {
  /** The id's segments by parameter. */
  segments: Record<string, string>;
  /** As it came from ARM. */
  body: Inputs;
}

/** The inputs with those that the program wants ignored as they were. */
export function withIgnored(before: Inputs, now: Inputs, ignoreChanges: string[]): Inputs {
  return ignoreChanges.reduce((inputs, path) => {
    const keys = keysOf(path);
    return at(inputs, keys, valueAt(before, keys)) as Inputs;
  }, now);
}

/**
 * Which of the changed paths no update can bring about. As azure-native has it, below an input that cannot be changed only
 * a value that becomes another one counts, not one that is added or left out (`calculateObjectDiff`).
 */
export function replacing(
  operation: Operation,
  changed: string[],
  { replaceOnChanges }: ResourceOptions,
  before: unknown,
  now: Inputs,
): string[] {
  const keys = [...operation.parameters, 'location', ...operation.replacedBy];
  const isThere = (value: unknown) => value !== undefined && value !== null;
  const isChange = (path: string) =>
    keys.includes(path) ||
    (isThere(valueOnWire(before, path, operation.wireNames)) && isThere(valueOnWire(now, path, {})));
  return changed.filter(
    (path) =>
      (keys.includes(/^[^.[]*/.exec(path)![0]) && isChange(path)) ||
      replaceOnChanges.some((wanted) => wanted === '*' || covers(wanted, path)),
  );
}

/** Whether a path is the given one or lies below it. */
export function covers(path: string, below: string): boolean {
  return below === path || below.startsWith(`${path}.`) || below.startsWith(`${path}[`);
}

function keysOf(path: string): string[] {
  if (/[*"']/.test(path)) throw new Error(`path "${path}" of ignoreChanges is not supported: names and indexes are.`);
  return path.split(/\.|\[|\]\.?/).filter((key) => key !== '');
}

function valueAt(value: unknown, keys: string[]): unknown {
  return keys.reduce((inner: unknown, key) => (inner as Inputs | undefined)?.[key], value);
}

function at(target: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(target))
    return target.map((item, i) => (String(i) === key ? at(item, rest, value) : (item as unknown)));
  const object = (target ?? {}) as Inputs;
  const inner = at(object[key], rest, value);
  const { [key]: _, ...others } = object;
  return inner === undefined ? others : { ...others, [key]: inner };
}

function sameSegment(was: string | undefined, now: unknown): boolean {
  return typeof now === 'string' && was?.toLowerCase() === now.replace(/^\//, '').toLowerCase();
}

function regionName(location: string): string {
  return location.replaceAll(' ', '').toLowerCase();
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
