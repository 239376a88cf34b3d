import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachine, expectTypes, machineBody } from './machine.ts';
import { GROUP, LOCATION, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

let world: ComputeWorld;
const id = (type: string, name: string) => `${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
const MACHINE = id('virtualMachines', 'vm');

beforeAll(async () => {
  world = await startWorld();
  await world.sdk.disks.createOrUpdate('rg', 'data', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
  });
  const { storageProfile } = machineBody('vm');
  const dataDisks = [{ lun: 3, createOption: 'Attach', managedDisk: { id: id('disks', 'data') } }];
  await createMachine(world, 'vm', { storageProfile: { ...storageProfile, dataDisks } });
  await world.compute.disks.write(id('disks', 'data'), 0, Buffer.alloc(512, 1));
});
afterAll(async () => {
  await world.stop();
});

const collection = (name: string, source = MACHINE) =>
  world.sdk.restorePointCollections.createOrUpdate('rg', name, { location: LOCATION, source: { id: source } });
const point = (name: string, more: object = { consistencyMode: 'CrashConsistent' }) =>
  world.sdk.restorePoints.create('rg', 'rpc', name, more);
const COPIED = 61_000;

test('a collection belongs to one machine of its region', async () => {
  const made = await collection('rpc');
  expect(made).toMatchObject({ provisioningState: 'Succeeded', source: { id: MACHINE, location: LOCATION } });
  expect(made.restorePointCollectionId).toMatch(/^[0-9a-f-]{36}$/);
  expect((await collection('rpc')).restorePointCollectionId).toBe(made.restorePointCollectionId);
  await expect(collection('rpc', id('virtualMachines', 'other'))).rejects.toMatchObject({
    code: 'PropertyChangeNotAllowed',
  });
  await expect(collection('other', id('virtualMachines', 'none'))).rejects.toMatchObject({ code: 'NotFound' });
  const tagged = await world.sdk.restorePointCollections.update('rg', 'rpc', { tags: { a: 'b' } });
  expect(tagged.tags).toEqual({ a: 'b' });
});

test('a restore point shows one moment of all disks, copied in the background, and the machine as a whole', async () => {
  const made = await point('one');
  expect(made).toMatchObject({
    consistencyMode: 'CrashConsistent',
    provisioningState: 'Succeeded',
    sourceMetadata: {
      hardwareProfile: { vmSize: 'Standard_B1s' },
      location: LOCATION,
      hyperVGeneration: 'V2',
      osProfile: { adminUsername: 'azureuser' },
      storageProfile: { dataDisks: [{ lun: 3, name: 'data', diskSizeGB: 1 }] },
    },
  });
  await world.compute.disks.write(id('disks', 'data'), 0, Buffer.alloc(512, 2));
  const begun = await world.sdk.restorePoints.get('rg', 'rpc', 'one', { expand: 'instanceView' });
  expect(begun.instanceView!.diskRestorePoints!.map((d) => d.replicationStatus!.completionPercent)).toEqual([0, 0]);
  const { diskRestorePoint } = made.sourceMetadata!.storageProfile!.dataDisks![0]!;
  const name = diskRestorePoint!.id!.split('/').at(-1)!;
  const { diskRestorePoint: points } = world.sdk;
  const grant = () => points.grantAccess('rg', 'rpc', 'one', name, { access: 'Read', durationInSeconds: 600 });
  await expect(grant()).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  world.clock.advance(COPIED);
  const done = await world.sdk.restorePoints.get('rg', 'rpc', 'one', { expand: 'instanceView' });
  expect(done.instanceView!.diskRestorePoints![0]!.replicationStatus).toMatchObject({
    completionPercent: 100,
    status: { code: 'ReplicationState/succeeded' },
  });
  const all = [];
  for await (const one of points.listByRestorePoint('rg', 'rpc', 'one')) all.push(one);
  expect(all).toHaveLength(2);
  const disk = await world.sdk.disks.get('rg', 'data');
  expect(await points.get('rg', 'rpc', 'one', name)).toMatchObject({
    sourceUniqueId: disk.uniqueId,
    sourceResourceId: disk.id,
    sourceResourceLocation: LOCATION,
    replicationState: 'Succeeded',
    networkAccessPolicy: 'AllowAll',
  });
  const { accessSAS } = await grant();
  const bytes = await world.fetch(accessSAS!, { headers: { range: 'bytes=0-511' } });
  expect(Buffer.from(await bytes.arrayBuffer()).equals(Buffer.alloc(512, 1))).toBe(true);
  const refused = { code: 'DiskRestorePointUsedByCustomer' };
  await expect(world.sdk.restorePoints.delete('rg', 'rpc', 'one')).rejects.toMatchObject(refused);
  await expect(world.sdk.restorePointCollections.delete('rg', 'rpc')).rejects.toMatchObject(refused);
  await points.revokeAccess('rg', 'rpc', 'one', name);

  const restored = await world.sdk.disks.createOrUpdate('rg', 'restored', {
    location: LOCATION,
    creationData: { createOption: 'Restore', sourceResourceId: diskRestorePoint!.id! },
  });
  expect(restored.creationData).toMatchObject({ createOption: 'Restore', sourceUniqueId: disk.uniqueId });
  expect((await world.compute.disks.read(restored.id!, 0, 512)).equals(Buffer.alloc(512, 1))).toBe(true);
});

test('the next point is of the same family, without what is excluded, and can be compared', async () => {
  const os = (await world.sdk.virtualMachines.get('rg', 'vm')).storageProfile!.osDisk!.managedDisk!.id!;
  const made = await point('two', { consistencyMode: 'crashConsistent', excludeDisks: [{ id: os }] });
  expect(made.sourceMetadata!.storageProfile!.osDisk!.diskRestorePoint).toBeUndefined();
  world.clock.advance(COPIED);
  const names = async (rp: string) => {
    const found = [];
    for await (const one of world.sdk.diskRestorePoint.listByRestorePoint('rg', 'rpc', rp)) found.push(one);
    return found.filter((one) => one.sourceResourceId!.endsWith('/data'));
  };
  const [[one], [two]] = [await names('one'), await names('two')];
  expect(two!.familyId).toBe(one!.familyId);
  const sas = async (rp: string, name: string) =>
    (await world.sdk.diskRestorePoint.grantAccess('rg', 'rpc', rp, name, { access: 'Read', durationInSeconds: 600 }))
      .accessSAS!;
  const [base, next] = [await sas('one', one!.name!), await sas('two', two!.name!)];
  const changes = await world.fetch(`${next}&comp=pagelist`, {
    headers: { 'x-ms-version': '2021-12-02', 'x-ms-previous-snapshot-url': base },
  });
  expect(await changes.text()).toContain('<PageRange><Start>0</Start><End>511</End></PageRange>');
  await world.sdk.diskRestorePoint.revokeAccess('rg', 'rpc', 'one', one!.name!);
  await world.sdk.diskRestorePoint.revokeAccess('rg', 'rpc', 'two', two!.name!);
});

test('three points of a mode in an hour; an application-consistent one needs the agent; shared disks have none', async () => {
  await point('three');
  await expect(point('four')).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  // Without a mode: consistent for applications, which for Linux means its file systems.
  expect((await point('app', {})).consistencyMode).toBe('FileSystemConsistent');
  await expect(point('app', {})).rejects.toThrow('exists already');
  await world.sdk.virtualMachines.powerOff('rg', 'vm');
  await expect(point('off', {})).rejects.toMatchObject({ code: 'VMAgentStatusCommunicationError' });
  world.clock.advance(3_600_000);
  await point('four');
  await world.sdk.disks.createOrUpdate('rg', 'shared', {
    location: LOCATION,
    sku: { name: 'Premium_LRS' },
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
    maxShares: 2,
  });
  await world.sdk.virtualMachines.attachDetachDataDisks('rg', 'vm', {
    dataDisksToAttach: [{ diskId: id('disks', 'shared') }],
  });
  await expect(point('five')).rejects.toMatchObject({ code: 'VMRestorePointClientError' });
  await point('five', { consistencyMode: 'CrashConsistent', excludeDisks: [{ id: id('disks', 'shared') }] });
  await expect(point('six', { consistencyMode: 'Sometimes' })).rejects.toMatchObject({ code: 'InvalidParameter' });
});

test('a collection lists its points and takes them with it; the machine may be gone before', async () => {
  await world.sdk.virtualMachines.delete('rg', 'vm');
  const { restorePointCollections } = world.sdk;
  const shown = await restorePointCollections.get('rg', 'rpc', { expand: 'restorePoints' });
  expect(shown.restorePoints!.map((p) => p.name)).toEqual(['one', 'two', 'three', 'app', 'four', 'five']);
  await world.sdk.restorePoints.delete('rg', 'rpc', 'three');
  await restorePointCollections.delete('rg', 'rpc');
  const left = world.arm.world.store.under(GROUP).filter((r) => r.type.includes('restorePoint'));
  expect(left).toEqual([]);
});

test('a resource group takes its machines, disks, snapshots, restore points and disk accesses with it', async () => {
  const { sdk, arm } = world;
  const second = GROUP.replace(/rg$/, 'rg2');
  arm.world.store.put({ ...arm.world.store.require(GROUP), id: second, name: 'rg2' });
  await sdk.virtualMachines.createOrUpdate('rg2', 'vm', machineBody('vm'));
  await sdk.diskAccesses.createOrUpdate('rg2', 'da', { location: LOCATION });
  const machine = `${second}/providers/Microsoft.Compute/virtualMachines/vm`;
  await sdk.restorePointCollections.createOrUpdate('rg2', 'rpc', { location: LOCATION, source: { id: machine } });
  await sdk.restorePoints.create('rg2', 'rpc', 'one', {});
  await sdk.snapshots.createOrUpdate('rg2', 'snapshot', {
    location: LOCATION,
    networkAccessPolicy: 'AllowPrivate',
    diskAccessId: `${second}/providers/Microsoft.Compute/diskAccesses/da`,
    creationData: {
      createOption: 'Copy',
      sourceResourceId: `${second}/providers/Microsoft.Compute/disks/vm-os`,
    },
  });
  const url = `https://management.azure.com${second}?api-version=2025-04-01`;
  const answer = await world.fetch(url, { method: 'DELETE', headers: { authorization: 'Bearer t' } });
  expect(answer.status).toBe(202);
  await arm.idle();
  expect(arm.world.store.under(second)).toEqual([]);
  expect([...world.ports]).toEqual([]);
});

test('the traffic fits Azure’s published types', () => expectTypes(world));
