import type { Disk, DiskUpdate } from '@azure/arm-compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createMachine, expectTypes } from './machine.ts';
import { GROUP, KEY_SET, LOCATION, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

let world: ComputeWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const id = (type: string, name: string) => `${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
const KEY = 'https://vault.vault.azure.net/keys/k/0123456789abcdef0123456789abcdef';
const disk = (name: string, more: Partial<Disk> = {}) =>
  world.sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 8,
    ...more,
  });
const update = (name: string, more: DiskUpdate) => world.sdk.disks.update('rg', name, more);
const invalid = { code: 'InvalidParameter' };
const notAllowed = { code: 'OperationNotAllowed' };
const fixed = { code: 'PropertyChangeNotAllowed' };

const wrong: [string, Partial<Disk>, object][] = [
  ['an SKU that is none', { sku: { name: 'Gold_LRS' } }, invalid],
  ['a zone that is none', { zones: ['9'] }, { code: 'InvalidAvailabilityZone' }],
  ['33 TiB', { diskSizeGB: 33_792 }, invalid],
  ['shares that Standard HDD has not', { maxShares: 2 }, invalid],
  ['a tier below its size', { sku: { name: 'Premium_LRS' }, diskSizeGB: 512, tier: 'P10' }, invalid],
  ['bursting of a small disk', { sku: { name: 'Premium_LRS' }, burstingEnabled: true }, invalid],
  ['a policy that is none', { networkAccessPolicy: 'Sometimes' }, invalid],
  ['sectors of 1024 bytes', { creationData: { createOption: 'Empty', logicalSectorSize: 1024 } }, invalid],
  ['an encryption without its set', { encryption: { type: 'EncryptionAtRestWithCustomerKey' } }, invalid],
  [
    'a set that is none',
    { encryption: { diskEncryptionSetId: id('diskEncryptionSets', 'none') } },
    { code: 'NotFound' },
  ],
  ['an import of a blob', { creationData: { createOption: 'Import', sourceUri: 'https://x/y' } }, { statusCode: 501 }],
  ['a prepared secure upload', { creationData: { createOption: 'UploadPreparedSecure' } }, { statusCode: 501 }],
  ['a source of another kind', { creationData: { createOption: 'Restore', sourceResourceId: KEY_SET } }, invalid],
];
test.each(wrong)('a disk with %s is refused', async (_, more, error) => {
  await expect(disk('wrong', more)).rejects.toMatchObject(error);
});

test('a disk shows the performance that it is sold with', async () => {
  expect(await disk('p', { sku: { name: 'premium_lrs' }, diskSizeGB: 100 })).toMatchObject({
    sku: { name: 'Premium_LRS', tier: 'Premium' },
    tier: 'P10',
    diskIopsReadWrite: 500,
    diskMBpsReadWrite: 100,
  });
  expect(await update('p', { diskSizeGB: 200 })).toMatchObject({ tier: 'P15', diskIopsReadWrite: 1100 });
  expect(await update('p', { tier: 'P30' })).toMatchObject({ tier: 'P30', diskIopsReadWrite: 5000 });
  expect(await update('p', { tags: { a: 'b' } })).toMatchObject({ tier: 'P30', tags: { a: 'b' } });
  expect(await update('p', { sku: { name: 'StandardSSD_LRS' } })).toMatchObject({ diskIopsReadWrite: 500 });
  const v2 = { sku: { name: 'PremiumV2_LRS' }, zones: ['1'] };
  expect(await disk('v2', { ...v2, diskIopsReadWrite: 4000 })).toMatchObject({
    diskIopsReadWrite: 4000,
    diskMBpsReadWrite: 125,
  });
  expect(await update('v2', { diskSizeGB: 16 })).toMatchObject({ diskIopsReadWrite: 4000 });
});

test('a disk grows and never shrinks, an OS disk only without its machine; much else is fixed', async () => {
  await createMachine(world, 'vm');
  await disk('data', { sku: { name: 'Premium_LRS' } });
  await world.sdk.virtualMachines.attachDetachDataDisks('rg', 'vm', {
    dataDisksToAttach: [{ diskId: id('disks', 'data') }],
  });
  await expect(update('vm-os', { diskSizeGB: 8 })).rejects.toThrow(
    /Cannot resize disk vm-os while it is attached to running VM .*Please stop your VM and retry the operation\./,
  );
  expect((await update('data', { diskSizeGB: 16 })).diskSizeGB).toBe(16);
  await expect(update('data', { diskSizeGB: 8 })).rejects.toMatchObject(invalid);
  await expect(update('data', { diskSizeGB: 8192 })).rejects.toMatchObject(notAllowed);
  await expect(update('data', { sku: { name: 'StandardSSD_LRS' } })).rejects.toMatchObject(notAllowed);
  await expect(update('data', { maxShares: 2 })).rejects.toMatchObject(notAllowed);
  await expect(update('data', { encryption: { diskEncryptionSetId: KEY_SET } })).rejects.toMatchObject(notAllowed);
  const { dataDisks } = (await world.sdk.virtualMachines.get('rg', 'vm')).storageProfile!;
  expect(dataDisks![0]).toMatchObject({ diskSizeGB: 16, managedDisk: { storageAccountType: 'Premium_LRS' } });
  await world.sdk.virtualMachines.deallocate('rg', 'vm');
  expect((await update('vm-os', { diskSizeGB: 8 })).diskSizeGB).toBe(8);
  expect((await update('data', { sku: { name: 'StandardSSD_LRS' } })).sku!.name).toBe('StandardSSD_LRS');
  await expect(update('data', { sku: { name: 'StandardSSD_ZRS' } })).rejects.toMatchObject(fixed);
  await expect(update('data', { sku: { name: 'UltraSSD_LRS' } })).rejects.toMatchObject(fixed);
  await expect(
    disk('data', { creationData: { createOption: 'Copy', sourceResourceId: id('disks', 'vm-os') } }),
  ).rejects.toMatchObject(fixed);
  await expect(disk('data', { zones: ['1'] })).rejects.toMatchObject({
    code: 'ResourceAvailabilityZonesCannotBeModified',
  });
  await world.sdk.virtualMachines.delete('rg', 'vm');
});

test('a disk encryption set keeps its keys, knows who uses it, and stays while it is used', async () => {
  const { diskEncryptionSets } = world.sdk;
  const put = (keyUrl: string) =>
    diskEncryptionSets.createOrUpdate('rg', 'des', {
      location: LOCATION,
      identity: { type: 'SystemAssigned' },
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      activeKey: { keyUrl },
    });
  await expect(put('https://vault.vault.azure.net/keys/k')).rejects.toMatchObject(invalid);
  const made = await put(KEY);
  expect(made.identity!.principalId).toMatch(/^[0-9a-f-]{36}$/);
  const rotated = await diskEncryptionSets.update('rg', 'des', { activeKey: { keyUrl: KEY.replace('/k/', '/l/') } });
  expect(rotated.previousKeys!.map((key) => key.keyUrl)).toEqual([KEY]);
  expect(rotated.identity!.principalId).toBe(made.identity!.principalId);
  expect(rotated.lastKeyRotationTimestamp).toBeDefined();
  const encrypted = await disk('encrypted', { encryption: { diskEncryptionSetId: made.id! } });
  expect(encrypted.encryption).toEqual({ type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: made.id });
  const users = [];
  for await (const user of diskEncryptionSets.listAssociatedResources('rg', 'des')) users.push(user);
  expect(users).toEqual([encrypted.id]);
  await expect(diskEncryptionSets.delete('rg', 'des')).rejects.toMatchObject(notAllowed);
  await world.sdk.disks.delete('rg', 'encrypted');
  await diskEncryptionSets.delete('rg', 'des');
});

test('a disk with a disk access and a disk encryption set takes no upload', async () => {
  await world.sdk.diskAccesses.createOrUpdate('rg', 'da', { location: LOCATION });
  const access = { networkAccessPolicy: 'AllowPrivate', diskAccessId: id('diskAccesses', 'da') };
  const upload = { creationData: { createOption: 'Upload', uploadSizeBytes: 20_972_032 }, diskSizeGB: undefined };
  const encryption = { diskEncryptionSetId: KEY_SET };
  await expect(disk('up', { ...upload, ...access, encryption })).rejects.toMatchObject({
    code: 'ConflictingUserInput',
  });
  await disk('up', { ...upload, encryption });
  await update('up', access);
  await expect(
    world.sdk.disks.grantAccess('rg', 'up', { access: 'Write', durationInSeconds: 60 }),
  ).rejects.toMatchObject({ code: 'ConflictingUserInput' });
  await world.sdk.disks.delete('rg', 'up');
});

test('the owner of a disk access answers its private endpoints and removes them before it', async () => {
  const { diskAccesses } = world.sdk;
  const connection = `${id('diskAccesses', 'da')}/privateEndpointConnections/pe.1`;
  await expect(
    diskAccesses.updateAPrivateEndpointConnection('rg', 'da', 'pe.1', {
      privateLinkServiceConnectionState: { status: 'Approved' },
    }),
  ).rejects.toMatchObject({ code: 'NotFound' });
  world.arm.world.store.put({
    id: connection,
    name: 'pe.1',
    type: 'Microsoft.Compute/diskAccesses/privateEndpointConnections',
    properties: {
      privateEndpoint: { id: `${GROUP}/providers/Microsoft.Network/privateEndpoints/pe` },
      privateLinkServiceConnectionState: { status: 'Pending', description: 'please' },
      provisioningState: 'Succeeded',
    },
  });
  await diskAccesses.updateAPrivateEndpointConnection('rg', 'da', 'pe.1', {
    privateLinkServiceConnectionState: { status: 'Rejected', description: 'no' },
  });
  const shown = await diskAccesses.get('rg', 'da');
  expect(shown.privateEndpointConnections![0]!.privateLinkServiceConnectionState).toEqual({
    status: 'Rejected',
    description: 'no',
  });
  await expect(diskAccesses.delete('rg', 'da')).rejects.toThrow('private endpoint connection');
  await diskAccesses.deleteAPrivateEndpointConnection('rg', 'da', 'pe.1');
  await diskAccesses.delete('rg', 'da');
});

test('the traffic fits Azure’s published types', () => expectTypes(world));
