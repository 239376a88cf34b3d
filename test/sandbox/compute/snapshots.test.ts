import type { Snapshot } from '@azure/arm-compute';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectTypes } from './machine.ts';
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
const SECOND = 1000;
const disk = (name: string, sku = 'Premium_LRS', more: object = {}) =>
  world.sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    sku: { name: sku },
    creationData: { createOption: 'Empty', ...(sku === 'PremiumV2_LRS' && { logicalSectorSize: 512 }) },
    diskSizeGB: 1,
    ...more,
  });
const snapshot = (name: string, source: string, more: Partial<Snapshot> = {}, creation: object = {}) =>
  world.sdk.snapshots.createOrUpdate('rg', name, {
    location: LOCATION,
    incremental: true,
    creationData: { createOption: 'Copy', sourceResourceId: id('disks', source), ...creation },
    ...more,
  });
const copyTo = (location: string, name: string, source: string, creation: object = {}) =>
  world.sdk.snapshots.createOrUpdate('rg', name, {
    location,
    incremental: true,
    creationData: { createOption: 'CopyStart', sourceResourceId: id('snapshots', source), ...creation },
  });
const get = (name: string) => world.sdk.snapshots.get('rg', name);
const grant = (name: string) => world.sdk.snapshots.grantAccess('rg', name, { access: 'Read', durationInSeconds: 600 });
const notAllowed = { code: 'OperationNotAllowed' };
const invalid = { code: 'InvalidParameter' };

test('snapshots of a Premium SSD v2 disk are copied in the background: readable at the end, three at a time', async () => {
  await disk('v2', 'PremiumV2_LRS');
  await world.compute.disks.write(id('disks', 'v2'), 0, Buffer.alloc(512, 1));
  await expect(snapshot('full', 'v2', { incremental: false })).rejects.toMatchObject(invalid);
  const made = await snapshot('v2-1', 'v2');
  expect(made).toMatchObject({ completionPercent: 0, snapshotAccessState: 'Pending' });
  await world.compute.disks.write(id('disks', 'v2'), 0, Buffer.alloc(512, 2));
  await expect(grant('v2-1')).rejects.toMatchObject(notAllowed);
  const restore = (name: string, source: string) =>
    world.sdk.disks.createOrUpdate('rg', name, {
      location: LOCATION,
      sku: { name: 'PremiumV2_LRS' },
      creationData: { createOption: 'Copy', sourceResourceId: id('snapshots', source) },
    });
  await expect(restore('early', 'v2-1')).rejects.toMatchObject(notAllowed);
  for (const name of ['v2-2', 'v2-3']) await snapshot(name, 'v2');
  await expect(snapshot('v2-4', 'v2')).rejects.toThrow('pending state');
  world.clock.advance(30 * SECOND);
  const half = (await get('v2-1')).completionPercent!;
  expect(half).toBeGreaterThanOrEqual(50);
  expect(half).toBeLessThan(100);
  world.clock.advance(30 * SECOND);
  expect(await get('v2-1')).toMatchObject({ completionPercent: 100, snapshotAccessState: 'Available' });
  const { accessSAS } = await grant('v2-1');
  const bytes = await world.fetch(accessSAS!, { headers: { range: 'bytes=0-511' } });
  expect(Buffer.from(await bytes.arrayBuffer()).equals(Buffer.alloc(512, 1))).toBe(true);

  const instant = await snapshot('v2-5', 'v2', {}, { instantAccessDurationMinutes: 60 });
  expect(instant.snapshotAccessState).toBe('InstantAccess');
  await restore('instant', 'v2-5');
  await expect(grant('v2-5')).rejects.toMatchObject(notAllowed);
  world.clock.advance(61 * SECOND);
  expect((await get('v2-5')).snapshotAccessState).toBe('AvailableWithInstantAccess');

  await snapshot('v2-6', 'v2');
  await world.sdk.disks.update('rg', 'v2', { diskSizeGB: 2 });
  expect((await get('v2-6')).copyCompletionError).toMatchObject({ errorCode: 'CopySourceResized' });
  world.clock.advance(61 * SECOND);
  expect((await get('v2-6')).completionPercent).toBeLessThan(100);
  await expect(snapshot('x', 'instant', {}, { instantAccessDurationMinutes: 5 })).rejects.toMatchObject(invalid);
});

