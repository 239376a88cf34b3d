import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runModule } from '../edge/child.ts';
import { clientsOf, startWorld } from './world.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

let world: Awaited<ReturnType<typeof startWorld>>;
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
const asOperator = (source: string) => runModule(clientsOf() + source, world.env);

beforeAll(async () => {
  world = await startWorld();
  await asOperator(`
    const body = ${JSON.stringify(account)};
    await Promise.all(['plain', 'softly', 'versioned'].map((name) => arm.storageAccounts.create('rg', name, body)));
    await arm.storageAccounts.create('rg', 'zonal', { ...body, sku: { name: 'Standard_ZRS' }, accessTier: 'Cool' });
    await arm.blobServices.setServiceProperties('rg', 'softly', {
      deleteRetentionPolicy: { enabled: true, days: 7 }, containerDeleteRetentionPolicy: { enabled: true, days: 7 } });
    await arm.blobServices.setServiceProperties('rg', 'versioned', { isVersioningEnabled: true });
    for (const name of ['plain', 'softly', 'versioned', 'zonal']) await arm.blobContainers.create('rg', name, 'data', {});
    print(0);`);
});
afterAll(() => world.stop());

it('versions: overwriting, metadata and deletion keep the old state, which can be listed, read, copied back and deleted', async () => {
  const got = await asOperator(`
    import { BlobSASPermissions, BlockBlobClient, generateBlobSASQueryParameters } from '@azure/storage-blob';
    const data = service('versioned').getContainerClient('data');
    const blob = data.getBlockBlobClient('a');
    const { versionId: first } = await put(blob, 'one');
    const { versionId: second } = await blob.setMetadata({ two: 'yes' });
    await blob.stageBlock('AAAA', 'three', 5);
    const { versionId: third } = await blob.commitBlockList(['AAAA']);
    const list = async (options) => (await all(data.listBlobsFlat(options))).map((b) => [b.versionId, b.isCurrentVersion ?? false]);
    const listed = await list({ includeVersions: true });
    const plain = await list();
    const properties = await blob.getProperties();
    const old = await Promise.all([first, second].map((id) => read(blob.withVersion(id))));
    const oldMetadata = (await blob.withVersion(second).getProperties()).metadata;
    const current = await failure(blob.withVersion(third).delete());
    const signed = async (permissions) => {
      const startsOn = new Date(Date.now() - 60_000), expiresOn = new Date(Date.now() + 3_600_000);
      const key = await service('versioned').getUserDelegationKey(startsOn, expiresOn);
      const sas = generateBlobSASQueryParameters({ containerName: 'data', blobName: 'a', permissions: BlobSASPermissions.parse(permissions), startsOn, expiresOn }, key, 'versioned');
      return new BlockBlobClient(blob.url + '?' + sas).withVersion(second).delete();
    };
    const bySas = [await failure(signed('d'))];
    await blob.delete();
    const gone = await failure(blob.getProperties());
    const hidden = await list();
    const stillThere = (await list({ includeVersions: true })).length;
    await (await blob.beginCopyFromURL(blob.withVersion(first).url)).pollUntilDone();
    bySas.push(await failure(signed('x')));
    print({ bySas,
      listed, expected: [[first, false], [second, false], [third, true]], plain: plain.length,
      isCurrent: [properties.versionId === third, properties.isCurrentVersion],
      old, oldMetadata, current, gone, hidden, stillThere,
      back: await read(blob),
      left: (await list({ includeVersions: true })).length,
      unknown: await failure(blob.withVersion(second).getProperties()),
    });`);
  const { listed, expected, ...rest } = got as { listed: unknown; expected: unknown };
  expect(listed).toEqual(expected);
  expect(rest).toEqual({
    bySas: [[403, 'AuthorizationPermissionMismatch'], 'done'],
    plain: 1,
    isCurrent: [true, true],
    old: ['one', 'one'],
    oldMetadata: { two: 'yes' },
    current: [403, 'OperationNotAllowedOnRootBlob'],
    gone: [404, 'BlobNotFound'],
    hidden: [],
    stillThere: 3,
    back: 'one',
    left: 3,
    unknown: [404, 'BlobNotFound'],
  });
});

