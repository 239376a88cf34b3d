import { invalidRequestContent } from './errors.ts';
import type { ResourceType, Shape } from './types.ts';

type Json = Record<string, unknown>;

/** What every resource's body may have. */
const everywhere: Shape = {
  kind: 'string',
  managedBy: 'string',
  sku: { name: 'string', tier: 'string', size: 'string', family: 'string', capacity: 'number' },
  properties: {},
};

/** `{ id: … }`, as resources name each other. */
export const REFERENCE = { id: 'string' } as const;

/** Resource types with the shapes of their bodies, by type as it is written. */
export function shaped(types: ResourceType[], shapes: Record<string, Shape>): ResourceType[] {
  return types.map((type) => {
    const shape = shapes[type.type];
    return shape === undefined ? type : { ...type, shape };
  });
}

/**
 * A body held against the shape that all bodies have and the one of its type. Values are brought into the kind that is
 * wanted as .NET's deserializers do it: `22` is as good as `"22"`, `"22"` as `22`, and null as nothing.
 * @throws ArmError 400 InvalidRequestContent with the path
 */
export function inShape(body: Json, shape: Shape = {}): Json {
  return fitted(fitted(body, everywhere, ''), shape, '') as Json;
}

function fitted(value: unknown, shape: Shape, path: string): unknown {
  if (typeof shape === 'string') return scalar(value, shape, path);
  if (isList(shape)) {
    if (!Array.isArray(value)) throw refused(value, 'an array', path);
    return value.map((item, i) => fitted(item, shape[0], `${path}[${i}]`));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused(value, 'an object', path);
  const members = Object.entries(value as Json).flatMap(([name, member]) => {
    const inner = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (inner === undefined) return [[name, member]];
    return member === null || member === undefined
      ? []
      : [[name, fitted(member, inner, path === '' ? name : `${path}.${name}`)]];
  });
  return Object.fromEntries(members);
}

const isList = (shape: Exclude<Shape, string>): shape is readonly [Shape] => Array.isArray(shape);

function scalar(value: unknown, kind: 'string' | 'number' | 'boolean', path: string): unknown {
  if (typeof value === kind) return value;
  if (kind === 'string' && typeof value === 'number') return String(value);
  if (kind === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (kind === 'boolean' && typeof value === 'string' && /^(true|false)$/i.test(value)) {
    return value.toLowerCase() === 'true';
  }
  throw refused(value, `a ${kind}`, path);
}

function refused(value: unknown, wanted: string, path: string) {
  return invalidRequestContent(`Path '${path}': expected ${wanted}, not ${JSON.stringify(value).slice(0, 80)}`);
}
