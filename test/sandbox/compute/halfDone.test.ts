import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DataDisk, VirtualMachine } from '@azure/arm-compute';
import { afterEach, expect, test } from 'vitest';
import { vhdFooter } from '../../../sandbox/compute/disks/vhdFooter.ts';
import { killAfter } from '../killAfter.ts';
import { createMachine, machineBody } from './machine.ts';
import { GROUP, LOCATION, startWorld, SUBNET } from './world.ts';
import type { ComputeWorld } from './world.ts';

const MIB = 2 ** 20;
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Does something with a world that is killed after its first write, another one after its second, and so on. */
async function killedAnywhere(parts: {
  before?(world: ComputeWorld): Promise<unknown>;
  work(world: ComputeWorld): Promise<unknown>;
  afterwards(world: ComputeWorld): Promise<void>;
}): Promise<void> {
  for (let writes = 0, whole = false; !whole; writes += 1) {
    const folder = mkdtempSync(join(tmpdir(), 'half-done-'));
    folders.push(folder);
    const first = await startWorld(folder);
    await parts.before?.(first);
    const killer = killAfter(writes);
    try {
      await parts.work(first);
      whole = killer.writes() <= writes;
      await first.stop();
    } finally {
      killer.restore();
    }
    const second = await startWorld(folder);
    try {
      await parts.afterwards(second);
    } catch (error) {
      throw new Error(`after ${writes} writes`, { cause: error });
    } finally {
      await second.stop();
    }
  }
}

