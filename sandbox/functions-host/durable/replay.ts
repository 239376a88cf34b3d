import { createHash } from 'node:crypto';
import { ActionType, type Action, type Decision, type RetryOptions } from './actions.ts';
import { EventType, type HistoryEvent } from './history.ts';
import { httpCall } from './httpCall.ts';
import type { Settle, Tasks } from './tasks.ts';

/** The execution breaks off: the orchestrator's code and the history do not fit together, or it asks the impossible. */
export class ReplayError extends Error {}

const LONG_TIMER_INTERVAL = 3 * 86_400_000;
const MAXIMUM_TIMER = 6 * 86_400_000;
const DEFAULT_MAX_RETRY_INTERVAL = MAXIMUM_TIMER;
const NAMES = { activity: 'activity', orchestration: 'sub-orchestration', timer: 'timer', send: 'send event' } as const;

/**
 * Runs an orchestrator's actions as a coroutine over its history, as the Durable extension's out-of-process shim and
 * DurableTask.Core do together. Ids 0, 1, 2, … are taken in the order in which the coroutine asks: that is what makes
 * them agree with the ids the SDK counts. Pure: everything comes from the arguments.
 */
export class Replay implements Tasks {
  /** Asked for and not yet in the history. */
  readonly decisions = new Map<number, Decision>();
  /** Events that came after `continueAsNew`: they go to the next generation. */
  readonly carriedOver: HistoryEvent[] = [];
  exhausted = false;
  suspended = false;
  terminated: HistoryEvent | undefined;
  continueAsNew: { input: unknown } | undefined;
  private nextId = 0;
  private time = 0;
  private readonly open = new Map<number, Settle>();
  private readonly waiters = new Map<string, Settle[]>();
  private readonly buffered = new Map<string, HistoryEvent[]>();
  private readonly held: HistoryEvent[] = [];
  private readonly actions: Action[];
  private readonly self: { instanceId: string; executionId: string };

  constructor(actions: Action[], self: { instanceId: string; executionId: string }) {
    this.actions = actions;
    this.self = self;
  }

  get hasOpenTasks(): boolean {
    return this.open.size > 0;
  }

  /** `currentUtcDateTime` in milliseconds. */
  get now(): number {
    return this.time;
  }

