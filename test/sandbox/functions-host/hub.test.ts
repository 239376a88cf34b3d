import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { RegisteredFunction } from '../../../sandbox/functions-host/app/coreModule.ts';
import { ActionType } from '../../../sandbox/functions-host/durable/actions.ts';
import type { Hub } from '../../../sandbox/functions-host/durable/context.ts';
import { EventType, historyEvent, type HistoryEvent } from '../../../sandbox/functions-host/durable/history.ts';
import { openHub } from '../../../sandbox/functions-host/durable/hub.ts';
import { createInstance } from '../../../sandbox/functions-host/durable/instances.ts';
import { poll } from './world.ts';

/** A task hub whose orchestrator functions are played here, so that things happen exactly while one runs. */
const directory = mkdtempSync(join(tmpdir(), 'hub-'));
afterAll(() => rmSync(directory, { recursive: true }));

const settings = {
  hubName: 'Test',
  maxConcurrentActivityFunctions: 10,
  maxConcurrentOrchestratorFunctions: 10,
  maxConcurrentEntityFunctions: 10,
  maxEntityOperationBatchSize: 100,
  overridesRunning: false,
};

/** @param orchestrator gets the history of the execution and returns the SDK's state */
function open(name: string, orchestrator: (hub: Hub, history: HistoryEvent[]) => object): Hub {
  const hub: Hub = openHub({
    file: join(directory, `${name}.db`),
    functions: { find: () => ({}) as RegisteredFunction, missing: () => undefined },
    invoke: async (_, { trigger }) => {
      const { history } = JSON.parse(trigger!.json!) as { history: HistoryEvent[] };
      return { json: JSON.stringify(orchestrator(hub, history)) };
    },
    log: () => undefined,
    settings,
    strict: true,
    schema: 2,
  });
  return hub;
}

const wait = { actionType: ActionType.WaitForExternalEvent, externalEventName: 'Item' };
const again = { actionType: ActionType.ContinueAsNew, input: null };
const begin = (hub: Hub, instanceId: string) =>
  createInstance(hub, {
    instanceId,
    name: 'flow',
    input: null,
    version: null,
    parent: null,
    overridesRunning: true,
  });
const raise = (hub: Hub, instanceId: string, item: number) =>
  hub.store.send(instanceId, null, historyEvent(EventType.EventRaised, hub.iso(), { Name: 'Item', Input: `${item}` }));
const completed = (hub: Hub, instanceId: string) =>
  poll(
    () => hub.store.instance(instanceId)!,
    ({ status }) => status === 'Completed',
  );
const typesOf = (history: HistoryEvent[]) => history.map((one) => one.EventType);

test('events keep their order over continueAsNew, those that arrive while it is called too', async () => {
  const taken: string[] = [];
  let next = 2;
  const hub = open('order', (self, history) => {
    // One more at each turn, so that there are always some that the turn has not read.
    if (next < 1500) for (let many = 0; many < 600; many++) raise(self, 'one', next++);
    const event = history.find((one) => one.EventType === EventType.EventRaised);
    if (!event) return { isDone: false, actions: [[wait]] };
    taken.push(event.Input!);
    return taken.length === 5
      ? { isDone: true, actions: [[wait]], output: taken }
      : { isDone: true, actions: [[wait, again]] };
  });
  hub.store.transaction(() => {
    begin(hub, 'one');
    for (const item of [0, 1]) raise(hub, 'one', item);
  });
  hub.wake(['one']);
  expect((await completed(hub, 'one')).output).toBe(JSON.stringify(['0', '1', '2', '3', '4']));
});

test('a result for an execution that is over does not reach the next one', async () => {
  const hub = open('old', (_, history) => {
    const types = typesOf(history);
    return { isDone: types.includes(EventType.EventRaised), actions: [[wait]], output: types };
  });
  hub.store.transaction(() => {
    begin(hub, 'one');
    const result = historyEvent(EventType.TaskCompleted, hub.iso(), { TaskScheduledId: 0, Result: null });
    hub.store.send('one', 'an execution before this one', result);
    raise(hub, 'one', 1);
  });
  hub.wake(['one']);
  const seen = [EventType.OrchestratorStarted, EventType.ExecutionStarted, EventType.EventRaised];
  expect((await completed(hub, 'one')).output).toBe(JSON.stringify(seen));
});

test('what replaces a running instance has none of its history', async () => {
  const hub = open('replaced', (_, history) => {
    const items = history.flatMap((one) => one.Input ?? []);
    const isDone = items.includes('2');
    return { isDone, actions: [isDone ? [wait] : [wait, wait]], output: items };
  });
  for (const item of [1, 2]) {
    hub.store.transaction(() => {
      begin(hub, 'one');
      raise(hub, 'one', item);
    });
    hub.wake(['one']);
    await poll(() => hub.store.history('one').some(({ Input }) => Input === `${item}`), Boolean);
  }
  expect((await completed(hub, 'one')).output).toBe('["2"]');
});

test('continueAsNew leaves no timer of the last generation', async () => {
  const deadline = {
    actionType: ActionType.CreateTimer,
    fireAt: new Date(Date.now() + 3_600_000).toISOString(),
    isCanceled: true,
  };
  let generations = 0;
  const hub = open('timers', () => {
    generations++;
    return generations > 3 ? { isDone: true, actions: [[]] } : { isDone: true, actions: [[deadline, again]] };
  });
  hub.store.transaction(() => begin(hub, 'one'));
  hub.wake(['one']);
  await completed(hub, 'one');
  expect(hub.store.nextTimer()).toBeUndefined();
});
