import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openState } from '../../../sandbox/core/state.ts';
import { expectConforming } from '../arm/world.ts';
import { killAfter } from '../killAfter.ts';
import { entra, LOCATION, said, sqlId, sqlPath, startSqlWorld, type SqlWorld } from './world.ts';

const GIB = 1024 ** 3;
let world: SqlWorld;

beforeAll(async () => {
  world = await startSqlWorld();
  await world.client.servers.beginCreateOrUpdateAndWait('rg', 'one', { location: LOCATION, administrators: entra });
  await world.client.servers.beginCreateOrUpdateAndWait('rg', 'two', { location: LOCATION, administrators: entra });
});
afterAll(async () => {
  await world.close();
});

const path = (name: string, server = 'one') => `servers/${server}/databases/${name}`;
const put = (name: string, properties: object = {}, more: object = {}, server = 'one') =>
  world.call('PUT', sqlPath(path(name, server)), { location: LOCATION, properties, ...more });
const get = async (name: string, server = 'one') => (await world.call('GET', sqlPath(path(name, server)))).body;
const copyFrom = (source: string) => ({ createMode: 'Copy', sourceDatabaseId: sqlId(source) });
const copyOf = (name: string) => copyFrom(path(name));
const now = () => world.arm.world.clock.iso();

test('a database has the fields of its service objective', async () => {
  const made = await world.client.databases.beginCreateOrUpdateAndWait('rg', 'one', 'app', {
    location: LOCATION,
    sku: { name: 'S1' },
    tags: { stage: 'test' },
  });
  expect(made).toMatchObject({
    status: 'Online',
    sku: { name: 'Standard', tier: 'Standard', capacity: 20 },
    currentServiceObjectiveName: 'S1',
    maxSizeBytes: 250 * GIB,
    collation: 'SQL_Latin1_General_CP1_CI_AS',
    tags: { stage: 'test' },
  });
  expect(made.databaseId).toMatch(/^[0-9a-f-]{36}$/);
  const objective = async (sku: object) => {
    const { status, body } = await put('sized', {}, { sku });
    return status >= 400 ? body.error.code : body.properties.currentServiceObjectiveName;
  };
  expect(await objective({ name: 'GP_Gen5', capacity: 4, family: 'Gen5' })).toBe('GP_Gen5_4');
  expect(await objective({ name: 'Standard', capacity: 50 })).toBe('S2');
  expect(await objective({ name: 'GP_S_Gen5_1' })).toBe('GP_S_Gen5_1');
  expect(await objective({ name: 'GP_Gen5_3' })).toBe('InvalidSku');
  expect(said(await put('big', { maxSizeBytes: 300 * GIB }, { sku: { name: 'S0' } }))).toBe(
    '400 InvalidMaxSizeTierCombination',
  );
  expect(said(await put('master'))).toBe('400 CannotUseReservedDatabaseName');
  expect(said(await put('ends.'))).toBe('400 UnsupportedServiceName');
  expect(said(await put('sized', { collation: 'Latin1_General_BIN' }))).toBe('400 ChangeUnsupportedOnEntity');
  expect(said(await put('new', { createMode: 'Secondary', sourceDatabaseId: made.id }))).toBe(
    '501 SandboxNotSupported',
  );
  expect(said(await put('x', {}, {}, 'none'))).toBe('404 ParentResourceNotFound');
  expect(said(await world.call('POST', sqlPath(`${path('app')}/export`), {}))).toBe('501 SandboxNotSupported');
});

