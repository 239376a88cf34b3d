import { expect } from 'vitest';
import type { Profile, Said } from './cli.ts';

/** One command and what it must say. */
export interface Step {
  /** Arguments as typed; `{sub}`, `{me}`, `{dir}` stand for the subscription's id, one's own and a folder for files. */
  az: string;
  /** Standard output as JSON: the shape to find in it, or the value itself. */
  json?: unknown;
  /** Standard output as text. */
  text?: RegExp | string;
  /** The error that a person sees; the command then fails. */
  error?: RegExp | string;
}

/** Commands that a person types one after the other. */
export interface Chain {
  name: string;
  profile: Profile;
  steps: Step[];
}

/** The words of a command line: quotes hold words together, single ones as they are. */
export function words(line: string, values: Record<string, string>): string[] {
  const filled = line.replace(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
  return [...filled.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
}

/** Holds what a command said against its step. */
export function check({ az, json, text, error }: Step, said: Said): void {
  const told = `az ${az}\n${said.out}\n${said.err}`;
  if (error !== undefined) {
    expect(said.code, told).not.toBe(0);
    expect(said.err).toMatch(error);
    expect(said.err, told).not.toContain('Traceback');
    return;
  }
  expect(said.code, told).toBe(0);
  if (text !== undefined) expect(said.out).toMatch(text);
  if (json === undefined) return;
  const value: unknown = said.out.trim() === '' ? null : JSON.parse(said.out);
  if (typeof json === 'object' && json !== null) expect(value).toMatchObject(json);
  else expect(value).toEqual(json);
}
