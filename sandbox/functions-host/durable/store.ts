import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import type { HistoryEvent } from './history.ts';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

/** Where an orchestration's end is reported. */
export interface Parent {
  instanceId: string;
  executionId: string;
  name: string;
  taskId: number;
}

/** An orchestration instance. `input`, `output` and `customStatus` are JSON text, times are milliseconds. */
export interface Instance {
  instanceId: string;
  executionId: string;
  name: string;
  version: string | null;
  status: RuntimeStatus;
  input: string | null;
  output: string | null;
  customStatus: string | null;
  createdAt: number;
  updatedAt: number;
  parent: Parent | null;
}

/** A message to an orchestration (a history event) or an entity (a request). `executionId`: for that execution only. */
export interface Message {
  seq: number;
  executionId: string | null;
  body: string;
}

export interface ActivityTask {
  seq: number;
  instanceId: string;
  executionId: string;
  taskId: number;
  name: string;
  /** JSON text; null: none. */
  input: string | null;
}

export interface Entity {
  id: string;
  state: string | null;
  updatedAt: number;
}

export interface InstanceFilter {
  createdFrom?: number;
  createdTo?: number;
  statuses?: string[];
  prefix?: string;
  after?: string;
  limit: number;
}

export type Store = ReturnType<typeof openStore>;

const SCHEMA = `
create table if not exists instances (
  id text primary key, execution text not null, name text not null, version text, status text not null, input text,
  output text, custom_status text, created_at integer not null, updated_at integer not null, parent text
) without rowid;
create table if not exists history (
  instance text not null, seq integer not null, event text not null, primary key (instance, seq)
) without rowid;
create table if not exists inbox (
  seq integer primary key autoincrement, target text not null, execution text, body text not null
);
create index if not exists inbox_target on inbox (target, seq);
create table if not exists timers (
  instance text not null, execution text not null, task integer not null, due integer not null,
  primary key (instance, execution, task)
) without rowid;
create index if not exists timers_due on timers (due);
create table if not exists activities (
  seq integer primary key autoincrement, instance text not null, execution text not null, task integer not null,
  name text not null, input text
);
create index if not exists activities_instance on activities (instance);
create table if not exists entities (id text primary key, state text, updated_at integer not null) without rowid;
`;

const INSTANCE_COLUMNS = `id as instanceId, execution as executionId, name, version, status, input, output,
  custom_status as customStatus, created_at as createdAt, updated_at as updatedAt, parent`;

/**
 * A task hub in an SQLite file. Reads and writes are synchronous; {@link Store.transaction} makes several writes one.
 *
 * WAL with `synchronous = normal`: a commit is one write() to the log, without fsync. A killed process loses nothing by
 * that, because the written pages are the kernel's; only a crash of the machine could lose the last commits, and then
 * to a consistent earlier state. What is synced is the checkpoint, once in 10,000 pages (40 MB).
 */
