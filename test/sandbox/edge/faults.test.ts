import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RequestFault } from '../../../sandbox/core/faults.ts';
import { createClient, type Client } from '../../../sandbox/client.ts';
import { startWorld } from './world.ts';

let world: Awaited<ReturnType<typeof startWorld>>;
let client: Client;
/** What the service did: method, path, body. */
let done: string[] = [];

beforeAll(async () => {
  world = await startWorld({ record: true });
  world.edge.use({
    name: 'notebook',
    answers: (host) => host.endsWith('.test') || host === 'acct.blob.core.windows.net',
    async handle(request: IncomingMessage, response) {
      done.push(`${request.method} ${request.url} ${await text(request)}`);
      response.end('x'.repeat(1000));
    },
  });
  client = createClient(await world.edge.open({ id: 'operator', kind: 'operator' }), await world.ca());
});
afterEach(() => {
  world.faults.clear();
  done = [];
});
afterAll(async () => {
  client.close();
  await world.stop();
});

const post = (url = 'https://a.test/x?q=1') => client.send('POST', url, { body: 'hello' });
const add = (fault: RequestFault) => world.faults.add(fault);

describe('what a fault does', () => {
  it('answers, drops and throttles without asking the service', async () => {
    add({ answer: { status: 500, body: { error: { code: 'InternalServerError' } }, headers: { 'x-ms-z': '1' } } });
    expect(await post()).toMatchObject({
      status: 500,
      body: { error: { code: 'InternalServerError' } },
      headers: { 'x-ms-z': '1' },
    });
    add({ drop: true });
    await expect(post()).rejects.toThrow(/hang up|ECONNRESET/);
    add({ throttle: { retryAfterSeconds: 7 } });
    expect(await post()).toMatchObject({
      status: 429,
      headers: { 'retry-after': '7' },
      body: { error: { code: 'TooManyRequests' } },
    });
    add({ throttle: { status: 503, retryAfterSeconds: 1 }, host: '*.blob.core.windows.net' });
    const busy = await post('https://acct.blob.core.windows.net/c/b');
    expect([busy.status, busy.headers['x-ms-error-code']]).toEqual([503, 'ServerBusy']);
    expect(busy.body).toContain('<Code>ServerBusy</Code>');
    expect(done).toEqual([]);
    expect((await post()).status).toBe(200);
  });

  it('loses the answer of work that is done', async () => {
    add({ lost: true });
    await expect(post()).rejects.toThrow(/hang up|ECONNRESET/);
    expect(done).toEqual(['POST /x?q=1 "hello"']);
  });

  it('delivers a request twice, and gives one answer', async () => {
    add({ duplicate: true });
    expect(await post()).toMatchObject({ status: 200, body: 'x'.repeat(1000) });
    expect(done).toEqual(['POST /x?q=1 "hello"', 'POST /x?q=1 "hello"']);
    add({ duplicate: true });
    expect((await client.send('GET', 'https://a.test/empty')).status).toBe(200);
    expect(done.slice(2)).toEqual(['GET /empty ', 'GET /empty ']);
  });

  it('truncates a longer answer, and no shorter one', async () => {
    add({ truncate: 400 });
    await expect(post()).rejects.toThrow(/aborted/);
    expect(done).toHaveLength(1);
    add({ truncate: 1000 });
    expect((await post()).body).toHaveLength(1000);
  });

  it('kills the processes it names, before or after the work', async () => {
    add({ kill: 'functions:app', path: '/before' });
    await post('https://a.test/before');
    add({ kill: 'caller', lost: true, path: '/after' });
    await expect(post('https://a.test/after')).rejects.toThrow();
    expect(world.killed).toEqual(['functions:app', 'operator']);
    expect(done).toHaveLength(2);
  });

  it('waits as long as it says, then lets the request go its way', async () => {
    add({ delayMs: 50 });
    const began = performance.now();
    expect((await post()).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(45);
  });
});
