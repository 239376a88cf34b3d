import type { OrchestrationContext, Task } from 'durable-functions';
import type { ActivityInput, ActivityName, ActivityOutput } from '../../model/activities.ts';
import { errorInfo } from '../../model/errors.ts';
import { errorOf, failed, type Outcome } from '../../model/outcome.ts';
import { retryWait } from '../../model/retry.ts';
import { after } from '../../model/timing.ts';

/** A part of an orchestration: yields Durable tasks, returns a value. Parts are put together with `yield*`. */
export type Steps<T> = Generator<Task, T, unknown>;

/**
 * Calls an activity. Passing failures are tried again, each time after a longer wait; what is throttled longest.
 * @throws StrongroomError the activity's
 */
export function* call<K extends ActivityName>(
  context: OrchestrationContext,
  name: K,
  input: ActivityInput<K>,
): Steps<ActivityOutput<K>> {
  for (let tries = 1; ; tries++) {
    const outcome = yield* settled<ActivityOutput<K>>(context.df.callActivity(name, input));
    if (outcome.ok) return outcome.value;
    const wait = retryWait(outcome.error, tries);
    if (wait === undefined) throw errorOf(outcome.error);
    yield* sleep(context, wait);
  }
}

/** The outcome of a task that gives one; a task that fails outright (a host's own error) is a failure too. */
function* settled<T>(task: Task): Steps<Outcome<T>> {
  try {
    return (yield task) as Outcome<T>;
  } catch (error) {
    return failed(errorInfo(error));
  }
}

/**
 * Runs sub-orchestrations side by side and waits for all of them.
 * @throws StrongroomError the first one's failure, after all have ended
 */
export function* all<T>(
  context: OrchestrationContext,
  name: string,
  children: { instanceId: string; input: unknown }[],
): Steps<T[]> {
  const tasks = children.map(({ instanceId, input }) => context.df.callSubOrchestrator(name, input, instanceId));
  const outcomes = (yield context.df.Task.all(tasks)) as Outcome<T>[];
  return outcomes.map((outcome) => {
    if (!outcome.ok) throw errorOf(outcome.error);
    return outcome.value;
  });
}

/** The outcome of a part, for sub-orchestrations, whose callers read it. */
export function* outcomeOf<T>(steps: Steps<T>): Steps<Outcome<T>> {
  try {
    return { ok: true, value: yield* steps };
  } catch (error) {
    return failed(errorInfo(error));
  }
}

export function* sleep(context: OrchestrationContext, ms: number): Steps<void> {
  yield context.df.createTimer(after(context.df.currentUtcDateTime, ms));
}

/**
 * Waits for an external event, at most so long. The event's task may be waited for again after a timeout (of all tasks,
 * only external events may be yielded twice). It may have come while something else was waited for: a `Task.any` that is
 * made later would not notice.
 */
export function* arrived(context: OrchestrationContext, event: Task, ms: number): Steps<boolean> {
  if (event.isCompleted) return true;
  const timer = context.df.createTimer(after(context.df.currentUtcDateTime, ms));
  const winner = yield context.df.Task.any([event, timer]);
  if (winner !== event) return false;
  if (!timer.isCompleted) timer.cancel(); // a timer left running would keep the instance alive
  return true;
}

/** Clean-up: what fails is noted in the session and does not stop the rest. The ledger still names what is left. */
export function* cleanUp(context: OrchestrationContext, session: string, steps: Steps<unknown>): Steps<void> {
  try {
    yield* steps;
  } catch (error) {
    yield* call(context, 'warnSession', { session, warning: errorInfo(error).message });
  }
}

/** Notes what a step has to say. What was said before is not said again (the sessions table sees to it). */
export function* warned(
  context: OrchestrationContext,
  session: string,
  steps: Steps<{ warnings: string[] }>,
): Steps<void> {
  yield* warn(context, session, (yield* steps).warnings);
}

/** Adds to the session's warnings. */
export function* warn(context: OrchestrationContext, session: string, warnings: string[]): Steps<void> {
  for (const warning of warnings) yield* call(context, 'warnSession', { session, warning });
}
