import { odata, TableClient, type TableEntity } from '@azure/data-tables';
import { StrongroomError } from '../../model/errors.ts';
import type { TokenCredential } from '../credential.ts';
import { storageCall, storageError } from '../storageErrors.ts';

/** A row: `partitionKey`, `rowKey` and flat properties. Objects travel as JSON text (see {@link packed}). */
export type Row = Record<string, unknown>;

/** One Azure table. Errors as {@link storageError} gives them. */
export interface Table {
  find(partition: string, row: string): Promise<(Row & { etag: string }) | undefined>;
  /** Rows of a partition, in row-key order. */
  list(partition: string): Promise<Row[]>;
  /** Adds properties to a row, which is made when absent. Others stay. */
  merge(partition: string, row: string, values: Row): Promise<void>;
  /** Like `merge`, for an existing row that nobody changed since it was read. @throws ALREADY_EXISTS when somebody did */
  mergeIf(partition: string, row: string, values: Row, etag: string): Promise<void>;
  /** Makes a row; false when it is there already. */
  insert(partition: string, row: string, values: Row): Promise<boolean>;
  /** No error when it is gone. */
  delete(partition: string, row: string): Promise<void>;
}

/** Opens a table, which is created at its first use. `url`: `https://{account}.table.core.windows.net` */
export function openTable(url: string, name: string, credential: TokenCredential): Table {
  const client = new TableClient(url, name, credential);
  let made: Promise<void> | undefined;
  const ensure = async () => {
    made ??= client.createTable();
    try {
      await made;
    } catch (error) {
      made = undefined;
      throw error;
    }
  };
  const call = <T>(verb: string, run: () => Promise<T>) =>
    storageCall(`${verb} table ${name}`, async () => {
      await ensure();
      return run();
    });
  return {
    async find(partition, row) {
      try {
        return await call('read', async () => client.getEntity<Row & { etag: string }>(partition, row));
      } catch (error) {
        if (error instanceof StrongroomError && error.code === 'NOT_FOUND') return undefined;
        throw error;
      }
    },
    list: (partition) =>
      call('list', async () => {
        const rows: Row[] = [];
        const filter = odata`PartitionKey eq ${partition}`;
        for await (const row of client.listEntities<Row>({ queryOptions: { filter } })) rows.push(row);
        return rows;
      }),
    merge: (partition, row, values) =>
      call('write', async () => void (await client.upsertEntity(entity(partition, row, values), 'Merge'))),
    mergeIf: (partition, row, values, etag) =>
      call('write', async () => void (await client.updateEntity(entity(partition, row, values), 'Merge', { etag }))),
    async insert(partition, row, values) {
      try {
        await call('write', () => client.createEntity(entity(partition, row, values)));
        return true;
      } catch (error) {
        const failure = storageError(error, `write table ${name}`);
        if (failure.code === 'ALREADY_EXISTS') return false;
        throw failure;
      }
    },
    async delete(partition, row) {
      try {
        await call('delete from', () => client.deleteEntity(partition, row));
      } catch (error) {
        if (!(error instanceof StrongroomError) || error.code !== 'NOT_FOUND') throw error;
      }
    },
  };
}

function entity(partitionKey: string, rowKey: string, values: Row): TableEntity<Row> {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined);
  return { partitionKey, rowKey, ...Object.fromEntries(kept) };
}

/**
 * A domain object as a row's properties: text and flags as they are, all else as JSON text (tables know no
 * objects, and their integers end at 32 bits).
 */
export function packed(value: object): Row {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(([name, field]) => [
        name,
        typeof field === 'string' || typeof field === 'boolean' ? field : JSON.stringify(field),
      ]),
  );
}

/** The other way: `json` names the properties that {@link packed} made JSON of. */
export function unpacked<T>(row: Row, json: readonly string[]): T {
  const { partitionKey: _p, rowKey: _r, etag: _e, timestamp: _t, ...fields } = row;
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !name.startsWith('odata'))
      .map(([name, value]) => [name, json.includes(name) ? (JSON.parse(String(value)) as unknown) : value]),
  ) as T;
}
