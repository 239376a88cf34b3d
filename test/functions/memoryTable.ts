import { StrongroomError } from '../../model/errors.ts';
import type { Row, Table } from '../../azure/tables/table.ts';

/** A table in memory, with ETags. `rows` shows everything that was ever written: tests look for secrets in it. */
export function memoryTable(written: string[] = []): Table {
  const rows = new Map<string, { partition: string; row: string; values: Row; etag: number }>();
  const at = (partition: string, row: string) => `${partition}\n${row}`;
  const write = (partition: string, row: string, values: Row) => {
    for (const key of [partition, row]) if (/[/\\#?]/.test(key)) throw new Error(`"${key}" is no table key`);
    const key = at(partition, row);
    const kept = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
    written.push(JSON.stringify(kept));
    const old = rows.get(key);
    rows.set(key, { partition, row, values: { ...old?.values, ...kept }, etag: (old?.etag ?? 0) + 1 });
  };
  return {
    async find(partition, row) {
      const found = rows.get(at(partition, row));
      return found && { partitionKey: partition, rowKey: row, ...found.values, etag: String(found.etag) };
    },
    async list(partition) {
      const found = [...rows.values()].filter((each) => each.partition === partition);
      return found.map(({ row, values }) => ({ partitionKey: partition, rowKey: row, ...values }));
    },
    async merge(partition, row, values) {
      write(partition, row, values);
    },
    async mergeIf(partition, row, values, etag) {
      const present = rows.get(at(partition, row));
      if (etag !== '*' && String(present?.etag) !== etag)
        throw new StrongroomError('ALREADY_EXISTS', 'changed meanwhile');
      write(partition, row, values);
    },
    async insert(partition, row, values) {
      if (rows.has(at(partition, row))) return false;
      write(partition, row, values);
      return true;
    },
    async delete(partition, row) {
      rows.delete(at(partition, row));
    },
  };
}
