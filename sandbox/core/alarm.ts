import type { Clock } from './types.ts';

/** The longest that a timer of the platform waits. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls `ring` once, when the clock has reached a time: by waiting, or because the clock was moved.
 * @param at milliseconds since the epoch
 * @returns takes the alarm back
 */
export function alarm(clock: Clock, at: number, ring: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe = () => {};
  const cancel = () => {
    clearTimeout(timer);
    unsubscribe();
  };
  const look = () => {
    clearTimeout(timer);
    const left = at - clock.now();
    if (left <= 0) {
      cancel();
      ring();
    } else {
      timer = setTimeout(look, Math.min(left, LONGEST_MS));
      timer.unref();
    }
  };
  unsubscribe = clock.onChange(look);
  look();
  return cancel;
}
