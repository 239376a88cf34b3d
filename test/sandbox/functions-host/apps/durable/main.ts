import { appendFileSync } from 'node:fs';
import { app } from '@azure/functions';
import * as df from 'durable-functions';

const seconds = (context: df.OrchestrationContext, count: number) =>
  new Date(context.df.currentUtcDateTime.getTime() + count * 1000);

df.app.activity('double', { handler: async (input: number) => input * 2 });
df.app.activity('echo', { handler: (input: unknown) => ({ got: input === undefined ? 'undefined' : input }) });
df.app.activity('text', { handler: () => '{"not":"parsed"}' });
df.app.activity('nothing', { handler: () => undefined });
df.app.activity('boom', {
  handler: (text: string) => {
    throw new Error(text);
  },
});

const failures = new Map<string, number>();
df.app.activity('flaky', {
  handler: ({ key, times }: { key: string; times: number }) => {
    const failed = failures.get(key) ?? 0;
    if (failed >= times) return `worked after ${failed}`;
    failures.set(key, failed + 1);
    throw new Error(`failure ${failed + 1}`);
  },
});
/** Notes that it ran, then waits until a file is there: the tests decide when it goes on. */
df.app.activity('note', {
  handler: async ({ file, line, gate }: { file: string; line: string; gate?: string }) => {
    appendFileSync(file, `${line}\n`);
    if (gate) await waitForFile(gate);
    return line;
  },
});

async function waitForFile(file: string): Promise<void> {
  const { existsSync } = await import('node:fs');
  while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 10));
}

df.app.orchestration('fanOut', function* (context) {
  const count = context.df.getInput() as number;
  const tasks = Array.from({ length: count }, (_, index) => context.df.callActivity('double', index));
  const results: number[] = yield context.df.Task.all(tasks);
  context.df.setCustomStatus({ results: results.length });
  return results.reduce((sum, one) => sum + one, 0);
});
df.app.orchestration('inputs', function* (context) {
  const results: unknown[] = [];
  for (const input of ['text', '5', 5, { a: [1] }, null, undefined]) {
    results.push(yield context.df.callActivity('echo', input));
  }
  results.push(yield context.df.callActivity('text'));
  results.push((yield context.df.callActivity('nothing')) ?? null);
  return results;
});
df.app.orchestration('child', function* (context) {
  const input = context.df.getInput() as { fail?: string; value: number };
  if (input.fail) throw new Error(input.fail);
  return (yield context.df.callActivity('double', input.value)) as number;
});
df.app.orchestration('parent', function* (context) {
  const input = context.df.getInput() as { fail?: string; count: number };
  const tasks = Array.from({ length: input.count }, (_, value) =>
    context.df.callSubOrchestrator('child', { value, ...(input.fail ? { fail: input.fail } : {}) }),
  );
  return (yield context.df.Task.all(tasks)) as number[];
});
df.app.orchestration('retry', function* (context) {
  const { times, attempts } = context.df.getInput() as { times: number; attempts: number };
  const options = new df.RetryOptions(60_000, attempts);
  options.backoffCoefficient = 2;
  const input = { key: context.df.instanceId, times };
  return (yield context.df.callActivityWithRetry('flaky', options, input)) as string;
});
df.app.orchestration('failing', function* (context) {
  yield context.df.callActivity('boom', context.df.getInput());
});
df.app.orchestration('catching', function* (context) {
  try {
    yield context.df.callActivity('boom', 'inner');
    return 'no error';
  } catch (error) {
    return (error as Error).message;
  }
});
df.app.orchestration('throwing', function* () {
  throw new Error('my own');
});
df.app.orchestration('sleep', function* (context) {
  yield context.df.createTimer(seconds(context, context.df.getInput() as number));
  return context.df.currentUtcDateTime.toISOString();
});
df.app.orchestration('race', function* (context) {
  const timer = context.df.createTimer(seconds(context, 3600));
  const event = context.df.waitForExternalEvent('Go');
  const winner: df.Task = yield context.df.Task.any([event, timer]);
  if (winner === timer) return 'timed out';
  timer.cancel();
  return { event: event.result };
});
df.app.orchestration('uncancelled', function* (context) {
  const timer = context.df.createTimer(seconds(context, 3600));
  const event = context.df.waitForExternalEvent('Go');
  yield context.df.Task.any([event, timer]);
  return 'done';
});
df.app.orchestration('events', function* (context) {
  const got: unknown[] = [];
  for (let index = 0; index < 3; index++) got.push(yield context.df.waitForExternalEvent('Item'));
  return got;
});
df.app.orchestration('generations', function* (context) {
  const input = context.df.getInput() as { left: number; sum: number };
  const value: number = yield context.df.callActivity('double', input.left);
  if (input.left === 0) return { sum: input.sum, generation: context.df.instanceId };
  context.df.continueAsNew({ left: input.left - 1, sum: input.sum + value });
  return undefined;
});
df.app.orchestration('collector', function* (context) {
  const state = context.df.getInput() as { items: unknown[] };
  const item: unknown = yield context.df.waitForExternalEvent('Item');
  const items = [...state.items, item];
  if (items.length === 5) return items;
  context.df.continueAsNew({ items });
  return undefined;
});
df.app.orchestration('steps', function* (context) {
  const { file, gate, count } = context.df.getInput() as { file: string; gate: string; count: number };
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    const line = `step ${index}`;
    lines.push(yield context.df.callActivity('note', { file, line, ...(index === 1 ? { gate } : {}) }));
  }
  return lines;
});

