import type { FunctionMetadata } from '../app/coreModule.ts';

/** A function's retry policy, as the programming model registers it. Durations in milliseconds. */
export interface RetryPolicy {
  /** -1: without end. */
  maxRetryCount: number;
  delayOf(retry: number): number;
}

interface Duration {
  seconds?: number | string;
  nanos?: number;
}

/**
 * The retry policy of a function's registration; undefined when it has none. A fixed delay, or one that doubles from
 * the minimum to the maximum.
 */
export function retryPolicy({ retryOptions }: FunctionMetadata): RetryPolicy | undefined {
  if (!retryOptions) return undefined;
  const { retryStrategy, maxRetryCount, delayInterval, minimumInterval, maximumInterval } = retryOptions as {
    retryStrategy: 'fixedDelay' | 'exponentialBackoff';
    maxRetryCount: number;
    delayInterval?: Duration;
    minimumInterval?: Duration;
    maximumInterval?: Duration;
  };
  const fixed = milliseconds(delayInterval);
  const [least, most] = [milliseconds(minimumInterval), milliseconds(maximumInterval)];
  return {
    maxRetryCount,
    delayOf: (retry) => (retryStrategy === 'fixedDelay' ? fixed : Math.min(most, least * 2 ** (retry - 1))),
  };
}

function milliseconds({ seconds = 0, nanos = 0 }: Duration = {}): number {
  return Number(seconds) * 1000 + nanos / 1e6;
}
