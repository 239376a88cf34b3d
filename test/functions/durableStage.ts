import type { OrchestrationContext, Task } from 'durable-functions';
import {
  acquire,
  noLeases,
  release,
  type AcquireRequest,
  type LeaseState,
  type ReleaseRequest,
} from '../../model/leases.ts';
import { orchestrators } from '../../functions/orchestrators/index.ts';

/** An answer to an activity: a value, or an error to fail with. */
type Activity = (input: never) => unknown;

interface Mark extends Task {
  kind: 'activity' | 'sub' | 'entity' | 'event' | 'timer' | 'all' | 'any';
  name: string;
  input?: unknown;
  instanceId?: string;
  fireAt?: number;
  of?: Mark[];
  error?: Error;
  isCanceled?: boolean;
  cancel?: () => void;
}

/** An event that arrives at a moment (milliseconds after the stage's start) or when an activity has run. */
interface Cue {
  event: string;
  data?: unknown;
  at: number;
}

/**
 * Plays orchestrations as the plain generators they are: activities are answered by the test, leases by the real
 * rules, timers let the stage's clock jump. Sub-orchestrations run when they are awaited, one after the other.
 */
export class DurableStage {
  now = Date.parse('2026-11-21T10:00:00.000Z');
  readonly start = this.now;
  /** What was called, in order: `name` of activities and sub-orchestrations, `timer`, `acquire pool`. */
  readonly calls: { name: string; input: unknown; at: number }[] = [];
  readonly pools = new Map<string, LeaseState>();
  readonly cues: Cue[] = [];
  private readonly most = new Map<string, number>();
  continued: unknown;
  private readonly activities: Record<string, Activity>;

  constructor(activities: Record<string, Activity>) {
    this.activities = activities;
  }

  /** Names of the activities called, repeated ones together. */
  get activityNames(): string[] {
    return this.calls.map(({ name }) => name);
  }

  /** The most that was ever held of a member of a pool. */
  mostTaken(member: string): number {
    return this.most.get(member) ?? 0;
  }

  inputsOf<T>(name: string): T[] {
    return this.calls.filter((call) => call.name === name).map(({ input }) => input as T);
  }

  cue(event: string, data: unknown = {}, delay = 0): void {
    this.cues.push({ event, data, at: this.now + delay });
  }

  run(name: keyof typeof orchestrators, instanceId: string, input: unknown): unknown {
    return this.play(orchestrators[name], instanceId, input);
  }

  /** A part of an orchestration, or a whole one. */
  play(part: (context: OrchestrationContext) => Generator, instanceId: string, input: unknown): unknown {
    const steps = part(this.context(instanceId, input)) as Generator<Mark, unknown, unknown>;
    let next = steps.next();
    while (!next.done) {
      const task = next.value;
      this.settle(task);
      next = task.error ? steps.throw(task.error) : steps.next(task.result);
    }
    return next.value;
  }

  private context(instanceId: string, input: unknown): OrchestrationContext {
    const mark = (fields: Omit<Mark, 'isCompleted' | 'isFaulted'>): Mark => ({
      isCompleted: false,
      isFaulted: false,
      ...fields,
    });
    const clock = () => this.now;
    const df = {
      instanceId,
      get currentUtcDateTime() {
        return new Date(clock());
      },
      getInput: () => JSON.parse(JSON.stringify(input)) as unknown,
      callActivity: (name: string, value: unknown) => mark({ kind: 'activity', name, input: value }),
      callSubOrchestrator: (name: string, value: unknown, id: string) =>
        mark({ kind: 'sub', name, input: value, instanceId: id }),
      callEntity: ({ key }: { key: string }, name: string, value: unknown) =>
        mark({ kind: 'entity', name, input: value, instanceId: key }),
      waitForExternalEvent: (name: string) => mark({ kind: 'event', name }),
      createTimer: (fireAt: Date) => {
        const timer = mark({ kind: 'timer', name: 'timer', fireAt: fireAt.getTime() });
        timer.cancel = () => (timer.isCanceled = true);
        return timer;
      },
      Task: {
        all: (of: Mark[]) => mark({ kind: 'all', name: 'all', of }),
        any: (of: Mark[]) => mark({ kind: 'any', name: 'any', of }),
      },
      continueAsNew: (value: unknown) => (this.continued = value),
    };
    return { df } as unknown as OrchestrationContext;
  }

  private settle(task: Mark): void {
    if (task.isCompleted && task.kind !== 'event') throw new Error(`${task.name} was yielded twice`); // durable-js #574
    switch (task.kind) {
      case 'activity':
        return this.complete(task, () => this.activity(task.name, task.input));
      case 'sub':
        this.note(task.name, task.input);
        return this.complete(task, () =>
          this.run(task.name as keyof typeof orchestrators, task.instanceId!, task.input),
        );
      case 'entity':
        return this.complete(task, () => this.entity(task.instanceId!, task.name, task.input));
      case 'timer':
        this.now = Math.max(this.now, task.fireAt!);
        return this.complete(task, () => undefined);
      case 'all':
        for (const one of task.of!) this.settle(one);
        return this.complete(task, () => task.of!.map((one) => one.result));
      case 'any':
        return this.complete(task, () => this.first(task.of!));
      case 'event':
        throw new Error('events are waited for with a timer');
    }
  }

  private first([event, timer]: Mark[]): Mark {
    const cue = this.cues.find(({ event: name, at }) => name === event!.name && at <= timer!.fireAt!);
    if (cue) {
      this.cues.splice(this.cues.indexOf(cue), 1);
      this.now = Math.max(this.now, cue.at);
      this.complete(event!, () => cue.data);
      return event!;
    }
    this.now = timer!.fireAt!;
    this.complete(timer!, () => undefined);
    return timer!;
  }

  private activity(name: string, input: unknown): unknown {
    this.note(name, input);
    const answer = this.activities[name];
    if (!answer) return { ok: true, value: null };
    const value = answer(JSON.parse(JSON.stringify(input)) as never);
    return typeof value === 'object' && value !== null && 'failWith' in value
      ? { ok: false, error: value.failWith }
      : { ok: true, value: value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown) };
  }

  private entity(pool: string, operation: string, input: unknown): unknown {
    const state = this.pools.get(pool) ?? noLeases;
    if (operation === 'acquire') {
      const taken = acquire(state, input as AcquireRequest);
      this.pools.set(pool, taken.state);
      this.noteTaken(taken.state);
      return taken.grant;
    }
    this.pools.set(pool, release(state, input as ReleaseRequest));
    return null;
  }

  private noteTaken({ holders }: LeaseState): void {
    const held = new Map<string, number>();
    for (const { taken } of Object.values(holders))
      for (const { member, weight } of taken) held.set(member, (held.get(member) ?? 0) + weight);
    for (const [member, weight] of held) this.most.set(member, Math.max(weight, this.mostTaken(member)));
  }

  private note(name: string, input: unknown): void {
    this.calls.push({ name, input, at: this.now - this.start });
  }

  private complete(task: Mark, run: () => unknown): void {
    try {
      task.result = run();
    } catch (error) {
      task.error = error as Error;
      task.isFaulted = true;
    }
    task.isCompleted = true;
  }
}
