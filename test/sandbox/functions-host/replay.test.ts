import { describe, expect, test } from 'vitest';
import {
  ActionType,
  type Action,
  type Decision,
  type EntityRequest,
} from '../../../sandbox/functions-host/durable/actions.ts';
import { EventType, historyEvent, type HistoryEvent } from '../../../sandbox/functions-host/durable/history.ts';
import { decide, failureResult, type FunctionResult } from '../../../sandbox/functions-host/durable/shim.ts';

const INSTANCE = { name: 'flow', instanceId: 'i', executionId: 'e' };
const RULES = { missing: () => undefined, strict: false };
const START = Date.parse('2030-01-01T00:00:00.000Z');
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

const activity = (functionName: string): Action => ({ actionType: ActionType.CallActivity, functionName });
const waitFor = (externalEventName: string): Action => ({
  actionType: ActionType.WaitForExternalEvent,
  externalEventName,
});
const timer = (seconds: number, isCanceled = false): Action => ({
  actionType: ActionType.CreateTimer,
  fireAt: at(seconds),
  isCanceled,
});
const any = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAny, compoundActions });
const all = (...compoundActions: Action[]): Action => ({ actionType: ActionType.WhenAll, compoundActions });
const again = (input: unknown): Action => ({ actionType: ActionType.ContinueAsNew, input });
const retry = (maxNumberOfAttempts: number): Action => ({
  actionType: ActionType.CallActivityWithRetry,
  functionName: 'a',
  retryOptions: { firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts, backoffCoefficient: 3 },
});

const turn = (seconds = 0) => historyEvent(EventType.OrchestratorStarted, at(seconds));
const started = () => [turn(), historyEvent(EventType.ExecutionStarted, at(0), { Name: 'flow' })];
const scheduled = (EventId: number, Name: string) => historyEvent(EventType.TaskScheduled, at(0), { EventId, Name });
const completed = (TaskScheduledId: number) => historyEvent(EventType.TaskCompleted, at(0), { TaskScheduledId });
const failed = (TaskScheduledId: number) => historyEvent(EventType.TaskFailed, at(0), { TaskScheduledId });
const created = (EventId: number) => historyEvent(EventType.TimerCreated, at(0), { EventId });
const fired = (TimerId: number) => historyEvent(EventType.TimerFired, at(0), { TimerId });
const raised = (Name: string) => historyEvent(EventType.EventRaised, at(0), { Name, Input: '1' });

function run(actions: Action[], events: HistoryEvent[], state: object = {}) {
  const result: FunctionResult = { state: { isDone: false, actions: [actions], ...state } };
  return decide(INSTANCE, [...started(), ...events], result, RULES);
}
const brief = (decisions: Decision[]) =>
  decisions.map(
    (one) => `${one.id} ${one.kind} ${one.kind === 'timer' ? one.fireAt : one.kind === 'send' ? one.target : one.name}`,
  );

describe('sequence ids', () => {
  test('are taken in order, depth first in compounds, none for an event', () => {
    const { decisions } = run([all(activity('a'), any(waitFor('x'), timer(5)), activity('b'))], []);
    expect(brief(decisions)).toEqual(['0 activity a', `1 timer ${at(5)}`, '2 activity b']);
  });

  test('the next action waits for the one before, whether that failed or not', () => {
    const actions = [activity('a'), activity('b')];
    expect(brief(run(actions, [scheduled(0, 'a')]).decisions)).toEqual([]);
    expect(brief(run(actions, [scheduled(0, 'a'), turn(), failed(0)]).decisions)).toEqual(['1 activity b']);
  });

  test('all waits for every child, also after a failure; any for the first', () => {
    const events = [scheduled(0, 'a'), scheduled(1, 'b'), turn(), failed(0)];
    expect(run([all(activity('a'), activity('b')), activity('c')], events).decisions).toEqual([]);
    const decisions = run([any(activity('a'), activity('b')), activity('c')], events).decisions;
    expect(brief(decisions)).toEqual(['2 activity c']);
  });

  test('signals are sent without waiting, calls wait for their answer', () => {
    const entity = { instanceId: '@counter@x', operation: 'add', input: 1 };
    const signal = { actionType: ActionType.SignalEntity, ...entity };
    const call = { actionType: ActionType.CallEntity, ...entity };
    const first = run([signal, call, activity('a')], []).decisions;
    expect(brief(first)).toEqual(['0 send @counter@x', '1 send @counter@x']);
    const [one, two] = first as (Extract<Decision, { kind: 'send' }> & { message: EntityRequest })[];
    expect(one!.message).toMatchObject({ op: 'add', signal: true, input: '1', parent: 'i', parentExecution: 'e' });
    expect(two!.message.signal).toBeUndefined();
    const sent = (EventId: number) => historyEvent(EventType.EventSent, at(0), { EventId, InstanceId: '@counter@x' });
    const answered = [sent(0), sent(1), turn(), raised(two!.message.id)];
    expect(brief(run([signal, call, activity('a')], answered).decisions)).toEqual(['2 activity a']);
  });
});