df.app.entity('counter', (context) => {
  const state = context.df.getState(() => ({ value: 0 })) as { value: number };
  switch (context.df.operationName) {
    case 'add':
      state.value += context.df.getInput<number>() ?? 0;
      break;
    case 'get':
      context.df.return(state.value);
      break;
    case 'pass':
      context.df.signalEntity(new df.EntityId('Counter', 'other'), 'add', state.value);
      break;
    case 'delete':
      context.df.destructOnExit();
      return;
    default:
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- an Error would show as "[object Object]"
      throw `no operation ${context.df.operationName}`;
  }
  context.df.setState(state);
});
df.app.orchestration('useCounter', function* (context) {
  const id = new df.EntityId('Counter', context.df.instanceId);
  context.df.signalEntity(id, 'add', 5);
  yield context.df.callEntity(id, 'add', 10);
  const value: number = yield context.df.callEntity(id, 'get');
  let failure = 'none';
  try {
    yield context.df.callEntity(id, 'explode');
  } catch (error) {
    failure = (error as Error).message;
  }
  return { value, failure };
});
df.app.orchestration('addMany', function* (context) {
  const { times, key } = context.df.getInput() as { times: number; key: string };
  const id = new df.EntityId('Counter', key);
  for (let index = 0; index < times; index++) context.df.signalEntity(id, 'add', 1);
  yield context.df.callEntity(id, 'add', 1);
});

app.http('start', {
  route: 'start/{name}',
  methods: ['POST'],
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const { id, input } = (await request.json()) as { id?: string; input?: unknown };
    const instanceId = await client.startNew(request.params.name!, { ...(id ? { instanceId: id } : {}), input });
    return client.createCheckStatusResponse(request, instanceId);
  },
});
df.app.client.http('client', {
  route: 'client/{operation}/{id}',
  methods: ['POST'],
  handler: async (request, client) => {
    const { operation, id } = request.params as { operation: string; id: string };
    const body = (await request.json()) as { name?: string; data?: unknown };
    switch (operation) {
      case 'raise':
        await client.raiseEvent(id, body.name!, body.data);
        return { status: 202 };
      case 'terminate':
        await client.terminate(id, 'enough');
        return { status: 202 };
      case 'suspend':
        await client.suspend(id, 'wait');
        return { status: 202 };
      case 'resume':
        await client.resume(id, 'go');
        return { status: 202 };
      case 'signal':
        await client.signalEntity(new df.EntityId('Counter', id), body.name!, body.data);
        return { status: 202 };
      case 'state':
        return { jsonBody: await client.readEntityState(new df.EntityId('Counter', id)) };
      case 'all':
        return { jsonBody: (await client.getStatusAll()).map((one) => one.instanceId) };
      case 'purge':
        return { jsonBody: await client.purgeInstanceHistory(id) };
      default:
        return { jsonBody: await client.getStatus(id, { showInput: true }) };
    }
  },
});
