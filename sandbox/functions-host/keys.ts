import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The host's keys, as `listKeys` of a function app shows them. */
export interface HostKeys {
  masterKey: string;
  functionKeys: { default: string };
  systemKeys: { durabletask_extension: string };
}

/** Reads the keys of a host, or makes them at its first start. */
export function hostKeys(stateDir: string): HostKeys {
  const file = join(stateDir, 'keys.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as HostKeys;
  const key = () => randomBytes(32).toString('base64url');
  const keys = { masterKey: key(), functionKeys: { default: key() }, systemKeys: { durabletask_extension: key() } };
  // Under another name first: a host killed here must not leave half a file.
  writeFileSync(`${file}.new`, JSON.stringify(keys), { mode: 0o600 });
  renameSync(`${file}.new`, file);
  return keys;
}

/** Whether a request's key is one of those allowed. */
export function keyMatches(given: string | undefined, allowed: string[]): boolean {
  if (given === undefined) return false;
  const bytes = Buffer.from(given);
  return allowed.some((key) => key.length === bytes.length && timingSafeEqual(Buffer.from(key), bytes));
}