describe('timers', () => {
  test('a cancelled one is recorded and waited for by nobody', () => {
    const outcome = run([any(waitFor('x'), timer(5, true))], [raised('x')], { isDone: true, output: 1 });
    expect(brief(outcome.decisions)).toEqual([`0 timer ${at(5)}`]);
    expect(outcome.completion).toEqual({ status: 'Completed', output: 1 });
  });

  test('an open one keeps the instance running', () => {
    const actions = [any(waitFor('x'), timer(5))];
    const state = { isDone: true };
    expect(run(actions, [created(0), turn(), raised('x')], state).completion).toBeUndefined();
    expect(run(actions, [created(0), turn(), raised('x'), turn(5), fired(0)], state).completion).toBeDefined();
  });

  test('a long one is cut into three-day pieces', () => {
    const DAY = 86_400;
    const actions = [timer(8 * DAY)];
    expect(brief(run(actions, []).decisions)).toEqual([`0 timer ${at(3 * DAY)}`]);
    const history = [created(0), turn(3 * DAY), fired(0)];
    expect(brief(run(actions, history).decisions)).toEqual([`1 timer ${at(6 * DAY)}`]);
    history.push(created(1), turn(6 * DAY), fired(1));
    expect(brief(run(actions, history).decisions)).toEqual([`2 timer ${at(8 * DAY)}`]);
    history.push(created(2), turn(8 * DAY), fired(2));
    expect(run(actions, history, { isDone: true }).completion).toMatchObject({ status: 'Completed' });
  });
});

describe('retries', () => {
  test('back off, and end with a timer that fires at once', () => {
    const history = [scheduled(0, 'a'), turn(), failed(0)];
    expect(brief(run([retry(3)], history).decisions)).toEqual([`1 timer ${at(1)}`]);
    history.push(created(1), turn(1), fired(1));
    expect(brief(run([retry(3)], history).decisions)).toEqual(['2 activity a']);
    history.push(scheduled(2, 'a'), turn(1), failed(2));
    expect(brief(run([retry(3)], history).decisions)).toEqual([`3 timer ${at(4)}`]);
    history.push(created(3), turn(4), fired(3), scheduled(4, 'a'), turn(4), failed(4));
    expect(brief(run([retry(3)], history).decisions)).toEqual([`5 timer ${at(4)}`]);
    history.push(created(5), turn(4), fired(5));
    expect(run([retry(3)], history, { error: 'gave up' }).completion).toMatchObject({ status: 'Failed' });
  });
});

