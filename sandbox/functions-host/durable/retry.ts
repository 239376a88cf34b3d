import type { RetryOptions } from './actions.ts';
import { EventType, type HistoryEvent } from './history.ts';
import type { Settle, Tasks } from './tasks.ts';
import { traps } from './traps.ts';

/** The extension's default for the longest wait between attempts. */
const DEFAULT_MAX_INTERVAL = 6 * 86_400_000;

/**
 * DurableTask.Core's RetryInterceptor. Also after the last attempt it takes a timer, which fires at once: an old bug
 * that is kept because histories depend on it, and the SDK waits for that timer too. After the retry timeout it takes
 * none, and the SDK waits for one all the same.
 */
export function retry(tasks: Tasks, options: RetryOptions, call: (end: Settle) => void, done: Settle): void {
  const { firstRetryIntervalInMilliseconds: first, maxNumberOfAttempts, backoffCoefficient = 1 } = options;
  const cap = options.maxRetryIntervalInMilliseconds ?? DEFAULT_MAX_INTERVAL;
  const until = tasks.now + (options.retryTimeoutInMilliseconds ?? Infinity);
  const attempt = (number: number): void =>
    call((event) => {
      if (!failed(event)) return done(event);
      if (tasks.now >= until) {
        tasks.report(traps.retryTimeout());
        return done(event);
      }
      const isLast = number === maxNumberOfAttempts;
      const delay = isLast ? 0 : Math.min(first * backoffCoefficient ** (number - 1), cap);
      tasks.timer(tasks.now + delay, () => (isLast ? done(event) : attempt(number + 1)));
    });
  attempt(1);
}

function failed(event: HistoryEvent | undefined): boolean {
  return event?.EventType === EventType.TaskFailed || event?.EventType === EventType.SubOrchestrationInstanceFailed;
}
