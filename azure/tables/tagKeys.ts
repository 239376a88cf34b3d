import type { Table } from './table.ts';

/** A key that snapshot tags are sealed with, as it is kept: wrapped by Key Vault. */
export interface SealedTagKey {
  id: string;
  sealedKey: string;
  /** ISO 8601 UTC. */
  made: string;
}

const PARTITION = 'snapshot-tags';

/** The keys of snapshot tags. None is ever removed: tags stay as long as their snapshots. */
export interface TagKeyTable {
  list(): Promise<SealedTagKey[]>;
  /** No change when there is one of that id. */
  add(key: SealedTagKey): Promise<void>;
}

export function createTagKeyTable(table: Table): TagKeyTable {
  return {
    async list() {
      const rows = await table.list(PARTITION);
      return rows.map(({ rowKey, sealedKey, made }) => ({
        id: String(rowKey),
        sealedKey: String(sealedKey),
        made: String(made),
      }));
    },
    async add({ id, sealedKey, made }) {
      await table.insert(PARTITION, id, { sealedKey, made });
    },
  };
}
