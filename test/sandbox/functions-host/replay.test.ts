import { describe, expect, test } from 'vitest';
import { ActionType, type Action, type Decision } from '../../../sandbox/functions-host/durable/actions.ts';
import { EventType, historyEvent, type HistoryEvent } from '../../../sandbox/functions-host/durable/history.ts';
import { decide, failureResult, type FunctionResult } from '../../../sandbox/functions-host/durable/shim.ts';
import { activity, any, at, completed, fired, raised, timer, waitFor } from './player.ts';

const INSTANCE = { name: 'flow', instanceId: 'i', executionId: 'e' };
const RULES = { missing: () => undefined, strict: false };

const again = (input: unknown): Action => ({ actionType: ActionType.ContinueAsNew, input });
const turn = (seconds = 0) => historyEvent(EventType.OrchestratorStarted, at(seconds));
const started = () => [turn(), historyEvent(EventType.ExecutionStarted, at(0), { Name: 'flow' })];
const scheduled = (EventId: number, Name: string) => historyEvent(EventType.TaskScheduled, at(0), { EventId, Name });
const created = (EventId: number) => historyEvent(EventType.TimerCreated, at(0), { EventId });

function run(actions: Action[], events: HistoryEvent[], state: object = {}) {
  const result: FunctionResult = { state: { isDone: false, actions: [actions], ...state } };
  return decide(INSTANCE, [...started(), ...events], result, RULES);
}
const brief = (decisions: Decision[]) =>
  decisions.map(
    (one) => `${one.id} ${one.kind} ${one.kind === 'timer' ? one.fireAt : one.kind === 'send' ? one.target : one.name}`,
  );

describe('timers', () => {
  test('an open one keeps the instance running', () => {
    const actions = [any(waitFor('x'), timer(5))];
    const state = { isDone: true };
    expect(run(actions, [created(0), turn(), raised('x')], state).completion).toBeUndefined();
    expect(run(actions, [created(0), turn(), raised('x'), turn(5), fired(0)], state).completion).toBeDefined();
  });
});

describe('events', () => {
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
    // However often it was suspended.
    expect(brief(run(actions, [...events, suspended, turn(), resumed]).decisions)).toEqual(['1 activity b']);
  });

  test('suspended: nor what the events before it in the same turn would have decided', () => {
    const actions = [activity('a'), activity('b')];
    const events = [scheduled(0, 'a'), turn(), completed(0), suspended];
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

test('a custom status stays until another one comes, which null, 0, false and an empty text are not', () => {
  expect(run([], [], { customStatus: { step: 1 } }).customStatus).toEqual({ step: 1 });
  for (const customStatus of [null, 0, false, ''])
    expect(run([], [], { customStatus })).not.toHaveProperty('customStatus');
});

describe('what goes wrong', () => {
  test('failure: code that no longer fits its history', () => {
    const other = run([activity('b')], [scheduled(0, 'a')]).completion;
    expect(other).toMatchObject({
      status: 'Failed',
      reason: expect.stringContaining('Non-Deterministic workflow detected'),
    });
    expect(run([], [scheduled(0, 'a')]).completion).toMatchObject({ status: 'Failed' });
    expect(run([activity('A')], [scheduled(0, 'a')]).completion).toBeUndefined();
  });

  test('failure: a custom status beyond 16 KB, an unknown action', () => {
    const customStatus = 'x'.repeat(9000);
    expect(run([], [], { customStatus }).completion).toMatchObject({ reason: expect.stringContaining('16 KB') });
    expect(run([{ actionType: 15 }], []).completion).toMatchObject({ status: 'Failed' });
  });

  test('failure: what the function threw: a state behind the label, or an error of the SDK itself', () => {
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
