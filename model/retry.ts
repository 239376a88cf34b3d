import type { ErrorInfo } from './errors.ts';
import { ACTIVITY_TRIES, timing } from './timing.ts';

/**
 * Tries of one activity while Azure answers that too many requests come. It serves some of them meanwhile: ARM's buckets
 * fill up in 10 (reads) to 20 seconds, and hundreds of sessions may have been started at the same moment.
 */
const THROTTLED_TRIES = 10;

/** Milliseconds between two tries at most. */
const LONGEST_WAIT = 60_000;

/**
 * How long to wait before an activity that failed `tries` times is tried again, milliseconds. Undefined: its failure is
 * final.
 */
export function retryWait({ retryable, details }: ErrorInfo, tries: number): number | undefined {
  const most = details?.status === '429' ? THROTTLED_TRIES : ACTIVITY_TRIES;
  if (!retryable || tries >= most) return undefined;
  return Math.min(timing.retry * 2 ** (tries - 1), LONGEST_WAIT);
}