const id = (type: string, name: string) => `${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
/** A machine for which there is no room: it stands, and nothing runs. */
const unplacedMachine = (world: ComputeWorld, more: Partial<VirtualMachine> = {}) => {
  world.compute.limits.shortages = [{ code: 'AllocationFailed' }];
  return createMachine(world, 'vm', more).catch((error: unknown) =>
    expect(String(error)).toContain('AllocationFailed'),
  );
};
const emptyDisk = (world: ComputeWorld, name: string) =>
  world.sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    sku: { name: 'Premium_LRS' },
    creationData: { createOption: 'Empty' },
    diskSizeGB: 1,
  });
const interfaces = (world: ComputeWorld) => world.arm.world.store.list({ type: 'Microsoft.Network/networkInterfaces' });

/** A machine with a disk that is there, and one that is made. */
const withDisks = (name: string, more: DataDisk[] = []) => ({
  storageProfile: {
    ...machineBody(name).storageProfile,
    dataDisks: [
      { lun: 0, createOption: 'Attach' as const, managedDisk: { id: id('disks', 'mine') } },
      { lun: 1, createOption: 'Empty' as const, name: `${name}-data`, diskSizeGB: 1, deleteOption: 'Delete' as const },
      ...more,
    ],
  },
});

test('a machine that cannot be had in the end leaves everything as it was', async () => {
  const world = await startWorld();
  await emptyDisk(world, 'mine');
  const { store } = world.arm.world;
  const nic = `${GROUP}/providers/Microsoft.Network/networkInterfaces/mine`;
  store.put({
    id: nic,
    name: 'mine',
    type: 'Microsoft.Network/networkInterfaces',
    location: LOCATION,
    properties: {
      ipConfigurations: [
        {
          id: `${nic}/ipConfigurations/ip`,
          name: 'ip',
          properties: { privateIPAddress: '10.1.0.99', subnet: { id: SUBNET } },
        },
      ],
    },
  });
  const hardwareProfile = { vmSize: 'Standard_B2s' };
  const bad = {
    ...withDisks('vm', [{ lun: 2, createOption: 'Empty', name: 'vm-two', diskSizeGB: 0 }]),
    hardwareProfile,
  };
  await expect(
    createMachine(world, 'vm', {
      ...bad,
      networkProfile: { networkInterfaces: [{ id: nic, primary: true, deleteOption: 'Delete' }] },
    }),
  ).rejects.toMatchObject({ code: 'InvalidParameter' });
  expect(store.get(nic)?.properties).not.toHaveProperty('virtualMachine');
  await expect(createMachine(world, 'vm', bad)).rejects.toMatchObject({ code: 'InvalidParameter' });
  expect(interfaces(world).map(({ name }) => name)).toEqual(['mine']);
  const disks = [];
  for await (const disk of world.sdk.disks.list()) disks.push(disk);
  expect(disks).toMatchObject([{ name: 'mine', diskState: 'Unattached' }]);
  expect(disks[0]!.managedBy).toBeUndefined();

  // An update that fails leaves the machine its interface and disks.
  const made = await createMachine(world, 'vm', withDisks('vm'));
  const { networkProfile } = made;
  await world.sdk.virtualMachines.deallocate('rg', 'vm');
  await expect(
    world.sdk.virtualMachines.createOrUpdate('rg', 'vm', {
      ...made,
      networkProfile: { networkInterfaces: [{ id: nic, primary: true }] },
      storageProfile: {
        ...made.storageProfile,
        dataDisks: [{ lun: 5, createOption: 'Empty', diskSizeGB: 0 }],
      },
    }),
  ).rejects.toMatchObject({ code: 'InvalidParameter' });
  expect(store.get(nic)?.properties).not.toHaveProperty('virtualMachine');
  const own = store.get(networkProfile!.networkInterfaces![0]!.id!);
  expect(own?.properties).toHaveProperty('virtualMachine.id', id('virtualMachines', 'vm'));
  expect((await world.sdk.disks.get('rg', 'mine')).managedBy).toBe(id('virtualMachines', 'vm'));
  await world.stop();
});

test('killed while it makes a machine: the same request succeeds, and what is left can be deleted', async () => {
  await killedAnywhere({
    before: (world) => emptyDisk(world, 'mine'),
    work: (world) => unplacedMachine(world, withDisks('vm')),
    async afterwards(world) {
      await unplacedMachine(world, withDisks('vm'));
      expect(interfaces(world)).toHaveLength(1);
      await world.sdk.virtualMachines.delete('rg', 'vm');
      await world.sdk.disks.delete('rg', 'mine');
      for await (const disk of world.sdk.disks.list()) expect.fail(`${disk.name} is left`);
      expect(interfaces(world)).toEqual([]);
    },
  });
});

test('killed while it deletes a machine: a second request deletes it, with what is its own', async () => {
  await killedAnywhere({
    async before(world) {
      await emptyDisk(world, 'mine');
      await unplacedMachine(world, withDisks('vm'));
    },
    work: (world) => world.sdk.virtualMachines.delete('rg', 'vm'),
    async afterwards(world) {
      await world.sdk.virtualMachines.delete('rg', 'vm');
      expect(interfaces(world)).toEqual([]);
      const disks = [];
      for await (const { name, diskState } of world.sdk.disks.list()) disks.push([name, diskState]);
      expect(disks).toEqual([['mine', 'Unattached']]);
      await unplacedMachine(world, withDisks('vm'));
    },
  });
});

test('killed while it gives a machine disks: those are attached, or free', async () => {
  await killedAnywhere({
    async before(world) {
      await emptyDisk(world, 'mine');
      await unplacedMachine(world);
    },
    work: (world) =>
      world.sdk.virtualMachines
        .attachDetachDataDisks('rg', 'vm', { dataDisksToAttach: [{ diskId: id('disks', 'mine'), lun: 0 }] })
        .catch(() => undefined),
    async afterwards(world) {
      const { dataDisks } = (await world.sdk.virtualMachines.get('rg', 'vm')).storageProfile!;
      const { managedBy } = await world.sdk.disks.get('rg', 'mine');
      expect(managedBy === undefined).toBe(dataDisks!.length === 0);
    },
  });
});

test('killed while an upload begins, ends or is deleted: the disk is one thing or the other', async () => {
  const upload = (world: ComputeWorld, name: string) =>
    world.sdk.disks.createOrUpdate('rg', name, {
      location: LOCATION,
      creationData: { createOption: 'Upload', uploadSizeBytes: 20 * MIB + 512 },
    });
  const fill = async (world: ComputeWorld, name: string) => {
    const { accessSAS } = await world.sdk.disks.grantAccess('rg', name, { access: 'Write', durationInSeconds: 600 });
    const headers = { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${20 * MIB}-${20 * MIB + 511}` };
    const body = new Uint8Array(vhdFooter(20 * MIB, 0, ''));
    expect((await world.fetch(`${accessSAS!}&comp=page`, { method: 'PUT', headers, body })).status).toBe(201);
  };
  await killedAnywhere({
    async before(world) {
      await upload(world, 'ends');
      await fill(world, 'ends');
      await upload(world, 'goes');
    },
    async work(world) {
      await upload(world, 'begins').catch(() => undefined);
      await world.sdk.disks.revokeAccess('rg', 'ends').catch(() => undefined);
      await world.sdk.disks.delete('rg', 'goes').catch(() => undefined);
    },
    async afterwards(world) {
      await world.sdk.disks.revokeAccess('rg', 'ends');
      expect((await world.sdk.disks.get('rg', 'ends')).diskState).toBe('Unattached');
      for (const name of ['begins', 'goes']) {
        await world.sdk.disks.delete('rg', name);
        expect((await emptyDisk(world, name)).diskState).toBe('Unattached');
      }
    },
  });
});

test('killed while it makes a restore point: there is a whole one, or none', async () => {
  await killedAnywhere({
    async before(world) {
      await emptyDisk(world, 'mine');
      await unplacedMachine(world, withDisks('vm'));
      await world.sdk.restorePointCollections.createOrUpdate('rg', 'rpc', {
        location: LOCATION,
        source: { id: id('virtualMachines', 'vm') },
      });
    },
    work: (world) =>
      world.sdk.restorePoints.create('rg', 'rpc', 'one', { consistencyMode: 'CrashConsistent' }).catch(() => undefined),
    async afterwards(world) {
      const { store } = world.arm.world;
      const there = store.get(id('restorePointCollections', 'rpc/restorePoints/one')) !== undefined;
      const disks = store.list({ type: 'Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints' });
      expect(disks).toHaveLength(there ? 3 : 0);
    },
  });
});
