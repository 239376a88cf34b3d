import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plan, type Mail } from '../../../sandbox/functions-host/durable/entityMail.ts';
import { replaySchema } from '../../../sandbox/functions-host/durable/extension.ts';
import { startFunctionsHost } from '../../../sandbox/functions-host/index.ts';
import { appDirectory, poll, startWorld, type World } from './world.ts';

/** What the newest extension has: entity locks. With callHttp, whose other side this file plays. */
let world: World;
const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = [];
const replies: ((response: ServerResponse) => void)[] = [];
const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { method, url, headers } = request;
    seen.push({ method: method!, url: url!, headers, body: Buffer.concat(parts).toString() });
    if (url!.startsWith('/msi')) response.end(JSON.stringify({ access_token: 'the-token' }));
    else replies.shift()!(response);
  });
});
let origin: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const identity = { IDENTITY_ENDPOINT: `${origin}/msi/token`, IDENTITY_HEADER: 'secret', AZURE_CLIENT_ID: 'me' };
  world = await startWorld('protocol', identity, { strict: true, durableExtensionVersion: '3.13.0' });
});
afterAll(async () => {
  await world.stop();
  server.closeAllConnections();
  server.close();
});

const balance = async (key: string) => (await world.durable('GET', `entities/Account/${key}`)).body;
const put = async (key: string, amount: number) => {
  await world.durable('POST', `entities/Account/${key}?op=add`, amount);
  await poll(
    () => balance(key),
    (now) => now === amount,
  );
};

test('compounds through the SDK: all, nested all, nested any', async () => {
  const { output } = await world.ended(await world.start('compounds'));
  expect(output).toEqual({ one: 1, two: [2, 3], three: 4, next: 5 });
});

describe('callHttp', () => {
  test('sends method, headers and content; polls a 202 with Retry-After by the sandbox clock', async () => {
    replies.push(
      (response) => response.writeHead(202, { Location: `${origin}/status`, 'Retry-After': '600' }).end(),
      (response) => response.writeHead(200, { 'content-type': 'text/plain' }).end('ready'),
    );
    const id = await world.start('calls', { url: `${origin}/start` });
    await world.until(id, (one) => (one.historyEvents ?? []).some((event) => event.EventType === 'TimerCreated'));
    expect(seen.at(-1)).toMatchObject({ method: 'POST', url: '/start', body: '{"a":1}' });
    expect(seen.at(-1)!.headers).toMatchObject({
      'x-own': 'yes',
      'x-functions-key': 'k',
      'content-type': 'text/plain',
    });
    world.clock.advance(600_000);
    expect((await world.ended(id)).output).toEqual({ statusCode: 200, content: 'ready', after: 'after' });
    expect(seen.at(-1)).toMatchObject({ method: 'GET', url: '/status', body: '' });
    expect(seen.at(-1)!.headers['x-functions-key']).toBeUndefined();
  });

  test('an error status is an answer, no answer is a failure', async () => {
    replies.push((response) => response.writeHead(503).end('busy'));
    const { output } = await world.ended(await world.start('calls', { url: `${origin}/start` }));
    expect(output).toEqual({ statusCode: 503, content: 'busy', after: 'after' });
    replies.push((response) => response.destroy());
    const failed = await world.ended(await world.start('calls', { url: `${origin}/start` }));
    expect(failed.output).toContain(`'BuiltIn::HttpActivity' failed: POST ${origin}/start: other side closed`);
  });

  test('a token source: a token of the managed identity is sent', async () => {
    replies.push((response) => response.end('in'));
    const resource = 'https://management.azure.com/.default';
    const { output } = await world.ended(await world.start('calls', { url: `${origin}/in`, resource, token: true }));
    expect(output).toMatchObject({ statusCode: 200, content: 'in' });
    const [asked, sent] = seen.slice(-2);
    const query = Object.fromEntries(new URL(asked!.url, origin).searchParams);
    expect(query).toEqual({ 'api-version': '2019-08-01', resource: 'https://management.azure.com', client_id: 'me' });
    expect(asked!.headers['x-identity-header']).toBe('secret');
    expect(sent!.headers.authorization).toBe('Bearer the-token');
  });
});

test('a signal for later arrives when it is due, also after a kill', async () => {
  const at = new Date(world.clock.now() + 3_600_000).toISOString();
  expect((await world.ended(await world.start('signalLater', { key: 'later', at }))).output).toBe(0);
  await world.host.kill();
  await world.restart();
  expect((await world.durable('GET', 'entities/Account/later')).status).toBe(404);
  world.clock.advance(3_600_000);
  await poll(
    () => balance('later'),
    (now) => now === 1,
  );
});

