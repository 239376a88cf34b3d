import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

const statements = Object.getPrototypeOf(new DatabaseSync(':memory:').prepare('SELECT 1')) as StatementSync;

/**
 * Lets a number of writes come to the database and loses all later ones, as a process does that is killed in between;
 * a transaction that was open then is lost as a whole.
 */
export function killAfter(writes: number): { writes: () => number; restore: () => void } {
  const { exec } = DatabaseSync.prototype;
  const { run } = statements;
  let count = 0;
  statements.run = function (this: StatementSync, ...values: Parameters<StatementSync['run']>) {
    count += 1;
    return count > writes ? { changes: 0, lastInsertRowid: 0 } : run.apply(this, values);
  } as StatementSync['run'];
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql) {
    exec.call(this, sql === 'COMMIT' && count > writes ? 'ROLLBACK' : sql);
  };
  return {
    writes: () => count,
    restore() {
      statements.run = run;
      DatabaseSync.prototype.exec = exec;
    },
  };
}
