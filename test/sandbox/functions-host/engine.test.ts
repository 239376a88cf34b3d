import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../sandbox/functions-host/durable/database.ts';
import { wrongChildId } from '../../../sandbox/functions-host/durable/instanceId.ts';
import { readHostJson } from '../../../sandbox/functions-host/hostJson.ts';
import { poll, startWorld, type Status, type World } from './world.ts';

let world: World;
const durable = (method: string, path: string, body?: unknown) => {
  const code = `code=${world.host.keys.systemKeys.durabletask_extension}`;
  const url = `/runtime/webhooks/durabletask/${path}${path.includes('?') ? '&' : '?'}${code}`;
  return world.call(method, url, body);
};
async function start(name: string, input: unknown, id = ''): Promise<string> {
  const { status, body } = await durable('POST', `orchestrators/${name}/${id}`, input);
  expect(status).toBe(202);
  return (body as { id: string }).id;
}

beforeAll(async () => {
  world = await startWorld('engine', { HUB_NAME: 'Engine1' });
});
afterAll(() => world.stop());

describe('settings of host.json', () => {
  test('as many activities and entity operations at once as it says', async () => {
    expect((await world.ended(await start('crowds', null))).output).toBe(2);
    await world.ended(await start('signals', null));
    const { body } = await durable('GET', 'entities/batches/one');
    const batches = body as number[];
    expect(batches).toHaveLength(11);
    const sizes = [...new Set(batches)].map((number) => batches.filter((one) => one === number).length);
    expect(Math.max(...sizes)).toBe(4);
  });

  test('AnyState: a client may start an instance anew that has not ended', async () => {
    const id = await start('waiting', 'first', 'anew');
    await world.until(id, (one) => one.runtimeStatus === 'Running');
    await start('waiting', 'second', 'anew');
    await durable('POST', `instances/${id}/raiseEvent/Go`, null);
    expect(await world.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 'second' });
  });

  test('the hub is named by a setting, and has a file of that name', async () => {
    const [link] = Object.values((await durable('POST', 'orchestrators/waiting', 1)).body as object).slice(1);
    expect(link).toContain('taskHub=Engine1');
    expect(statSync(join(world.directory, 'state', 'taskhub-engine1.db')).isFile()).toBe(true);
  });

  test('what is wrong is named with file and key', () => {
    const directory = mkdtempSync(join(tmpdir(), 'host-json-'));
    const read = (text: string) => {
      writeFileSync(join(directory, 'host.json'), text);
      return () => readHostJson(directory, { HUB: 'Shop' });
    };
    const durableTask = (settings: object) =>
      read(JSON.stringify({ version: '2.0', extensions: { durableTask: settings } }));
    const key = `${join(directory, 'host.json')}: "extensions.durableTask`;
    expect(() => readHostJson(directory, {})).toThrow(/host\.json cannot be read/);
    expect(read('{')).toThrow(/host\.json cannot be read/);
    expect(read('{}')).toThrow(`${join(directory, 'host.json')}: "version" must be "2.0"`);
    expect(read('{"version":"2.0","functionTimeout":"5 minutes"}')).toThrow('"functionTimeout" must be a time span');
    expect(durableTask({ hubName: 'a-b' })).toThrow(`${key}.hubName" must be 3 to 45 letters and digits`);
    expect(durableTask({ hubName: '%NONE%' })).toThrow(`${key}.hubName" cannot be resolved: '%NONE%'`);
    expect(durableTask({ hubName: '%HUB%' })()).toMatchObject({ durableTask: { hubName: 'Shop' } });
    expect(durableTask({ maxConcurrentActivityFunctions: 0 })).toThrow(
      `${key}.maxConcurrentActivityFunctions" must be at least 1`,
    );
    expect(durableTask({ maxEntityOperationBatchSize: '9' })).toThrow(
      `${key}.maxEntityOperationBatchSize" must be a whole number from 1`,
    );
    expect(durableTask({ extendedSessionsEnabled: true })).toThrow(
      `${key}.extendedSessionsEnabled" can be true for .NET`,
    );
    expect(durableTask({ storageProvider: { partitionCount: 4 } })().durableTask.hubName).toBe('TestHubName');
    rmSync(directory, { recursive: true });
  });
});

