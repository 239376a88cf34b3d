import type { VirtualMachine } from '@azure/arm-compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, createMachine, expectTypes, JAMMY, machineBody } from './machine.ts';
import { GROUP, LOCATION, startWorld, SUBNET } from './world.ts';
import type { ComputeWorld } from './world.ts';

let world: ComputeWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const disks = `${GROUP}/providers/Microsoft.Compute/disks`;
const refused = (code: string) => ({ code });

/** Code and target of the error that a request gets, as they stand on the wire. */
async function refusal(request: PromiseLike<unknown>): Promise<string> {
  await expect(request).rejects.toThrow();
  const { response } = world.exchanges.at(-1) as { response: { error: { code: string; target?: string } } };
  return `${response.error.code} ${response.error.target ?? ''}`;
}
const dataDisk = (name: string, more: object = {}) =>
  world.sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 4,
    ...more,
  });
const list = async <T>(pages: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of pages) all.push(item);
  return all;
};

const wrong: [string, string, Partial<VirtualMachine>, string][] = [
  ['a name that ends with a dot', 'vm.', {}, 'InvalidParameter'],
  ['a size that is none', 'x', { hardwareProfile: { vmSize: 'Standard_Q9' } }, 'InvalidParameter'],
  ['no size', 'x', { hardwareProfile: {} }, 'InvalidParameter'],
  ['a zone that is none', 'x', { zones: ['7'] }, 'InvalidAvailabilityZone'],
  [
    'an image that is none',
    'x',
    { storageProfile: { imageReference: { ...JAMMY, sku: '99' }, osDisk: { createOption: 'FromImage' } } },
    'PlatformImageNotFound',
  ],
  ['no interface', 'x', { networkProfile: {} }, 'InvalidParameter'],
  ['an eviction policy without spot', 'x', { evictionPolicy: 'Delete' }, 'InvalidParameter'],
  ['an availability set', 'x', { availabilitySet: { id: `${GROUP}/x` } }, 'SandboxNotSupported'],
  ['no users', 'x', { osProfile: undefined }, 'InvalidParameter'],
];
test.each(wrong)('a machine with %s is refused', async (_, name, more, code) => {
  await expect(createMachine(world, name, more)).rejects.toMatchObject({ code });
  expect(world.arm.world.store.list({ type: 'Microsoft.Compute/disks' })).toEqual([]);
});

const users: [string, VirtualMachine['osProfile'], string][] = [
  ['a computer name with an underscore', { computerName: 'a_b' }, 'computerName'],
  ['a user that Azure forbids', { adminUsername: 'admin' }, 'adminUsername'],
  ['a weak password', { adminPassword: 'password' }, 'adminPassword'],
  ['neither key nor password', { linuxConfiguration: { disablePasswordAuthentication: true } }, 'linuxConfiguration'],
  ['custom data that is not Base64', { customData: '#!/bin/sh' }, 'customData'],
  [
    'a key that is none',
    { linuxConfiguration: { ssh: { publicKeys: [{ keyData: 'ssh-rsa AAAA' }] } } },
    'linuxConfiguration.ssh.publicKeys.keyData',
  ],
  [
    "a key in another's home",
    { linuxConfiguration: { ssh: { publicKeys: [{ path: '/root/.ssh/authorized_keys', keyData: 'x' }] } } },
    'linuxConfiguration.ssh.publicKeys.path',
  ],
];
test.each(users)('a profile with %s is refused', async (_, more, target) => {
  const { osProfile } = machineBody('x');
  expect(await refusal(createMachine(world, 'x', { osProfile: { ...osProfile, ...more } }))).toBe(
    `InvalidParameter ${target}`,
  );
});

