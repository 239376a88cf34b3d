import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { VirtualMachine } from '@azure/arm-compute';
import { createHttpHeaders } from '@azure/core-rest-pipeline';
import { createArm, type Arm } from '../../../azure/arm.ts';
import { createDisks } from '../../../azure/disks.ts';
import { createMachines, disksOf } from '../../../azure/machines.ts';
import { createSnapshots } from '../../../azure/snapshots.ts';
import { shortfalls, uploadBody } from '../../../azure/uploadDisk.ts';
import { createWorkers } from '../../../azure/workers.ts';
import { closedToExport, openToExport } from '../../../model/exports.ts';
import {
  GROUP,
  IDENTITY,
  LOCATION,
  problems,
  startWorld,
  SUBNET,
  SUBSCRIPTION,
  type ComputeWorld,
} from '../../sandbox/compute/world.ts';

interface Odd {
  maxShares?: number;
  logicalSectorSize?: number;
  sku?: string;
}

const MiB = 1024 * 1024;
const id = (type: string, name: string) => `${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
const customerKey = {
  type: 'EncryptionAtRestWithCustomerKey',
  diskEncryptionSetId: id('diskEncryptionSets', 'keys'),
};
const diskAccess = (n: number) => id('diskAccesses', `da${n}`);

let world: ComputeWorld;
let arm: Arm;
beforeAll(async () => {
  world = await startWorld();
  arm = { compute: () => world.sdk };
  for (const name of ['da1', 'da2']) await world.sdk.diskAccesses.createOrUpdate('rg', name, { location: LOCATION });
  await world.sdk.disks.createOrUpdate('rg', 'data', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
    hyperVGeneration: 'V2',
    sku: { name: 'Premium_LRS' },
    zones: ['1'],
    encryption: customerKey,
    tags: { app: 'web' },
  });
});
afterAll(async () => {
  await world.stop();
});

describe('snapshots', () => {
  const snapshotId = id('snapshots', 'one');
  const request = () => ({
    id: snapshotId,
    location: LOCATION,
    diskId: id('disks', 'data'),
    encryption: customerKey,
    tags: { 'strongroom-id': 's' },
  });

  test('VMP-02 a snapshot is incremental, cannot be exported and carries its tags from the start; creating it again changes nothing', async () => {
    const snapshots = createSnapshots(arm);
    expect(await snapshots.find(snapshotId)).toBeUndefined();
    await snapshots.create(request());
    const made = await snapshots.find(snapshotId);
    expect(made).toMatchObject({
      origin: {
        snapshotId,
        sourceDiskId: id('disks', 'data'),
        sourceUniqueId: (await world.sdk.disks.get('rg', 'data')).uniqueId,
        tags: { 'strongroom-id': 's' },
      },
      size: 1024 * MiB,
      ready: true,
      copyError: '',
      exportPolicy: closedToExport,
    });
    expect(made!.familyId).toMatch(/^[0-9a-f-]{36}$/);
    const put = world.exchanges.find(({ method, url }) => method === 'PUT' && url.includes('/snapshots/one'))!;
    expect(put.request).toMatchObject({
      tags: { 'strongroom-id': 's' },
      properties: {
        incremental: true,
        networkAccessPolicy: 'DenyAll',
        publicNetworkAccess: 'Disabled',
        encryption: customerKey,
      },
    });
    expect(JSON.stringify(put.request)).not.toContain('diskAccessId');
    await snapshots.create({ ...request(), tags: {} });
    expect(await snapshots.find(snapshotId)).toEqual(made);
    expect((await snapshots.listByGroup(SUBSCRIPTION, 'rg')).map((snapshot) => snapshot.id)).toEqual([made!.id]);
  });

  const policy = async () => (await createSnapshots(arm).find(snapshotId))!.exportPolicy;
  const updates = () =>
    world.exchanges.filter(({ method, url }) => method === 'PATCH' && url.includes('/snapshots/one'));

  test('VMP-21 grant behind a disk access, move to another, revoke and delete; twice does no harm', async () => {
    const snapshots = createSnapshots(arm);
    await expect(snapshots.grant(snapshotId, 3600)).rejects.toMatchObject({ code: 'AZURE_REFUSED' });
    for (const n of [1, 2, 2]) await snapshots.setExportPolicy(snapshotId, openToExport(diskAccess(n)));
    expect(await policy()).toEqual(openToExport(diskAccess(2)));
    expect(updates()).toHaveLength(2); // none for what is so already
    expect(await snapshots.grant(snapshotId, 3600)).toMatch(/^https:\/\/md-.*sig=/);
    for (let i = 0; i < 2; i++) await snapshots.revoke(snapshotId);
    // One update: Azure refuses another policy while the disk access stands, and a disk access with another policy.
    const source = { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled', diskAccessId: '' };
    for (let i = 0; i < 2; i++) await snapshots.setExportPolicy(snapshotId, source);
    expect(await policy()).toEqual(source);
    expect(
      updates()
        .slice(2)
        .map(({ request }) => request),
    ).toEqual([
      { properties: { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled', diskAccessId: null } },
    ]);
    for (let i = 0; i < 2; i++) await snapshots.delete(snapshotId);
    await snapshots.revoke(snapshotId);
    await snapshots.setExportPolicy(snapshotId, closedToExport);
    expect(await snapshots.find(snapshotId)).toBeUndefined();
  });
});

describe('disks', () => {
  test('a disk for upload is like its source and goes only to the session that made it', async () => {
    const disks = createDisks(arm);
    const source = await disks.get(id('disks', 'data'));
    expect(source).toMatchObject({
      size: 1024 * MiB,
      properties: { sku: 'Premium_LRS', zones: ['1'], hyperVGeneration: 'V2', encryption: customerKey },
    });
    const made = {
      id: id('disks', 'restored'),
      size: source.size,
      properties: source.properties,
      exportPolicy: openToExport(diskAccess(1)),
    };
    await disks.createForUpload({ ...made, tags: { 'strongroom-restore': 's' } });
    expect(await disks.readyForUpload(made.id)).toBe(true);
    await disks.createForUpload({ ...made, tags: { 'strongroom-restore': 's' } });
    await expect(disks.createForUpload({ ...made, tags: { 'strongroom-restore': 't' } })).rejects.toMatchObject({
      code: 'ALREADY_EXISTS',
    });
    const stored = await world.sdk.disks.get('rg', 'restored');
    expect(stored).toMatchObject({
      hyperVGeneration: 'V2',
      zones: ['1'],
      sku: { name: 'Premium_LRS' },
      tags: { app: 'web' },
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
    });
    expect(await disks.grantWrite(made.id, 3600)).toContain('sig=');
    await disks.setExportPolicy(made.id, closedToExport);
    expect(await world.sdk.disks.get('rg', 'restored')).toMatchObject({ networkAccessPolicy: 'DenyAll' });
    expect((await world.sdk.disks.get('rg', 'restored')).diskAccessId).toBeUndefined();
    await disks.setExportPolicy(id('disks', 'none'), closedToExport);
    await disks.deleteTagged(made.id, { 'strongroom-restore': 't' });
    expect(await disks.readyForUpload(made.id)).toBe(true);
    await disks.deleteTagged(made.id, { 'strongroom-restore': 's' });
    await expect(disks.get(made.id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test.each([
    ['shared', { maxShares: 2 }, /disks\/odd-shared is shared \(maxShares 2\).*Detach it/],
    [
      'sectors',
      { logicalSectorSize: 4096 },
      /disks\/odd-sectors has logical sectors of 4096 bytes.*VHDX.*Move its data/,
    ],
    ['ultra', { sku: 'UltraSSD_LRS' }, /disks\/odd-ultra has logical sectors of 4096 bytes/], // Azure's default
  ])(
    'a disk whose data cannot be had is refused: %s',
    async (name, { maxShares, logicalSectorSize, sku }: Odd, why) => {
      await world.sdk.disks.createOrUpdate('rg', `odd-${name}`, {
        location: LOCATION,
        creationData: { createOption: 'Copy', sourceResourceId: id('disks', 'data'), logicalSectorSize },
        maxShares,
        sku: { name: sku ?? 'Premium_LRS' },
      });
      await expect(createDisks(arm).get(id('disks', `odd-${name}`))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(why) as string,
      });
    },
  );

  test('Ultra and Premium SSD v2 disks with sectors of 512 bytes are read, and restored as such', async () => {
    await world.sdk.disks.createOrUpdate('rg', 'v2', {
      location: LOCATION,
      creationData: { createOption: 'Copy', sourceResourceId: id('disks', 'data'), logicalSectorSize: 512 },
      sku: { name: 'PremiumV2_LRS' },
    });
    const { size, properties } = await createDisks(arm).get(id('disks', 'v2'));
    const exportPolicy = openToExport(diskAccess(1));
    const request = { id: id('disks', 'v3'), size, properties, exportPolicy, tags: {} };
    expect(uploadBody(request).creationData).toMatchObject({ createOption: 'Upload', logicalSectorSize: 512 });
  });

  test("of fifty tags of the source one makes room for ours; that, and the platform's key, is said", () => {
    const source = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`tag-${i}`, 'x']));
    const request = (tags: Record<string, string>, encryption?: typeof customerKey) => ({
      id: id('disks', 'restored'),
      size: MiB,
      properties: { location: LOCATION, tags, encryption },
      exportPolicy: openToExport(diskAccess(1)),
      tags: { 'strongroom-restore': 's' },
    });
    const { 'tag-49': _, ...kept } = source;
    expect(uploadBody(request(source)).tags).toEqual({ ...kept, 'strongroom-restore': 's' });
    expect(shortfalls(request(source))).toEqual([expect.stringMatching(/^Disk restored lacks a tag .*: tag-49\.$/)]);
    // A disk that was restored before has our tag already.
    const again = { ...kept, 'strongroom-restore': 'earlier' };
    expect(uploadBody(request(again)).tags).toEqual({ ...kept, 'strongroom-restore': 's' });
    expect(shortfalls(request(again))).toEqual([]);
    expect(shortfalls(request({}, customerKey))).toEqual([
      expect.stringMatching(/^Disk restored has the platform's key: .*diskEncryptionSets\/keys: set it/),
    ]);
    expect(uploadBody(request({}, customerKey)).encryption).toBeUndefined();
    // Without a disk access the disk has its source's key from the start.
    const open = { ...request({}, customerKey), exportPolicy: openToExport(null) };
    expect(uploadBody(open)).toMatchObject({ encryption: customerKey, networkAccessPolicy: 'AllowAll' });
    expect(shortfalls(open)).toEqual([]);
  });

  test('whether a group exists', async () => {
    expect(await createDisks(arm).groupExists(SUBSCRIPTION, 'rg')).toBe(true);
    expect(await createDisks(arm).groupExists(SUBSCRIPTION, 'nowhere')).toBe(false);
  });
});

describe('workers and machines', () => {
  const machineId = id('virtualMachines', 'strongroom-worker-1');
  const os = { createOption: 'FromImage', name: 'os-1', managedDisk: { id: id('disks', 'os-1') } };
  const nsg = `${GROUP}/providers/Microsoft.Network/networkSecurityGroups/nsg`;
  const spec = {
    id: machineId,
    location: LOCATION,
    size: 'Standard_D4ds_v5',
    subnetId: SUBNET,
    networkSecurityGroupId: nsg,
    identityId: IDENTITY,
    tags: {},
  };

  test('VMP-13 a worker is an Ubuntu 22.04 machine without a public address; it starts, stops and is found by its state', async () => {
    world.arm.world.store.put({
      id: nsg,
      name: 'nsg',
      type: 'Microsoft.Network/networkSecurityGroups',
      location: LOCATION,
      properties: {},
    });
    const workers = createWorkers(arm);
    expect(await workers.state(machineId)).toEqual({ state: 'absent', detail: '' });
    await workers.create(spec);
    expect((await workers.state(machineId)).state).toBe('running');
    const put = world.exchanges.find(({ method, url }) => method === 'PUT' && url.includes('strongroom-worker-1'))!;
    expect(put.request).toMatchObject({
      properties: {
        storageProfile: { imageReference: { offer: '0001-com-ubuntu-server-jammy', sku: '22_04-lts-gen2' } },
      },
    });
    expect(JSON.stringify(put.request)).not.toContain('publicIPAddress');
    await workers.deallocate(machineId);
    await expect.poll(async () => (await workers.state(machineId)).state).toBe('deallocated');
    await workers.start(machineId);
    await expect.poll(async () => (await workers.state(machineId)).state).toBe('running');
  });

  test('VMP-14 a bootstrap command runs with its environment; a failed one tells why', async () => {
    const workers = createWorkers(arm);
    const secret = randomBytes(16).toString('hex');
    await workers.runCommand({
      machineId,
      name: 'good',
      location: LOCATION,
      script: '[ "$A" = 1 ] && [ -n "$B" ]',
      parameters: { A: '1' },
      protectedParameters: { B: secret },
    });
    await workers.runCommand({
      machineId,
      name: 'bad',
      location: LOCATION,
      script: 'echo "BINARY_MISMATCH node: md5sum is x" >&2; exit 65',
      parameters: {},
      protectedParameters: {},
    });
    await expect
      .poll(() => workers.commandError(machineId, 'bad'))
      .toMatchObject({ code: 'BINARY_MISMATCH', retryable: false });
    const puts = () =>
      world.exchanges.filter(({ method, url }) => method === 'PUT' && url.includes('/runCommands/good')).length;
    await workers.runCommand({
      machineId,
      name: 'good',
      location: LOCATION,
      script: 'exit 1',
      parameters: {},
      protectedParameters: {},
    });
    expect(puts()).toBe(1); // a repeated activity does not run the script twice
    expect(await workers.commandError(machineId, 'good')).toBeNull();
    expect(await workers.commandError(machineId, 'absent')).toBeNull();
    expect(
      JSON.stringify(
        await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', 'strongroom-worker-1', 'good'),
      ),
    ).not.toContain(secret);
    for (let i = 0; i < 2; i++) await workers.deleteCommand(machineId, 'good');
    await workers.deleteCommand(machineId, 'bad');
  });

  test('a machine is read as ARM returned it, with its disks; what is not there is NOT_FOUND', async () => {
    const machines = createMachines(arm);
    const machine = await machines.get(machineId);
    expect(machine).toMatchObject({
      name: 'strongroom-worker-1',
      location: LOCATION,
      disks: [{ key: 'os', lun: null }],
    });
    expect(machine.raw).toMatchObject({ properties: { hardwareProfile: { vmSize: 'Standard_D4ds_v5' } } });
    await expect(machines.get(id('virtualMachines', 'none'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(machines.get(id('disks', 'data'))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  test.each<[string, VirtualMachine['storageProfile'], RegExp]>([
    [
      'unmanaged',
      { osDisk: { ...os, vhd: { uri: 'https://a.blob.core.windows.net/v/a.vhd' } } },
      /Disk os-1 .*unmanaged.*Convert/,
    ],
    ['ephemeral', { osDisk: { ...os, diffDiskSettings: { option: 'Local' } } }, /Disk os-1 .*ephemeral.*persists/],
    [
      'unmanaged data',
      { osDisk: os, dataDisks: [{ lun: 3, createOption: 'Attach', vhd: {} }] },
      /Disk lun3 .*unmanaged/,
    ],
    ['without id', { osDisk: { createOption: 'FromImage', name: 'os-1' } }, /Disk os-1 .*no managed disk.*deployment/],
    ['without any disk', undefined, /Disk os of .*\/web has no managed disk/],
  ])('a machine whose disk cannot be backed up is refused: %s', (_, storageProfile, why) => {
    const refused = () => disksOf({ id: id('virtualMachines', 'web'), location: LOCATION, storageProfile });
    expect(refused).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringMatching(why) as string }),
    );
  });

  test('a worker is deleted with what belongs to it', async () => {
    const workers = createWorkers(arm);
    for (let i = 0; i < 2; i++) await workers.delete(machineId);
    expect((await workers.state(machineId)).state).toBe('absent');
    await workers.deallocate(machineId);
    await workers.deleteCommand(machineId, 'good');
  });
});

test('the removal of a command is not waited for without end', async () => {
  const location = `https://management.azure.com/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Compute/locations/x/operations/o`;
  const removing = createArm(
    { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    {
      httpClient: {
        sendRequest: async (request) => ({
          request,
          status: 202,
          headers: createHttpHeaders({ location }),
          bodyAsText: '',
        }),
      },
    },
  );
  const removal = createWorkers(removing, 50).deleteCommand(id('virtualMachines', 'worker'), 'attempt');
  await expect(removal).rejects.toMatchObject({ code: 'AZURE_UNAVAILABLE', retryable: true });
});

test("every exchange agrees with Azure's published types", async () => {
  expect((await problems(world.exchanges)) ?? []).toEqual([]);
});
