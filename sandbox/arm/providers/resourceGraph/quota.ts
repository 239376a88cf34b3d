import { ArmError } from '../../types.ts';

/** Queries of one principal in a window (learn.microsoft.com, guidance for throttled requests: 15 in 5 seconds). */
const QUERIES = 15;
const WINDOW_MS = 5000;

/** Counts each principal's queries. */
export function createQuota() {
  const windows = new Map<string, { start: number; used: number }>();
  return {
    /** Counts one query and gives the headers that say what is left. @throws ArmError 429 */
    take(principalId: string, now: number): Record<string, string> {
      const known = windows.get(principalId);
      const window = known && now - known.start < WINDOW_MS ? known : { start: now, used: 0 };
      windows.set(principalId, window);
      const seconds = Math.max(1, Math.ceil((window.start + WINDOW_MS - now) / 1000));
      if (window.used >= QUERIES) {
        throw new ArmError(
          429,
          'RateLimiting',
          'Please provide below info when asking for support: too many queries.',
          {
            headers: { 'Retry-After': String(seconds), ...left(0, seconds) },
          },
        );
      }
      window.used += 1;
      return left(QUERIES - window.used, seconds);
    },
  };
}

function left(remaining: number, seconds: number): Record<string, string> {
  return {
    'x-ms-user-quota-remaining': String(remaining),
    'x-ms-user-quota-resets-after': `00:00:${String(seconds).padStart(2, '0')}`,
  };
}
