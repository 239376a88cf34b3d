import type { Faults } from '../../sandbox/core/faults.ts';
import { subscriptions } from './plan.ts';

const SECOND = 1000;
const methods = { reads: ['GET', 'HEAD'], writes: ['PUT', 'PATCH', 'POST'], deletes: ['DELETE'] };

export type Rates = Record<keyof typeof methods, number>;

/**
 * Watches how many requests the appliance sends to ARM in a second at most, by what one of ARM's buckets counts: those of
 * one kind to one subscription. Counts by faults that only match.
 */
export function watchRates(faults: Faults): { stop(): Rates } {
  const counters = Object.entries(methods).flatMap(([kind, names]) =>
    subscriptions.map(({ subscriptionId }) => {
      const path = new RegExp(`^/subscriptions/${subscriptionId}/`, 'i');
      const watched = names.map((method) =>
        faults.add({ caller: 'functions:*', host: 'management.azure.com', method, path, times: Infinity, delayMs: 0 }),
      );
      const hits = () => watched.reduce((sum, one) => sum + one.hits, 0);
      return { kind: kind as keyof Rates, watched, hits, before: 0 };
    }),
  );
  const highest: Rates = { reads: 0, writes: 0, deletes: 0 };
  const look = () => {
    for (const counter of counters) {
      const now = counter.hits();
      highest[counter.kind] = Math.max(highest[counter.kind], now - counter.before);
      counter.before = now;
    }
  };
  const timer = setInterval(look, SECOND);
  return {
    stop() {
      clearInterval(timer);
      look();
      for (const { watched } of counters) watched.forEach((one) => one.remove());
      return highest;
    },
  };
}
