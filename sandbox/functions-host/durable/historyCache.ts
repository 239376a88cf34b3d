import type { HistoryEvent } from './history.ts';

/** Instances whose history is kept in memory; the others are read again. */
const MAX_INSTANCES = 1000;

interface Entry {
  executionId: string;
  events: HistoryEvent[];
  /** The same as JSON text. */
  texts: string[];
}

/** Histories of instances that ran lately, so that a turn does not read and print again what it did last time. */
export function createHistoryCache(read: (instanceId: string) => HistoryEvent[]) {
  const entries = new Map<string, Entry>();
  return {
    get(instanceId: string, executionId: string): Entry {
      let entry = entries.get(instanceId);
      if (entry?.executionId !== executionId) {
        const events = read(instanceId);
        entry = { executionId, events, texts: events.map((event) => JSON.stringify(event)) };
      }
      // Last used is last in order.
      entries.delete(instanceId);
      entries.set(instanceId, entry);
      if (entries.size > MAX_INSTANCES) entries.delete(entries.keys().next().value!);
      return entry;
    },
    append(instanceId: string, events: HistoryEvent[]): void {
      const entry = entries.get(instanceId);
      if (!entry) return;
      for (const event of events) {
        entry.events.push(event);
        entry.texts.push(JSON.stringify(event));
      }
    },
    drop: (instanceId: string): void => void entries.delete(instanceId),
  };
}