test('a machine has its power states; the operations that a state forbids are refused', async () => {
  const { virtualMachines } = world.sdk;
  await createMachine(world, 'power', { userData: 'aGk=' });
  expect(await codes(world, 'power')).toEqual(['ProvisioningState/succeeded', 'PowerState/running']);
  expect((await virtualMachines.get('rg', 'power')).userData).toBeUndefined();
  expect((await virtualMachines.get('rg', 'power', { expand: 'userData' })).userData).toBe('aGk=');
  await expect(virtualMachines.generalize('rg', 'power')).rejects.toMatchObject(refused('OperationNotAllowed'));
  await virtualMachines.redeploy('rg', 'power');
  await virtualMachines.reapply('rg', 'power');
  await virtualMachines.deallocate('rg', 'power');
  await virtualMachines.powerOff('rg', 'power');
  expect(await codes(world, 'power')).toContain('PowerState/deallocated');
  await expect(virtualMachines.restart('rg', 'power')).rejects.toMatchObject(refused('OperationNotAllowed'));
  // A disk of a deallocated machine can be exported; its machine then does not start.
  await world.sdk.disks.grantAccess('rg', 'power-os', { access: 'Read', durationInSeconds: 60 });
  await expect(virtualMachines.start('rg', 'power')).rejects.toThrow('active shared access signature');
  await world.sdk.disks.revokeAccess('rg', 'power-os');
  await virtualMachines.generalize('rg', 'power');
  expect(await codes(world, 'power')).toContain('OSState/generalized');
  await expect(virtualMachines.start('rg', 'power')).rejects.toMatchObject(refused('OperationNotAllowed'));
  await virtualMachines.delete('rg', 'power', { forceDeletion: true });
});

test('an update changes what may change and nothing else', async () => {
  const { virtualMachines } = world.sdk;
  const body = machineBody('fixed', {
    zones: ['1'],
    osProfile: { ...machineBody('fixed').osProfile, customData: 'aGVsbG8=', adminPassword: 'Secret-1!' },
  });
  const put = (more: Partial<VirtualMachine>) => virtualMachines.createOrUpdate('rg', 'fixed', { ...body, ...more });
  const made = await put({});
  expect((await put({ tags: { a: 'b' } })).vmId).toBe(made.vmId);
  const puts = world.exchanges.filter(({ method, url }) => method === 'PUT' && url.includes('/fixed?'));
  expect(puts.map(({ status }) => status)).toEqual([201, 200]);
  await expect(put({ zones: ['2'] })).rejects.toMatchObject(refused('ResourceAvailabilityZonesCannotBeModified'));
  const os = (more: object) => put({ osProfile: { ...body.osProfile, ...more } });
  const fixed = (target: string) => `PropertyChangeNotAllowed ${target}`;
  expect(await refusal(os({ computerName: 'other' }))).toBe(fixed('osProfile.computerName'));
  expect(await refusal(os({ customData: 'eA==' }))).toBe(fixed('osProfile.customData'));
  expect(await refusal(os({ adminPassword: 'Secret-2!' }))).toBe(fixed('osProfile.adminPassword'));
  const image = { ...body.storageProfile, imageReference: { ...JAMMY, sku: '22_04-lts' } };
  expect(await refusal(put({ storageProfile: image }))).toBe(fixed('imageReference'));
  expect(await refusal(put({ securityProfile: { securityType: 'TrustedLaunch' } }))).toBe(
    fixed('securityProfile.securityType'),
  );
  expect(await refusal(virtualMachines.update('rg', 'fixed', { priority: 'Spot' }))).toBe(fixed('priority'));
  const nic = addInterface('nic2');
  const first = made.networkProfile!.networkInterfaces![0]!;
  const both = {
    networkInterfaces: [
      { ...first, primary: true },
      { id: nic, primary: false },
    ],
  };
  await expect(virtualMachines.update('rg', 'fixed', { networkProfile: both })).rejects.toMatchObject(
    refused('AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported'),
  );
  await virtualMachines.deallocate('rg', 'fixed');
  const wider = await virtualMachines.update('rg', 'fixed', { networkProfile: both });
  expect(wider.networkProfile!.networkInterfaces).toHaveLength(2);
  await virtualMachines.delete('rg', 'fixed');
});

/** A network interface of its own. @returns its id */
function addInterface(name: string): string {
  const id = `${GROUP}/providers/Microsoft.Network/networkInterfaces/${name}`;
  const properties = { subnet: { id: SUBNET }, privateIPAddress: '10.1.0.200' };
  world.arm.world.store.put({
    id,
    name,
    type: 'Microsoft.Network/networkInterfaces',
    location: LOCATION,
    properties: { ipConfigurations: [{ id: `${id}/ipConfigurations/ip`, name: 'ip', properties }] },
  });
  return id;
}

