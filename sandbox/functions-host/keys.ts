import { randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Keys of one level, by name. */
export type Keys = Record<string, string>;

/** The host's keys, as `listKeys` of a function app shows them. */
export interface HostKeys {
  masterKey: string;
  /** Those of the host, good for every function. */
  functionKeys: Keys & { default: string };
  /** Those of extensions. */
  systemKeys: Keys & { durabletask_extension: string };
}

/** Where keys belong: to the host, to its extensions, or to one function. */
export type KeyLevel = { of: 'host' } | { of: 'system' } | { of: 'function'; name: string };

/** The keys of a host, kept in its state folder. */
export interface KeyRing {
  readonly host: HostKeys;
  /** Those of one level. A function has a `default` key from the first time it is asked for. */
  list(level: KeyLevel): Readonly<Keys>;
  /** Sets a key; without a value a new one is made. @returns whether the name is new */
  set(level: KeyLevel, name: string, value?: string): { value: string; created: boolean };
  delete(level: KeyLevel, name: string): boolean;
}

interface Kept extends HostKeys {
  /** By function name, lower case. */
  functions?: Record<string, Keys>;
}

/** Reads the keys of a host, or makes them at its first start. An extension whose key was deleted gets another one. */
export function openKeys(stateDir: string): KeyRing {
  const file = join(stateDir, 'keys.json');
  const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : newKeys();
  const functions = (kept.functions ??= {});
  kept.systemKeys.durabletask_extension ??= newKey();

  const save = () => {
    // Under another name first: a host killed here must not leave half a file.
    writeFileSync(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
  const at = (level: KeyLevel): Keys => {
    if (level.of === 'host') return kept.functionKeys;
    if (level.of === 'system') return kept.systemKeys;
    const name = level.name.toLowerCase();
    if (!functions[name]) {
      functions[name] = { default: newKey() };
      save();
    }
    return functions[name];
  };
  save();
  return {
    host: kept,
    list: at,
    set(level, name, value = newKey()) {
      const keys = at(level);
      const created = !Object.hasOwn(keys, name);
      keys[name] = value;
      save();
      return { value, created };
    },
    delete(level, name) {
      const keys = at(level);
      const found = Object.hasOwn(keys, name);
      delete keys[name];
      if (found) save();
      return found;
    },
  };
}

function newKey(): string {
  return randomBytes(32).toString('base64url');
}

function newKeys(): Kept {
  return {
    masterKey: newKey(),
    functionKeys: { default: newKey() },
    systemKeys: { durabletask_extension: newKey() },
  };
}

/** Whether a request's key is one of those allowed. Undefined among them: a key that was deleted. */
export function keyMatches(given: string | undefined, allowed: (string | undefined)[]): boolean {
  if (given === undefined) return false;
  const bytes = Buffer.from(given);
  return allowed.some((key) => {
    const expected = Buffer.from(key ?? '');
    return expected.length > 0 && expected.length === bytes.length && timingSafeEqual(expected, bytes);
  });
}
