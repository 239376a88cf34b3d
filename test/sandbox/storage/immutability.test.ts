import { afterAll, beforeAll, expect, it } from 'vitest';
import { runModule } from '../edge/child.ts';
import { clientsOf, startWorld } from './world.ts';

const DAY = 86_400_000;

let world: Awaited<ReturnType<typeof startWorld>>;
const asOperator = (source: string) => runModule(clientsOf() + source, world.env);
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };

beforeAll(async () => {
  world = await startWorld();
  await asOperator(`
    const body = ${JSON.stringify(account)};
    await arm.storageAccounts.create('rg', 'worm', { ...body, immutableStorageWithVersioning: { enabled: true } });
    await arm.storageAccounts.create('rg', 'policies', body);
    await arm.blobContainers.create('rg', 'worm', 'data', {});
    await arm.blobContainers.create('rg', 'policies', 'data', {});
    print(0);`);
});
afterAll(() => world.stop());

it('versions are protected by the policy of their upload, which can be extended, and not weakened once it is locked', async () => {
  const now = world.clock.now();
  const got = await asOperator(`
    const data = service('worm').getContainerClient('data');
    const blob = data.getBlockBlobClient('a');
    const until = (days) => new Date(${now} + days * ${DAY});
    const { versionId } = await put(blob, 'one', { immutabilityPolicy: { expiriesOn: until(5), policyMode: 'Unlocked' } });
    const first = await blob.getProperties();
    const metadata = await failure(blob.setMetadata({ a: 'b' }));
    await blob.setImmutabilityPolicy({ expiriesOn: until(3), policyMode: 'Unlocked' });
    await blob.setImmutabilityPolicy({ expiriesOn: until(4), policyMode: 'Locked' });
    const shorter = await failure(blob.setImmutabilityPolicy({ expiriesOn: until(2), policyMode: 'Locked' }));
    const unlocked = await failure(blob.setImmutabilityPolicy({ expiriesOn: until(9), policyMode: 'Unlocked' }));
    const removed = await failure(blob.deleteImmutabilityPolicy());
    await put(blob, 'two');
    await blob.delete();
    const old = blob.withVersion(versionId);
    const refused = await failure(old.delete());
    const [item] = await all(data.listBlobsFlat({ includeVersions: true, includeImmutabilityPolicy: true, includeLegalHold: true }));
    await put(data.getBlockBlobClient('held'), 'held', { legalHold: true });
    const held = data.getBlockBlobClient('held');
    const { versionId: heldVersion } = await held.getProperties();
    await held.delete();
    const hold = await failure(held.withVersion(heldVersion).delete());
    await held.withVersion(heldVersion).setLegalHold(false);
    await held.withVersion(heldVersion).delete();
    await put(data.getBlockBlobClient('free'), 'free', { immutabilityPolicy: { expiriesOn: until(5), policyMode: 'Unlocked' } });
    await data.getBlockBlobClient('free').deleteImmutabilityPolicy();
    const free = await failure(data.getBlockBlobClient('free').setMetadata({ a: 'b' }));
    print({ first: [first.immutabilityPolicyExpiresOn, first.immutabilityPolicyMode], metadata, shorter, unlocked, removed, refused, hold, free,
      listed: [item.versionId === versionId, item.properties.immutabilityPolicyMode, item.properties.immutabilityPolicyExpiresOn],
      past: await failure(data.getBlockBlobClient('b').upload('x', 1, { immutabilityPolicy: { expiriesOn: until(-1), policyMode: 'Unlocked' } })),
      read: await read(old), container: await failure(data.delete()), account: await failure(arm.storageAccounts.delete('rg', 'worm')),
      full: await failure(arm.blobContainers.delete('rg', 'worm', 'data')) });`);
  const seconds = (days: number) => new Date(Math.floor((now + days * DAY) / 1000) * 1000).toISOString();
  const immutable = [409, 'BlobImmutableDueToPolicy'];
  expect(got).toEqual({
    first: [seconds(5), 'unlocked'],
    metadata: immutable,
    shorter: immutable,
    unlocked: immutable,
    removed: immutable,
    refused: immutable,
    hold: [409, 'BlobImmutableDueToLegalHold'],
    free: 'done',
    listed: [true, 'locked', seconds(4)],
    past: [400, 'InvalidHeaderValue'],
    read: 'one',
    container: [409, 'ContainerImmutableStorageWithVersioningEnabled'],
    account: [409, 'AccountProtectedFromDeletion'],
    full: [409, 'ContainerProtectedFromDeletion'],
  });
});

it('an expired policy lets versions go, and with them the container and the account', async () => {
  world.clock.advance(6 * DAY);
  const got = await asOperator(`
    const data = service('worm').getContainerClient('data');
    for (const { name } of await all(data.listBlobsFlat())) await data.deleteBlob(name);
    for (const { name, versionId } of await all(data.listBlobsFlat({ includeVersions: true }))) await data.getBlobClient(name).withVersion(versionId).delete();
    await arm.blobContainers.delete('rg', 'worm', 'data');
    print(await failure(arm.storageAccounts.delete('rg', 'worm')));`);
  expect(got).toBe('done');
});

