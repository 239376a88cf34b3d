import { describe, expect, test } from 'vitest';
import {
  ActionType,
  type Action,
  type Decision,
  type EntityMessage,
} from '../../../sandbox/functions-host/durable/actions.ts';
import {
  activity,
  all,
  any,
  at,
  child,
  childCompleted,
  childFailed,
  completed,
  failed,
  fired,
  player,
  raised,
  timer,
  waitFor,
  type Player,
} from './player.ts';

/** What the extension makes of each action: ids, decisions, and when the next action has its turn. */
const next = activity('next');
const messages = ({ decisions }: Player) =>
  decisions.map((one) => (one as Extract<Decision, { kind: 'send' }>).message as EntityMessage & { id: string });
const trapsOf = ({ outcome }: Player) => outcome.findings.map((finding) => finding.trap);
const options = (more: object = {}) => ({ firstRetryIntervalInMilliseconds: 1000, maxNumberOfAttempts: 3, ...more });
const retried = (more: object = {}): Action => ({
  actionType: ActionType.CallActivityWithRetry,
  functionName: 'a',
  retryOptions: options(more),
});

describe('each action', () => {
  test('action 0, CallActivity: one id; the next one when it has ended', () => {
    const one = player([activity('a', { x: 1 }), next]);
    expect(one.turn(0)).toEqual(['0 activity a']);
    expect(one.decisions[0]).toMatchObject({ input: { x: 1 } });
    expect(one.turn(1)).toEqual([]);
    expect(one.turn(2, completed(0))).toEqual(['1 activity next']);
  });

  test('action 0, CallActivity: a failure is the SDK’s business', () => {
    const one = player([activity('a'), next]);
    one.turn(0);
    expect(one.turn(1, failed(0))).toEqual(['1 activity next']);
  });

  test('action 1, CallActivityWithRetry: a success takes one id', () => {
    const one = player([retried(), next]);
    expect(one.turn(0)).toEqual(['0 activity a']);
    expect(one.turn(1, completed(0))).toEqual(['1 activity next']);
  });

  test('action 2, CallSubOrchestrator: an id of its own, or one from parent and sequence id', () => {
    const one = player([child('c', 'mine'), child('c'), next]);
    expect(one.turn(0)).toEqual(['0 orchestration c']);
    expect(one.decisions[0]).toMatchObject({ instanceId: 'mine' });
    expect(one.turn(1, childCompleted(0))).toEqual(['1 orchestration c']);
    expect(one.decisions[0]).toMatchObject({ instanceId: 'e:1' });
    expect(one.turn(2, childFailed(1))).toEqual(['2 activity next']);
  });

  test('action 3, CallSubOrchestratorWithRetry: each attempt is an instance of its own', () => {
    const action: Action = {
      actionType: ActionType.CallSubOrchestratorWithRetry,
      functionName: 'c',
      retryOptions: options(),
    };
    const one = player([action, next]);
    expect(one.turn(0)).toEqual(['0 orchestration c']);
    expect(one.turn(1, childFailed(0))).toEqual(['1 timer 2']);
    expect(one.turn(2, fired(1))).toEqual(['2 orchestration c']);
    expect(one.decisions[0]).toMatchObject({ instanceId: 'e:2' });
    expect(one.turn(3, childCompleted(2))).toEqual(['3 activity next']);
  });

  test('action 4, ContinueAsNew: ends the execution, carries over what comes later', () => {
    const one = player([activity('a'), { actionType: ActionType.ContinueAsNew, input: { n: 1 } }]);
    one.turn(0, raised('early'));
    one.state = { isDone: true };
    one.turn(1, completed(0), raised('late'));
    expect(one.outcome.completion).toMatchObject({
      status: 'ContinuedAsNew',
      input: { n: 1 },
      carriedOver: [{ Name: 'late' }],
    });
  });

  test('action 5, CreateTimer: fires, or is cancelled and waited for by nobody', () => {
    const one = player([timer(5), timer(9, true), next]);
    expect(one.turn(0)).toEqual(['0 timer 5']);
    expect(one.turn(5, fired(0))).toEqual(['1 timer 9', '2 activity next']);
    one.state = { isDone: true };
    one.turn(6, completed(2));
    expect(one.outcome.completion).toMatchObject({ status: 'Completed' });
  });

  test('action 5, CreateTimer: a long one is cut into pieces of three days', () => {
    const DAY = 86_400;
    const one = player([timer(7 * DAY), next]);
    expect(one.turn(0)).toEqual([`0 timer ${3 * DAY}`]);
    expect(one.turn(3 * DAY, fired(0))).toEqual([`1 timer ${6 * DAY}`]);
    expect(one.turn(6 * DAY, fired(1))).toEqual([`2 timer ${7 * DAY}`]);
    expect(one.turn(7 * DAY, fired(2))).toEqual(['3 activity next']);
  });

  test('action 5, CreateTimer: of six days it is one', () => {
    expect(player([timer(6 * 86_400)]).turn(0)).toEqual([`0 timer ${6 * 86_400}`]);
  });

  test('action 5, CreateTimer: a long one that is cancelled after its first piece breaks the replay', () => {
    const DAY = 86_400;
    const one = player([any(waitFor('x'), timer(8 * DAY))]);
    one.turn(0);
    one.turn(3 * DAY, fired(0));
    one.actions = [any(waitFor('x'), timer(8 * DAY, true)), next];
    one.turn(4 * DAY, raised('x'));
    expect(one.outcome.completion).toMatchObject({
      status: 'Failed',
      reason: expect.stringMatching(/^Non-Deterministic workflow detected: .* timer task with sequence ID 1,/),
    });
  });

  test('action 6, WaitForExternalEvent: no id; waiters are a stack, unclaimed events a queue, names ignore case', () => {
    const one = player([any(waitFor('x'), timer(1, true)), waitFor('X'), next]);
    expect(one.turn(0)).toEqual(['0 timer 1']);
    // The first waiter, whose Task.any the cancelled timer has ended, still waits: the one on top gets the event.
    expect(one.turn(1, raised('x'))).toEqual(['1 activity next']);
    const early = player([activity('a'), waitFor('x'), next]);
    early.turn(0, raised('X'), raised('x'));
    expect(early.turn(1, completed(0))).toEqual(['1 activity next']);
  });

  test('action 7, CallEntity: one id; the next one when the answer to its request has come', () => {
    const one = player([
      { actionType: ActionType.CallEntity, instanceId: '@counter@x', operation: 'add', input: 1 },
      next,
    ]);
    expect(one.turn(0)).toEqual(['0 op to @counter@x']);
    const [message] = messages(one);
    expect(message).toEqual({ op: 'add', input: '1', id: expect.any(String), parent: 'i', parentExecution: 'e' });
    expect(one.turn(1, raised('another'))).toEqual([]);
    expect(one.turn(2, raised(message!.id))).toEqual(['1 activity next']);
  });

  test('action 8, CallHttp: one activity', () => {
    const one = player([http({ asynchronousPatternEnabled: true }), next]);
    expect(one.turn(0)).toEqual(['0 activity BuiltIn::HttpActivity']);
    expect(one.turn(1, completed(0, { statusCode: 200, headers: {}, content: '' }))).toEqual(['1 activity next']);
  });

  test('action 9, SignalEntity: one id, and on without waiting', () => {
    const one = player([{ actionType: ActionType.SignalEntity, instanceId: '@counter@x', operation: 'add' }, next]);
    expect(one.turn(0)).toEqual(['0 op to @counter@x', '1 activity next']);
    expect(messages(one)[0]).toMatchObject({ op: 'add', signal: true });
  });

  test('action 10, ScheduledSignalEntity: the same, with the time when it is due', () => {
    const one = player([
      { actionType: ActionType.ScheduledSignalEntity, instanceId: '@counter@x', operation: 'add', fireAt: at(60) },
      next,
    ]);
    expect(one.turn(0)).toEqual([`0 op@${at(60)} to @counter@x`, '1 activity next']);
    expect(messages(one)[0]).toMatchObject({ signal: true, due: at(60) });
  });

  test('action 11, WhenAny: ends with the first child; the others stay open', () => {
    const one = player([any(activity('a'), activity('b')), next]);
    expect(one.turn(0)).toEqual(['0 activity a', '1 activity b']);
    expect(one.turn(1, completed(1))).toEqual(['2 activity next']);
    one.state = { isDone: true };
    one.turn(2, completed(2));
    expect(one.outcome.completion).toBeUndefined();
    expect(trapsOf(one)).toEqual(['open tasks at the end']);
    one.turn(3, completed(0));
    expect(one.outcome.completion).toMatchObject({ status: 'Completed' });
  });

  test('action 12, WhenAll: ends with the last child, also after a failure', () => {
    const one = player([all(activity('a'), activity('b')), next]);
    one.turn(0);
    expect(one.turn(1, failed(0))).toEqual([]);
    expect(one.turn(2, completed(1))).toEqual(['2 activity next']);
  });

  test('action 13, LockEntities: one request, to the first of the sorted set; 14, ReleaseEntities: an id for each', () => {
    const lockSet = [
      { name: 'b', key: '1' },
      { name: 'a', key: '2' },
      { name: 'a', key: '2' },
    ];
    const one = player([
      { actionType: ActionType.LockEntities, lockSet },
      { actionType: ActionType.CallEntity, instanceId: '@b@1', operation: 'get' },
      { actionType: ActionType.ReleaseEntities },
      next,
    ]);
    expect(one.turn(0)).toEqual(['0 op to @a@2']);
    const [lock] = messages(one);
    const lockset = [lockSet[1], lockSet[0]];
    expect(lock).toEqual({ op: null, lockset, pos: 0, id: expect.any(String), parent: 'i', parentExecution: 'e' });
    expect(one.turn(1, raised(lock!.id))).toEqual(['1 op to @b@1']);
    const [call] = messages(one);
    expect(one.turn(2, raised(call!.id))).toEqual(['2 release to @a@2', '3 release to @b@1', '4 activity next']);
    expect(messages(one)[0]).toEqual({ parent: 'i', id: lock!.id });
  });

  test('actions 13 and 14: locks that are still held are released at the end, not after a failure', () => {
    const lockSet = [{ name: 'a', key: '1' }];
    const ends = (state: object) => {
      const one = player([{ actionType: ActionType.LockEntities, lockSet }]);
      one.turn(0);
      one.state = state;
      return { one, decided: one.turn(1, raised(messages(one)[0]!.id)) };
    };
    expect(ends({ isDone: true }).decided).toEqual(['1 release to @a@1']);
    const { one, decided } = ends({ error: 'no' });
    expect(decided).toEqual([]);
    expect(trapsOf(one)).toEqual(['lock not released']);
  });

  test('an action that the extension does not know ends the orchestration', () => {
    const one = player([{ actionType: 15 }]);
    one.turn(0);
    expect(one.outcome.completion).toMatchObject({ reason: expect.stringContaining('unexpected action type') });
  });
});

