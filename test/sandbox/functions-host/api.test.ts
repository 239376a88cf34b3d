import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { linesOf, poll, startWorld, type Status, type World } from './world.ts';

/** The Durable extension's HTTP API, as a client sees it. */
let world: World;
beforeAll(async () => {
  world = await startWorld('protocol');
});
afterAll(() => world.stop());

const BASE = '/runtime/webhooks/durabletask';
type Links = Record<string, string>;
const code = () => `code=${world.host.keys.systemKeys.durabletask_extension}`;

async function begin(name: string, input: unknown, id = ''): Promise<string> {
  const { status, body } = await world.durable('POST', `orchestrators/${name}/${id}`, input);
  expect(status).toBe(202);
  return (body as Links).id!;
}
async function ended(name: string, input: unknown, id = ''): Promise<Status> {
  return world.ended(await begin(name, input, id));
}
async function post(path: string, body: string, type?: string) {
  const headers = type === undefined ? {} : { 'content-type': type };
  const answer = await fetch(`${world.host.url}${BASE}/${path}`, { method: 'POST', body, headers });
  return { status: answer.status, body: await answer.text() };
}

describe('who may ask', () => {
  test('the extension’s key or the master key; without one 401', async () => {
    const { masterKey, functionKeys } = world.host.keys;
    const status = async (key: string) => (await world.call('GET', `${BASE}/instances?code=${key}`)).status;
    expect(await status(masterKey)).toBe(200);
    expect(await status(functionKeys.default)).toBe(401);
    expect((await world.call('GET', `${BASE}/instances`)).status).toBe(401);
    const { headers } = { headers: { 'x-functions-key': masterKey } };
    expect((await fetch(`${world.host.url}${BASE}/instances`, { headers })).status).toBe(200);
  });

  test('a changed key counts at once, also in links; one that was deleted lets nobody in', async () => {
    const { masterKey, systemKeys } = world.host.keys;
    const own = systemKeys.durabletask_extension;
    const key = (method: string, body?: unknown) =>
      world.call(method, `/admin/host/systemkeys/durabletask_extension?code=${masterKey}`, body);
    const list = async (code: string) => (await world.call('GET', `${BASE}/instances?code=${code}`)).status;
    await key('PUT', { value: 'changed' });
    expect([await list(own), await list('changed')]).toEqual([401, 200]);
    const { body } = await world.call('POST', `${BASE}/orchestrators/echoes?code=changed`);
    expect((body as Links).statusQueryGetUri).toMatch(/code=changed$/);
    expect((await key('DELETE')).status).toBe(204);
    expect([await list(own), await list('changed'), await list(masterKey)]).toEqual([401, 401, 200]);
    await world.host.stop();
    await world.restart();
    expect(await list(world.host.keys.systemKeys.durabletask_extension)).toBe(200);
  });

  test('what there is not: 404 that says what there is; another hub or connection: 501', async () => {
    const unknown = await world.durable('PUT', 'instances/x');
    expect(unknown.status).toBe(404);
    expect((unknown.body as { Message: string }).Message).toMatch(
      /^There is no PUT instances\/x\. There is: POST orchestrators\/.*terminate\|suspend\|resume\|rewind\|restart/,
    );
    await begin('waits', 1, 'one');
    expect((await world.durable('POST', 'instances/one/explode')).status).toBe(404);
    expect((await world.durable('POST', 'instances/one/raiseEvent')).status).toBe(404);
    expect((await world.durable('GET', 'instances?taskHub=Other')).status).toBe(501);
    expect((await world.durable('GET', 'instances?taskHub=TestHub&connection=Storage')).status).toBe(200);
    expect((await world.durable('GET', 'instances?connection=Other')).status).toBe(501);
    expect((await world.durable('POST', 'makeprimary')).status).toBe(501);
  });
});

