import { openDatabase } from './database.ts';
import { ENTITIES_SCHEMA, entityRows } from './entityRows.ts';
import { HISTORY_SCHEMA, historyRows } from './historyRows.ts';
import { INSTANCES_SCHEMA, instanceRows } from './instanceRows.ts';

export type { Instance, InstanceFilter, Parent } from './instanceRows.ts';

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

export type Store = ReturnType<typeof openStore>;

const SCHEMA = `
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
`;

/**
 * A task hub in an SQLite file. Nothing stays in it but what can still matter: messages, timers and activities go in the
 * transaction that takes them in, an execution's history when the next one begins.
 * @throws TaskHubError when the file cannot be used
 */
export function openStore(file: string) {
  const db = openDatabase(file, INSTANCES_SCHEMA + HISTORY_SCHEMA + ENTITIES_SCHEMA + SCHEMA);
  const instances = instanceRows(db);
  const history = historyRows(db);
  return {
    ...instances,
    ...history,
    ...entityRows(db),
    /** Several writes as one, now. */
    transaction: db.transaction,
    /** Several writes as one, together with those of others: {@link createGroupCommit}. */
    commit: db.commit,
    reclaim: db.reclaim,
    close: db.close,

    /** Removes an instance and all that hangs on it. */
    deleteInstance(id: string): void {
      db.run('delete from instances where id = ?', id);
      for (const table of ['history', 'timers', 'activities']) db.run(`delete from ${table} where instance = ?`, id);
      db.run('delete from inbox where target = ?', id);
    },

    send(target: string, executionId: string | null, body: object): void {
      const sql = 'insert into inbox (target, execution, body) values (?, ?, ?)';
      db.run(sql, target, executionId, JSON.stringify(body));
    },
    /** Messages that are read before all that wait. */
    sendFirst(target: string, messages: { executionId: string | null; body: object }[]): void {
      const first = db.get<{ seq: number | null }>('select min(seq) as seq from inbox')?.seq ?? 1;
      const sql = 'insert into inbox (seq, target, execution, body) values (?, ?, ?, ?)';
      messages.forEach(({ executionId, body }, index) =>
        db.run(sql, first - messages.length + index, target, executionId, JSON.stringify(body)),
      );
    },
    messages(target: string, limit: number): Message[] {
      const sql = 'select seq, execution as executionId, body from inbox where target = ? order by seq limit ?';
      return db.all<Message>(sql, target, limit);
    },
    deleteMessages(target: string, upTo: number): void {
      db.run('delete from inbox where target = ? and seq <= ?', target, upTo);
    },
    deleteMessage(seq: number): void {
      db.run('delete from inbox where seq = ?', seq);
    },
    /** Everyone with unread messages. */
    targets(): string[] {
      return db.all<{ target: string }>('select distinct target from inbox').map((row) => row.target);
    },

    addTimer(instance: string, executionId: string, taskId: number, due: number): void {
      db.run('insert into timers values (?, ?, ?, ?)', instance, executionId, taskId, due);
    },
    nextTimer(): number | undefined {
      return db.get<{ due: number | null }>('select min(due) as due from timers')?.due ?? undefined;
    },
    dueTimers(now: number): { instanceId: string; executionId: string; taskId: number; due: number }[] {
      const columns = 'instance as instanceId, execution as executionId, task as taskId, due';
      return db.all(`select ${columns} from timers where due <= ? order by due`, now);
    },
    deleteDueTimers(now: number): void {
      db.run('delete from timers where due <= ?', now);
    },
    clearTimers(instance: string): void {
      db.run('delete from timers where instance = ?', instance);
    },

    /** @returns the task's number */
    addActivity(task: Omit<ActivityTask, 'seq'>): number {
      const sql = 'insert into activities (instance, execution, task, name, input) values (?, ?, ?, ?, ?)';
      const { instanceId, executionId, taskId, name, input } = task;
      return db.insert(sql, instanceId, executionId, taskId, name, input);
    },
    activities(): ActivityTask[] {
      const columns = 'seq, instance as instanceId, execution as executionId, task as taskId, name, input';
      return db.all<ActivityTask>(`select ${columns} from activities order by seq`);
    },
    /** @returns false when it was gone already */
    deleteActivity(seq: number): boolean {
      return db.run('delete from activities where seq = ?', seq) > 0;
    },
  };
}