it('soft delete: blobs, overwritten states and containers come back within their retention, not after it', async () => {
  const first = await asOperator(`
    const data = service('softly').getContainerClient('data');
    const blob = data.getBlockBlobClient('a');
    await put(blob, 'one');
    await put(blob, 'two');
    await blob.delete();
    const list = async () => (await all(data.listBlobsFlat({ includeDeleted: true, includeSnapshots: true }))).map((b) => [b.name, b.deleted ?? false, b.snapshot !== undefined, b.properties.remainingRetentionDays]);
    const deleted = await list();
    const gone = await failure(blob.getProperties());
    await blob.undelete();
    const back = await read(blob);
    const afterwards = await list();
    const other = service('softly').getContainerClient('other');
    await other.create();
    await put(other.getBlockBlobClient('kept'), 'kept');
    await other.delete();
    const containers = await all(service('softly').listContainers({ includeDeleted: true }));
    const { version } = containers.find((c) => c.deleted);
    const missing = await failure(other.getProperties());
    await service('softly').undeleteContainer('other', version);
    print({ deleted, gone, back, afterwards, missing, restored: await read(other.getBlockBlobClient('kept')),
      arm: (await arm.blobContainers.get('rg', 'softly', 'other')).name,
      live: (await all(service('softly').listContainers())).map((c) => c.name) });
    await blob.delete({ deleteSnapshots: 'include' });
    await other.delete();`);
  expect(first).toEqual({
    deleted: [
      ['a', true, true, 6],
      ['a', true, false, 6],
    ],
    gone: [404, 'BlobNotFound'],
    back: 'two',
    afterwards: [
      ['a', false, true, null],
      ['a', false, false, null],
    ],
    missing: [404, 'ContainerNotFound'],
    restored: 'kept',
    arm: 'other',
    live: ['data', 'other'],
  });
  world.clock.advance(8 * DAY);
  const later = await asOperator(`
    const data = service('softly').getContainerClient('data');
    print([
      await failure(data.getBlockBlobClient('a').undelete()),
      (await all(data.listBlobsFlat({ includeDeleted: true, includeSnapshots: true }))).length,
      (await all(service('softly').listContainers({ includeDeleted: true }))).map((c) => c.name),
    ]);`);
  expect(later).toEqual([[404, 'BlobNotFound'], 0, ['data']]);
});

describe('tiers', () => {
  it('an archived blob cannot be read until it has been rehydrated, by the clock', async () => {
    const early = await asOperator(`
      const data = service('plain').getContainerClient('data');
      const blob = data.getBlockBlobClient('a');
      await put(blob, 'content', { tier: 'Cold' });
      const cold = (await blob.getProperties()).accessTier;
      await blob.setAccessTier('Archive');
      const refused = await failure(blob.download());
      const uncopied = await failure(data.getBlockBlobClient('s').syncCopyFromURL(blob.url));
      await put(data.getBlockBlobClient('source'), 'content', { tier: 'Archive' });
      const copy = await data.getBlockBlobClient('copy').beginCopyFromURL(data.getBlockBlobClient('source').url, { tier: 'Hot', rehydratePriority: 'High' });
      await blob.setAccessTier('Hot');
      const again = await failure(blob.setAccessTier('Cool'));
      const { accessTier, archiveStatus } = await blob.getProperties();
      const [listed] = await all(data.listBlobsFlat({ prefix: 'a' }));
      print({ cold, refused, uncopied, again, accessTier, archiveStatus, listed: listed.properties.archiveStatus,
        copy: (await data.getBlockBlobClient('copy').getProperties()).copyStatus, unread: await failure(blob.download()) });`);
    expect(early).toEqual({
      cold: 'Cold',
      refused: [409, 'BlobArchived'],
      uncopied: [409, 'BlobArchived'],
      again: [409, 'BlobBeingRehydrated'],
      accessTier: 'Archive',
      archiveStatus: 'rehydrate-pending-to-hot',
      listed: 'rehydrate-pending-to-hot',
      copy: 'pending',
      unread: [409, 'BlobArchived'],
    });
    world.clock.advance(2 * HOUR);
    const late = `
      const data = service('plain').getContainerClient('data');
      const state = async (name) => { const { accessTier, archiveStatus, copyStatus } = await data.getBlockBlobClient(name).getProperties(); return [accessTier, archiveStatus, copyStatus]; };
      print([await state('copy'), await state('a'), await failure(data.getBlockBlobClient('a').download())]);`;
    expect(await asOperator(late)).toEqual([
      ['Hot', null, 'success'],
      ['Archive', 'rehydrate-pending-to-hot', null],
      [409, 'BlobArchived'],
    ]);
    world.clock.advance(14 * HOUR);
    expect(await asOperator(late)).toEqual([['Hot', null, 'success'], ['Hot', null, null], 'done']);
  });

  it('a zone-redundant account has no archive, and its own default tier', async () => {
    const got = await asOperator(`
      const blob = service('zonal').getContainerClient('data').getBlockBlobClient('a');
      await put(blob, 'content');
      const { accessTier, accessTierInferred } = await blob.getProperties();
      print([accessTier, accessTierInferred, await failure(blob.setAccessTier('Archive')), await failure(put(blob, 'x', { tier: 'Archive' }))]);`);
    const refused = [400, 'BlobAccessTierNotSupportedForAccountType'];
    expect(got).toEqual(['Cool', true, refused, refused]);
  });
});
