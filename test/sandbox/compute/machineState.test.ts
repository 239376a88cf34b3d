import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, createMachine, machineBody } from './machine.ts';
import { GROUP, LOCATION, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

const folder = mkdtempSync(join(tmpdir(), 'compute-state-'));
let world: ComputeWorld;
let pid = '';

const id = (type: string, name: string) => `${GROUP}/providers/Microsoft.Compute/${type}/${name}`;
const command = (name: string, script: string, asyncExecution = false) =>
  world.sdk.virtualMachineRunCommands.createOrUpdate('rg', 'on', name, {
    location: LOCATION,
    source: { script },
    asyncExecution,
  });
const view = async (name: string) =>
  (await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', 'on', name, { expand: 'instanceView' }))
    .instanceView!;
const snapshot = (name: string, source: string) =>
  world.sdk.snapshots.createOrUpdate('rg', name, {
    location: LOCATION,
    incremental: true,
    creationData: { createOption: 'Copy', sourceResourceId: id('disks', source) },
  });

beforeAll(async () => {
  world = await startWorld(folder);
  const { sdk, compute } = world;
  const secret = { osProfile: { ...machineBody('on').osProfile, adminPassword: 'Secret-1!' } };
  await createMachine(world, 'on', secret);
  for (const name of ['off', 'deallocated']) await createMachine(world, name);
  await sdk.virtualMachines.powerOff('rg', 'off');
  await sdk.virtualMachines.deallocate('rg', 'deallocated');
  await sdk.virtualMachines.generalize('rg', 'deallocated');
  compute.limits.shortages = [{ code: 'AllocationFailed', vmSize: 'Standard_B2s' }];
  await createMachine(world, 'failed', { hardwareProfile: { vmSize: 'Standard_B2s' } }).catch(() => undefined);
  await command('done', 'echo kept > "$HOME/kept"; echo output');
  await command(
    'unit',
    'systemd-run --unit=svc /bin/bash -c \'echo $$ > "$HOME/pid"; exec sleep 4740.5\'; while [ ! -s "$HOME/pid" ]; do sleep 0.02; done',
  );
  await command('long', 'echo begun; sleep 4741.5', true);
  const home = join(compute.machines.folder((await sdk.virtualMachines.get('rg', 'on')).vmId!), 'root');
  pid = readFileSync(join(home, 'pid'), 'utf8').trim();
  // What a guest has on its volatile file systems, a reboot takes.
  writeFileSync(join(home, '../tmp/volatile'), '');
  await sdk.disks.createOrUpdate('rg', 'up', {
    location: LOCATION,
    creationData: { createOption: 'Upload', uploadSizeBytes: 20_972_032 },
  });
  for (const [name, sku] of [
    ['v1', 'Premium_LRS'],
    ['v2', 'PremiumV2_LRS'],
  ] as const) {
    const body = { location: LOCATION, sku: { name: sku }, creationData: { createOption: 'Empty' }, diskSizeGB: 1 };
    await sdk.disks.createOrUpdate('rg', name, body);
  }
  for (let i = 1; i <= 7; i += 1) await snapshot(`v1-${i}`, 'v1');
  await snapshot('v2-1', 'v2');
  await sdk.restorePointCollections.createOrUpdate('rg', 'rpc', {
    location: LOCATION,
    source: { id: id('virtualMachines', 'on') },
  });
  await sdk.restorePoints.create('rg', 'rpc', 'one', { consistencyMode: 'CrashConsistent' });
  await world.stop();
  world = await startWorld(folder);
});
afterAll(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

test('machines are as they were; what ran has booted again, with its folder and without its processes', async () => {
  expect(await codes(world, 'on')).toEqual(['ProvisioningState/succeeded', 'PowerState/running']);
  expect(await codes(world, 'off')).toContain('PowerState/stopped');
  expect(await codes(world, 'deallocated')).toEqual([
    'ProvisioningState/succeeded',
    'OSState/generalized',
    'PowerState/deallocated',
  ]);
  expect(await codes(world, 'failed')).toEqual(['ProvisioningState/failed/AllocationFailed', 'PowerState/deallocated']);
  expect([...world.ports.values()].map((caller) => caller.resourceId)).toEqual([id('virtualMachines', 'on')]);
  // One that has ended and that nobody has waited for has no command line any more.
  const line = `/proc/${pid}/cmdline`;
  expect(existsSync(line) && readFileSync(line, 'utf8')).toBeFalsy();
  await command('look', 'cat "$HOME/kept"; ls "$TMPDIR"; systemctl is-active svc');
  expect((await view('look')).output).toBe('kept\ninactive\n');
  const other = { osProfile: { ...machineBody('on').osProfile, adminPassword: 'Secret-2!' } };
  await expect(createMachine(world, 'on', other)).rejects.toMatchObject({ code: 'PropertyChangeNotAllowed' });
});

test('run commands that had ended say what they said; the one under way has failed', async () => {
  expect(await view('done')).toMatchObject({ executionState: 'Succeeded', exitCode: 0, output: 'output\n' });
  expect(await view('long')).toMatchObject({
    executionState: 'Failed',
    executionMessage: 'The machine was restarted while the command ran.',
  });
});

test('uploads, families, counts and background copies go on', async () => {
  const { sdk } = world;
  expect((await sdk.disks.get('rg', 'up')).diskState).toBe('ReadyToUpload');
  await expect(snapshot('v1-8', 'v1')).rejects.toThrow('five minutes');
  expect((await sdk.snapshots.get('rg', 'v2-1')).snapshotAccessState).toBe('Pending');
  world.clock.advance(5 * 60_000);
  expect((await sdk.snapshots.get('rg', 'v2-1')).completionPercent).toBe(100);
  const next = await snapshot('v1-8', 'v1');
  const before = await sdk.snapshots.get('rg', 'v1-1');
  expect(next.incrementalSnapshotFamilyId).toBe(before.incrementalSnapshotFamilyId);
  const points = [];
  for await (const point of sdk.diskRestorePoint.listByRestorePoint('rg', 'rpc', 'one')) points.push(point);
  expect(points).toMatchObject([{ completionPercent: 100 }]);
});
