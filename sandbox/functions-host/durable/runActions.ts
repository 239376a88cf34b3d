import { ActionType, type Action } from './actions.ts';
import { createCriticalSection, type CriticalSection } from './criticalSection.ts';
import { entityIdOf } from './entityId.ts';
import type { FunctionKind } from './functions.ts';
import { httpCall } from './httpCall.ts';
import { wrongChildId } from './instanceId.ts';
import { retry } from './retry.ts';
import type { Settle, Tasks } from './tasks.ts';
import { traps } from './traps.ts';

/** The execution breaks off: the orchestrator's code and the history do not fit together, or it asks the impossible. */
export class ReplayError extends Error {}

/** What the actions of an execution are run for. */
export interface Execution {
  instanceId: string;
  executionId: string;
  parent?: { instanceId: string } | null;
  /** @returns why a function cannot be called, undefined when it can */
  missing(kind: FunctionKind, name: string): string | undefined;
  /** Whether the function has ended well. */
  isDone: boolean;
  /** `continueAsNew` was called. */
  continueAsNew(input: unknown): void;
  /** Every action is through. */
  exhausted(): void;
}

const LONG_TIMER_INTERVAL = 3 * 86_400_000;
const MAXIMUM_TIMER = 6 * 86_400_000;

/**
 * Runs a list of actions one after the other, each when the one before has ended, well or not: the extension's shim.
 * What the extension refuses to do fails unseen, without taking an id: the SDK, which counts on it, then waits.
 * @returns the locks that the orchestration holds, as it goes on
 */
export function runActions(tasks: Tasks, actions: Action[], execution: Execution): CriticalSection {
  const section = createCriticalSection(tasks, execution);
  const run = (action: Action, done: Settle) => invoke(tasks, execution, section, action, done);
  let index = 0;
  const step = () => {
    while (index < actions.length) {
      let settled = false;
      let inLoop = true;
      run(actions[index++]!, () => {
        settled = true;
        if (!inLoop) step();
      });
      inLoop = false;
      if (!settled) return;
    }
    // What the application did not release, the extension does; but not when the function failed.
    if (execution.isDone) section.release();
    execution.exhausted();
  };
  step();
  return section;
}

function invoke(tasks: Tasks, execution: Execution, section: CriticalSection, action: Action, done: Settle): void {
  /** Calls what there is; what there is not has ended at once, and nobody is told. */
  const call = (kind: FunctionKind, name: string, begin: () => void) => {
    const why = execution.missing(kind, name);
    if (why === undefined) return begin();
    tasks.report(traps.missing(why));
    done();
  };
  const activity = (end: Settle) => tasks.activity(action.functionName!, action.input, end);
  switch (action.actionType) {
    case ActionType.CallActivity:
      return call('activityTrigger', action.functionName!, () => activity(done));
    case ActionType.CallActivityWithRetry:
      return call('activityTrigger', action.functionName!, () => retry(tasks, action.retryOptions!, activity, done));
    case ActionType.CallSubOrchestrator:
    case ActionType.CallSubOrchestratorWithRetry:
      return call('orchestrationTrigger', action.functionName!, () => subOrchestration(tasks, execution, action, done));
    case ActionType.ContinueAsNew:
      if (typeof action.input === 'string') tasks.report(traps.textAsInput());
      execution.continueAsNew(action.input);
      return done();
    case ActionType.CreateTimer:
      return timer(tasks, Date.parse(action.fireAt!), done, action.isCanceled);
    case ActionType.WaitForExternalEvent:
      return tasks.waitFor(action.externalEventName!, done);
    case ActionType.CallEntity:
      return call('entityTrigger', entityIdOf(action.instanceId!).name, () => section.call(action, done));
    case ActionType.SignalEntity:
    case ActionType.ScheduledSignalEntity: {
      // A signal is sent at once, not in a task: the extension's exception is not swallowed.
      const why = execution.missing('entityTrigger', entityIdOf(action.instanceId!).name);
      if (why !== undefined) throw new ReplayError(why);
      section.signal(action);
      return done();
    }
    case ActionType.CallHttp:
      return httpCall(tasks, action.httpRequest!, done);
    case ActionType.WhenAny:
    case ActionType.WhenAll: {
      let left = action.actionType === ActionType.WhenAny ? 1 : action.compoundActions!.length;
      for (const child of action.compoundActions!) {
        invoke(tasks, execution, section, child, () => --left === 0 && done());
      }
      return;
    }
    case ActionType.LockEntities: {
      const name = action.lockSet!.find((entity) => execution.missing('entityTrigger', entity.name))?.name;
      return call('entityTrigger', name ?? action.lockSet![0]!.name, () => section.lock(action.lockSet!, done));
    }
    case ActionType.ReleaseEntities:
      section.release();
      return done();
    default:
      throw new ReplayError(
        `Received an unexpected action type from the out-of-proc function: '${action.actionType}'.`,
      );
  }
}

function subOrchestration(tasks: Tasks, execution: Execution, action: Action, done: Settle): void {
  const { functionName, instanceId, input, version, retryOptions } = action;
  if (instanceId) {
    const why = wrongChildId(instanceId, execution);
    if (why !== undefined) {
      tasks.report(traps.instanceId(instanceId, why));
      return done();
    }
  }
  const call = (end: Settle) => tasks.orchestration({ name: functionName!, instanceId, input, version }, end);
  if (action.actionType === ActionType.CallSubOrchestratorWithRetry) retry(tasks, retryOptions!, call, done);
  else call(done);
}

/** A timer, cut into intervals when it is longer than the storage provider allows. */
function timer(tasks: Tasks, fireAt: number, done: Settle, isCanceled = false): void {
  if (fireAt - tasks.now <= MAXIMUM_TIMER) return tasks.timer(fireAt, done, isCanceled);
  const first = tasks.now + LONG_TIMER_INTERVAL;
  // Cancelled: also what earlier turns have seen of its later pieces is not asked for any more.
  if (isCanceled) return tasks.timer(first, done, true);
  const piece = (until: number): void =>
    tasks.timer(until, () => {
      if (tasks.now >= fireAt) return done();
      piece(Math.min(fireAt, tasks.now + LONG_TIMER_INTERVAL));
    });
  piece(first);
}
