import type { Clock } from './types.ts';

/** The sandbox's clock: real time plus an offset that {@link Clock.advance} moves. Starts at real time. */
export function createClock(): Clock {
  const listeners = new Set<(offset: number) => void>();
  let offset = 0;
  const now = () => Date.now() + offset;
  return {
    now,
    iso: () => new Date(now()).toISOString(),
    advance(ms) {
      offset += ms;
      for (const listener of [...listeners]) listener(offset);
    },
    get offset() {
      return offset;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
