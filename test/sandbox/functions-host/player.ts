import { ActionType, type Action, type Decision } from '../../../sandbox/functions-host/durable/actions.ts';
import { EventType, historyEvent, type HistoryEvent } from '../../../sandbox/functions-host/durable/history.ts';
import { eventOf } from '../../../sandbox/functions-host/durable/newEvents.ts';
import { decide, type Outcome, type Rules } from '../../../sandbox/functions-host/durable/shim.ts';

const START = Date.parse('2030-01-01T00:00:00.000Z');

/** The time so many seconds after the start. */
export const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

export const activity = (functionName: string, input?: unknown): Action => ({
  actionType: ActionType.CallActivity,
  functionName,
  ...(input === undefined ? {} : { input }),
});
export const child = (functionName: string, instanceId?: string): Action => ({
  actionType: ActionType.CallSubOrchestrator,
  functionName,
  ...(instanceId === undefined ? {} : { instanceId }),
});
export const waitFor = (externalEventName: string): Action => ({
  actionType: ActionType.WaitForExternalEvent,
  externalEventName,
});
export const timer = (seconds: number, isCanceled = false): Action => ({
  actionType: ActionType.CreateTimer,
  fireAt: at(seconds),
  isCanceled,
});
export const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
export const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });

const event = (type: keyof typeof EventType, fields: Partial<HistoryEvent>) =>
  historyEvent(EventType[type], at(0), fields);
export const completed = (TaskScheduledId: number, result: unknown = null) =>
  event('TaskCompleted', { TaskScheduledId, Result: JSON.stringify(result) });
export const failed = (TaskScheduledId: number) => event('TaskFailed', { TaskScheduledId });
export const childCompleted = (TaskScheduledId: number) =>
  event('SubOrchestrationInstanceCompleted', { TaskScheduledId });
export const childFailed = (TaskScheduledId: number) => event('SubOrchestrationInstanceFailed', { TaskScheduledId });
export const fired = (TimerId: number) => event('TimerFired', { TimerId });
export const raised = (Name: string) => event('EventRaised', { Name, Input: '1' });

/** An execution that is played turn by turn; its history is what it decided. */
export interface Player {
  /** What the orchestrator function has asked for since the start, and more of its state. */
  actions: Action[];
  state: object;
  /** The decisions of the last turn. */
  decisions: Decision[];
  /** A turn with new events at a time in seconds. @returns what it decided, in short */
  turn(seconds: number, ...events: HistoryEvent[]): string[];
  outcome: Outcome;
}

export function player(actions: Action[], rules: Partial<Rules> = {}): Player {
  const history: HistoryEvent[] = [];
  const one: Player = {
    actions,
    state: {},
    decisions: [],
    outcome: { decisions: [], suspended: false, findings: [] },
    turn(seconds, ...events) {
      const begin = history.length === 0 ? [event('ExecutionStarted', { Name: 'flow' })] : [];
      const fresh = [historyEvent(EventType.OrchestratorStarted, at(seconds)), ...begin, ...events];
      const state = { isDone: false, actions: [one.actions], ...one.state };
      const instance = { name: 'flow', instanceId: 'i', executionId: 'e', parent: { instanceId: 'above' } };
      const all: Rules = { missing: () => undefined, strict: false, ...rules };
      one.outcome = decide(instance, [...history, ...fresh], { state }, all);
      one.decisions = one.outcome.decisions;
      const made = one.decisions.map((decision) => eventOf(decision, at(seconds)));
      history.push(...[...fresh, ...made].map((each) => ({ ...each, IsPlayed: true })));
      return one.decisions.map(brief);
    },
  };
  return one;
}

function brief(one: Decision): string {
  switch (one.kind) {
    case 'timer':
      return `${one.id} timer ${(Date.parse(one.fireAt) - START) / 1000}`;
    case 'send':
      return `${one.id} ${one.event} to ${one.target}`;
    default:
      return `${one.id} ${one.kind} ${one.name}`;
  }
}
