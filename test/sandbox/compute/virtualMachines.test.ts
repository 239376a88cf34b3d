import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GROUP, IDENTITY, LOCATION, problems, SSH_KEY, startWorld, SUBNET } from './world.ts';
import type { ComputeWorld } from './world.ts';

let world: ComputeWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const machineId = (name: string) => `${GROUP}/providers/Microsoft.Compute/virtualMachines/${name}`;

const create = (name: string) =>
  world.sdk.virtualMachines.createOrUpdate('rg', name, {
    location: LOCATION,
    tags: { role: 'worker' },
    identity: { type: 'UserAssigned', userAssignedIdentities: { [IDENTITY]: {} } },
    hardwareProfile: { vmSize: 'Standard_D2ds_v5' },
    storageProfile: {
      imageReference: {
        publisher: 'Canonical',
        offer: '0001-com-ubuntu-server-jammy',
        sku: '22_04-lts-gen2',
        version: 'latest',
      },
      osDisk: {
        createOption: 'FromImage',
        deleteOption: 'Delete',
        caching: 'ReadOnly',
        diskSizeGB: 30,
        managedDisk: { storageAccountType: 'StandardSSD_LRS' },
      },
      dataDisks: [{ lun: 0, createOption: 'Empty', diskSizeGB: 8 }],
    },
    osProfile: {
      computerName: name,
      adminUsername: 'azureuser',
      adminPassword: 'Secret-1!',
      customData: 'aGVsbG8=',
      linuxConfiguration: {
        disablePasswordAuthentication: true,
        ssh: { publicKeys: [{ path: '/home/azureuser/.ssh/authorized_keys', keyData: SSH_KEY }] },
      },
    },
    networkProfile: {
      networkApiVersion: '2022-11-01',
      networkInterfaceConfigurations: [
        {
          name: 'nic0',
          primary: true,
          deleteOption: 'Delete',
          ipConfigurations: [{ name: 'ip0', primary: true, subnet: { id: SUBNET } }],
        },
      ],
    },
    securityProfile: { securityType: 'TrustedLaunch', uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } },
  });

/** A process that has ended but that nobody has waited for has no command line any more. */
const alive = (pid: string) => existsSync(`/proc/${pid}`) && readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';

const powerOf = async (name: string) =>
  (await world.sdk.virtualMachines.instanceView('rg', name)).statuses!.find((s) => s.code!.startsWith('PowerState/'))!
    .code;

const callerId = async (name: string) => `vm:${(await world.sdk.virtualMachines.get('rg', name)).vmId}`;

const command = (machine: string, name: string, more: object) =>
  world.sdk.virtualMachineRunCommands.createOrUpdate('rg', machine, name, { location: LOCATION, ...more });