  process(event: HistoryEvent): void {
    const passes = event.EventType === EventType.ExecutionResumed || event.EventType === EventType.ExecutionTerminated;
    if (this.suspended && !passes) {
      this.held.push(event);
      return;
    }
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        this.time = Math.max(this.time, Date.parse(event.Timestamp));
        return;
      case EventType.ExecutionStarted:
        this.run();
        return;
      case EventType.TaskScheduled:
        return this.scheduled('activity', event, event.Name);
      case EventType.SubOrchestrationInstanceCreated:
        return this.scheduled('orchestration', event, event.Name);
      case EventType.TimerCreated:
        return this.scheduled('timer', event);
      case EventType.EventSent:
        return this.scheduled('send', event, event.InstanceId);
      case EventType.TaskCompleted:
      case EventType.TaskFailed:
      case EventType.SubOrchestrationInstanceCompleted:
      case EventType.SubOrchestrationInstanceFailed:
        return this.settle(event.TaskScheduledId!, event);
      case EventType.TimerFired:
        return this.settle(event.TimerId!, event);
      case EventType.EventRaised:
        return this.raised(event);
      case EventType.ExecutionSuspended:
        this.suspended = true;
        return;
      case EventType.ExecutionResumed:
        this.suspended = false;
        for (const one of this.held.splice(0)) this.process(one);
        return;
      case EventType.ExecutionTerminated:
        this.terminated ??= event;
        return;
      default:
        return;
    }
  }

  /** Schedules an activity. */
  activity(name: string, input: unknown, done: Settle): void {
    const id = this.take(done);
    this.decisions.set(id, { kind: 'activity', id, name, input });
  }

  /** A timer, cut into intervals when it is longer than the storage provider allows. */
  timer(fireAt: number, done: Settle, isCanceled = false): void {
    const last = fireAt - this.time <= MAXIMUM_TIMER;
    const next = last ? fireAt : this.time + LONG_TIMER_INTERVAL;
    const id = this.take(() => (last || fireAt <= this.time ? done() : this.timer(fireAt, done)));
    this.decisions.set(id, { kind: 'timer', id, fireAt: new Date(next).toISOString() });
    if (!isCanceled) return;
    // The timer stays in the history and fires one day, but nothing waits for it.
    this.open.delete(id);
    done();
  }

  private run(): void {
    let index = 0;
    const step = () => {
      while (index < this.actions.length) {
        let settled = false;
        let inLoop = true;
        this.invoke(this.actions[index++]!, () => {
          settled = true;
          if (!inLoop) step();
        });
        inLoop = false;
        if (!settled) return;
      }
      this.exhausted = true;
    };
    step();
  }

  private invoke(action: Action, done: Settle): void {
    switch (action.actionType) {
      case ActionType.CallActivity:
        return this.activity(action.functionName!, action.input, done);
      case ActionType.CallActivityWithRetry:
        return this.retry(action.retryOptions!, (end) => this.activity(action.functionName!, action.input, end), done);
      case ActionType.CallSubOrchestrator:
        return this.subOrchestration(action, done);
      case ActionType.CallSubOrchestratorWithRetry:
        return this.retry(action.retryOptions!, (end) => this.subOrchestration(action, end), done);
      case ActionType.ContinueAsNew:
        this.continueAsNew = { input: action.input };
        return done();
      case ActionType.CreateTimer:
        return this.timer(Date.parse(action.fireAt!), done, action.isCanceled);
      case ActionType.WaitForExternalEvent:
        return this.waitFor(action.externalEventName!, done);
      case ActionType.CallEntity:
        return this.waitFor(this.send(action, false), done);
      case ActionType.SignalEntity:
        this.send(action, true);
        return done();
      case ActionType.CallHttp:
        return httpCall(this, action.httpRequest!, done);
      case ActionType.WhenAny:
      case ActionType.WhenAll: {
        let left = action.actionType === ActionType.WhenAny ? 1 : action.compoundActions!.length;
        for (const child of action.compoundActions!) this.invoke(child, () => --left === 0 && done());
        return;
      }
      default:
        throw new ReplayError(`Unable to invoke API ${action.actionType}: this host does not know that action type`);
    }
  }

  private subOrchestration(action: Action, done: Settle): void {
    const id = this.take(done);
    this.decisions.set(id, {
      kind: 'orchestration',
      id,
      name: action.functionName!,
      instanceId: action.instanceId || `${this.self.executionId}:${id}`,
      input: action.input,
      ...(action.version ? { version: action.version } : {}),
    });
  }

  /**
   * DurableTask.Core's RetryInterceptor. Also after the last attempt it takes a timer, which fires at once: an old bug
   * that is kept because histories depend on it, and the SDK waits for that timer too.
   */
  private retry(options: RetryOptions, call: (end: Settle) => void, done: Settle): void {
    const { firstRetryIntervalInMilliseconds: first, maxNumberOfAttempts, backoffCoefficient = 1 } = options;
    const cap = options.maxRetryIntervalInMilliseconds ?? DEFAULT_MAX_RETRY_INTERVAL;
    const begun = this.time;
    const attempt = (number: number): void =>
      call((event) => {
        const timedOut = this.time >= begun + (options.retryTimeoutInMilliseconds ?? Infinity);
        if (!failed(event) || timedOut) return done(event);
        const isLast = number === maxNumberOfAttempts;
        const delay = isLast ? 0 : Math.min(first * backoffCoefficient ** (number - 1), cap);
        this.timer(this.time + delay, () => (isLast ? done(event) : attempt(number + 1)));
      });
    attempt(1);
  }

  /** @returns the request's id, under which the answer comes back as an event */
  private send(action: Action, signal: boolean): string {
    const id = this.nextId++;
    const requestId = deterministicGuid(`${this.self.executionId}:${id}`);
    this.decisions.set(id, {
      kind: 'send',
      id,
      target: action.instanceId!,
      request: {
        op: action.operation!,
        ...(signal ? { signal: true } : {}),
        ...(action.input === undefined || action.input === null ? {} : { input: JSON.stringify(action.input) }),
        id: requestId,
        parent: this.self.instanceId,
        parentExecution: this.self.executionId,
      },
    });
    return requestId;
  }

  private take(done: Settle): number {
    const id = this.nextId++;
    this.open.set(id, done);
    return id;
  }

  private settle(id: number, event: HistoryEvent): void {
    const done = this.open.get(id);
    // A cancelled timer's end, or a second answer: DurableTask.Core drops both.
    if (!done) return;
    this.open.delete(id);
    done(event);
  }

  /** Waiters are a stack, unclaimed events a queue: as in the extension, whose names ignore case. */
  private waitFor(name: string, done: Settle): void {
    const key = name.toLowerCase();
    const event = this.buffered.get(key)?.shift();
    if (event) return done(event);
    const waiting = this.waiters.get(key);
    if (waiting) waiting.push(done);
    else this.waiters.set(key, [done]);
  }

  private raised(event: HistoryEvent): void {
    if (this.continueAsNew) {
      this.carriedOver.push(event);
      return;
    }
    const key = event.Name!.toLowerCase();
    const done = this.waiters.get(key)?.pop();
    if (done) return done(event);
    const queue = this.buffered.get(key);
    if (queue) queue.push(event);
    else this.buffered.set(key, [event]);
  }

  private scheduled(kind: Decision['kind'], event: HistoryEvent, name?: string): void {
    const id = event.EventId;
    const decision = this.decisions.get(id);
    const what = `a previous execution of this orchestration scheduled a ${NAMES[kind]} task with sequence ID ${id}`;
    const named = name === undefined ? '' : ` and name '${name}'`;
    if (!decision) {
      throw nonDeterministic(`${what}${named}, but the current replay execution hasn't (yet?) scheduled this task`);
    }
    const now = decision.kind === 'send' ? decision.target : decision.kind === 'timer' ? undefined : decision.name;
    if (decision.kind !== kind || now?.toLowerCase() !== name?.toLowerCase()) {
      const instead = `${NAMES[decision.kind]} task${now === undefined ? '' : ` named '${now}'`}`;
      throw nonDeterministic(`${what}${named}, but the current replay instead scheduled a ${instead} with this ID`);
    }
    this.decisions.delete(id);
  }
}

function failed(event: HistoryEvent | undefined): boolean {
  return event?.EventType === EventType.TaskFailed || event?.EventType === EventType.SubOrchestrationInstanceFailed;
}

function nonDeterministic(what: string): ReplayError {
  return new ReplayError(
    `Non-Deterministic workflow detected: ${what}. Was a change made to the orchestrator code after this instance had ` +
      'already started running?',
  );
}

/** A GUID that is the same at each replay. */
function deterministicGuid(name: string): string {
  const hex = createHash('sha1').update(name).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
