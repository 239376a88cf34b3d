import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { createGroupCommit } from './groupCommit.ts';

/** Grows with each change of the tables that an older or newer host would misread. */
const VERSION = 1;
/** Free pages (of 4 KiB) are given back to the file system when they are that many, and a quarter of the file. */
const RECLAIM_PAGES = 256;
/** Pages given back at once: some milliseconds. */
const RECLAIM_AT_ONCE = 2000;

/** A task hub's file that cannot be used, and why. */
export class TaskHubError extends Error {
  override name = 'TaskHubError';
}

export type Database = ReturnType<typeof openDatabase>;

/**
 * An SQLite file, with statements prepared once. Reads and writes are synchronous.
 *
 * WAL with `synchronous = normal`: a commit is one write() to the log, without fsync. A killed process loses nothing by
 * that, because the written pages are the kernel's; only a crash of the machine could lose the last commits, and then
 * to a consistent earlier state. What is synced is the checkpoint, once in 4,000 pages (16 MB).
 * @throws TaskHubError when another host has the file, or another version made it
 */
export function openDatabase(file: string, schema: string) {
  const db = new DatabaseSync(file);
  try {
    prepare(db, file, schema);
  } catch (error) {
    db.close();
    throw error;
  }
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    let found = prepared.get(sql);
    if (!found) prepared.set(sql, (found = db.prepare(sql)));
    return found;
  };
  const get = <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).get(...values) as Row | undefined;
  const pragma = (name: string) => get<Record<string, number>>(`pragma ${name}`)![name]!;

  /** Makes the changes of `work` one: all of them, or none when it throws or the process ends in the middle. */
  const transaction = <T>(work: () => T): T => {
    db.exec('begin immediate');
    try {
      const result = work();
      db.exec('commit');
      return result;
    } catch (error) {
      db.exec('rollback');
      throw error;
    }
  };
  /** Gives free pages back to the file system when there are many. To be called now and then. */
  const reclaim = (): void => {
    const free = pragma('freelist_count');
    if (free < RECLAIM_PAGES || free * 4 < pragma('page_count')) return;
    db.exec(`pragma incremental_vacuum(${RECLAIM_AT_ONCE}); pragma wal_checkpoint(truncate)`);
  };
  reclaim();
  return {
    transaction,
    commit: createGroupCommit(transaction),
    get,
    all: <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).all(...values) as Row[],
    /** @returns how many rows changed */
    run: (sql: string, ...values: SQLInputValue[]) => Number(statement(sql).run(...values).changes),
    /** @returns the new row's number */
    insert: (sql: string, ...values: SQLInputValue[]) => Number(statement(sql).run(...values).lastInsertRowid),
    reclaim,
    close: () => db.close(),
  };
}

/** Takes the file for this process, checks its version and makes the tables. */
function prepare(db: DatabaseSync, file: string, schema: string): void {
  try {
    // The lock is the file's own: it goes with the process, however that ends.
    db.exec('pragma locking_mode = exclusive; pragma auto_vacuum = incremental; pragma journal_mode = wal');
    db.exec('pragma synchronous = normal; pragma wal_autocheckpoint = 4000; pragma journal_size_limit = 0');
    db.exec('begin immediate; commit; pragma wal_checkpoint(truncate)');
  } catch (error) {
    const why =
      (error as { errstr?: string }).errstr === 'database is locked'
        ? 'is in use by another host. Stop that one, or use another state folder'
        : `cannot be read: ${(error as Error).message}`;
    throw new TaskHubError(`The task hub ${file} ${why}.`);
  }
  const { user_version: version } = db.prepare('pragma user_version').get() as { user_version: number };
  const { tables } = db.prepare('select count(*) as tables from sqlite_schema').get() as { tables: number };
  if (version !== VERSION && tables > 0) {
    const age = version > VERSION ? 'a newer' : 'an older';
    throw new TaskHubError(
      `The task hub ${file} was made by ${age} version (format ${version}; this one is ${VERSION}). ` +
        'Use that version, or another state folder.',
    );
  }
  db.exec(`begin; ${schema}; pragma user_version = ${VERSION}; commit`);
}