test('a copy is Copying until the time has passed, and is not there when it is cancelled or deleted before', async () => {
  world.sql.settings.copySeconds = 3600;
  const copying = await put('copy', copyOf('app'), { tags: {} }, 'two');
  expect(copying.status).toBe(202);
  expect(await get('copy', 'two')).toMatchObject({
    properties: { status: 'Copying', currentServiceObjectiveName: 'S1', maxSizeBytes: 250 * GIB },
  });
  expect((await get('copy', 'two')).properties.earliestRestoreDate).toBeUndefined();
  expect(said(await put('again', { ...copyOf('copy'), sourceDatabaseId: sqlId(path('copy', 'two')) }))).toBe(
    '409 ConflictingDatabaseOperation',
  );
  world.wait(1800);
  const going = [];
  for await (const task of world.client.databaseOperations.listByDatabase('rg', 'two', 'copy')) going.push(task);
  expect(going).toMatchObject([
    { operation: 'CREATE DATABASE AS COPY', state: 'InProgress', percentComplete: 50, isCancellable: true },
  ]);
  world.wait(1801);
  expect((await get('copy', 'two')).properties.status).toBe('Online');
  const status = await world.call('GET', copying.headers.get('azure-asyncoperation')!);
  expect(status.body.status).toBe('Succeeded');

  const cancelled = await put('cancelled', copyOf('app'));
  const [task] = (await world.call('GET', sqlPath(`${path('cancelled')}/operations`))).body.value;
  await world.client.databaseOperations.cancel('rg', 'one', 'cancelled', task.name);
  expect((await world.call('GET', cancelled.headers.get('azure-asyncoperation')!)).body).toMatchObject({
    status: 'Failed',
    error: { code: 'OperationCancelled' },
  });
  expect(said(await world.call('GET', sqlPath(path('cancelled'))))).toBe('404 ResourceNotFound');
  const deleted = await put('deleted', copyOf('app'));
  await world.client.databases.beginDeleteAndWait('rg', 'one', 'deleted');
  expect((await world.call('GET', deleted.headers.get('azure-asyncoperation')!)).body.status).toBe('Failed');
  world.sql.settings.copySeconds = 0;

  expect(said(await put('c', { createMode: 'Copy' }))).toBe('400 MissingSourceDatabaseId');
  expect(said(await put('c', { createMode: 'Copy', sourceDatabaseId: '/x' }))).toBe('400 InvalidSourceDatabaseId');
  expect(said(await put('c', copyOf('absent')))).toBe('400 SourceDatabaseNotFound');
  const absent = sqlId(path('app', 'absent'));
  expect(said(await put('c', { createMode: 'Copy', sourceDatabaseId: absent }))).toBe('400 SourceServerNotFound');
  expect(said(await put('app', copyOf('sized')))).toBe('400 DatabaseNameInUse');
});

test('a database is restored to a moment between its first backup and now', async () => {
  await put('fresh');
  expect((await get('fresh')).properties.earliestRestoreDate).toBeUndefined();
  const restore = (source: string, restorePointInTime?: string, server = 'one') => {
    const properties = { createMode: 'PointInTimeRestore', sourceDatabaseId: sqlId(path(source)), restorePointInTime };
    return put('restored', properties, {}, server);
  };
  expect(said(await restore('fresh', now()))).toBe('400 PitrPointInTimeInvalid');
  world.wait(601);
  const { earliestRestoreDate, creationDate } = (await get('fresh')).properties;
  expect(Date.parse(earliestRestoreDate) - Date.parse(creationDate)).toBe(600_000);
  expect(said(await restore('fresh', creationDate))).toBe('400 PitrPointInTimeInvalid');
  expect(said(await restore('fresh', '2100-01-01T00:00:00Z'))).toBe('400 PitrPointInTimeInvalid');
  expect(said(await restore('fresh'))).toBe('400 MissingRestorePointInTime');
  expect(said(await restore('fresh', now(), 'two'))).toBe('400 MismatchingServerNameWithUrl');
  world.sql.settings.restoreSeconds = 60;
  expect((await restore('fresh', now())).status).toBe(202);
  expect((await get('restored')).properties.status).toBe('Restoring');
  world.wait(61);
  expect((await get('restored')).properties.status).toBe('Online');
  world.sql.settings.restoreSeconds = 0;

  await world.client.backupShortTermRetentionPolicies.beginCreateOrUpdateAndWait('rg', 'one', 'fresh', 'default', {
    retentionDays: 2,
  });
  world.wait(5 * 86_400);
  const earliest = Date.parse((await get('fresh')).properties.earliestRestoreDate);
  expect(Math.abs(Date.parse(now()) - earliest - 2 * 86_400_000)).toBeLessThan(60_000);
  const policy = sqlPath(`${path('fresh')}/backupShortTermRetentionPolicies/default`);
  expect(said(await world.call('PUT', policy, { properties: { retentionDays: 36 } }))).toBe(
    '400 InvalidBackupRetentionPeriod',
  );
});