export function openStore(file: string) {
  const db = new DatabaseSync(file);
  db.exec('pragma journal_mode = wal; pragma synchronous = normal; pragma wal_autocheckpoint = 10000;');
  db.exec(SCHEMA);
  const prepared = new Map<string, StatementSync>();
  const statement = (sql: string) => {
    let found = prepared.get(sql);
    if (!found) prepared.set(sql, (found = db.prepare(sql)));
    return found;
  };
  const run = (sql: string, ...values: SQLInputValue[]) => Number(statement(sql).run(...values).changes);
  const all = <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).all(...values) as Row[];
  const get = <Row>(sql: string, ...values: SQLInputValue[]) => statement(sql).get(...values) as Row | undefined;

  return {
    transaction<T>(work: () => T): T {
      db.exec('begin immediate');
      try {
        const result = work();
        db.exec('commit');
        return result;
      } catch (error) {
        db.exec('rollback');
        throw error;
      }
    },
    close: () => db.close(),

    instance(id: string): Instance | undefined {
      const row = get<InstanceRow>(`select ${INSTANCE_COLUMNS} from instances where id = ?`, id);
      return row && fromRow(row);
    },
    instances(filter: InstanceFilter): Instance[] {
      const { sql, values } = instanceWhere(filter);
      const query = `select ${INSTANCE_COLUMNS} from instances where ${sql} order by id limit ?`;
      return all<InstanceRow>(query, ...values, filter.limit).map(fromRow);
    },
    putInstance(one: Instance): void {
      run(
        'insert or replace into instances values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        one.instanceId,
        one.executionId,
        one.name,
        one.version,
        one.status,
        one.input,
        one.output,
        one.customStatus,
        one.createdAt,
        one.updatedAt,
        one.parent && JSON.stringify(one.parent),
      );
    },
    /** Removes an instance and all that hangs on it. */
    deleteInstance(id: string): void {
      run('delete from instances where id = ?', id);
      for (const table of ['history', 'timers', 'activities']) run(`delete from ${table} where instance = ?`, id);
      run('delete from inbox where target = ?', id);
    },

    history(instance: string): HistoryEvent[] {
      const rows = all<{ event: string }>('select event from history where instance = ? order by seq', instance);
      return rows.map((row) => JSON.parse(row.event) as HistoryEvent);
    },
    appendHistory(instance: string, from: number, events: HistoryEvent[]): void {
      const sql = 'insert into history values (?, ?, ?)';
      events.forEach((event, index) => run(sql, instance, from + index, JSON.stringify(event)));
    },
    clearHistory(instance: string): void {
      run('delete from history where instance = ?', instance);
    },

    send(target: string, executionId: string | null, body: object): void {
      const sql = 'insert into inbox (target, execution, body) values (?, ?, ?)';
      run(sql, target, executionId, JSON.stringify(body));
    },
    messages(target: string, limit: number): Message[] {
      const sql = 'select seq, execution as executionId, body from inbox where target = ? order by seq limit ?';
      return all<Message>(sql, target, limit);
    },
    deleteMessages(target: string, upTo: number): void {
      run('delete from inbox where target = ? and seq <= ?', target, upTo);
    },
    /** Everyone with unread messages. */
    targets(): string[] {
      return all<{ target: string }>('select distinct target from inbox').map((row) => row.target);
    },

    addTimer(instance: string, executionId: string, taskId: number, due: number): void {
      run('insert into timers values (?, ?, ?, ?)', instance, executionId, taskId, due);
    },
    nextTimer(): number | undefined {
      return get<{ due: number | null }>('select min(due) as due from timers')?.due ?? undefined;
    },
    dueTimers(now: number): { instanceId: string; executionId: string; taskId: number; due: number }[] {
      const columns = 'instance as instanceId, execution as executionId, task as taskId, due';
      return all(`select ${columns} from timers where due <= ? order by due`, now);
    },
    deleteDueTimers(now: number): void {
      run('delete from timers where due <= ?', now);
    },
    clearTimers(instance: string): void {
      run('delete from timers where instance = ?', instance);
    },

    /** @returns the task's number */
    addActivity(task: Omit<ActivityTask, 'seq'>): number {
      const sql = 'insert into activities (instance, execution, task, name, input) values (?, ?, ?, ?, ?)';
      const { instanceId, executionId, taskId, name, input } = task;
      return Number(statement(sql).run(instanceId, executionId, taskId, name, input).lastInsertRowid);
    },
    activities(): ActivityTask[] {
      const columns = 'seq, instance as instanceId, execution as executionId, task as taskId, name, input';
      return all<ActivityTask>(`select ${columns} from activities order by seq`);
    },
    /** @returns false when it was gone already */
    deleteActivity(seq: number): boolean {
      return run('delete from activities where seq = ?', seq) > 0;
    },

    entity(id: string): Entity | undefined {
      return get<Entity>('select id, state, updated_at as updatedAt from entities where id = ?', id);
    },
    entities(prefix: string): Entity[] {
      const sql = 'select id, state, updated_at as updatedAt from entities where substr(id, 1, ?) = ? order by id';
      return all<Entity>(sql, prefix.length, prefix);
    },
    putEntity(entity: Entity): void {
      run('insert or replace into entities values (?, ?, ?)', entity.id, entity.state, entity.updatedAt);
    },
    deleteEntity(id: string): void {
      run('delete from entities where id = ?', id);
    },
  };
}

type InstanceRow = Omit<Instance, 'parent'> & { parent: string | null };

function fromRow(row: InstanceRow): Instance {
  return { ...row, parent: row.parent === null ? null : (JSON.parse(row.parent) as Parent) };
}

function instanceWhere(filter: InstanceFilter): { sql: string; values: SQLInputValue[] } {
  const parts: [string, SQLInputValue[]][] = [['1 = 1', []]];
  if (filter.createdFrom !== undefined) parts.push(['created_at >= ?', [filter.createdFrom]]);
  if (filter.createdTo !== undefined) parts.push(['created_at <= ?', [filter.createdTo]]);
  if (filter.prefix) parts.push(['substr(id, 1, ?) = ?', [filter.prefix.length, filter.prefix]]);
  if (filter.after !== undefined) parts.push(['id > ?', [filter.after]]);
  if (filter.statuses?.length) {
    parts.push([`status in (${filter.statuses.map(() => '?').join(', ')})`, filter.statuses]);
  }
  return { sql: parts.map(([sql]) => sql).join(' and '), values: parts.flatMap(([, values]) => values) };
}