describe('start', () => {
  test('202 with links, Location and Retry-After; paths ignore case', async () => {
    const { status, body, headers } = await world.durable('POST', 'Orchestrators/Echoes/with space', { x: 1 });
    expect(status).toBe(202);
    const links = body as Links;
    const query = `taskHub=TestHub&connection=Storage&${code()}`;
    const one = `${world.host.url}${BASE}/instances/with%20space`;
    expect(links).toEqual({
      id: 'with space',
      statusQueryGetUri: `${one}?${query}`,
      sendEventPostUri: `${one}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${one}/terminate?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${one}?${query}`,
      restartPostUri: `${one}/restart?${query}`,
      suspendPostUri: `${one}/suspend?reason={text}&${query}`,
      resumePostUri: `${one}/resume?reason={text}&${query}`,
    });
    expect(headers.get('location')).toBe(links.statusQueryGetUri);
    expect(headers.get('retry-after')).toBe('10');
    expect((await world.ended('with space')).output).toEqual({ x: 1 });
  });

  test('an id is made when none is given; without a body there is no input', async () => {
    const { body } = await world.durable('POST', 'orchestrators/echoes');
    expect((body as Links).id).toMatch(/^[0-9a-f]{32}$/);
    expect(await world.ended((body as Links).id!)).toMatchObject({ input: null, output: null });
  });

  test('a version reaches df.version', async () => {
    const { body } = await world.durable('POST', 'orchestrators/version?version=1.2');
    expect((await world.ended((body as Links).id!)).output).toBe('1.2');
    expect((await ended('version', null)).output).toBeNull();
  });

  test('timeout and pollingInterval: 200 with the output when it has ended in time', async () => {
    const wait = 'timeout=10&pollingInterval=0.05';
    expect(await world.durable('POST', `orchestrators/echoes?${wait}`, [1])).toMatchObject({ status: 200, body: [1] });
    const failed = await world.durable('POST', `orchestrators/failing?${wait}`);
    expect(failed).toMatchObject({ status: 200, body: { runtimeStatus: 'Failed', name: 'failing' } });
    const late = await world.durable('POST', 'orchestrators/waits?timeout=0.1&pollingInterval=0.05');
    expect(late).toMatchObject({ status: 202, body: { id: expect.any(String) } });
    expect((await world.durable('POST', 'orchestrators/waits?timeout=10')).status).toBe(202);
    expect(await world.durable('POST', 'orchestrators/waits?timeout=1&pollingInterval=2')).toMatchObject({
      status: 400,
      body: { Message: 'Total timeout 1 should be bigger than retry timeout 2' },
    });
  });

  test.each([
    ['nowhere', '1', /The function 'nowhere' doesn't exist, is disabled, or is not an orchestrator function/],
    ['echoes', '{"half":', /Invalid JSON/],
    ['echoes/%40x', '1', /must not start with @/],
    ['echoes/a%2Fb', '1', /must not contain \/, \\\\, #, \?, or control characters/],
    ['echoes/a%23b', '1', /must not contain/],
    ['echoes/a%3Fb', '1', /must not contain/],
    ['echoes/a%07b', '1', /must not contain/],
    [`echoes/${'x'.repeat(101)}`, '1', /must not exceed 100 characters/],
  ])('%s with %s: 400', async (path, text, words) => {
    const { status, body } = await post(`orchestrators/${path}?${code()}`, text, 'application/json');
    expect({ status, body }).toEqual({ status: 400, body: expect.stringMatching(words) });
  });

  test('an id that runs: 409', async () => {
    await begin('waits', 1, 'busy');
    const { status, body } = await world.durable('POST', 'orchestrators/waits/busy', 1);
    expect(status).toBe(409);
    expect((body as { Message: string }).Message).toMatch(/status (Pending|Running) already exists/);
  });
});

describe('status', () => {
  test('202 with Location and Retry-After while it runs, 200 when it has ended, 404 without a body', async () => {
    const id = await begin('waits', { n: 1 });
    await world.until(id, (one) => one.runtimeStatus === 'Running');
    const { status, headers, body } = await world.durable('GET', `instances/${id}`);
    expect(status).toBe(202);
    expect(headers.get('location')).toBe(`${world.host.url}${BASE}/instances/${id}?${code()}`);
    expect(headers.get('retry-after')).toBe('5');
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(body).toEqual({
      name: 'waits',
      instanceId: id,
      runtimeStatus: 'Running',
      input: { n: 1 },
      customStatus: null,
      output: null,
      createdTime: time,
      lastUpdatedTime: time,
    });
    await world.durable('POST', `instances/${id}/raiseEvent/Go`, 'x');
    await world.ended(id);
    const after = await world.durable('GET', `instances/${id}`);
    expect(after.status).toBe(200);
    expect(after.headers.get('location')).toBeNull();
    expect(await world.durable('GET', 'instances/unknown')).toMatchObject({ status: 404, body: '' });
  });

  test('showHistory, showHistoryOutput, showInput', async () => {
    const { instanceId } = await ended('echoes', 'x');
    const shown = async (query: string) =>
      (await world.durable('GET', `instances/${instanceId}?${query}`)).body as Status;
    expect((await shown('')).historyEvents).toBeUndefined();
    expect((await shown('showInput=false')).input).toBeNull();
    const time = expect.stringMatching(/Z$/);
    const call = { EventType: 'TaskCompleted', Timestamp: time, ScheduledTime: time, FunctionName: 'echo' };
    const start = { EventType: 'ExecutionStarted', Timestamp: time, FunctionName: 'echoes', Input: '"x"' };
    const end = { EventType: 'ExecutionCompleted', Timestamp: time, OrchestrationStatus: 'Completed' };
    expect((await shown('showHistory=true')).historyEvents).toEqual([start, call, end]);
    expect((await shown('showHistory=True&showHistoryOutput=true&showInput=false')).historyEvents).toEqual([
      { ...start, Input: undefined },
      { ...call, Result: 'x' },
      { ...end, Result: 'x' },
    ]);
  });

  test('a history shows what is open and what failed', async () => {
    const { historyEvents } = await ended('family', join(world.directory, 'open'));
    const types = historyEvents!.map((event) => event.EventType);
    expect(types).toEqual([
      'ExecutionStarted',
      'TaskCompleted',
      'SubOrchestrationInstanceFailed',
      'ExecutionCompleted',
    ]);
    expect(historyEvents![2]).toMatchObject({
      FunctionName: 'flow',
      Reason: expect.any(String),
      Details: expect.any(String),
    });
    const timer = await begin('uncancelled', null);
    const open = await world.until(timer, (one) =>
      (one.historyEvents ?? []).some((event) => event.EventType === 'TaskCompleted'),
    );
    expect(open.historyEvents).toContainEqual(
      expect.objectContaining({ EventType: 'TimerCreated', FireAt: expect.any(String) }),
    );
  });

  test('returnInternalServerErrorOnFailure: 500 for what failed', async () => {
    const { instanceId } = await ended('failing', null);
    const path = `instances/${instanceId}`;
    expect((await world.durable('GET', path)).status).toBe(200);
    expect((await world.durable('GET', `${path}?returnInternalServerErrorOnFailure=true`)).status).toBe(500);
  });
});

describe('list', () => {
  const ids = async (query: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${world.host.url}${BASE}/instances/?${code()}&${query}`, { headers });
    const list = (await answer.json()) as Status[];
    return { ids: list.map((one) => one.instanceId), list, token: answer.headers.get('x-ms-continuation-token') };
  };
  let first: number;
  beforeAll(async () => {
    await ended('echoes', 'one', 'list-1');
    await ended('failing', 'two', 'list-2');
    world.clock.advance(60_000);
    first = Math.floor(world.clock.now() / 1000) * 1000;
    await begin('waits', 'three', 'list-3');
    await world.until('list-3', (one) => one.runtimeStatus === 'Running');
  });

  test('by prefix and status; statuses are as they are written, unknown ones do not count', async () => {
    const prefix = 'instanceIdPrefix=list-';
    expect((await ids(prefix)).ids).toEqual(['list-1', 'list-2', 'list-3']);
    expect((await ids(`${prefix}&runtimeStatus=Completed,Failed`)).ids).toEqual(['list-1', 'list-2']);
    expect((await ids(`${prefix}&runtimeStatus=Failed&runtimeStatus=Running`)).ids).toEqual(['list-2', 'list-3']);
    expect((await ids(`${prefix}&runtimeStatus=1`)).ids).toEqual(['list-1']);
    expect((await ids(`${prefix}&runtimeStatus=Failed,nonsense`)).ids).toEqual(['list-2']);
    expect((await ids(`${prefix}&runtimeStatus=failed`)).ids).toHaveLength(3);
  });

  test('by the time of creation; what is no time does not count', async () => {
    const time = encodeURIComponent(new Date(first).toISOString());
    const prefix = 'instanceIdPrefix=list-';
    expect((await ids(`${prefix}&createdTimeFrom=${time}`)).ids).toEqual(['list-3']);
    expect((await ids(`${prefix}&createdTimeTo=${time}`)).ids).toEqual(['list-1', 'list-2']);
    expect((await ids(`${prefix}&createdTimeTo=yesterday`)).ids).toHaveLength(3);
  });

  test('in pages, with or without inputs', async () => {
    const query = 'instanceIdPrefix=list-&top=2';
    const page = await ids(query);
    expect(page).toMatchObject({ ids: ['list-1', 'list-2'], token: expect.stringMatching(/./) });
    expect(page.list[0]!.input).toBe('one');
    const rest = await ids(`${query}&showInput=false`, { 'x-ms-continuation-token': page.token! });
    expect(rest).toMatchObject({ ids: ['list-3'], token: '' });
    expect(rest.list[0]!.input).toBeNull();
  });
});

describe('purge', () => {
  test('one: 200, 404 when it is not there, 412 while it runs', async () => {
    await ended('echoes', 1, 'gone');
    expect(await world.durable('DELETE', 'instances/gone')).toMatchObject({
      status: 200,
      body: { instancesDeleted: 1 },
    });
    expect(await world.durable('DELETE', 'instances/gone')).toMatchObject({ status: 404 });
    const id = await begin('waits', 1);
    const { status, body } = await world.durable('DELETE', `instances/${id}`);
    expect({ status, body }).toEqual({
      status: 412,
      body: expect.stringMatching(/^Only orchestrations in a terminal state/),
    });
  });

  test('by filter: ended ones; 400 without createdTimeFrom, 404 for none', async () => {
    world.clock.advance(3_600_000);
    const from = encodeURIComponent(new Date(world.clock.now() - 1000).toISOString());
    await ended('echoes', 1, 'old-1');
    await ended('failing', 1, 'old-2');
    await begin('waits', 1, 'old-3');
    expect((await world.durable('DELETE', 'instances')).status).toBe(400);
    expect((await world.durable('DELETE', 'instances?createdTimeFrom=soon')).status).toBe(400);
    const purge = (query: string) => world.durable('DELETE', `instances?createdTimeFrom=${from}&${query}`);
    expect((await purge('runtimeStatus=Failed')).body).toEqual({ instancesDeleted: 1 });
    expect((await purge('')).body).toEqual({ instancesDeleted: 1 });
    expect((await purge('')).status).toBe(404);
    expect((await world.durable('GET', 'instances/old-3')).status).toBe(202);
  });
});

describe('raise an event', () => {
  test('data, null; JSON only; 404, 410', async () => {
    const raise = (id: string, body: string, type?: string) =>
      post(`instances/${id}/raiseEvent/Go?${code()}`, body, type);
    const id = await begin('waits', 1);
    expect((await raise(id, '{}', 'text/plain')).body).toMatch(/Only application\/json request content is supported/);
    expect((await raise(id, '{}', 'text/plain')).status).toBe(400);
    expect(await raise(id, '{', 'application/json')).toMatchObject({
      status: 400,
      body: '{"Message":"Invalid JSON content"}',
    });
    expect((await raise(id, '', 'application/json')).status).toBe(400);
    expect((await raise('unknown', '1', 'application/json')).status).toBe(404);
    expect((await raise(id, '{"x":[1]}', 'application/json; charset=utf-8')).status).toBe(202);
    expect((await world.ended(id)).output).toEqual({ x: [1] });
    expect((await raise(id, '1', 'application/json')).status).toBe(410);
    const other = await begin('waits', 1);
    expect((await raise(other, 'null', 'application/json')).status).toBe(202);
    expect((await world.ended(other)).output).toBeNull();
  });
});

describe('terminate, suspend, resume', () => {
  test('202, 404, 410; a reason is the output', async () => {
    const id = await begin('waits', 1);
    const ask = async (operation: string, one = id) =>
      (await world.durable('POST', `instances/${one}/${operation}?reason=that%20is%20it`)).status;
    expect(await ask('resume')).toBe(500);
    expect(await ask('Suspend')).toBe(202);
    await world.until(id, (one) => one.runtimeStatus === 'Suspended');
    expect(await ask('suspend')).toBe(500);
    expect(await ask('resume')).toBe(202);
    await world.until(id, (one) => one.runtimeStatus === 'Running');
    expect(await ask('terminate')).toBe(202);
    expect(await world.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'that is it' });
    for (const operation of ['terminate', 'suspend', 'resume']) {
      expect(await ask(operation)).toBe(410);
      expect(await ask(operation, 'unknown')).toBe(404);
    }
  });
});

describe('restart', () => {
  test('under a new id, or the same when it has ended', async () => {
    await ended('echoes', { x: 1 }, 'again');
    const other = await world.durable('POST', 'instances/again/restart');
    expect(other).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^[0-9a-f]{32}$/) } });
    expect(await world.ended((other.body as Links).id!)).toMatchObject({ name: 'echoes', output: { x: 1 } });
    const wait = 'restartWithNewInstanceId=false&timeout=10&pollingInterval=0.05';
    expect(await world.durable('POST', `instances/again/restart?${wait}`)).toMatchObject({
      status: 200,
      body: { x: 1 },
    });
  });

  test('400 for one that there is not, 409 for one that runs', async () => {
    const text = 'InstanceId does not match a valid orchestration instance.';
    const unknown = await world.durable('POST', 'instances/unknown/restart');
    expect(unknown).toMatchObject({ status: 400, body: { Message: text, ExceptionType: 'System.ArgumentException' } });
    const id = await begin('waits', 1);
    expect((await world.durable('POST', `instances/${id}/restart?restartWithNewInstanceId=false`)).status).toBe(409);
  });
});

describe('rewind', () => {
  test('404, 412 for what has not failed', async () => {
    expect((await world.durable('POST', 'instances/unknown/rewind')).status).toBe(404);
    const { instanceId } = await ended('echoes', 1);
    expect(await world.durable('POST', `instances/${instanceId}/rewind`)).toMatchObject({
      status: 412,
      body: 'This orchestration has status Completed, but only orchestrations in the "Failed" state can be rewound.',
    });
  });

  test('a failed activity is run again, not those before it', async () => {
    const file = join(world.directory, 'rewound');
    const { instanceId: id, runtimeStatus } = await ended('flow', file);
    expect(runtimeStatus).toBe('Failed');
    writeFileSync(`${file}.go`, '');
    expect((await world.durable('POST', `instances/${id}/rewind?reason=repaired`)).status).toBe(202);
    const status = await world.until(id, (one) => one.runtimeStatus === 'Completed');
    expect(status.output).toEqual(['first', 'there']);
    expect(linesOf(file)).toEqual(['first']);
    const marks = status.historyEvents!.filter((event) => event.EventType === 'GenericEvent');
    expect(marks.map((event) => event.Reason ?? event.Data)).toEqual([
      'Rewound: TaskScheduled',
      'Rewound: TaskFailed',
      'Rewound: ExecutionCompleted',
      'repaired',
    ]);
  });

  test('a failed sub-orchestration goes on under its id, and its parent with it', async () => {
    const file = join(world.directory, 'family');
    const { instanceId: id, runtimeStatus } = await ended('family', file);
    expect(runtimeStatus).toBe('Failed');
    writeFileSync(`${file}.go`, '');
    await world.durable('POST', `instances/${id}/rewind`);
    const status = await world.until(id, (one) => one.runtimeStatus === 'Completed');
    expect(status.output).toEqual(['parent', ['first', 'there']]);
    expect(linesOf(file).sort()).toEqual(['first', 'parent']);
  });

  test('what was retried cannot be rewound, as in Azure: timers stay and no longer fit', async () => {
    const { instanceId: id } = await ended('retriesChild', null);
    await world.durable('POST', `instances/${id}/rewind`);
    const again = await world.until(id, (one) => /Non-Deterministic/.test(String(one.output)));
    expect(again.runtimeStatus).toBe('Failed');
  });

  test('also when the host is killed right after it', async () => {
    const file = join(world.directory, 'killed');
    const { instanceId: id } = await ended('flow', file);
    writeFileSync(`${file}.go`, '');
    await world.durable('POST', `instances/${id}/rewind`);
    await world.host.kill();
    await world.restart();
    expect((await world.until(id, (one) => one.runtimeStatus === 'Completed')).output).toEqual(['first', 'there']);
  });
});

describe('entities', () => {
  const state = (path: string) =>
    poll(
      () => world.durable('GET', path),
      ({ status }) => status === 200,
    );

  test('POST signals, GET reads, DELETE is the operation "delete"', async () => {
    const { status } = await world.durable('POST', 'entities/Account/x?op=add', 5);
    expect(status).toBe(202);
    expect((await state('entities/account/x')).body).toBe(5);
    expect((await world.durable('GET', 'entities/Account/none')).status).toBe(404);
    await world.durable('POST', 'entities/Careless/y?op=set');
    await state('entities/Careless/y');
    expect((await world.durable('DELETE', 'entities/Careless/y')).status).toBe(202);
    await poll(
      () => world.durable('GET', 'entities/Careless/y'),
      (answer) => answer.status === 404,
    );
  });

  test('content that is no JSON goes as text; JSON that is none, an unknown entity, a wrong key: 400', async () => {
    const signal = (path: string, body: string, type: string) => post(`entities/${path}&${code()}`, body, type);
    expect((await signal('Account/t?op=add', 'text', 'text/plain')).status).toBe(202);
    expect((await state('entities/Account/t')).body).toBe('0text');
    expect((await signal('Account/t?op=add', '{', 'application/json')).body).toMatch(/Could not parse JSON content/);
    expect((await signal('None/t?op=add', '1', 'application/json')).body).toMatch(/'None' doesn't exist/);
    expect((await signal('Account/a%23b?op=add', '1', 'application/json')).status).toBe(400);
  });

  test('an empty key is "$" when it is read', async () => {
    await world.durable('POST', 'entities/Account?op=add', 1);
    expect((await state('entities/Account/$')).body).toBe(1);
  });

  test('lists by name and time, in pages, with states when they are asked for', async () => {
    for (const key of ['p-1', 'p-2']) {
      await world.durable('POST', `entities/Account/${key}?op=add`, 1);
      await state(`entities/Account/${key}`);
    }
    const list = async (query: string) => (await world.durable('GET', `entities/Account?${query}`)).body as object[];
    expect(await list('')).toContainEqual({
      entityId: { name: 'account', key: 'p-1' },
      lastOperationTime: expect.stringMatching(/Z$/),
      state: null,
    });
    expect(await list('fetchState=true')).toContainEqual(expect.objectContaining({ state: 1 }));
    expect(await list('lastOperationTimeTo=2000-01-01T00:00:00Z')).toEqual([]);
    expect(await list('top=1')).toHaveLength(1);
    const { headers } = await world.durable('GET', 'entities/Account?top=1');
    expect(headers.get('x-ms-continuation-token')).not.toBe('');
    const all = (await world.durable('GET', 'entities')).body as { entityId: { name: string } }[];
    expect(new Set(all.map((one) => one.entityId.name))).toContain('account');
  });

  test('DELETE instances/@name@key purges an entity', async () => {
    await world.durable('POST', 'entities/Account/z?op=add', 1);
    await state('entities/Account/z');
    const { body } = await world.durable('DELETE', 'instances/@account@z');
    expect(body).toEqual({ instancesDeleted: 1 });
    expect((await world.durable('GET', 'entities/Account/z')).status).toBe(404);
  });
});