describe('entity locks', () => {
  test('nobody comes between, and nothing is lost when the host is killed', async () => {
    const accounts = ['a', 'b', 'c'];
    for (const key of accounts) await put(key, 100);
    const pairs = accounts.flatMap((from) => accounts.filter((to) => to !== from).map((to) => ({ from, to })));
    const begin = () =>
      Promise.all([...pairs, ...pairs].map((pair) => world.start('transfer', { ...pair, amount: 7 })));
    const ids = await begin();
    await world.host.kill();
    await world.restart();
    ids.push(...(await begin()));
    for (const id of ids) {
      expect((await world.ended(id)).output).toEqual({ consistent: true, locked: false });
    }
    for (const key of accounts) expect(await balance(key)).toBe(100);
  });

  test('others wait until the lock is released, at the latest at the end', async () => {
    await put('held', 5);
    const id = await world.start('holds', { keys: ['held', 'also'], then: 'wait' });
    await world.until(id, (one) => one.customStatus === 'locked');
    const asking = await world.start('asks', 'held');
    await world.durable('POST', 'entities/Account/held?op=add', 1);
    await world.until(asking, (one) => (one.historyEvents ?? []).some((event) => event.EventType === 'EventSent'));
    expect(await balance('held')).toBe(5);
    expect((await world.status(asking)).runtimeStatus).toBe('Running');
    await world.durable('POST', `instances/${id}/raiseEvent/Go`, 1);
    expect((await world.ended(id)).output).toBe('not released by hand');
    await world.ended(asking);
    await poll(
      () => balance('held'),
      (now) => now === 6,
    );
  });

  test('what fails or is terminated keeps them for ever, as in Azure; the log says so', async () => {
    const told = (instanceId: string) =>
      expect(world.log()).toContainEqual(
        expect.objectContaining({ trap: 'lock not released', instanceId, level: 'error' }),
      );
    const id = await world.start('holds', { keys: ['lost'], then: 'fail' });
    expect((await world.ended(id)).runtimeStatus).toBe('Failed');
    told(id);
    const other = await world.start('holds', { keys: ['lost-too'], then: 'wait' });
    await world.until(other, (one) => one.customStatus === 'locked');
    await world.durable('POST', `instances/${other}/terminate`);
    expect((await world.ended(other)).runtimeStatus).toBe('Terminated');
    told(other);
    const asking = await world.start('asks', 'lost');
    await world.until(asking, (one) => (one.historyEvents ?? []).some((event) => event.EventType === 'EventSent'));
    expect((await world.status(asking)).runtimeStatus).toBe('Running');
  });
});

describe('what an entity takes from its inbox', () => {
  let seq = 0;
  const op = (name: string, parent = 'x'): Mail => ({ seq: seq++, body: { op: name, id: name, parent } });
  const lock = (parent: string): Mail => ({
    seq: seq++,
    body: { op: null, lockset: [], pos: 0, id: 'l', parent, parentExecution: 'e' },
  });
  const release = (parent: string): Mail => ({ seq: seq++, body: { parent, id: 'l' } });
  const taken = (owner: string | undefined, ...inbox: Mail[]) => {
    const { operations, lock: request, owner: now, releases } = plan(owner, inbox, 3);
    const names = operations.map((mail) => mail.body.op);
    return { names, lock: request?.body.parent, now, releases: releases.length };
  };

  test.each([
    ['unlocked: in order, to the limit', undefined, [op('1'), op('2'), op('3'), op('4')], ['1', '2', '3'], undefined],
    ['a lock request ends the batch', undefined, [op('1'), lock('y'), op('2')], ['1'], 'y'],
    ['locked: the holder’s only', 'y', [op('1'), op('2', 'y'), lock('z')], ['2'], undefined],
    ['released: the others, after the holder’s', 'y', [op('1'), op('2', 'y'), release('y')], ['2', '1'], undefined],
    ['a release by somebody else changes nothing', 'y', [op('1'), release('z')], [], undefined],
  ] as const)('%s', (_, owner, inbox, names, granted) => {
    expect(taken(owner, ...inbox)).toMatchObject({ names: [...names], lock: granted });
  });
});

test('the extension version decides on the schema; one that is not mirrored is refused', async () => {
  expect([replaySchema('3.12.9'), replaySchema('3.13.0'), replaySchema('3.15.0')]).toEqual([2, 3, 3]);
  const start = startFunctionsHost({
    directory: appDirectory('protocol'),
    stateDir: join(world.directory, 'other'),
    env: {},
    clock: world.clock,
    logFile: join(world.directory, 'other.log'),
    durableExtensionVersion: '2.9.1',
  });
  await expect(start).rejects.toThrow('durableExtensionVersion "2.9.1" is not one that this host mirrors');
});