test('disks come and go within the rules of size, zone, owner and lun', async () => {
  const { virtualMachines } = world.sdk;
  await createMachine(world, 'disks');
  for (const name of ['d0', 'd1', 'd2']) await dataDisk(name);
  await dataDisk('zonal', { zones: ['2'] });
  const attach = (...luns: [number, string][]) =>
    virtualMachines.update('rg', 'disks', {
      storageProfile: {
        dataDisks: luns.map(([lun, name]) => ({
          lun,
          createOption: 'Attach',
          managedDisk: { id: `${disks}/${name}` },
        })),
      },
    });
  await expect(attach([0, 'd0'], [1, 'd1'], [2, 'd2'])).rejects.toThrow(
    'The maximum number of data disks allowed to be attached to a VM of this size is 2.',
  );
  await expect(attach([0, 'd0'], [0, 'd1'])).rejects.toMatchObject(refused('InvalidParameter'));
  await expect(attach([0, 'zonal'])).rejects.toThrow("VM zone: ''. Disk zone: '2'.");
  await attach([0, 'd0']);
  expect((await world.sdk.disks.get('rg', 'd0')).diskState).toBe('Attached');
  await createMachine(world, 'second');
  const second = (name: string) =>
    virtualMachines.update('rg', 'second', {
      storageProfile: { dataDisks: [{ lun: 0, createOption: 'Attach', managedDisk: { id: `${disks}/${name}` } }] },
    });
  await expect(second('d0')).rejects.toMatchObject(refused('ConflictingUserInput'));
  // Nothing is half done: the machine that was refused has no disk, the other keeps its own.
  expect((await virtualMachines.get('rg', 'second')).storageProfile!.dataDisks).toEqual([]);
  await expect(createMachine(world, 'third', { storageProfile: machineBody('disks').storageProfile })).rejects.toThrow(
    "Disk 'disks-os' already exists in resource group 'rg'. Only CreateOption.Attach is supported.",
  );
  const profile = await virtualMachines.attachDetachDataDisks('rg', 'disks', {
    dataDisksToAttach: [{ diskId: `${disks}/d1` }],
    dataDisksToDetach: [{ diskId: `${disks}/d0` }],
  });
  expect(profile.dataDisks!.map((d) => [d.lun, d.name])).toEqual([[0, 'd1']]);
  // A detachment that fails leaves the disk with its machine, and to nobody else.
  world.faults.add({ point: 'disk.detach', where: { id: `${disks}/d1` } });
  await attach();
  const clinging = (await virtualMachines.get('rg', 'disks')).storageProfile!.dataDisks!;
  expect(clinging).toMatchObject([{ name: 'd1', toBeDetached: true }]);
  await expect(second('d1')).rejects.toMatchObject(refused('AttachDiskWhileBeingDetached'));
  await attach();
  await second('d1');
  await dataDisk('shared', { sku: { name: 'Premium_LRS' }, maxShares: 2 });
  for (const name of ['disks', 'second']) {
    await virtualMachines.attachDetachDataDisks('rg', name, { dataDisksToAttach: [{ diskId: `${disks}/shared` }] });
  }
  const shared = await world.sdk.disks.get('rg', 'shared');
  expect(shared.managedByExtended).toHaveLength(2);
  expect(shared.shareInfo!.map((s) => s.vmUri!.split('/').at(-1))).toEqual(['disks', 'second']);
  await virtualMachines.delete('rg', 'second');
  expect((await world.sdk.disks.get('rg', 'shared')).managedByExtended).toHaveLength(1);
  await expect(world.sdk.disks.delete('rg', 'shared')).rejects.toThrow('is attached to VM');
  await virtualMachines.delete('rg', 'disks');
});