describe('events', () => {
  test('waiters are a stack, events a queue, names ignore case', () => {
    const actions = [any(waitFor('X'), timer(1, true)), waitFor('x'), activity('a')];
    // The second waiter came last and gets the first event.
    expect(brief(run(actions, [raised('X')]).decisions)).toEqual([`0 timer ${at(1)}`, '1 activity a']);
  });

  test('those after continueAsNew are carried over, those before are lost', () => {
    const before = run([again({ n: 1 })], [], { isDone: true });
    expect(before.completion).toEqual({ status: 'ContinuedAsNew', input: { n: 1 }, carriedOver: [] });
    const events = [raised('early'), scheduled(0, 'a'), turn(), completed(0), raised('late')];
    const { completion } = run([activity('a'), again(1)], events, { isDone: true });
    expect(completion).toMatchObject({ status: 'ContinuedAsNew', carriedOver: [{ Name: 'late' }] });
  });
});

describe('suspend and terminate', () => {
  const suspended = historyEvent(EventType.ExecutionSuspended, at(0));
  const resumed = historyEvent(EventType.ExecutionResumed, at(0));

  test('suspended: nothing is decided until resumed', () => {
    const events = [scheduled(0, 'a'), turn(), suspended, completed(0)];
    const actions = [activity('a'), activity('b')];
    expect(run(actions, events)).toEqual({ decisions: [], suspended: true, findings: [] });
    expect(brief(run(actions, [...events, turn(), resumed]).decisions)).toEqual(['1 activity b']);
  });

  const terminated = historyEvent(EventType.ExecutionTerminated, at(0), { Input: 'enough' });
  const enough = { status: 'Terminated', reason: 'enough' };

  test('terminated: whatever is open', () => {
    const { completion } = run([activity('a')], [scheduled(0, 'a'), turn(), terminated]);
    expect(completion).toEqual(enough);
  });

  test('terminated: what the same turn decided is carried out all the same', () => {
    const atOnce = run([activity('a')], [terminated]);
    expect(brief(atOnce.decisions)).toEqual(['0 activity a']);
    expect(atOnce.completion).toEqual(enough);
    // Also what was decided after the message.
    const later = run([activity('a'), activity('b')], [scheduled(0, 'a'), turn(), terminated, completed(0)]);
    expect(brief(later.decisions)).toEqual(['1 activity b']);
    expect(later.completion).toEqual(enough);
  });

  test('terminated beats completion, failure and suspension', () => {
    expect(run([], [terminated], { isDone: true, output: 1 }).completion).toEqual(enough);
    expect(decide(INSTANCE, [...started(), terminated], { crash: 'no' }, RULES).completion).toEqual(enough);
    const held = run([activity('a'), activity('b')], [scheduled(0, 'a'), turn(), suspended, completed(0), terminated]);
    expect(held).toEqual({ decisions: [], completion: enough, suspended: false, findings: [] });
  });
});

describe('what goes wrong', () => {
  test('code that no longer fits its history', () => {
    const other = run([activity('b')], [scheduled(0, 'a')]).completion;
    expect(other).toMatchObject({
      status: 'Failed',
      reason: expect.stringContaining('Non-Deterministic workflow detected'),
    });
    expect(run([], [scheduled(0, 'a')]).completion).toMatchObject({ status: 'Failed' });
    expect(run([activity('A')], [scheduled(0, 'a')]).completion).toBeUndefined();
  });

  test('a custom status beyond 16 KB, an unknown action', () => {
    const customStatus = 'x'.repeat(9000);
    expect(run([], [], { customStatus }).completion).toMatchObject({ reason: expect.stringContaining('16 KB') });
    expect(run([{ actionType: 15 }], []).completion).toMatchObject({ status: 'Failed' });
  });

  test('what the function threw: a state behind the label, or an error of the SDK itself', () => {
    const state = { isDone: false, actions: [[]], error: 'boom' };
    const hidden = failureResult(new Error(`false\n\n$OutOfProcData$:${JSON.stringify(state)}`));
    expect(decide(INSTANCE, started(), hidden, RULES).completion).toMatchObject({
      reason: "Orchestrator function 'flow' failed: boom",
      details: expect.stringMatching(/^Message: boom, StackTrace: /),
    });
    expect(decide(INSTANCE, started(), failureResult(new Error('no label')), RULES).completion).toMatchObject({
      reason: "Orchestrator function 'flow' failed: no label",
    });
  });
});
