import type { Logger } from '../log.ts';

const RETRY_AFTER_ERROR_MS = 1000;

export interface Dispatcher {
  /** There is work for this key. */
  poke(key: string): void;
}

/**
 * Runs `run(key)` for keys that have work: one at a time for a key, `limit` keys at once. Turns start from the event
 * loop, never from within each other, so that requests and activities get their share.
 */
export function createDispatcher(limit: number, run: (key: string) => Promise<void>, log: Logger): Dispatcher {
  const ready = new Set<string>();
  const active = new Set<string>();
  let scheduled = false;

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(pump);
  };
  const poke = (key: string) => {
    ready.add(key);
    schedule();
  };
  const turn = async (key: string) => {
    try {
      await run(key);
    } catch (error) {
      // Not the app's error, that is a result: the host's own. The message stays where it is and is tried again.
      log('critical', `Turn of ${key} broke off: ${(error as Error).stack}`, { category: 'Host.Durable' });
      setTimeout(poke, RETRY_AFTER_ERROR_MS, key).unref();
    }
    active.delete(key);
    if (ready.size > 0) schedule();
  };
  const pump = () => {
    scheduled = false;
    for (const key of ready) {
      if (active.size >= limit) return;
      if (active.has(key)) continue;
      ready.delete(key);
      active.add(key);
      void turn(key);
    }
  };
  return { poke };
}