test('quota of region and family is enforced, in use also by deallocated machines', async () => {
  const { limits } = world.compute;
  const size = (vmSize: string) => ({ hardwareProfile: { vmSize } });
  Object.assign(limits, { regionalCores: 4, familyCores: 2 });
  await createMachine(world, 'quota', size('Standard_B2s'));
  await world.sdk.virtualMachines.deallocate('rg', 'quota');
  await expect(createMachine(world, 'more', size('Standard_B2s'))).rejects.toThrow(
    'exceeding approved standardBSFamily Cores quota. Additional details - Deployment Model: Resource Manager, Location: ' +
      'westeurope, Current Limit: 2, Current Usage: 2, Additional Required: 2, (Minimum) New Limit Required: 4.',
  );
  Object.assign(limits, { familyCores: 100 });
  await expect(createMachine(world, 'more', size('Standard_D4s_v5'))).rejects.toThrow('Total Regional Cores');
  await expect(world.sdk.virtualMachines.update('rg', 'quota', size('Standard_D8s_v5'))).rejects.toMatchObject(
    refused('OperationNotAllowed'),
  );
  await createMachine(world, 'spot', { ...size('Standard_D4s_v5'), priority: 'Spot', evictionPolicy: 'Deallocate' });
  const usage = await list(world.sdk.usage.list(LOCATION));
  const of = (name: string) => usage.find((u) => u.name.value === name)!;
  expect([of('cores'), of('lowPriorityCores')].map((u) => [u.currentValue, u.limit])).toEqual([
    [2, 4],
    [4, 100],
  ]);
  for (const name of ['quota', 'spot']) await world.sdk.virtualMachines.delete('rg', name);
  Object.assign(limits, { regionalCores: 100 });
});

test('a size that is not offered is refused at once; one without room fails in the operation, and the view says why', async () => {
  const { limits } = world.compute;
  limits.shortages = [
    { code: 'SkuNotAvailable', vmSize: 'Standard_B1ms', location: LOCATION },
    { code: 'ZonalAllocationFailed', vmSize: 'Standard_B1s', zone: '2' },
  ];
  await expect(createMachine(world, 'none', { hardwareProfile: { vmSize: 'Standard_B1ms' } })).rejects.toMatchObject(
    refused('SkuNotAvailable'),
  );
  const skus = await list(world.sdk.resourceSkus.list({ filter: `location eq '${LOCATION}'` }));
  expect(skus.find((s) => s.name === 'Standard_B1ms')!.restrictions).toMatchObject([
    { type: 'Location', reasonCode: 'NotAvailableForSubscription' },
    { type: 'Zone', restrictionInfo: { zones: ['1', '2', '3'] } },
  ]);
  expect(skus.filter((s) => s.resourceType === 'disks' && s.size === 'P10')).toHaveLength(2);
  await expect(createMachine(world, 'full', { zones: ['2'] })).rejects.toThrow('ZonalAllocationFailed');
  const view = await world.sdk.virtualMachines.get('rg', 'full', { expand: 'instanceView' });
  expect(view.provisioningState).toBe('Failed');
  expect(view.instanceView!.statuses).toMatchObject([
    { code: 'ProvisioningState/failed/ZonalAllocationFailed', level: 'Error' },
    { code: 'PowerState/deallocated' },
  ]);
  // Asked for again, it is tried again.
  await expect(createMachine(world, 'full', { zones: ['2'] })).rejects.toThrow('ZonalAllocationFailed');
  limits.shortages = [];
  await createMachine(world, 'full', { zones: ['2'] });
  expect(await codes(world, 'full')).toEqual(['ProvisioningState/succeeded', 'PowerState/running']);
  limits.shortages = [{ code: 'AllocationFailed', vmSize: 'Standard_B2s' }];
  const larger = { hardwareProfile: { vmSize: 'Standard_B2s' } };
  await expect(world.sdk.virtualMachines.update('rg', 'full', larger)).rejects.toThrow('AllocationFailed');
  expect(await codes(world, 'full')).toEqual(['ProvisioningState/failed/AllocationFailed', 'PowerState/running']);
  limits.shortages = [];
  await world.sdk.virtualMachines.reapply('rg', 'full');
  expect(await codes(world, 'full')).toEqual(['ProvisioningState/succeeded', 'PowerState/running']);
  const { id } = await world.sdk.virtualMachines.get('rg', 'full');
  const fault = world.faults.add({ point: 'compute.allocate', where: { id: id! } });
  await world.sdk.virtualMachines.deallocate('rg', 'full');
  await expect(world.sdk.virtualMachines.start('rg', 'full')).rejects.toThrow('ZonalAllocationFailed');
  expect(fault.hits).toBe(1);
  await world.sdk.virtualMachines.delete('rg', 'full');
});