test('a deleted database can be restored until its backups are too old', async () => {
  await put('gone', {}, { sku: { name: 'S2' } });
  world.wait(3600);
  await world.client.databases.beginDeleteAndWait('rg', 'one', 'gone');
  const list = async () => {
    const found = [];
    for await (const dropped of world.client.restorableDroppedDatabases.listByServer('rg', 'one')) found.push(dropped);
    return found.filter(({ databaseName }) => databaseName === 'gone');
  };
  const [dropped] = await list();
  expect(dropped!.name).toMatch(/^gone,\d{18}$/);
  expect(await world.client.restorableDroppedDatabases.get('rg', 'one', dropped!.name!)).toMatchObject({
    databaseName: 'gone',
    sku: { name: 'Standard', capacity: 50 },
  });
  const restore = (properties: object) => put('back', { createMode: 'Restore', ...properties });
  expect(said(await restore({ sourceDatabaseId: sqlId(path('gone')) }))).toBe('400 MissingSourceDatabaseDeletionDate');
  const wrongDate = { sourceDatabaseId: sqlId(path('gone')), sourceDatabaseDeletionDate: '2020-01-01T00:00:00Z' };
  expect(said(await restore(wrongDate))).toBe('400 InvalidDroppedDatabase');
  expect(said(await restore({ restorableDroppedDatabaseId: `${dropped!.id!}1` }))).toBe(
    '400 InvalidRestorableDroppedDatabaseId',
  );
  const rightDate = { ...wrongDate, sourceDatabaseDeletionDate: dropped!.deletionDate!.toISOString() };
  expect((await restore(rightDate)).status).toBe(202);
  expect((await get('back')).properties.currentServiceObjectiveName).toBe('S2');
  await world.client.databases.beginDeleteAndWait('rg', 'one', 'back');
  expect((await restore({ restorableDroppedDatabaseId: dropped!.id })).status).toBe(202);
  world.wait(8 * 86_400);
  expect(await list()).toEqual([]);
  await world.client.databases.beginDeleteAndWait('rg', 'one', 'back');
  expect(said(await restore(rightDate))).toBe('400 InvalidDroppedDatabase');
  expect(said(await restore({ restorableDroppedDatabaseId: dropped!.id }))).toBe(
    '400 InvalidRestorableDroppedDatabaseId',
  );
});

test('a database is renamed with what hangs on it, scaled, and moved into a pool and out', async () => {
  const { client } = world;
  await put('old', {}, { tags: { keep: 'me' } });
  await client.backupShortTermRetentionPolicies.beginCreateOrUpdateAndWait('rg', 'one', 'old', 'default', {
    retentionDays: 3,
  });
  const { databaseId } = (await get('old')).properties;
  await client.databases.rename('rg', 'one', 'old', { id: sqlId(path('new')) });
  expect(await get('new')).toMatchObject({ name: 'new', tags: { keep: 'me' }, properties: { databaseId } });
  expect(said(await world.call('GET', sqlPath(path('old'))))).toBe('404 ResourceNotFound');
  const policy = await client.backupShortTermRetentionPolicies.get('rg', 'one', 'new', 'default');
  expect(policy.retentionDays).toBe(3);
  const rename = (id: string) => world.call('POST', sqlPath(`${path('new')}/move`), { id });
  expect(said(await rename(sqlId(path('app'))))).toBe('400 DatabaseNameInUse');
  expect(said(await rename(sqlId(path('new', 'two'))))).toBe('400 InvalidResourceId');

  await client.databases.beginUpdateAndWait('rg', 'one', 'new', { sku: { name: 'BC_Gen5_8' } });
  expect((await get('new')).properties.currentServiceObjectiveName).toBe('BC_Gen5_8');
  await client.elasticPools.beginCreateOrUpdateAndWait('rg', 'one', 'pool', {
    location: LOCATION,
    sku: { name: 'StandardPool', capacity: 100 },
  });
  const elasticPoolId = sqlId('servers/one/elasticPools/pool');
  await client.databases.beginUpdateAndWait('rg', 'one', 'new', { elasticPoolId });
  expect(await get('new')).toMatchObject({
    sku: { name: 'ElasticPool', tier: 'Standard' },
    properties: { elasticPoolId },
  });
  const pooled = await world.call('GET', sqlPath('servers/one/elasticPools/pool/databases'));
  expect(pooled.body.value.map(({ name }: { name: string }) => name)).toEqual(['new']);
  expect(said(await world.call('DELETE', sqlPath('servers/one/elasticPools/pool')))).toBe('400 ElasticPoolNotEmpty');
  expect(said(await put('lost', { elasticPoolId: `${elasticPoolId}x` }))).toBe('400 TargetElasticPoolDoesNotExist');
  await client.databases.beginUpdateAndWait('rg', 'one', 'new', { sku: { name: 'S0' } });
  expect((await get('new')).properties.elasticPoolId).toBeUndefined();
  await client.elasticPools.beginDeleteAndWait('rg', 'one', 'pool');
});

