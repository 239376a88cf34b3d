import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectConforming, networkPath } from '../arm/world.ts';
import { entra, LOCATION, said, sqlId, sqlPath, startSqlWorld, type SqlWorld } from './world.ts';

let world: SqlWorld;
const subnetId = networkPath('virtualNetworks/net/subnets/instances');

beforeAll(async () => {
  world = await startSqlWorld();
  await world.call('PUT', networkPath('virtualNetworks/net'), {
    location: LOCATION,
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 'instances', properties: { addressPrefix: '10.0.1.0/24' } }],
    },
  });
});
afterAll(async () => {
  await world.close();
});

const put = (path: string, properties: object, more: object = {}) =>
  world.call('PUT', sqlPath(`managedInstances/${path}`), { location: LOCATION, properties, ...more });
const database = async (name: string) =>
  (await world.call('GET', sqlPath(`managedInstances/mi/databases/${name}`))).body;

test('an instance is made in a subnet and takes its time', async () => {
  expect(said(await put('mi', { administrators: entra }))).toBe('400 InvalidParameterValue');
  expect(said(await put('mi', { subnetId: `${subnetId}x`, administrators: entra }))).toBe('400 InvalidParameterValue');
  expect(said(await put('mi', { subnetId, administrators: entra }, { sku: { name: 'XX_Gen5' } }))).toBe(
    '400 InvalidSku',
  );
  world.sql.settings.instanceSeconds = 4 * 3600;
  const making = await put('mi', { subnetId, administrators: entra, vCores: 4 }, { sku: { name: 'GP_Gen5' } });
  expect(making.body.properties).toMatchObject({ state: 'Creating', provisioningState: 'InProgress' });
  expect(said(await put('mi/databases/early', {}))).toBe('409 ConflictingDatabaseOperation');
  world.wait(3 * 3600);
  const [task] = (await world.call('GET', sqlPath('managedInstances/mi/operations'))).body.value;
  expect(task.properties).toMatchObject({ operation: 'CreateManagedServer', state: 'InProgress', percentComplete: 75 });
  world.wait(2 * 3600);
  world.sql.settings.instanceSeconds = 0;
  expect(await world.client.managedInstances.get('rg', 'mi')).toMatchObject({
    state: 'Ready',
    provisioningState: 'Succeeded',
    sku: { name: 'GP_Gen5', tier: 'GeneralPurpose', capacity: 4 },
    vCores: 4,
    subnetId,
    fullyQualifiedDomainName: expect.stringMatching(/^mi\.[0-9a-f]{12}\.database\.windows\.net$/) as string,
  });
  const links = await world.call('GET', sqlPath('managedInstances/mi/privateLinkResources/managedInstance'));
  expect(links.body.properties.groupId).toBe('managedInstance');
});

test('its databases are restored to a moment, also after they were deleted', async () => {
  const { client } = world;
  await client.managedDatabases.beginCreateOrUpdateAndWait('rg', 'mi', 'app', { location: LOCATION });
  const sourceDatabaseId = sqlId('managedInstances/mi/databases/app');
  const restore = (more: object) => put('mi/databases/back', { createMode: 'PointInTimeRestore', ...more });
  const at = () => world.arm.world.clock.iso();
  expect(said(await restore({ sourceDatabaseId, restorePointInTime: at() }))).toBe('400 PitrPointInTimeInvalid');
  world.wait(900);
  expect((await database('app')).properties).toMatchObject({
    status: 'Online',
    earliestRestorePoint: expect.any(String) as string,
  });
  expect(said(await restore({ sourceDatabaseId }))).toBe('400 MissingRestorePointInTime');
  expect(said(await restore({ restorePointInTime: at() }))).toBe('400 MissingSourceDatabaseId');
  expect(said(await restore({ sourceDatabaseId: `${sourceDatabaseId}x`, restorePointInTime: at() }))).toBe(
    '400 SourceDatabaseNotFound',
  );
  world.sql.settings.restoreSeconds = 60;
  expect((await restore({ sourceDatabaseId, restorePointInTime: at() })).status).toBe(202);
  expect((await database('back')).properties.status).toBe('Restoring');
  world.wait(61);
  expect((await database('back')).properties.status).toBe('Online');
  world.sql.settings.restoreSeconds = 0;
  expect(said(await restore({ sourceDatabaseId, restorePointInTime: at() }))).toBe('400 ManagedDatabaseNameInUse');

  await client.managedDatabases.beginDeleteAndWait('rg', 'mi', 'app');
  const dropped = [];
  for await (const one of client.restorableDroppedManagedDatabases.listByInstance('rg', 'mi')) dropped.push(one);
  expect(dropped).toMatchObject([{ databaseName: 'app' }]);
  const again = { createMode: 'PointInTimeRestore', restorableDroppedDatabaseId: dropped[0]!.id };
  const restorePointInTime = dropped[0]!.earliestRestoreDate!.toISOString();
  expect((await put('mi/databases/app', { ...again, restorePointInTime })).status).toBe(202);
  expect(said(await put('mi/databases/external', { createMode: 'RestoreExternalBackup' }))).toBe(
    '501 SandboxNotSupported',
  );
});

test('a deleted instance takes its databases with it', async () => {
  await world.client.managedInstances.beginDeleteAndWait('rg', 'mi');
  expect(said(await world.call('GET', sqlPath('managedInstances/mi/databases/app')))).toBe('404 ResourceNotFound');
});

test('the traffic fits Azure’s published types', () => expectConforming(world.exchanges));
