import type { ArmResource } from '../../arm/types.ts';

/** Untyped JSON, read with care. */
export type Json = Record<string, unknown>;

/** An object's field as an object; empty when it is none. */
export function object(from: unknown, name: string): Json {
  const value = (from as Json | undefined)?.[name];
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Json) : {};
}

export function text(from: unknown, name: string): string | undefined {
  const value = (from as Json | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}

export function number(from: unknown, name: string): number | undefined {
  const value = (from as Json | undefined)?.[name];
  return typeof value === 'number' ? value : undefined;
}

export function objects(from: unknown, name: string): Json[] {
  const value = (from as Json | undefined)?.[name];
  return Array.isArray(value) ? (value as Json[]) : [];
}

/** The fields that are set. */
export function chosen(from: unknown, names: readonly string[]): Json {
  const source = (from ?? {}) as Json;
  return Object.fromEntries(names.flatMap((name) => (source[name] == null ? [] : [[name, source[name]]])));
}

export function sameId(a: string | undefined, b: string | undefined): boolean {
  return a?.toLowerCase() === b?.toLowerCase();
}

export function properties(resource: ArmResource | undefined): Json {
  return (resource?.properties ?? {}) as Json;
}
