import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Grows with each change of what a state folder holds that older programs would misread. */
const VERSION = 1;
const FILE = 'world.db';

/** A state folder that cannot be used, and why. */
export class StateError extends Error {
  override name = 'StateError';
}

/**
 * A map whose entries outlive the process. Values are plain JSON; one that was changed in place has to be `set` again.
 * In memory it holds all of them, so reading costs nothing.
 */
export type StoredMap<T> = Pick<Map<string, T>, 'get' | 'has' | 'size' | 'keys' | 'values' | 'entries' | 'forEach'> & {
  set(key: string, value: T): void;
  delete(key: string): boolean;
};

/** What a world remembers: named maps that its parts keep their facts in. */
export interface State {
  /** The map of that name, with what it held when the world last ran. Each name has one owner. */
  map<T>(name: string): StoredMap<T>;
  /** All writes of `work` together, or none of them on disk when it throws or the process ends in the middle. */
  transaction<R>(work: () => R): R;
  /** For parts whose facts are too large or too many for a map: their own tables. */
  database: DatabaseSync;
  close(): void;
}

/**
 * Opens the memory of a world.
 * @param folder where it stands, made when absent; undefined: in memory, gone with the process
 * @throws StateError when it cannot be made or written, another run has it, or a newer version made it
 */
export function openState(folder?: string): State {
  const database = openDatabase(folder);
  try {
    prepare(database, folder);
  } catch (error) {
    database.close();
    throw error;
  }
  const maps = new Map<string, StoredMap<unknown>>();
  const load = database.prepare('SELECT key, value FROM entries WHERE map = ? ORDER BY rowid');
  const put = database.prepare(
    'INSERT INTO entries (map, key, value) VALUES (?, ?, ?) ON CONFLICT (map, key) DO UPDATE SET value = excluded.value',
  );
  const remove = database.prepare('DELETE FROM entries WHERE map = ? AND key = ?');

  const open = (name: string): StoredMap<unknown> => {
    const rows = load.all(name) as { key: string; value: string }[];
    const values = new Map(rows.map(({ key, value }): [string, unknown] => [key, JSON.parse(value)]));
    return {
      get: (key) => values.get(key),
      has: (key) => values.has(key),
      keys: () => values.keys(),
      values: () => values.values(),
      entries: () => values.entries(),
      forEach: (callback) => values.forEach(callback),
      get size() {
        return values.size;
      },
      set(key, value) {
        put.run(name, key, JSON.stringify(value));
        values.set(key, value);
      },
      delete(key) {
        remove.run(name, key);
        return values.delete(key);
      },
    };
  };

  return {
    map<T>(name: string): StoredMap<T> {
      const found = maps.get(name) ?? open(name);
      maps.set(name, found);
      return found as StoredMap<T>;
    },
    transaction(work) {
      if (database.isTransaction) return work();
      database.exec('BEGIN');
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      }
    },
    database,
    close: () => database.close(),
  };
}

function openDatabase(folder: string | undefined): DatabaseSync {
  if (folder === undefined) return new DatabaseSync(':memory:');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 }); // keys lie in it
    return new DatabaseSync(join(folder, FILE));
  } catch (error) {
    throw new StateError(`The state folder ${folder} cannot be used: ${(error as Error).message}.`);
  }
}

/** Takes the folder for this process, checks its version and makes the tables. */
function prepare(database: DatabaseSync, folder: string | undefined): void {
  try {
    // The lock is the file's own: it goes with the process, however that ends.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    database.exec('BEGIN IMMEDIATE; COMMIT');
  } catch (error) {
    const { errstr } = error as { errstr?: string };
    if (errstr === 'database is locked') {
      throw new StateError(
        `The state folder ${folder} is in use by another run. Stop that one, or name another folder.`,
      );
    }
    throw new StateError(`The state folder ${folder} cannot be read: ${(error as Error).message}.`);
  }
  const { user_version: version } = database.prepare('PRAGMA user_version').get() as { user_version: number };
  if (version > VERSION) {
    throw new StateError(
      `The state folder ${folder} was made by a newer version (format ${version}; this one knows up to ${VERSION}). ` +
        'Use that version, or name another folder.',
    );
  }
  database.exec(
    `CREATE TABLE IF NOT EXISTS entries (map TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (map, key));
     PRAGMA user_version = ${VERSION}`,
  );
}
