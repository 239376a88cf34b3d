import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SITE, startSite, type Site } from './site.ts';
import { linesOf, poll } from './world.ts';

const HOUR = 3_600_000;
let site: Site;

interface Event {
  event: string;
  /** When it was, by the host's clock. */
  at: number;
  isPastDue?: boolean;
  last?: string;
  next?: string;
  retry?: number;
  item?: { gate?: string; by?: string };
}
const events = (name: string): Event[] =>
  linesOf(join(site.directory, 'events'))
    .map((line) => JSON.parse(line) as Event)
    .filter(({ event }) => event === name);
const until = (name: string, count: number) =>
  poll(
    () => events(name),
    (all) => all.length >= count,
  );

beforeAll(async () => {
  const env = (directory: string) => ({
    EVENTS_FILE: join(directory, 'events'),
    GATE_FILE: join(directory, 'gate'),
  });
  // At five past the hour, whatever the time is: no timer is due before the tests make it so.
  site = await startSite('operated', env, (clock) => clock.advance(HOUR - (clock.now() % HOUR) + 5 * 60_000));
});
afterAll(() => site.stop());

describe('the host’s own API', () => {
  const admin = async (method: string, path: string, body?: unknown, key = site.host.keys.masterKey) => {
    const answer = await fetch(`${site.host.url}/admin/${path}`, {
      method,
      headers: { 'x-functions-key': key },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as unknown };
  };
  const keyed = async (code: string) => (await fetch(`${site.host.url}/api/keyed?code=${code}`)).status;

  test('needs the master key, and tells the host’s state and functions', async () => {
    expect((await admin('GET', 'host/status', undefined, 'wrong')).status).toBe(401);
    expect((await admin('GET', 'host/status', undefined, site.host.keys.functionKeys.default)).status).toBe(401);
    expect((await admin('GET', 'host/status')).body).toMatchObject({
      state: 'Running',
      version: expect.stringMatching(/^4\./),
    });
    expect((await admin('POST', 'host/ping')).status).toBe(200);
    const functions = (await admin('GET', 'functions')).body as { name: string }[];
    expect(functions.map(({ name }) => name).sort()).toEqual(
      ['atStart', 'failing', 'hourly', 'keyed', 'orders', 'slow', 'unmonitored'].sort(),
    );
    expect((await admin('GET', 'functions/KEYED')).body).toMatchObject({
      name: 'keyed',
      invoke_url_template: 'https://shop.azurewebsites.net/api/keyed',
      config: { bindings: expect.arrayContaining([expect.objectContaining({ type: 'httpTrigger' })]) },
    });
    for (const path of ['functions/nobody', 'nothing', 'functions/keyed/keys/nobody', 'host/keys/a/b'])
      expect((await admin('GET', path)).status, path).toBe(404);
  });

  test('runs a function by hand', async () => {
    const before = events('unmonitored').length;
    expect((await admin('POST', 'functions/unmonitored', {})).status).toBe(202);
    await until('unmonitored', before + 1);
    expect((await admin('POST', 'functions/orders', { input: '{"by":"hand"}' })).status).toBe(202);
    await poll(
      () => events('order').some(({ item }) => item?.by === 'hand'),
      (found) => found,
    );
    expect((await admin('POST', 'functions/orders', 'no JSON')).status).toBe(400);
    expect((await admin('POST', 'functions/keyed', {})).status).toBe(400);
  });

  test('keys of the host and of a function are made, named, changed, deleted, and outlive the host', async () => {
    expect(await admin('PUT', 'functions/keyed/keys/ci', { name: 'ci', value: 'first' })).toMatchObject({
      status: 201,
      body: { name: 'ci', value: 'first' },
    });
    expect((await admin('PUT', 'functions/keyed/keys/ci', { name: 'ci', value: 'second' })).status).toBe(200);
    expect([await keyed('first'), await keyed('second')]).toEqual([401, 200]);
    const made = (await admin('POST', 'host/keys/all')).body as { value: string };
    expect(await keyed(made.value)).toBe(200);
    const list = (await admin('GET', 'functions/keyed/keys')).body as { keys: { name: string; value: string }[] };
    expect(list.keys.map(({ name }) => name)).toEqual(['default', 'ci']);
    expect(await keyed(list.keys[0]!.value)).toBe(200);
    await site.restart();
    expect(await keyed('second')).toBe(200);
    expect((await admin('DELETE', 'functions/keyed/keys/ci')).status).toBe(204);
    expect((await admin('DELETE', 'functions/keyed/keys/ci')).status).toBe(404);
    expect(await keyed('second')).toBe(401);
    expect((await admin('PUT', 'host/keys/_mine', { value: 'x' })).status).toBe(400);
    expect((await admin('PUT', 'host/keys/empty', {})).status).toBe(400);
    expect((await admin('GET', 'host/keys/_master')).body).toMatchObject({ value: site.host.keys.masterKey });
  });

  test('ARM shows the functions and the keys, and changes keys', async () => {
    type Reply = { status: number; body: Record<string, unknown> };
    const requests = [
      ['GET', '/functions'],
      ['GET', '/functions/hourly'],
      ['GET', '/functions/nobody'],
      ['POST', '/host/default/listkeys'],
      ['PUT', '/host/default/functionkeys/pipeline', { properties: { value: 'from-arm' } }],
      ['POST', '/functions/keyed/listkeys'],
    ];
    const answers = (await site.asOperator(`
      const { token } = await credential.getToken('https://management.azure.com/.default');
      const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
      const ask = async ([method, path, body]) => {
        const url = 'https://management.azure.com${SITE}' + path + '?api-version=2024-11-01';
        const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
        const text = await answer.text();
        return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
      };
      result = await Promise.all(${JSON.stringify(requests)}.map(ask));`)) as [
      Reply,
      Reply,
      Reply,
      Reply,
      Reply,
      Reply,
    ];
    const [listed, one, missing, hostKeys, set, ofFunction] = answers;
    expect(listed.body.value).toHaveLength(7);
    expect(one.body).toMatchObject({
      id: `${SITE}/functions/hourly`,
      name: 'shop/hourly',
      type: 'Microsoft.Web/sites/functions',
      properties: { name: 'hourly', language: 'node' },
    });
    expect(missing.status).toBe(404);
    expect(hostKeys.body).toMatchObject({
      masterKey: site.host.keys.masterKey,
      functionKeys: { default: site.host.keys.functionKeys.default },
      systemKeys: { durabletask_extension: site.host.keys.systemKeys.durabletask_extension },
    });
    expect(set).toMatchObject({ status: 201, body: { properties: { name: 'pipeline', value: 'from-arm' } } });
    expect(ofFunction.body.default).toEqual(expect.any(String));
    expect(await keyed('from-arm')).toBe(200);
  });
});

describe('timers', () => {
  const MINUTE = 60_000;
  /** Moves the clock. @returns a time before which nothing happens that it brings about */
  const move = (ms: number) => {
    const from = site.clock.now() + ms;
    site.clock.advance(ms);
    return from;
  };
  /** Waits until a monitored timer has run at that time or later, and knows when it runs next. */
  const ran = (name: string, from: number) =>
    poll(
      () => JSON.parse(readFileSync(join(site.directory, 'state', `timer-${name}.json`), 'utf8')) as { last: number },
      ({ last }) => last >= from,
    );
  const gate = () => join(site.directory, 'gate');

  // The clock stands at five past when this begins: each test goes on where the one before it ended.
  test('a retry policy waits by the clock, and ends', async () => {
    const waits = () => readFileSync(site.log, 'utf8').split("before retrying function 'failing'").length - 1;
    const from = move(10 * MINUTE);
    expect((await until('failing', 1)).at(-1)).not.toHaveProperty('retry');
    for (const retry of [1, 2, 3]) {
      await poll(waits, (count) => count === retry);
      site.clock.advance(retry * MINUTE);
      expect((await until('failing', 1 + retry)).at(-1)).toMatchObject({ retry });
    }
    await ran('failing', from);
    site.clock.advance(4 * MINUTE);
  });

  test('one never runs twice at once, and is not behind afterwards', async () => {
    const begun = move(5 * MINUTE);
    await until('slow', 1);
    await ran('hourly', move(2 * HOUR));
    expect(events('slow')).toHaveLength(1);
    writeFileSync(gate(), '');
    await ran('slow', begun);
    const next = move(HOUR);
    expect((await until('slow', 2))[1]!.at).toBeGreaterThanOrEqual(next);
    await ran('slow', next);
    expect(events('failing').slice(4)[0]?.retry).toBeUndefined();
  });

  test('what outlasts its next time is made up for when the host was down after it', async () => {
    rmSync(gate());
    const begun = move(HOUR);
    await until('slow', 3);
    await ran('hourly', move(2 * HOUR));
    writeFileSync(gate(), '');
    await ran('slow', begun);
    await site.host.kill();
    const down = move(HOUR);
    await site.restart();
    expect((await until('slow', 4)).at(-1)!.isPastDue).toBe(true);
    await ran('hourly', down);
  });

  test('a monitored schedule makes up for what was missed while the host was down, once', async () => {
    const [monitored, unmonitored] = [events('hourly').length, events('unmonitored').length];
    await site.host.kill();
    const down = move(3 * HOUR);
    await site.restart();
    const late = (await until('hourly', monitored + 1)).at(-1)!;
    expect(late.isPastDue).toBe(true);
    expect(Date.parse(late.next!) - site.clock.now()).toBeLessThanOrEqual(HOUR);
    await ran('hourly', down);
    expect(events('unmonitored')).toHaveLength(unmonitored);
    site.clock.advance(HOUR);
    await until('unmonitored', unmonitored + 1);
    expect(await until('hourly', monitored + 2)).toHaveLength(monitored + 2);
  });

  test('runOnStartup runs at each start and is not past due', () => {
    expect(events('atStart').length).toBeGreaterThanOrEqual(3);
    expect(events('atStart').every(({ isPastDue }) => !isPastDue)).toBe(true);
  });
});

describe('queue', () => {
  test('a message stays hidden while its function runs, and goes with the receipt of the last renewal', async () => {
    const gate = join(site.directory, 'queue-gate');
    const hidden = () => readFileSync(site.log, 'utf8').split('is kept hidden until').length - 1;
    const runs = () => events('order').filter(({ item }) => item?.gate !== undefined).length;
    await site.asOperator(
      `await service.getQueueClient('orders').sendMessage(${JSON.stringify(JSON.stringify({ gate }))});`,
    );
    await poll(runs, (count) => count === 1);
    // Three moves of 20 s: twice the time for which it was hidden at first.
    for (let move = 1; move <= 3; move++) {
      site.clock.advance(20_000);
      await poll(hidden, (count) => count >= move);
    }
    writeFileSync(gate, '');
    const left = () =>
      site.asOperator(`result = (await service.getQueueClient('orders').getProperties()).approximateMessagesCount;`);
    await poll(left, (count) => count === 0);
    expect(runs()).toBe(1);
  });
});
