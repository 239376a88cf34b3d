import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClock } from '../../../sandbox/core/clock.ts';
import { startFunctionsHost } from '../../../sandbox/functions-host/index.ts';
import { parseCron } from '../../../sandbox/functions-host/triggers/cron.ts';
import { run } from '../edge/child.ts';
import { SITE, startSite, type Site } from './site.ts';
import { appDirectory, linesOf, poll } from './world.ts';
import { noCurl } from '../../curl.ts';

const CLIENT_ID = '77777777-7777-4777-8777-777777777777';
const DAY = 86_400_000;
const ORIGIN = 'https://shop.azurewebsites.net';
const PERSON = { objectId: 'o-person', clientId: 'c-cli', kind: 'User', displayName: 'Person' } as const;

let site: Site;
let log: string;
let directory: string;

beforeAll(async () => {
  const env = (directory: string) => ({
    TICKS_FILE: join(directory, 'ticks'),
    ORDERS_FILE: join(directory, 'orders'),
  });
  // At noon, whatever the time is: the timer is due at three.
  site = await startSite('triggers', env, (clock) => clock.advance(DAY - (clock.now() % DAY) + DAY / 2));
  ({ log, directory } = site);
  const { store } = site.arm.world;
  store.put({ ...store.require(SITE), id: SITE.replace('shop', 'idle'), name: 'idle' });
});
afterAll(() => site.stop());

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const direct = (path: string, init?: RequestInit) => fetch(site.host.url + path, init);