it("a container's policy protects its blobs: unlocked, locked, extended, with ETags; legal holds too", async () => {
  const got = await asOperator(`
    const of = ['rg', 'policies', 'data'];
    const data = service('policies').getContainerClient('data');
    const blob = data.getBlockBlobClient('a');
    const policies = arm.blobContainers;
    await put(blob, 'one');
    const made = await policies.createOrUpdateImmutabilityPolicy(...of, { parameters: { immutabilityPeriodSinceCreationInDays: 2 } });
    const attempts = [await failure(put(blob, 'two')), await failure(blob.delete()), await failure(blob.setMetadata({ a: 'b' })), await failure(put(data.getBlockBlobClient('new'), 'new'))];
    const stale = await failure(policies.lockImmutabilityPolicy(...of, '"stale"'));
    const early = await failure(policies.extendImmutabilityPolicy(...of, made.etag, { parameters: { immutabilityPeriodSinceCreationInDays: 3 } }));
    const locked = await policies.lockImmutabilityPolicy(...of, made.etag);
    const shorter = await failure(policies.createOrUpdateImmutabilityPolicy(...of, { parameters: { immutabilityPeriodSinceCreationInDays: 1 }, ifMatch: locked.etag }));
    const extended = await policies.extendImmutabilityPolicy(...of, locked.etag, { parameters: { immutabilityPeriodSinceCreationInDays: 3 } });
    const removed = await failure(policies.deleteImmutabilityPolicy(...of, extended.etag));
    const held = await policies.setLegalHold(...of, { tags: ['case1'] });
    const container = await policies.get(...of);
    const { subResponses } = await data.getBlobBatchClient().deleteBlobs([blob, data.getBlockBlobClient('nosuch')]);
    print({ batch: subResponses.map((r) => [r.status, r.errorCode]), state: [made.state, locked.state, extended.immutabilityPeriodSinceCreationInDays], attempts, stale, early, shorter, removed, held: held.hasLegalHold,
      shown: [container.hasImmutabilityPolicy, container.immutabilityPolicy.state, container.immutabilityPolicy.updateHistory.map((u) => u.update), container.legalHold.tags.map((t) => t.tag)],
      byData: (await data.getProperties()).hasImmutabilityPolicy,
      container: await failure(data.delete()), arm: await failure(arm.blobContainers.delete(...of)), account: await failure(arm.storageAccounts.delete('rg', 'policies')) });`);
  const wrongState = [409, 'ContainerOperationFailure'];
  const immutable = [409, 'BlobImmutableDueToPolicy'];
  expect(got).toEqual({
    batch: [
      [409, 'BlobImmutableDueToLegalHold'],
      [404, 'BlobNotFound'],
    ],
    state: ['Unlocked', 'Locked', 3],
    attempts: [immutable, immutable, immutable, 'done'],
    stale: [412, 'PreconditionFailed'],
    early: wrongState,
    shorter: wrongState,
    removed: wrongState,
    held: true,
    shown: [true, 'Locked', ['put', 'lock', 'extend'], ['case1']],
    byData: true,
    container: [409, 'ContainerHasLegalHold'],
    arm: [409, 'ContainerProtectedFromDeletion'],
    account: [409, 'AccountProtectedFromDeletion'],
  });
  world.clock.advance(4 * DAY);
  const later = await asOperator(`
    const blob = service('policies').getContainerClient('data').getBlockBlobClient('a');
    const held = await failure(blob.delete());
    await arm.blobContainers.clearLegalHold('rg', 'policies', 'data', { tags: ['case1'] });
    print([held, await failure(put(blob, 'two')), await failure(blob.delete())]);`);
  expect(later).toEqual([[409, 'BlobImmutableDueToLegalHold'], immutable, 'done']);
});

it('an account has version-level immutability from its creation or never, and a default policy that is only extended', async () => {
  const got = await asOperator(`
    const body = ${JSON.stringify(account)};
    const policy = (days, state) => ({ enabled: true, immutabilityPolicy: { immutabilityPeriodSinceCreationInDays: days, state, allowProtectedAppendWrites: false } });
    await arm.storageAccounts.create('rg', 'defaults', { ...body, immutableStorageWithVersioning: policy(2, 'Unlocked') });
    const data = service('defaults').getContainerClient('data');
    await data.create();
    await put(data.getBlockBlobClient('a'), 'one');
    const { immutabilityPolicyMode } = await data.getBlockBlobClient('a').getProperties();
    await arm.storageAccounts.update('rg', 'defaults', { immutableStorageWithVersioning: policy(3, 'Locked') });
    print({ immutabilityPolicyMode,
      versioning: (await arm.blobServices.getServiceProperties('rg', 'defaults')).isVersioningEnabled,
      off: await failure(arm.blobServices.setServiceProperties('rg', 'defaults', { isVersioningEnabled: false })),
      shorter: await failure(arm.storageAccounts.update('rg', 'defaults', { immutableStorageWithVersioning: policy(1, 'Locked') })),
      late: await failure(arm.storageAccounts.update('rg', 'policies', { immutableStorageWithVersioning: { enabled: true } })),
      container: await failure(arm.blobContainers.create('rg', 'policies', 'late', { immutableStorageWithVersioning: { enabled: true } })) });`);
  expect(got).toEqual({
    immutabilityPolicyMode: 'unlocked',
    versioning: true,
    off: [409, 'BlobVersioningRequired'],
    shorter: [400, 'AccountPropertyCannotBeUpdated'],
    late: [400, 'AccountPropertyCannotBeUpdated'],
    container: [409, 'ContainerOperationFailure'],
  });
});
