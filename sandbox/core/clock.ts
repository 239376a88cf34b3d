import type { StoredMap } from './state.ts';
import type { Clock } from './types.ts';

const OFFSET = 'offset';
/** What `Date` can hold, in milliseconds to both sides of 1970. */
const LIMIT = 8.64e15;

/**
 * The sandbox's clock: real time plus an offset that {@link Clock.advance} and {@link Clock.set} move.
 * @param kept where the offset outlives the process; it is real time plus that offset again when the world is reopened
 */
export function createClock(kept?: StoredMap<number>): Clock {
  const listeners = new Set<(offset: number) => void>();
  let offset = kept?.get(OFFSET) ?? 0;
  const now = () => Date.now() + offset;
  const move = (to: number) => {
    if (!(Math.abs(Date.now() + to) <= LIMIT))
      throw new RangeError('The clock cannot be moved to a time without a date.');
    offset = to;
    kept?.set(OFFSET, offset);
    for (const listener of [...listeners]) listener(offset);
  };
  return {
    now,
    iso: () => new Date(now()).toISOString(),
    advance: (ms) => move(offset + ms),
    set(iso) {
      const time = Date.parse(iso);
      if (Number.isNaN(time)) throw new RangeError(`"${iso}" is no time: give one as 2027-03-01T12:00:00Z.`);
      move(time - Date.now());
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