test('ids of sub-orchestrations: other than those of parent and grandparent, and what fits into a key', async () => {
  const parent = { instanceId: 'Me', parent: { instanceId: 'Mine' } };
  expect(wrongChildId('ME', parent)).toContain('must be different than the instance ID of a parent');
  expect(wrongChildId('mine', parent)).toContain('must be different');
  expect(wrongChildId('@child', parent)).toContain('must not start with @');
  expect(wrongChildId('x'.repeat(513), parent)).toContain('must not be longer than 512 characters');
  const long = `a/b#${'x'.repeat(200)}`;
  const id = await start('parent', { id: long });
  const raise = () => durable('POST', `instances/${encodeURIComponent(long)}/raiseEvent/Go`, null);
  await poll(raise, ({ status }) => status === 202);
  expect((await world.ended(id)).output).toBe('a child');
});

test('terminating a parent leaves its child alone', async () => {
  const parent = await start('parent', { id: 'left-alone' });
  await poll(
    () => durable('GET', 'instances/left-alone'),
    ({ body }) => (body as Status).runtimeStatus === 'Running',
  );
  await durable('POST', `instances/${parent}/terminate?reason=enough`);
  expect(await world.ended(parent)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
  expect((await world.status('left-alone')).runtimeStatus).toBe('Running');
});

describe('a long life', () => {
  /** How large the task hub is, in MiB, after a restart: with nothing left in its log. */
  const size = async () => {
    await world.host.stop();
    await world.restart();
    const files = ['', '-wal'].map((end) => join(world.directory, 'state', `taskhub-engine1.db${end}`));
    return files.reduce((sum, file) => sum + statSync(file).size, 0) / 2 ** 20;
  };

  test('thousands of generations leave the last one', async () => {
    const before = await size();
    const id = await start('eternal', { left: 1500 });
    await world.until(id, (one) => (one.input as { left: number }).left === 0);
    const status = await world.until(id, (one) => one.historyEvents!.length > 0);
    expect(status.historyEvents!.map((one) => one.EventType)).toEqual(['ExecutionStarted']);
    expect((await size()) - before).toBeLessThan(0.5);
  });

  test('ended histories are compressed, and purging gives their room back', async () => {
    const before = await size();
    const from = new Date(Date.now() - 60_000).toISOString();
    for (let round = 0; round < 3; round++) {
      const ids = await Promise.all(Array.from({ length: 30 }, () => start('bulky', null)));
      for (const id of ids) await world.ended(id);
    }
    // 90 histories of 100 KB each, half of it information.
    expect((await size()) - before).toBeLessThan(7);
    const purged = await durable('DELETE', `instances/?createdTimeFrom=${from}&runtimeStatus=Completed`);
    expect((purged.body as { instancesDeleted: number }).instancesDeleted).toBeGreaterThanOrEqual(90);
    await poll(size, (now) => now < before + 1.5);
  });
});

describe('the file of a task hub', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hub-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  test('has one host', () => {
    const file = join(directory, 'one.db');
    const first = openDatabase(file, 'create table if not exists t (x)');
    expect(() => openDatabase(file, '')).toThrow(`The task hub ${file} is in use by another host.`);
    first.close();
    openDatabase(file, '').close();
  });

  test('of another version, or of another kind, is refused', () => {
    const file = join(directory, 'versions.db');
    const made = (sql: string) => {
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
    };
    made('create table t (x)');
    expect(() => openDatabase(file, '')).toThrow('was made by an older version (format 0; this one is 1)');
    made('pragma user_version = 2');
    expect(() => openDatabase(file, '')).toThrow('was made by a newer version (format 2; this one is 1)');
    writeFileSync(file, 'no database at all, but a text that is long enough to be looked at '.repeat(100));
    expect(() => openDatabase(file, '')).toThrow('cannot be read: file is not a database');
    expect(readFileSync(file, 'utf8')).toContain('no database at all');
  });

  test('changes of one round are one transaction; the one that fails takes no other along', async () => {
    const db = openDatabase(join(directory, 'commits.db'), 'create table if not exists t (x)');
    const add = (value: number) => () => db.insert('insert into t values (?)', value);
    const results = await Promise.allSettled([
      db.commit(add(1)),
      db.commit(() => {
        add(2)();
        throw new Error('no');
      }),
      db.commit(add(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(db.all<{ x: number }>('select x from t').map(({ x }) => x)).toEqual([1, 3]);
    db.close();
  });
});
