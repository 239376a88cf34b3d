import type { StoredMap } from '../../core/state.ts';
import type { Clock } from '../../core/types.ts';
import { alreadyThere, deletedNotFound, nameIsDeleted, notFound, type ItemKind } from '../errors.ts';

/** What every version of a key or secret has. Times in seconds since the epoch. */
export interface Version {
  version: string;
  enabled: boolean;
  exp?: number;
  nbf?: number;
  created: number;
  updated: number;
  tags?: Record<string, string>;
}

/** A key or a secret: its versions, oldest first, and whether it is soft-deleted. */
export interface Item<V extends Version> {
  name: string;
  versions: V[];
  deleted?: { date: number; purge: number };
  /** Keys only. */
  rotationPolicy?: RotationPolicy;
}

/** REST: Keys - Update Key Rotation Policy. */
export interface RotationPolicy {
  lifetimeActions: { trigger: Record<string, string>; action: { type: string } }[];
  attributes: { expiryTime?: string; created?: number; updated?: number };
}

/**
 * The keys, or the secrets, of all vaults. Names are compared without case. A soft-deleted item is gone when its
 * retention has passed on the world's clock.
 */
export function createItems<V extends Version>(kind: ItemKind, entries: StoredMap<Item<V>>, clock: Clock) {
  const keyOf = (vault: string, name: string) => `${vault.toLowerCase()}/${name.toLowerCase()}`;

  function find(vault: string, name: string): Item<V> | undefined {
    const key = keyOf(vault, name);
    const item = entries.get(key);
    if (!item?.deleted || item.deleted.purge * 1000 > clock.now()) return item;
    entries.delete(key);
    return undefined;
  }

  function all(vault: string, deleted: boolean): Item<V>[] {
    const prefix = keyOf(vault, '');
    return [...entries.keys()]
      .filter((key) => key.startsWith(prefix))
      .flatMap((key) => find(vault, key.slice(prefix.length)) ?? [])
      .filter((item) => (item.deleted !== undefined) === deleted);
  }

  const save = (vault: string, item: Item<V>): Item<V> => {
    entries.set(keyOf(vault, item.name), item);
    return item;
  };

  /** A name for a new version: its item when there is one. @throws VaultError 409 while it is soft-deleted */
  function forWriting(vault: string, name: string): Item<V> {
    const item = find(vault, name);
    if (item?.deleted) throw nameIsDeleted(kind, name);
    return item ?? { name, versions: [] };
  }

  /** @throws VaultError 404 */
  function require(vault: string, name: string): Item<V> {
    const item = find(vault, name);
    if (!item || item.deleted) throw notFound(kind, name);
    return item;
  }

  /** @throws VaultError 404 */
  function requireDeleted(vault: string, name: string): Item<V> & { deleted: { date: number; purge: number } } {
    const item = find(vault, name);
    if (!item?.deleted) throw deletedNotFound(kind, name);
    return { ...item, deleted: item.deleted };
  }

  /** The version asked for, or the newest. @throws VaultError 404 */
  function version(vault: string, name: string, wanted?: string): V {
    const { versions } = require(vault, name);
    const found = wanted ? versions.find((v) => v.version === wanted) : versions.at(-1);
    if (!found) throw notFound(kind, `${name}/${wanted}`);
    return found;
  }

  return {
    require,
    requireDeleted,
    version,
    /** Undefined when absent or soft-deleted. */
    get(vault: string, name: string): Item<V> | undefined {
      const item = find(vault, name);
      return item?.deleted ? undefined : item;
    },
    list: (vault: string) => all(vault, false),
    listDeleted: (vault: string) => all(vault, true),
    checkWritable: (vault: string, name: string) => void forWriting(vault, name),
    add(vault: string, name: string, added: V): V {
      const item = forWriting(vault, name);
      save(vault, { ...item, versions: [...item.versions, added] });
      return added;
    },
    /** Replaces one version's fields. */
    change(vault: string, name: string, wanted: string | undefined, fields: Partial<V>): V {
      const item = require(vault, name);
      const now = Math.floor(clock.now() / 1000);
      const changed: V = { ...version(vault, name, wanted), ...fields, updated: now };
      const versions = item.versions.map((v) => (v.version === changed.version ? changed : v));
      save(vault, { ...item, versions });
      return changed;
    },
    setRotationPolicy(vault: string, name: string, rotationPolicy: RotationPolicy): RotationPolicy {
      save(vault, { ...require(vault, name), rotationPolicy });
      return rotationPolicy;
    },
    delete(vault: string, name: string, retentionDays: number) {
      const item = require(vault, name);
      const date = Math.floor(clock.now() / 1000);
      save(vault, { ...item, deleted: { date, purge: date + retentionDays * 86_400 } });
      return requireDeleted(vault, name);
    },
    recover(vault: string, name: string): Item<V> {
      const { deleted: _deleted, ...item } = requireDeleted(vault, name);
      return save(vault, item);
    },
    purge(vault: string, name: string): void {
      requireDeleted(vault, name);
      entries.delete(keyOf(vault, name));
    },
    /** From a backup. @throws VaultError 409 when the name is taken */
    restore(vault: string, item: Item<V>): Item<V> {
      if (forWriting(vault, item.name).versions.length > 0) throw alreadyThere(kind, item.name);
      return save(vault, item);
    },
    /** Everything of a vault that is gone for good. */
    removeVault(vault: string): void {
      const prefix = keyOf(vault, '');
      for (const key of [...entries.keys()]) if (key.startsWith(prefix)) entries.delete(key);
    },
  };
}

export type Items<V extends Version> = ReturnType<typeof createItems<V>>;