describe('retries take ids as DurableTask.Core does', () => {
  test('maximum of attempts: after the last one another timer, which fires at once', () => {
    const one = player([retried(), next]);
    one.turn(0);
    expect(one.turn(10, failed(0))).toEqual(['1 timer 11']);
    expect(one.turn(11, fired(1))).toEqual(['2 activity a']);
    expect(one.turn(20, failed(2))).toEqual(['3 timer 21']);
    expect(one.turn(21, fired(3))).toEqual(['4 activity a']);
    expect(one.turn(30, failed(4))).toEqual(['5 timer 30']);
    expect(one.turn(30, fired(5))).toEqual(['6 activity next']);
  });

  test('one attempt: also then a timer', () => {
    const one = player([retried({ maxNumberOfAttempts: 1 }), next]);
    one.turn(0);
    expect(one.turn(5, failed(0))).toEqual(['1 timer 5']);
    expect(one.turn(5, fired(1))).toEqual(['2 activity next']);
  });

  test('backoff coefficient: the interval grows', () => {
    const one = player([retried({ maxNumberOfAttempts: 4, backoffCoefficient: 3 })]);
    one.turn(0);
    expect(one.turn(0, failed(0))).toEqual(['1 timer 1']);
    one.turn(1, fired(1));
    expect(one.turn(1, failed(2))).toEqual(['3 timer 4']);
    one.turn(4, fired(3));
    expect(one.turn(4, failed(4))).toEqual(['5 timer 13']);
  });

  test('cap: the interval grows to the maximum', () => {
    const one = player([retried({ backoffCoefficient: 100, maxRetryIntervalInMilliseconds: 5000 })]);
    one.turn(0);
    one.turn(0, failed(0));
    one.turn(1, fired(1));
    expect(one.turn(1, failed(2))).toEqual(['3 timer 6']);
  });

  test('retry timeout: no timer is taken any more, for which the SDK waits', () => {
    const one = player([retried({ retryTimeoutInMilliseconds: 5000 })]);
    one.turn(0);
    expect(one.turn(5, failed(0))).toEqual([]);
    expect(trapsOf(one)).toEqual(['retry timeout', 'waits for nothing']);
    const strict = player([retried({ retryTimeoutInMilliseconds: 5000 })], { strict: true });
    strict.turn(0);
    strict.turn(5, failed(0));
    expect(strict.outcome.completion).toMatchObject({ reason: expect.stringContaining('maxNumberOfAttempts instead') });
  });

  test('beside another call: ids go by the order of events', () => {
    const one = player([all(retried(), activity('b')), next]);
    expect(one.turn(0)).toEqual(['0 activity a', '1 activity b']);
    expect(one.turn(1, failed(0), completed(1))).toEqual(['2 timer 2']);
    expect(one.turn(2, fired(2))).toEqual(['3 activity a']);
    expect(one.turn(3, completed(3))).toEqual(['4 activity next']);
  });
});

