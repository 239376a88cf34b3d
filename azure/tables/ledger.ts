import { createHash } from 'node:crypto';
import type { Table } from './table.ts';

/** What a session can leave behind. `export`: a SAS on a snapshot or disk. `machine`: a worker that runs. */
export type LedgerKind = 'snapshot' | 'export' | 'disk' | 'queue' | 'runCommand' | 'machine';

/**
 * What exists for a session only. Written before the thing is made and struck off after it is removed (or handed over),
 * so that whatever a dead session left is found here.
 */
export interface Ledger {
  write(session: string, kind: LedgerKind, ...targets: string[]): Promise<void>;
  strike(session: string, kind: LedgerKind, ...targets: string[]): Promise<void>;
}

export function createLedger(table: Table, now: () => string): Ledger {
  return {
    async write(session, kind, ...targets) {
      await Promise.all(
        targets.map((target) => table.merge(session, rowKey(kind, target), { kind, target, written: now() })),
      );
    },
    async strike(session, kind, ...targets) {
      await Promise.all(targets.map((target) => table.delete(session, rowKey(kind, target))));
    },
  };
}

/** Table keys take no `/`, which ids and URLs are full of. */
function rowKey(kind: LedgerKind, target: string): string {
  return `${kind}-${createHash('sha256').update(target.toLowerCase()).digest('hex').slice(0, 32)}`;
}