test('a resize reboots the machine; requests for one machine at the same time become one machine', async () => {
  const { virtualMachines } = world.sdk;
  const both = await Promise.all([createMachine(world, 'twice'), createMachine(world, 'twice')]);
  expect(new Set(both.map((m) => m.vmId)).size).toBe(1);
  expect(
    world.arm.world.store.list({ type: 'Microsoft.Network/networkInterfaces' }).filter((n) => n.name !== 'nic2'),
  ).toHaveLength(1);
  const resized = await virtualMachines.update('rg', 'twice', { hardwareProfile: { vmSize: 'standard_b2MS' } });
  expect(resized.hardwareProfile!.vmSize).toBe('Standard_B2ms');
  expect(await codes(world, 'twice')).toContain('PowerState/running');
  const [status] = await list(virtualMachines.listAll({ statusOnly: 'true' }));
  expect(status).toMatchObject({ name: 'twice', instanceView: { statuses: [{}, { code: 'PowerState/running' }] } });
  expect(status!.storageProfile).toBeUndefined();
  expect(await list(virtualMachines.list('rg', { filter: "'virtualMachineScaleSet/id' eq '/x'" }))).toEqual([]);
  expect((await list(virtualMachines.listByLocation(LOCATION))).map((m) => m.name)).toEqual(['twice']);
  const sizes = await list(virtualMachines.listAvailableSizes('rg', 'twice'));
  expect(sizes.find((s) => s.name === 'Standard_DS1_v2')).toMatchObject({ numberOfCores: 1, maxDataDiskCount: 4 });
  await Promise.all([virtualMachines.deallocate('rg', 'twice'), virtualMachines.delete('rg', 'twice')]);
  await expect(virtualMachines.get('rg', 'twice')).rejects.toMatchObject({ statusCode: 404 });
  expect([...world.ports]).toEqual([]);
});

test('images are found through their publishers, offers, SKUs and versions', async () => {
  const images = world.sdk.virtualMachineImages;
  expect((await images.listPublishers(LOCATION)).map((p) => p.name)).toContain('Debian');
  expect((await images.listOffers(LOCATION, 'debian')).map((o) => o.name)).toContain('debian-12');
  expect((await images.listSkus(LOCATION, 'Debian', 'debian-12')).map((s) => s.name)).toEqual(['12', '12-gen2']);
  const [newest] = await images.list(LOCATION, 'Debian', 'debian-12', '12-gen2', { top: 1, orderby: 'name desc' });
  const image = await images.get(LOCATION, 'Debian', 'debian-12', '12-gen2', newest!.name);
  expect(image).toMatchObject({ hyperVGeneration: 'V2', osDiskImage: { operatingSystem: 'Linux' } });
  const gen1 = { ...JAMMY, sku: '22_04-lts' };
  await expect(
    createMachine(world, 'old', {
      storageProfile: { imageReference: gen1, osDisk: { createOption: 'FromImage' } },
      securityProfile: { securityType: 'TrustedLaunch' },
    }),
  ).rejects.toMatchObject(refused('BadRequest'));
});

test('a Windows machine has its own rules, and no scripts here', async () => {
  const server = {
    publisher: 'MicrosoftWindowsServer',
    offer: 'WindowsServer',
    sku: '2022-datacenter-g2',
    version: 'latest',
  };
  const windows = (name: string) =>
    createMachine(world, 'win', {
      storageProfile: { imageReference: server, osDisk: { createOption: 'FromImage' } },
      osProfile: { computerName: name, adminUsername: 'azureuser', adminPassword: 'Secret-12!' },
    });
  expect(await refusal(windows('longer-than-fifteen'))).toBe('InvalidParameter computerName');
  const { storageProfile } = await windows('win');
  expect(storageProfile!.osDisk).toMatchObject({ osType: 'Windows', diskSizeGB: 127 });
  // Standard_B1s has a resource disk.
  await expect(
    world.sdk.virtualMachines.update('rg', 'win', { hardwareProfile: { vmSize: 'Standard_D2s_v5' } }),
  ).rejects.toThrow('changing from resource disk to non-resource disk');
  const script = { commandId: 'RunShellScript', script: ['true'] };
  await expect(world.sdk.virtualMachines.runCommand('rg', 'win', script)).rejects.toMatchObject({ statusCode: 501 });
  await world.sdk.virtualMachines.delete('rg', 'win');
});

test('the traffic fits Azure’s published types', () => expectTypes(world));