describe('compounds', () => {
  test('ids are taken depth first, none for an event', () => {
    const one = player([all(activity('a'), any(waitFor('x'), all(timer(5), child('c'))), activity('b'))]);
    expect(one.turn(0)).toEqual(['0 activity a', '1 timer 5', '2 orchestration c', '3 activity b']);
  });

  test('all in any, any in all', () => {
    const one = player([any(all(activity('a'), activity('b')), activity('c')), next]);
    one.turn(0);
    expect(one.turn(1, completed(0))).toEqual([]);
    expect(one.turn(2, completed(1))).toEqual(['3 activity next']);
    const other = player([all(any(activity('a'), activity('b')), activity('c')), next]);
    other.turn(0);
    expect(other.turn(1, completed(2))).toEqual([]);
    expect(other.turn(2, completed(1))).toEqual(['3 activity next']);
  });

  test('what the extension refuses takes no id and ends its compound', () => {
    const missing = (kind: string, name: string) => (name === 'none' ? `${kind} none` : undefined);
    const one = player([any(activity('none'), activity('a')), next], { missing });
    expect(one.turn(0)).toEqual(['0 activity a', '1 activity next']);
    expect(trapsOf(one)).toEqual(['missing function']);
    expect(one.turn(1, completed(0))).toEqual([]);
    // It is told once, not at each replay.
    expect(trapsOf(one)).toEqual([]);
  });
});