test('snapshots are copied to another region in their order, one at a time, and keep their differences', async () => {
  await disk('far');
  await world.compute.disks.write(id('disks', 'far'), 0, Buffer.alloc(512, 1));
  await snapshot('far-1', 'far');
  world.clock.advance(SECOND);
  await world.compute.disks.write(id('disks', 'far'), 4096, Buffer.alloc(512, 2));
  await snapshot('far-2', 'far');
  await expect(copyTo(LOCATION, 'near', 'far-1')).rejects.toMatchObject(invalid);
  await copyTo('northeurope', 'copy-1', 'far-1');
  await expect(copyTo('northeurope', 'copy-2', 'far-2')).rejects.toMatchObject(notAllowed);
  await expect(grant('copy-1')).rejects.toMatchObject(notAllowed);
  world.clock.advance(60 * SECOND);
  await copyTo('northeurope', 'copy-2', 'far-2', { provisionedBandwidthCopySpeed: 'Enhanced' });
  world.clock.advance(30 * SECOND);
  const [one, two] = [await get('copy-1'), await get('copy-2')];
  expect(two).toMatchObject({ completionPercent: 100, location: 'northeurope' });
  expect(two.incrementalSnapshotFamilyId).toBe(one.incrementalSnapshotFamilyId);
  expect(two.incrementalSnapshotFamilyId).not.toBe((await get('far-2')).incrementalSnapshotFamilyId);
  const [base, next] = [(await grant('copy-1')).accessSAS!, (await grant('copy-2')).accessSAS!];
  const changes = await world.fetch(`${next}&comp=pagelist`, {
    headers: { 'x-ms-version': '2021-12-02', 'x-ms-previous-snapshot-url': base },
  });
  expect(await changes.text()).toContain('<PageRange><Start>4096</Start><End>4607</End></PageRange>');
  for (const name of ['copy-1', 'copy-2']) await world.sdk.snapshots.revokeAccess('rg', name);
  // Where a later snapshot is, an earlier one does not come any more.
  await world.sdk.snapshots.delete('rg', 'copy-1');
  await expect(copyTo('northeurope', 'copy-1', 'far-1')).rejects.toMatchObject(notAllowed);
  await copyTo('uksouth', 'lost', 'far-1');
  await world.sdk.snapshots.delete('rg', 'far-1');
  expect(await get('lost')).toMatchObject({
    copyCompletionError: { errorCode: 'CopySourceNotFound' },
    snapshotAccessState: 'Unknown',
  });
});

test('limits of a disk’s snapshots can be turned', async () => {
  const { limits } = world.compute;
  await disk('many');
  Object.assign(limits, { snapshotsPerFiveMinutes: 100, snapshotsPerDisk: 9 });
  for (let i = 1; i <= 9; i += 1) await snapshot(`many-${i}`, 'many');
  await expect(snapshot('many-10', 'many')).rejects.toMatchObject({ code: 'SnapshotLimitReached' });
  await world.sdk.snapshots.delete('rg', 'many-1');
  await snapshot('many-10', 'many');
});

test('a disk and its incremental snapshots have one disk encryption set', async () => {
  const encryption = { type: 'EncryptionAtRestWithCustomerKey', diskEncryptionSetId: KEY_SET };
  await disk('secret', 'Premium_LRS', { encryption });
  const made = await snapshot('secret-1', 'secret');
  expect(made.encryption).toEqual(encryption);
  await expect(
    snapshot('secret-2', 'secret', { encryption: { type: 'EncryptionAtRestWithPlatformKey' } }),
  ).rejects.toMatchObject(notAllowed);
  await disk('open');
  await expect(snapshot('open-1', 'open', { encryption })).rejects.toMatchObject(notAllowed);
});

test('a snapshot takes an upload; SKU, source and region are checked', async () => {
  await expect(snapshot('sku', 'open', { sku: { name: 'Gold' } })).rejects.toMatchObject(invalid);
  await expect(snapshot('place', 'open', { location: 'uksouth' })).rejects.toMatchObject(invalid);
  await expect(snapshot('kind', 'open', {}, { sourceResourceId: KEY_SET })).rejects.toMatchObject(invalid);
  await world.sdk.snapshots.createOrUpdate('rg', 'up', {
    location: LOCATION,
    creationData: { createOption: 'Upload', uploadSizeBytes: 20_972_032 },
  });
  expect((await get('up')).diskState).toBe('ReadyToUpload');
  await expect(grant('up')).rejects.toMatchObject(notAllowed);
  const { accessSAS } = await world.sdk.snapshots.grantAccess('rg', 'up', { access: 'Write', durationInSeconds: 60 });
  expect(accessSAS).toContain('sp=rw');
  await expect(world.sdk.snapshots.revokeAccess('rg', 'up')).rejects.toThrow('InvalidVhd');
});

test('the traffic fits Azure’s published types', () => expectTypes(world));
