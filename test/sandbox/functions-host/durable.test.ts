import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { poll, startWorld, type World } from './world.ts';

const HOUR = 3_600_000;
let world: World;

beforeAll(async () => {
  world = await startWorld('durable');
});
afterAll(() => world.stop());

async function client(operation: string, id: string, body: object = {}): Promise<unknown> {
  const answer = await world.call('POST', `/api/client/${operation}/${encodeURIComponent(id)}`, body);
  expect(answer.status).toBeLessThan(300);
  return answer.body;
}

describe('activities', () => {
  test('actions 0 and 12: fan out and in', async () => {
    const status = await world.ended(await world.start('fanOut', 50));
    expect(status).toMatchObject({
      runtimeStatus: 'Completed',
      output: 2450,
      customStatus: { results: 50 },
      input: 50,
    });
    expect(status.createdTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  test('inputs and results as they travel in Azure', async () => {
    const { output } = await world.ended(await world.start('inputs'));
    expect(output).toEqual([
      { got: 'text' },
      { got: '5' },
      { got: 5 },
      { got: { a: [1] } },
      { got: 'undefined' },
      { got: 'undefined' },
      '{"not":"parsed"}',
      null,
    ]);
  });

  test('failure of an activity, uncaught and caught, and of the code itself: the texts of the extension', async () => {
    const failed = await world.ended(await world.start('failing', 'kaputt'));
    expect(failed.runtimeStatus).toBe('Failed');
    expect(failed.output).toMatch(
      /^Orchestrator function 'failing' failed: Activity function 'boom' failed: kaputt \n \{/,
    );
    const { output } = await world.ended(await world.start('catching'));
    const [reason, details] = (output as string).split(' \n ');
    expect(reason).toBe("Activity function 'boom' failed: inner");
    expect(JSON.parse(details!)).toMatchObject({ ClassName: 'System.Exception', Message: 'inner' });
    expect(await world.ended(await world.start('throwing'))).toMatchObject({
      runtimeStatus: 'Failed',
      output: "Orchestrator function 'throwing' failed: my own",
    });
  });

  test('actions 1 and 5, retries: they wait on timers of the sandbox clock, with back-off', async () => {
    const id = await world.start('retry', { times: 2, attempts: 3 });
    for (const minutes of [1, 2]) {
      await world.until(
        id,
        (one) => one.historyEvents!.filter((event) => event.EventType === 'TaskFailed').length === minutes,
      );
      world.clock.advance(minutes * 60_000);
    }
    expect(await world.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'worked after 2' });

    const given = await world.start('retry', { times: 9, attempts: 2 });
    await world.until(given, (one) => one.historyEvents!.some((event) => event.EventType === 'TaskFailed'));
    world.clock.advance(60_000);
    const failed = await world.ended(given);
    expect(failed.output).toContain("Activity function 'flaky' failed: failure 2");
  });
});

describe('sub-orchestrations', () => {
  test('actions 2 and 12: they run beside each other and return', async () => {
    const { output } = await world.ended(await world.start('parent', { count: 20 }));
    expect(output).toEqual(Array.from({ length: 20 }, (_, index) => index * 2));
  });

  test('failure of a sub-orchestration: its text fails the parent', async () => {
    const { output } = await world.ended(await world.start('parent', { count: 1, fail: 'no luck' }));
    expect(output).toMatch(
      /^Orchestrator function 'parent' failed: Orchestrator function 'child' failed: no luck \n Message: /,
    );
  });
});

describe('timers and events', () => {
  test('a timer fires when the clock is moved', async () => {
    const id = await world.start('sleep', 7200);
    await world.until(id, (one) => one.runtimeStatus === 'Running');
    world.clock.advance(HOUR);
    expect((await world.status(id)).runtimeStatus).toBe('Running');
    world.clock.advance(HOUR);
    const { output } = await world.ended(id);
    expect(Date.parse(output as string)).toBeGreaterThan(Date.now() + 2 * HOUR - 1000);
  });

  test('a timer of many days takes several', async () => {
    const id = await world.start('sleep', 8 * 86_400);
    for (let day = 0; day < 4; day++) {
      await world.until(id, (one) => one.runtimeStatus === 'Running');
      world.clock.advance(2 * 86_400_000);
      const fired = Math.floor(((day + 1) * 2) / 3);
      if (day < 3) {
        await world.until(
          id,
          (one) => one.historyEvents!.filter((event) => event.EventType === 'TimerFired').length >= Math.min(fired, 1),
        );
      }
    }
    expect((await world.ended(id)).runtimeStatus).toBe('Completed');
  });

  test('actions 5, 6 and 11: an event beats the timer, which is cancelled', async () => {
    const id = await world.start('race');
    await client('raise', id, { name: 'Go', data: { x: 1 } });
    expect(await world.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: { event: { x: 1 } } });
  });

  test('the timer beats the event', async () => {
    const id = await world.start('race');
    await world.until(id, (one) => one.runtimeStatus === 'Running');
    world.clock.advance(HOUR);
    expect((await world.ended(id)).output).toBe('timed out');
  });

  test('a timer that nobody cancelled keeps the instance running', async () => {
    const id = await world.start('uncancelled');
    await client('raise', id, { name: 'Go', data: 1 });
    await world.until(id, (one) => one.historyEvents!.some((event) => event.EventType === 'EventRaised'));
    expect((await world.status(id)).runtimeStatus).toBe('Running');
    world.clock.advance(HOUR);
    expect((await world.ended(id)).output).toBe('done');
  });

  test('events are kept until somebody waits, in order', async () => {
    const id = await world.start('events');
    for (const data of [1, 2, 3]) await client('raise', id, { name: 'Item', data });
    expect((await world.ended(id)).output).toEqual([1, 2, 3]);
  });

  test('action 4, continueAsNew: it begins with an empty history', async () => {
    const id = await world.start('generations', { left: 10, sum: 0 });
    const status = await world.ended(id);
    expect(status.output).toEqual({ sum: 110, generation: id });
    expect(status.historyEvents!.filter((event) => event.EventType === 'TaskCompleted')).toHaveLength(1);
  });

  test('events that come one by one reach the next generations', async () => {
    const id = await world.start('collector', { items: [] });
    for (let item = 0; item < 5; item++) {
      await client('raise', id, { name: 'Item', data: item });
      await world.until(
        id,
        (one) => one.output !== null || (one.input as { items: unknown[] }).items.length === item + 1,
      );
    }
    expect((await world.ended(id)).output).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('entities', () => {
  test('actions 7 and 9, failure of an entity: signals and calls from an orchestration', async () => {
    const { output } = await world.ended(await world.start('useCounter'));
    expect(output).toEqual({ value: 15, failure: 'no operation explode' });
  });

  test('concurrent signals count exactly once', async () => {
    const ids = await Promise.all(
      Array.from({ length: 10 }, () => world.start('addMany', { times: 20, key: 'shared' })),
    );
    const direct = Array.from({ length: 20 }, () => client('signal', 'shared', { name: 'add', data: 1 }));
    await Promise.all([...direct, ...ids.map((id) => world.ended(id))]);
    const state = await poll(
      () => client('state', 'shared') as Promise<{ entityState: { value: number } }>,
      (one) => one.entityState.value >= 230,
    );
    expect(state).toEqual({ entityExists: true, entityState: { value: 230 } });
  });

  test('an entity signals another and can be deleted', async () => {
    await client('signal', 'first', { name: 'add', data: 7 });
    await client('signal', 'first', { name: 'pass' });
    const exists = (state: unknown) => (state as { entityExists: boolean }).entityExists;
    expect(await poll(() => client('state', 'other'), exists)).toMatchObject({ entityState: { value: 7 } });
    await client('signal', 'first', { name: 'delete' });
    await poll(
      () => client('state', 'first'),
      (state) => !exists(state),
    );
  });
});

describe('management', () => {
  test('terminate, and a second start under the same id', async () => {
    await world.start('race', undefined, 'my-race');
    await expect(world.start('race', undefined, 'my-race')).rejects.toThrow('500');
    await client('terminate', 'my-race');
    expect(await world.ended('my-race')).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
    await world.start('race', undefined, 'my-race');
    expect((await world.status('my-race')).runtimeStatus).not.toBe('Terminated');
  });

  test('suspend holds everything back until resume', async () => {
    const id = await world.start('race');
    await client('suspend', id);
    await world.until(id, (one) => one.runtimeStatus === 'Suspended');
    await client('raise', id, { name: 'Go', data: 2 });
    await world.until(id, (one) => one.historyEvents!.some((event) => event.EventType === 'EventRaised'));
    expect((await world.status(id)).runtimeStatus).toBe('Suspended');
    await client('resume', id);
    expect((await world.ended(id)).output).toEqual({ event: 2 });
  });

  test('lists, pages, purges', async () => {
    const code = `code=${world.host.keys.systemKeys.durabletask_extension}`;
    const base = '/runtime/webhooks/durabletask/instances';
    await Promise.all(
      ['page-1', 'page-2', 'page-3'].map(async (id) => world.ended(await world.start('throwing', 1, id))),
    );
    const first = await world.call('GET', `${base}/?${code}&instanceIdPrefix=page-&top=2&runtimeStatus=Failed`);
    expect((first.body as unknown[]).length).toBe(2);
    const token = first.headers.get('x-ms-continuation-token')!;
    const rest = await fetch(`${world.host.url}${base}?${code}&instanceIdPrefix=page-&top=2`, {
      headers: { 'x-ms-continuation-token': token },
    });
    expect(((await rest.json()) as { instanceId: string }[]).map((one) => one.instanceId)).toEqual(['page-3']);
    expect(await client('purge', 'page-1')).toEqual({ instancesDeleted: 1 });
    expect((await world.call('GET', `${base}/page-1?${code}`)).status).toBe(404);
    expect((await world.call('GET', `${base}/page-2`)).status).toBe(401);
    expect((await world.call('POST', `${base}/page-2/terminate?${code}`)).status).toBe(410);
    expect(await client('all', 'x')).toContain('page-2');
    expect(await client('get', 'page-2')).toMatchObject({ runtimeStatus: 'Failed', input: 1 });
  });
});

test('a host killed in the middle goes on where it was', async () => {
  const file = join(world.directory, 'notes');
  const gate = join(world.directory, 'gate');
  const id = await world.start('steps', { file, gate, count: 4 });
  const sleeper = await world.start('sleep', 100 * 3600);
  await world.until(sleeper, (one) => one.runtimeStatus === 'Running');
  await poll(
    () => existsSync(file) && readFileSync(file, 'utf8'),
    (text) => text !== false && text.includes('step 1'),
  );
  await world.host.kill();
  world.clock.advance(100 * HOUR);
  writeFileSync(gate, '');
  await world.restart();
  expect((await world.ended(id)).output).toEqual(['step 0', 'step 1', 'step 2', 'step 3']);
  expect((await world.ended(sleeper)).runtimeStatus).toBe('Completed');
  // The activity that was running ran again, the one before it did not.
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines.filter((line) => line === 'step 0')).toHaveLength(1);
  expect(lines.filter((line) => line === 'step 1')).toHaveLength(2);
  expect(lines.filter((line) => line === 'step 2')).toHaveLength(1);
});

test('state changes exactly once however often the host is killed', async () => {
  const start = () => world.start('addMany', { times: 30, key: 'killed' });
  const parent = await world.start('parent', { count: 40 });
  const ids = await Promise.all(Array.from({ length: 10 }, start));
  for (let kills = 0; kills < 3; kills++) {
    await world.host.kill();
    await world.restart();
    ids.push(await start());
  }
  for (const id of ids) expect((await world.ended(id)).runtimeStatus).toBe('Completed');
  expect((await world.ended(parent)).output).toHaveLength(40);
  expect(await client('state', 'killed')).toEqual({ entityExists: true, entityState: { value: 13 * 31 } });
});