describe('callHttp', () => {
  const accepted = (id: number, headers: Record<string, string>) =>
    completed(id, { statusCode: 202, headers, content: '' });
  const location = 'https://x/status';

  test('202: after Retry-After, a GET of the Location without content and function key', () => {
    const headers = { 'x-own': 'y', 'X-Functions-Key': 'k' };
    const one = player([http({ asynchronousPatternEnabled: true, content: '{}', headers }), next]);
    one.turn(0);
    expect(one.turn(1, accepted(0, { Location: location, 'Retry-After': '7' }))).toEqual(['1 timer 8']);
    expect(one.turn(8, fired(1))).toEqual(['2 activity BuiltIn::HttpActivity']);
    const request = { method: 'GET', uri: location, headers: { 'x-own': 'y' }, asynchronousPatternEnabled: true };
    expect((one.decisions[0] as { input: unknown }).input).toEqual([request]);
    expect(one.turn(9, completed(2, { statusCode: 200, headers: {}, content: '' }))).toEqual(['3 activity next']);
  });

  test('202 without Retry-After: after 30 seconds', () => {
    const one = player([http({ asynchronousPatternEnabled: true })]);
    one.turn(0);
    expect(one.turn(1, accepted(0, { location }))).toEqual(['1 timer 31']);
  });

  test('202 with polling off is an answer like others', () => {
    const one = player([http({ asynchronousPatternEnabled: false }), next]);
    one.turn(0);
    expect(one.turn(1, accepted(0, { location }))).toEqual(['1 activity next']);
  });

  test('202 without an absolute Location: a timer, and then the call has failed unseen', () => {
    for (const headers of [{}, { location: '/relative' }] as Record<string, string>[]) {
      const one = player([http({ asynchronousPatternEnabled: true }), next]);
      one.turn(0);
      expect(one.turn(1, accepted(0, headers))).toEqual(['1 timer 31']);
      expect(trapsOf(one)).toEqual(['202 without a Location']);
      expect(one.turn(31, fired(1))).toEqual(['2 activity next']);
    }
  });

  test('Retry-After that is a date: the call has failed unseen', () => {
    const one = player([http({ asynchronousPatternEnabled: true }), next]);
    one.turn(0);
    const header = { location, 'Retry-After': 'Wed, 21 Oct 2030 07:28:00 GMT' };
    expect(one.turn(1, accepted(0, header))).toEqual(['1 activity next']);
    expect(trapsOf(one)).toEqual(['Retry-After that is no number']);
  });
});

function http(more: object): Action {
  return { actionType: ActionType.CallHttp, httpRequest: { method: 'POST', uri: 'https://x/start', ...more } };
}
