import type { SQLInputValue } from 'node:sqlite';
import type { Database } from './database.ts';

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

export interface InstanceFilter {
  createdFrom?: number;
  createdTo?: number;
  statuses?: string[];
  prefix?: string;
  after?: string;
  limit: number;
}

export const INSTANCES_SCHEMA = `
create table if not exists instances (
  id text primary key, execution text not null, name text not null, version text, status text not null, input text,
  output text, custom_status text, created_at integer not null, updated_at integer not null, parent text
);
`;

const COLUMNS = `id as instanceId, execution as executionId, name, version, status, input, output,
  custom_status as customStatus, created_at as createdAt, updated_at as updatedAt, parent`;

/** The instances of a task hub; ended ones stay until they are purged. */
export function instanceRows(db: Database) {
  return {
    instance(id: string): Instance | undefined {
      const row = db.get<InstanceRow>(`select ${COLUMNS} from instances where id = ?`, id);
      return row && fromRow(row);
    },
    instances(filter: InstanceFilter): Instance[] {
      const { sql, values } = where(filter);
      const query = `select ${COLUMNS} from instances where ${sql} order by id limit ?`;
      return db.all<InstanceRow>(query, ...values, filter.limit).map(fromRow);
    },
    putInstance(one: Instance): void {
      db.run(
        `insert into instances values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         on conflict (id) do update set execution = excluded.execution, name = excluded.name, version = excluded.version,
         status = excluded.status, input = excluded.input, output = excluded.output,
         custom_status = excluded.custom_status, created_at = excluded.created_at, updated_at = excluded.updated_at,
         parent = excluded.parent`,
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
  };
}

type InstanceRow = Omit<Instance, 'parent'> & { parent: string | null };

function fromRow(row: InstanceRow): Instance {
  return { ...row, parent: row.parent === null ? null : (JSON.parse(row.parent) as Parent) };
}

function where(filter: InstanceFilter): { sql: string; values: SQLInputValue[] } {
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
