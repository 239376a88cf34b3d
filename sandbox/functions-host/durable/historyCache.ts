import type { HistoryEvent } from './history.ts';
import { parseTurns } from './historyRows.ts';

/** Characters of histories that are kept in memory; the others are read again. */
const MAX_CHARACTERS = 16 * 2 ** 20;

interface Entry {
  executionId: string;
  events: HistoryEvent[];
  /** The same, turn by turn, as the store keeps them. */
  turns: string[];
  characters: number;
}

/** Histories of instances that ran lately, so that a turn does not read and parse again what it wrote last time. */
export function createHistoryCache(readTurns: (instanceId: string) => string[]) {
  const entries = new Map<string, Entry>();
  let characters = 0;

  const drop = (instanceId: string): void => {
    characters -= entries.get(instanceId)?.characters ?? 0;
    entries.delete(instanceId);
  };
  return {
    get(instanceId: string, executionId: string): Entry {
      const entry = entries.get(instanceId);
      if (entry?.executionId === executionId) return entry;
      const turns = readTurns(instanceId);
      return { executionId, events: parseTurns(turns), turns, characters: turns.join('').length };
    },
    /** Keeps a history that was got, with one more turn. Those used last are kept longest. */
    keep(instanceId: string, entry: Entry, events: HistoryEvent[], text: string): void {
      drop(instanceId);
      for (const event of events) entry.events.push(event);
      entry.turns.push(text);
      entry.characters += text.length;
      entries.set(instanceId, entry);
      characters += entry.characters;
      for (const oldest of entries.keys()) {
        if (characters <= MAX_CHARACTERS) break;
        drop(oldest);
      }
    },
    drop,
  };
}
