import { createHash } from 'node:crypto';
import type { Action, Decision, EntityMessage } from './actions.ts';
import type { CriticalSection } from './criticalSection.ts';
import { EventType, type HistoryEvent } from './history.ts';
import { ReplayError, runActions, type Execution } from './runActions.ts';
import type { Settle, Tasks } from './tasks.ts';
import { traps, type Finding } from './traps.ts';

const NAMES = { activity: 'activity', orchestration: 'sub-orchestration', timer: 'timer', send: 'send event' } as const;

/** What an execution is, and which functions there are. */
export type Replayed = Pick<Execution, 'instanceId' | 'executionId' | 'parent' | 'missing' | 'isDone'>;

interface Waiter {
  name: string;
  done: Settle;
}

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
  /** Misuses that the events of this turn have brought to light. */
  readonly findings: Finding[] = [];
  exhausted = false;
  /** The actions have come to their end with an event of this turn. */
  exhaustedNow = false;
  suspended = false;
  terminated: HistoryEvent | undefined;
  continueAsNew: { input: unknown } | undefined;
  /** The locks that it holds; undefined: it has not begun. */
  section: CriticalSection | undefined;
  private isNew = false;
  private nextId = 0;
  private time = 0;
  private readonly open = new Map<number, Settle>();
  private readonly waiters = new Map<string, Waiter[]>();
  private readonly buffered = new Map<string, HistoryEvent[]>();
  private readonly held: HistoryEvent[] = [];
  private readonly actions: Action[];
  private readonly self: Replayed;

  constructor(actions: Action[], self: Replayed) {
    this.actions = actions;
    this.self = self;
  }

  get openTasks(): number {
    return this.open.size;
  }

  get waitsForEvents(): boolean {
    return this.waiters.size > 0;
  }

  get now(): number {
    return this.time;
  }

  process(event: HistoryEvent): void {
    const passes = event.EventType === EventType.ExecutionResumed || event.EventType === EventType.ExecutionTerminated;
    if (this.suspended && !passes) {
      // Suspending what is suspended is nothing: one resume ends it.
      if (event.EventType !== EventType.ExecutionSuspended) this.held.push(event);
      return;
    }
    this.isNew = !event.IsPlayed;
    switch (event.EventType) {
      case EventType.OrchestratorStarted:
        this.time = Math.max(this.time, Date.parse(event.Timestamp));
        return;
      case EventType.ExecutionStarted:
        return this.run();
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

  activity(name: string, input: unknown, done: Settle): void {
    const id = this.take(done);
    this.decisions.set(id, { kind: 'activity', id, name, input });
  }

  orchestration({ name, instanceId, input, version }: Parameters<Tasks['orchestration']>[0], done: Settle): void {
    const id = this.take(done);
    this.decisions.set(id, {
      kind: 'orchestration',
      id,
      name,
      instanceId: instanceId || `${this.self.executionId}:${id}`,
      input,
      ...(version ? { version } : {}),
    });
  }

  timer(fireAt: number, done: Settle, isCanceled = false): void {
    const id = this.take(done);
    this.decisions.set(id, { kind: 'timer', id, fireAt: new Date(fireAt).toISOString() });
    if (!isCanceled) return;
    // The timer stays in the history and fires one day, but nothing waits for it.
    this.open.delete(id);
    done();
  }

  send(target: string, event: string, message: EntityMessage): void {
    const id = this.nextId++;
    this.decisions.set(id, { kind: 'send', id, target, event, message });
  }

  requestId(): string {
    const hex = createHash('sha1').update(`${this.self.executionId}:${this.nextId}`).digest('hex');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
    return [...parts, hex.slice(20, 32)].join('-');
  }

  /** Waiters are a stack, unclaimed events a queue: as in the extension, whose names ignore case. */
  waitFor(name: string, done: Settle): void {
    const key = name.toLowerCase();
    const queue = this.buffered.get(key);
    const event = queue?.shift();
    if (queue?.length === 0) this.buffered.delete(key);
    if (event) {
      this.checkCase(event, name);
      return done(event);
    }
    const waiting = this.waiters.get(key);
    if (waiting) waiting.push({ name, done });
    else this.waiters.set(key, [{ name, done }]);
  }

  report(finding: Finding): void {
    if (this.isNew) this.findings.push(finding);
  }

  private run(): void {
    this.section = runActions(this, this.actions, {
      ...this.self,
      continueAsNew: (input) => (this.continueAsNew = { input }),
      exhausted: () => {
        this.exhausted = true;
        this.exhaustedNow = this.isNew;
      },
    });
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

  private raised(event: HistoryEvent): void {
    if (this.continueAsNew) {
      this.carriedOver.push(event);
      return;
    }
    const key = event.Name!.toLowerCase();
    const waiting = this.waiters.get(key);
    const waiter = waiting?.pop();
    if (waiting?.length === 0) this.waiters.delete(key);
    if (waiter) {
      this.checkCase(event, waiter.name);
      return waiter.done(event);
    }
    const queue = this.buffered.get(key);
    if (queue) queue.push(event);
    else this.buffered.set(key, [event]);
  }

  private checkCase(event: HistoryEvent, awaited: string): void {
    if (event.Name !== awaited) this.report(traps.eventNameCase(event.Name!, awaited));
  }

  private scheduled(kind: Decision['kind'], event: HistoryEvent, name?: string): void {
    const id = event.EventId;
    const decision = this.decisions.get(id);
    const what = `A previous execution of this orchestration scheduled a ${NAMES[kind]} task with sequence ID ${id}`;
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

function nonDeterministic(what: string): ReplayError {
  return new ReplayError(
    `Non-Deterministic workflow detected: ${what}. Was a change made to the orchestrator code after this instance had ` +
      'already started running?',
  );
}