describe('HTTP trigger', () => {
  test('parameters, query, body, headers, cookies, status', async () => {
    const answer = await direct('/rest/ECHO/42/Ann%20B?x=1&y=a%20b', { method: 'PUT', body: 'hello' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-answer')).toBe('yes');
    expect(answer.headers.get('set-cookie')).toBe('c=v; HttpOnly');
    expect(await answer.json()).toMatchObject({
      params: { id: '42', name: 'Ann B' },
      query: { x: '1', y: 'a b' },
      body: 'hello',
      user: null,
    });
    expect(((await (await direct('/rest/echo/7')).json()) as { params: object }).params).toEqual({ id: '7' });
  });

  test('routes: literals win, constraints, catch-all, methods, what is not there', async () => {
    expect(await (await direct('/rest/echo/special')).text()).toBe('literal wins');
    expect(await (await direct('/rest/files/a/b%2Fc/d')).text()).toBe('a/b/c/d');
    expect((await direct('/rest/echo/word')).status).toBe(404);
    expect((await direct('/rest/echo/1', { method: 'DELETE' })).status).toBe(404);
    expect((await direct('/api/echo/1')).status).toBe(404);
    expect((await direct('/rest/nothing')).status).toBe(204);
    expect((await direct('/rest/files/%zz')).status).toBe(400);
  });

  test('keys', async () => {
    const { masterKey, functionKeys } = site.host.keys;
    expect((await direct('/rest/keyed')).status).toBe(401);
    expect((await direct('/rest/keyed?code=wrong')).status).toBe(401);
    expect((await direct(`/rest/keyed?code=${functionKeys.default}`)).status).toBe(200);
    expect((await direct('/rest/keyed', { headers: { 'x-functions-key': masterKey } })).status).toBe(200);
    expect((await direct(`/rest/master?code=${functionKeys.default}`)).status).toBe(401);
    expect((await direct(`/rest/master?code=${masterKey}`)).status).toBe(200);
  });

  test('a failure says nothing to the caller and all to the log', async () => {
    const answer = await direct('/rest/throws');
    expect([answer.status, await answer.text()]).toEqual([500, '']);
    const line = readFileSync(log, 'utf8')
      .split('\n')
      .find((one) => one.includes('secret detail'));
    expect(JSON.parse(line!)).toMatchObject({ level: 'error', function: 'throws', category: 'Host.Results' });
  });

  test('hooks run around it, logs are structured, the time limit holds', async () => {
    const before = site.host.pid;
    expect(await (await direct('/rest/hooked')).text()).toBe('from the hook');
    const called = readFileSync(log, 'utf8')
      .split('\n')
      .find((one) => one.includes('echo called'));
    expect(JSON.parse(called!)).toMatchObject({ level: 'information', function: 'echo', category: 'user' });
    expect((await direct('/rest/slow')).status).toBe(500);
    // The process restarts then, and what still ran is gone with it.
    await poll(
      () => site.host.pid,
      (pid) => pid !== before,
    );
    expect(await (await direct('/rest/hooked')).text()).toBe('from the hook');
  });
});

describe.skipIf(noCurl)('App Service', () => {
  const curl = (...args: string[]) => run('curl', ['-sS', '-w', '\n%{http_code}', ...args], site.operator);
  const bearer = (audience: string) => [
    '-H',
    `Authorization: Bearer ${site.edge.tokens.issue(PERSON, audience).token}`,
  ];
  const protect = (validation: object, more: object = {}) =>
    site.arm.world.store.put({
      id: `${SITE}/config/authsettingsV2`,
      name: 'authsettingsV2',
      type: 'Microsoft.Web/sites/config',
      properties: {
        platform: { enabled: true },
        globalValidation: { requireAuthentication: true, unauthenticatedClientAction: 'Return401', ...more },
        identityProviders: {
          azureActiveDirectory: { enabled: true, registration: { clientId: CLIENT_ID }, validation },
        },
      },
    });

  test('without authentication settings a site is open, and forged principals do not get through', async () => {
    site.arm.world.store.delete(`${SITE}/config/authsettingsV2`);
    const out = await curl(
      '-H',
      'X-MS-CLIENT-PRINCIPAL: Zm9yZ2Vk',
      '-H',
      'x-ms-client-principal-id: me',
      `${ORIGIN}/rest/echo/1?q=2`,
    );
    const [body, status] = out.split('\n');
    expect(status).toBe('201');
    expect(JSON.parse(body!)).toMatchObject({ principal: null, url: `${ORIGIN}/rest/echo/1?q=2` });
  });

  test('with them a token of the right audience is needed', async () => {
    protect({ allowedAudiences: [`api://${CLIENT_ID}`] }, { excludedPaths: ['/rest/files'] });
    const appRoles = [
      { value: 'Shop.Reader', assignedTo: [PERSON.objectId] },
      { value: 'Shop.Writer', assignedTo: [PERSON.clientId] },
      { value: 'Shop.Owner', assignedTo: ['operator'] },
    ];
    site.edge.register({ name: 'Shop', clientId: CLIENT_ID, appRoles });
    expect(await curl(`${ORIGIN}/rest/echo/1`)).toMatch(/\n401$/);
    expect(await curl(...bearer('https://management.azure.com/'), `${ORIGIN}/rest/echo/1`)).toMatch(/\n401$/);
    expect(await curl('-H', 'Authorization: Bearer a.b.c', `${ORIGIN}/rest/echo/1`)).toMatch(/\n401$/);
    expect(await curl(`${ORIGIN}/rest/files/open`)).toBe('open\n200');
    const [body, status] = (
      await curl(...bearer(`api://${CLIENT_ID}/`), '-H', 'X-MS-CLIENT-PRINCIPAL-ID: me', `${ORIGIN}/rest/echo/1`)
    ).split('\n');
    expect(status).toBe('201');
    const { principal, user } = JSON.parse(body!) as { principal: string; user: string };
    expect(user).toBe(PERSON.objectId);
    const decoded = JSON.parse(Buffer.from(principal, 'base64').toString()) as {
      auth_typ: string;
      claims: { typ: string; val: string }[];
    };
    expect(decoded.auth_typ).toBe('aad');
    const claims = decoded.claims.map(({ typ, val }) => `${typ}=${val}`);
    expect(claims).toContain(`http://schemas.microsoft.com/identity/claims/objectidentifier=${PERSON.objectId}`);
    expect(claims).toContain('appid=c-cli');
    expect(claims.filter((claim) => claim.startsWith('roles='))).toEqual(['roles=Shop.Reader', 'roles=Shop.Writer']);
  });

  test('the policy may name who may come in', async () => {
    protect({ defaultAuthorizationPolicy: { allowedPrincipals: { identities: ['somebody'] } } });
    expect(await curl(...bearer(CLIENT_ID), `${ORIGIN}/rest/echo/1`)).toMatch(/\n403$/);
    protect({ defaultAuthorizationPolicy: { allowedPrincipals: { identities: [PERSON.objectId] } } });
    expect(await curl(...bearer(CLIENT_ID), `${ORIGIN}/rest/echo/1`)).toMatch(/\n201$/);
    site.arm.world.store.delete(`${SITE}/config/authsettingsV2`);
  });

  test('large bodies go through in both directions', async () => {
    const file = join(directory, 'large');
    const out = join(directory, 'large.out');
    await run('bash', ['-c', `head -c 5000000 /dev/urandom > ${file}`], {});
    await run('curl', ['-sS', '--data-binary', `@${file}`, '-o', out, `${ORIGIN}/rest/large`], site.operator);
    expect(readFileSync(out).reverse().equals(readFileSync(file))).toBe(true);
  });

  test('a site that does not run, and one that does not exist', async () => {
    expect(await curl('https://idle.azurewebsites.net/')).toMatch(/\n503$/);
    expect(await curl('https://nobody.azurewebsites.net/')).toMatch(/\n404$/);
  });
});

describe('queue trigger', () => {
  const orders = () =>
    linesOf(join(directory, 'orders')).map(
      (line) => JSON.parse(line) as { item: { n?: number; fail?: boolean }; dequeueCount: number },
    );

  test('each message is handled once and deleted; a bad one goes to the poison queue', async () => {
    await site.asOperator(`
      const queue = service.getQueueClient('orders');
      await queue.sendMessage(JSON.stringify({ fail: true }));
      for (let n = 0; n < 10; n++) await queue.sendMessage(JSON.stringify({ n }));`);
    await poll(orders, (all) => all.filter((one) => one.item.fail).length === 3 && all.length >= 13);
    expect(
      orders()
        .map((one) => one.item.n)
        .filter((n) => n !== undefined)
        .sort((a, b) => a - b),
    ).toEqual([...Array(10).keys()]);
    expect(
      orders()
        .filter((one) => one.item.fail)
        .map((one) => one.dequeueCount),
    ).toEqual([1, 2, 3]);
    const left = await site.asOperator(`
      const poison = service.getQueueClient('orders-poison');
      for (let tries = 0; tries < 100 && !(await poison.exists()); tries++) await new Promise((r) => setTimeout(r, 50));
      const { peekedMessageItems } = await poison.peekMessages();
      const { approximateMessagesCount } = await service.getQueueClient('orders').getProperties();
      result = { poison: peekedMessageItems.map((one) => one.messageText), left: approximateMessagesCount };`);
    expect(left).toEqual({ poison: ['{"fail":true}'], left: 0 });
  });
});

describe('timer trigger', () => {
  const ticks = () => linesOf(join(directory, 'ticks'));

  test('runs by the sandbox clock, once for all that was passed over', async () => {
    expect(ticks()).toEqual([]);
    site.clock.advance(25 * 3_600_000);
    await poll(ticks, (all) => all.length === 1);
    site.clock.advance(24 * 3_600_000);
    await poll(ticks, (all) => all.length === 2);
    expect(ticks()).toEqual(['past due: true', 'past due: true']);
  });

  test('NCRONTAB', () => {
    const next = (text: string, after: string) => new Date(parseCron(text)(Date.parse(after))).toISOString();
    expect(next('*/15 * * * * *', '2030-01-01T00:00:00Z')).toBe('2030-01-01T00:00:15.000Z');
    expect(next('0 */5 * * * *', '2030-01-01T00:55:00.001Z')).toBe('2030-01-01T01:00:00.000Z');
    expect(next('0 30 9 * * mon-fri', '2030-01-04T09:30:00Z')).toBe('2030-01-07T09:30:00.000Z');
    expect(next('0 0 0 31 * *', '2030-01-31T00:00:00Z')).toBe('2030-03-31T00:00:00.000Z');
    expect(next('0 0 29 2 *', '2030-01-01T00:00:00Z')).toBe('2032-02-29T00:00:00.000Z');
    expect(next('5/20 1,2 * * * *', '2030-01-01T00:01:45Z')).toBe('2030-01-01T00:02:05.000Z');
    for (const wrong of ['', '* * *', '60 * * * * *', '*/0 * * * * *', 'x * * * * *', '1-2-3 * * * * *']) {
      expect(() => parseCron(wrong)).toThrow('was not recognized');
    }
  });
});

describe('start-up', () => {
  const start = (app: string) =>
    startFunctionsHost({
      directory: appDirectory(app),
      stateDir: join(directory, app),
      env: {},
      clock: createClock(),
      logFile: join(directory, `${app}.log`),
    });

  test('a trigger that this host does not have is an error', async () => {
    await expect(start('unknown')).rejects.toThrow('Function "hub": this host has no eventHubTrigger');
  });

  test('the host ends with its parent, however that ends', async () => {
    const source = `
      const { startFunctionsHost } = await import(${JSON.stringify(import.meta.resolve('../../../sandbox/functions-host/index.ts'))});
      const { createClock } = await import(${JSON.stringify(import.meta.resolve('../../../sandbox/core/clock.ts'))});
      const host = await startFunctionsHost({ directory: ${JSON.stringify(appDirectory('durable'))}, env: {},
        stateDir: ${JSON.stringify(join(directory, 'orphan'))}, logFile: ${JSON.stringify(join(directory, 'orphan.log'))}, clock: createClock() });
      console.log(host.pid);
      setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let out = '';
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    await once(child, 'close');
    const pid = Number(out);
    expect(pid).toBeGreaterThan(0);
    await poll(
      () => isAlive(pid),
      (alive) => !alive,
    );
  });

  test('so is an app that breaks', async () => {
    await expect(start('broken')).rejects.toThrow('the app itself is broken');
  });
});
