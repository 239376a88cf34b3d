import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Database } from './database.ts';
import type { HistoryEvent } from './history.ts';

export const HISTORY_SCHEMA = `
create table if not exists history (seq integer primary key, instance text not null, events blob not null);
create index if not exists history_instance on history (instance, seq);
`;

/**
 * Histories: a row per turn with its events as JSON texts, separated by commas; a finished one is a single row,
 * compressed.
 */
export function historyRows(db: Database) {
  const clearHistory = (instance: string) => void db.run('delete from history where instance = ?', instance);
  const append = (instance: string, events: string | Buffer) =>
    void db.run('insert into history (instance, events) values (?, ?)', instance, events);
  /** The events of each turn. */
  const turns = (instance: string): string[] =>
    db
      .all<{ events: string | Uint8Array }>('select events from history where instance = ? order by seq', instance)
      .map(({ events }) => (typeof events === 'string' ? events : zstdDecompressSync(events).toString()));

  return {
    turns,
    history: (instance: string) => parseTurns(turns(instance)),
    appendTurn: (instance: string, events: string) => append(instance, events),
    /** Makes one compressed row of what is there; nothing is appended any more. */
    closeHistory(instance: string): void {
      const text = turns(instance).join(',');
      clearHistory(instance);
      append(instance, zstdCompressSync(text));
    },
    clearHistory,
  };
}

/** The events of turns as {@link historyRows} keeps them. */
export function parseTurns(turns: string[]): HistoryEvent[] {
  return JSON.parse(`[${turns.join(',')}]`) as HistoryEvent[];
}

/** A turn's events as {@link historyRows} keeps them. */
export function printTurn(events: HistoryEvent[]): string {
  return JSON.stringify(events).slice(1, -1);
}
