import type { EntityMessage } from './actions.ts';
import type { Database } from './database.ts';

export interface Entity {
  id: string;
  /** JSON text. */
  state: string | null;
  updatedAt: number;
}

export interface EntityFilter {
  /** Of the ids. */
  prefix: string;
  updatedFrom?: number;
  updatedTo?: number;
  after?: string;
  limit: number;
}

export const ENTITIES_SCHEMA = `
create table if not exists entities (id text primary key, state text, updated_at integer not null);
create table if not exists entity_locks (id text primary key, owner text not null);
create table if not exists scheduled (
  seq integer primary key, target text not null, due integer not null, body text not null
);
create index if not exists scheduled_due on scheduled (due);
`;

/** Entities, the locks on them, and signals that were sent for later. */
export function entityRows(db: Database) {
  return {
    entity(id: string): Entity | undefined {
      return db.get<Entity>('select id, state, updated_at as updatedAt from entities where id = ?', id);
    },
    entities({
      prefix,
      updatedFrom = 0,
      updatedTo = Number.MAX_SAFE_INTEGER,
      after = '',
      limit,
    }: EntityFilter): Entity[] {
      const sql = `select id, state, updated_at as updatedAt from entities
        where substr(id, 1, ?) = ? and updated_at >= ? and updated_at <= ? and id > ? order by id limit ?`;
      return db.all<Entity>(sql, prefix.length, prefix, updatedFrom, updatedTo, after, limit);
    },
    putEntity(entity: Entity): void {
      db.run('insert or replace into entities values (?, ?, ?)', entity.id, entity.state, entity.updatedAt);
    },
    /** @returns false when it was not there */
    deleteEntity(id: string): boolean {
      return db.run('delete from entities where id = ?', id) > 0;
    },

    /** The orchestration that holds an entity's lock. */
    lockOwner(id: string): string | undefined {
      return db.get<{ owner: string }>('select owner from entity_locks where id = ?', id)?.owner;
    },
    setLockOwner(id: string, owner: string | undefined): void {
      if (owner === undefined) db.run('delete from entity_locks where id = ?', id);
      else db.run('insert or replace into entity_locks values (?, ?)', id, owner);
    },

    schedule(target: string, due: number, message: EntityMessage): void {
      const sql = 'insert into scheduled (target, due, body) values (?, ?, ?)';
      db.run(sql, target, due, JSON.stringify(message));
    },
    nextScheduled(): number | undefined {
      return db.get<{ due: number | null }>('select min(due) as due from scheduled')?.due ?? undefined;
    },
    /** Delivers what is due. @returns who got something */
    deliverScheduled(now: number): string[] {
      const due = db.all<{ target: string }>('select target from scheduled where due <= ?', now);
      const sql =
        'insert into inbox (target, body) select target, body from scheduled where due <= ? order by due, seq';
      db.run(sql, now);
      db.run('delete from scheduled where due <= ?', now);
      return due.map((row) => row.target);
    },
  };
}