const result = async (machine: string, name: string) =>
  (await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', machine, name, { expand: 'instanceView' }))
    .instanceView;

test('a machine is made with its disks, interface and identity, and gives no secret back', async () => {
  const machine = await create('vm1');
  expect(machine).toMatchObject({ provisioningState: 'Succeeded', tags: { role: 'worker' } });
  expect(JSON.stringify(machine)).not.toMatch(/Secret-1|aGVsbG8/);
  expect(Object.values(machine.identity!.userAssignedIdentities!)[0]).toMatchObject({
    clientId: 'aaaaaaaa-0000-4000-8000-000000000002',
  });
  const os = machine.storageProfile!.osDisk!;
  expect(os).toMatchObject({ osType: 'Linux', diskSizeGB: 30, deleteOption: 'Delete', caching: 'ReadOnly' });
  const osDisk = await world.sdk.disks.get('rg', os.name!);
  expect(osDisk).toMatchObject({
    diskState: 'Attached',
    managedBy: machineId('vm1'),
    hyperVGeneration: 'V2',
    securityProfile: { securityType: 'TrustedLaunch' },
    sku: { name: 'StandardSSD_LRS', tier: 'Standard' },
  });
  await expect(world.sdk.disks.delete('rg', os.name!)).rejects.toThrow(`Disk ${os.name} is attached to VM`);
  await expect(world.sdk.disks.grantAccess('rg', os.name!, { access: 'Read', durationInSeconds: 60 })).rejects.toThrow(
    'running VM',
  );
  const nic = world.arm.world.store.get(machine.networkProfile!.networkInterfaces![0]!.id!)!;
  expect(nic.properties).toMatchObject({
    virtualMachine: { id: machineId('vm1') },
    ipConfigurations: [{ properties: { privateIPAddress: '10.1.0.4', subnet: { id: SUBNET } } }],
  });
  expect(await powerOf('vm1')).toBe('PowerState/running');
  expect(world.ports.get(await callerId('vm1'))).toMatchObject({ kind: 'machine', resourceId: machineId('vm1') });
  const withView = await world.sdk.virtualMachines.get('rg', 'vm1', { expand: 'instanceView' });
  expect(withView.instanceView!.vmAgent!.statuses![0]!.displayStatus).toBe('Ready');
  expect((await create('vm1')).networkProfile).toEqual(machine.networkProfile);
  const cores = [];
  for await (const usage of world.sdk.usage.list(LOCATION))
    if (usage.name.value === 'cores') cores.push(usage.currentValue);
  expect(cores).toEqual([2]);
});

test('a managed run command gets its parameters as variables and never gives protected ones back', async () => {
  const made = await command('vm1', 'hello', {
    source: { script: 'echo "$GREETING, $SECRET"; echo problem >&2; exit 7' },
    parameters: [{ name: 'GREETING', value: 'hello' }],
    protectedParameters: [{ name: 'SECRET', value: 'hidden' }],
  });
  expect(made.provisioningState).toBe('Succeeded');
  const shown = await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', 'vm1', 'hello');
  expect(shown.instanceView).toBeUndefined();
  expect(JSON.stringify(shown)).not.toContain('hidden');
  expect(await result('vm1', 'hello')).toMatchObject({
    executionState: 'Failed',
    exitCode: 7,
    output: 'hello, hidden\n',
    error: 'problem\n',
  });
  await expect(
    command('vm1', 'strict', { source: { script: 'exit 1' }, treatFailureAsDeploymentFailure: true }),
  ).rejects.toThrow('VMExtensionProvisioningError');
  await expect(command('vm1', 'nothing', { source: {} })).rejects.toMatchObject({ code: 'InvalidParameter' });
});

test('an asynchronous run command is there at once, and its deletion ends it', async () => {
  await command('vm1', 'long', { source: { script: 'echo begun; exec sleep 4720.5' }, asyncExecution: true });
  await expect
    .poll(() => result('vm1', 'long'), { timeout: 20_000 })
    .toMatchObject({ executionState: 'Running', output: 'begun\n' });
  await world.sdk.virtualMachineRunCommands.delete('rg', 'vm1', 'long');
  await expect(result('vm1', 'long')).rejects.toMatchObject({ statusCode: 404 });
});

test('an action run command answers with what the script wrote', async () => {
  const answer = await world.sdk.virtualMachines.runCommand('rg', 'vm1', {
    commandId: 'RunShellScript',
    script: ['echo "$1 $who"', 'echo oops >&2'],
    parameters: [{ name: 'who', value: 'world' }],
  });
  expect(answer.value![0]!.message).toBe('Enable succeeded: \n[stdout]\nworld world\n\n[stderr]\noops\n');
});

test('deallocating ends what runs; the machine comes back with its files', async () => {
  const folder = world.compute.machines.folder((await world.sdk.virtualMachines.get('rg', 'vm1')).vmId!);
  await command('vm1', 'service', {
    source: {
      script: 'echo kept > "$HOME/kept"; systemd-run --unit=svc /bin/bash -c \'echo $$ > "$HOME/pid"; sleep 4721.5\'',
    },
  });
  await expect.poll(() => existsSync(join(folder, 'root/pid')), { timeout: 20_000 }).toBe(true);
  const pid = readFileSync(join(folder, 'root/pid'), 'utf8').trim();
  expect(alive(pid)).toBe(true);
  const id = await callerId('vm1');
  await world.sdk.virtualMachines.deallocate('rg', 'vm1');
  expect(alive(pid)).toBe(false);
  expect(await powerOf('vm1')).toBe('PowerState/deallocated');
  expect(world.ports.has(id)).toBe(false);
  const os = (await world.sdk.virtualMachines.get('rg', 'vm1')).storageProfile!.osDisk!.name!;
  expect((await world.sdk.disks.get('rg', os)).diskState).toBe('Reserved');
  await expect(command('vm1', 'late', { source: { script: 'true' } })).rejects.toMatchObject({
    code: 'OperationNotAllowed',
  });
  await world.sdk.virtualMachines.deallocate('rg', 'vm1');
  await world.sdk.virtualMachines.start('rg', 'vm1');
  expect(world.ports.has(id)).toBe(true);
  await command('vm1', 'again', { source: { script: 'cat "$HOME/kept"' } });
  expect(await result('vm1', 'again')).toMatchObject({ executionState: 'Succeeded', exitCode: 0, output: 'kept\n' });
  await world.sdk.virtualMachines.powerOff('rg', 'vm1');
  expect(await powerOf('vm1')).toBe('PowerState/stopped');
  await world.sdk.virtualMachines.restart('rg', 'vm1');
  expect(await powerOf('vm1')).toBe('PowerState/running');
});

test('data disks are attached and detached by an update, and belong to one machine', async () => {
  const before = await world.sdk.virtualMachines.get('rg', 'vm1');
  const extra = await world.sdk.disks.createOrUpdate('rg', 'extra', {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB: 4,
  });
  const dataDisks = [
    ...before.storageProfile!.dataDisks!,
    { lun: 5, createOption: 'Attach', managedDisk: { id: extra.id! } },
  ];
  const after = await world.sdk.virtualMachines.update('rg', 'vm1', { storageProfile: { dataDisks } });
  expect(after.storageProfile!.dataDisks!.map((d) => d.lun)).toEqual([0, 5]);
  expect(after.storageProfile!.osDisk!.name).toBe(before.storageProfile!.osDisk!.name);
  expect((await world.sdk.disks.get('rg', 'extra')).managedBy).toBe(machineId('vm1'));
  const other = world.sdk.virtualMachines.createOrUpdate('rg', 'vm2', {
    location: LOCATION,
    hardwareProfile: { vmSize: 'Standard_B2s' },
    storageProfile: { osDisk: { createOption: 'Attach', osType: 'Linux', managedDisk: { id: extra.id! } } },
    networkProfile: { networkInterfaces: [{ id: after.networkProfile!.networkInterfaces![0]!.id! }] },
  });
  await expect(other).rejects.toMatchObject({ code: 'NetworkInterfaceInUse' });
  await world.sdk.virtualMachines.update('rg', 'vm1', {
    storageProfile: { dataDisks: before.storageProfile!.dataDisks! },
  });
  expect((await world.sdk.disks.get('rg', 'extra')).managedBy).toBeUndefined();
});

test('deleting a machine takes what has deleteOption Delete with it and leaves the rest', async () => {
  const machine = await world.sdk.virtualMachines.get('rg', 'vm1');
  const folder = world.compute.machines.folder(machine.vmId!);
  await world.sdk.virtualMachines.delete('rg', 'vm1');
  await expect(world.sdk.virtualMachines.get('rg', 'vm1')).rejects.toMatchObject({ statusCode: 404 });
  await expect(world.sdk.disks.get('rg', machine.storageProfile!.osDisk!.name!)).rejects.toMatchObject({
    statusCode: 404,
  });
  expect((await world.sdk.disks.get('rg', machine.storageProfile!.dataDisks![0]!.name!)).diskState).toBe('Unattached');
  expect(world.arm.world.store.get(machine.networkProfile!.networkInterfaces![0]!.id!)).toBeUndefined();
  expect(existsSync(folder)).toBe(false);
  expect([...world.ports]).toEqual([]);
});

test('sizes and SKUs of a region', async () => {
  const skus = [];
  for await (const sku of world.sdk.resourceSkus.list({ filter: `location eq '${LOCATION}'` })) skus.push(sku);
  expect(skus.find((s) => s.name === 'Standard_D4ds_v5')).toMatchObject({
    resourceType: 'virtualMachines',
    restrictions: [],
    locations: [LOCATION],
  });
});

test('the traffic fits Azure’s published types', async (context) => {
  const found = await problems(world.exchanges);
  if (found === undefined) return context.skip('the published types are not here');
  expect(found).toEqual([]);
});