test('the traffic fits Azure’s published types', () => expectConforming(world.exchanges));

test('a world that is started again has its databases, also one that was being copied, and its dropped ones', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sql-state-'));
  const state = openState(folder);
  const first = await startSqlWorld(state);
  first.sql.settings.copySeconds = 3600;
  first.sql.settings.firstBackupSeconds = 0;
  await first.client.servers.beginCreateOrUpdateAndWait('rg', 'kept', { location: LOCATION, administrators: entra });
  for (const name of ['source', 'dropped'])
    await first.client.databases.beginCreateOrUpdateAndWait('rg', 'kept', name, { location: LOCATION });
  await first.client.databases.beginDeleteAndWait('rg', 'kept', 'dropped');
  await first.call('PUT', sqlPath('servers/kept/databases/copy'), {
    location: LOCATION,
    properties: { createMode: 'Copy', sourceDatabaseId: sqlId('servers/kept/databases/source') },
  });
  // As SIGKILL leaves it: nothing is ended.
  state.close();
  const reopened = openState(folder);
  const second = await startSqlWorld(reopened);
  second.sql.settings.copySeconds = 3600;
  const status = async () => (await second.client.databases.get('rg', 'kept', 'copy')).status;
  expect(await status()).toBe('Copying');
  second.wait(3601);
  expect(await status()).toBe('Online');
  const dropped = await second.call('GET', sqlPath('servers/kept/restorableDroppedDatabases'));
  expect(dropped.body.value).toHaveLength(1);
  await second.call('PUT', sqlPath('servers/kept/databases/later'), {
    location: LOCATION,
    properties: { createMode: 'Copy', sourceDatabaseId: sqlId('servers/kept/databases/source') },
  });
  // A world that stops does not wait for an hour's copy.
  second.sql.stop();
  await second.close();
  reopened.close();
  rmSync(folder, { recursive: true });
});

test('killed while it makes, copies, renames or deletes: each is done as a whole, or not at all', async () => {
  for (let writes = 0, whole = false; !whole; writes += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'sql-killed-'));
    const state = openState(folder);
    const first = await startSqlWorld(state);
    await first.call('PUT', sqlPath('servers/kept'), { location: LOCATION, properties: { administrators: entra } });
    await first.call('PUT', sqlPath('servers/kept/databases/old'), { location: LOCATION });
    const policy = (name: string) => sqlPath(`servers/kept/databases/${name}/backupShortTermRetentionPolicies/default`);
    await first.call('PUT', policy('old'), { properties: { retentionDays: 14 } });
    await first.call('PUT', sqlPath('servers/kept/databases/gone'), { location: LOCATION });
    Object.assign(first.sql.settings, { copySeconds: 3600, firstBackupSeconds: 0 });
    const killer = killAfter(writes);
    try {
      await first.call('PUT', sqlPath('servers/new'), { location: LOCATION, properties: { administrators: entra } });
      await first.call('POST', sqlPath('servers/kept/databases/old/move'), {
        id: sqlId('servers/kept/databases/new'),
      });
      await first.call('PUT', sqlPath('servers/kept/databases/copy'), {
        location: LOCATION,
        properties: copyFrom('servers/kept/databases/new'),
      });
      await first.call('DELETE', sqlPath('servers/kept/databases/gone'));
      first.sql.stop();
      whole = killer.writes() <= writes;
      await first.close();
      state.close();
    } finally {
      killer.restore();
    }
    const reopened = openState(folder);
    const second = await startSqlWorld(reopened);
    const status = async (path: string) => (await second.call('GET', sqlPath(path))).status;
    expect(await status('servers/new/databases/master')).toBe(await status('servers/new'));
    const names = await Promise.all(['old', 'new'].map((name) => status(`servers/kept/databases/${name}`)));
    expect(names.toSorted()).toEqual([200, 404]);
    const { body } = await second.call('GET', policy(names[0] === 200 ? 'old' : 'new'));
    expect(body.properties.retentionDays).toBe(14);
    if (whole) expect(names).toEqual([404, 200]);
    const copy = await second.call('GET', sqlPath('servers/kept/databases/copy'));
    expect(['Copying', undefined]).toContain(copy.body.properties?.status);
    const dropped = (await second.call('GET', sqlPath('servers/kept/restorableDroppedDatabases'))).body.value;
    expect(dropped).toHaveLength((await status('servers/kept/databases/gone')) === 404 ? 1 : 0);
    await second.close();
    reopened.close();
    rmSync(folder, { recursive: true });
  }
});
