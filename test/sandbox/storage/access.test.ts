import { afterAll, beforeAll, expect, it } from 'vitest';
import { runModule } from '../edge/child.ts';
import { clientsOf, GROUP, startWorld } from './world.ts';

const DAY = 86_400_000;

let world: Awaited<ReturnType<typeof startWorld>>;
const asOperator = (source: string) => runModule(clientsOf() + source, world.env);
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };

beforeAll(async () => {
  world = await startWorld();
  await asOperator(`
    const body = ${JSON.stringify(account)};
    await Promise.all(['open', 'network'].map((name) => arm.storageAccounts.create('rg', name, body)));
    await service('open').getContainerClient('data').create();
    print(0);`);
});
afterAll(() => world.stop());

it('user delegation keys of blobs and queues are void after a revocation', async () => {
  const sign = `
    import { generateBlobSASQueryParameters, ContainerSASPermissions, ContainerClient } from '@azure/storage-blob';
    import { QueueServiceClient, QueueClient, generateQueueSASQueryParameters, QueueSASPermissions } from '@azure/storage-queue';
    const startsOn = new Date(Date.now() - 60_000), expiresOn = new Date(Date.now() + 3_600_000);
    const queues = new QueueServiceClient('https://open.queue.core.windows.net', credential);
    await queues.createQueue('mail').catch(() => {});
    const sas = async () => [
      generateBlobSASQueryParameters({ containerName: 'data', permissions: ContainerSASPermissions.parse('l'), startsOn, expiresOn }, await service('open').getUserDelegationKey(startsOn, expiresOn), 'open'),
      generateQueueSASQueryParameters({ queueName: 'mail', permissions: QueueSASPermissions.parse('a'), startsOn, expiresOn }, await queues.getUserDelegationKey(startsOn, expiresOn), 'open'),
    ];
    const use = async ([blob, queue]) => {
      const container = new ContainerClient('https://open.blob.core.windows.net/data?' + blob);
      const mail = new QueueClient('https://open.queue.core.windows.net/mail?' + queue);
      return [await failure(all(container.listBlobsFlat())), await failure(mail.sendMessage('x')), await failure(mail.clearMessages())];
    };
  `;
  const got = await asOperator(`${sign}
    const old = await sas();
    const before = await use(old);
    await arm.storageAccounts.revokeUserDelegationKeys('rg', 'open');
    print({ before, after: await use(old), anew: await use(await sas()), urls: old.map(String) });`);
  const { before, after, anew } = got as Record<string, unknown[]>;
  const void_ = [403, 'AuthenticationFailed'];
  expect(before).toEqual(['done', 'done', [403, 'AuthorizationPermissionMismatch']]);
  expect(after).toEqual([void_, void_, void_]);
  expect(anew).toEqual(before);
});

it('copies need a source that can be read: in the account, by SAS, by a token', async () => {
  const got = await asOperator(`
    import { generateBlobSASQueryParameters, BlobSASPermissions } from '@azure/storage-blob';
    const from = service('open').getContainerClient('data').getBlockBlobClient('source');
    await put(from, 'source');
    const to = service('network').getContainerClient('copies');
    await to.create();
    const startsOn = new Date(Date.now() - 60_000), expiresOn = new Date(Date.now() + 3_600_000);
    const key = await service('open').getUserDelegationKey(startsOn, expiresOn);
    const sas = '?' + generateBlobSASQueryParameters({ containerName: 'data', blobName: 'source', permissions: BlobSASPermissions.parse('r'), startsOn, expiresOn }, key, 'open');
    const sourceAuthorization = { scheme: 'Bearer', value: (await credential.getToken('https://storage.azure.com/.default')).token };
    const copy = async (name, url, options) => { const blob = to.getBlockBlobClient(name); await (await blob.beginCopyFromURL(url, options)).pollUntilDone(); return read(blob); };
    const here = service('open').getContainerClient('data').getBlockBlobClient('here');
    const blocks = service('open').getContainerClient('data').getBlockBlobClient('blocks');
    await blocks.stageBlockFromURL('AAAA', from.url + sas, 0, 3);
    await blocks.stageBlockFromURL('BBBB', from.url, 3, 3, { sourceAuthorization });
    await blocks.commitBlockList(['AAAA', 'BBBB']);
    print({
      bySas: await copy('a', from.url + sas),
      forged: await failure(to.getBlockBlobClient('b').beginCopyFromURL(from.url + sas.replace('sp=r', 'sp=rw'))),
      bare: await failure(to.getBlockBlobClient('c').beginCopyFromURL(from.url)),
      byToken: await failure(to.getBlockBlobClient('d').syncCopyFromURL(from.url, { sourceAuthorization })),
      nobody: await failure(to.getBlockBlobClient('e').beginCopyFromURL('https://nosuch.blob.core.windows.net/a/b?sig=x')),
      elsewhere: await failure(to.getBlockBlobClient('f').beginCopyFromURL('https://example.com/a')),
      inside: await failure(here.beginCopyFromURL(from.url + sas)),
      blocks: await read(blocks),
    });`);
  expect(got).toEqual({
    bySas: 'source',
    forged: [403, 'CannotVerifyCopySource'],
    bare: [401, 'CannotVerifyCopySource'],
    byToken: 'done',
    nobody: [404, 'CannotVerifyCopySource'],
    elsewhere: [501, 'NotImplemented'],
    inside: 'done',
    blocks: 'source',
  });
});

it('keys that are made anew sign and open; the old ones do not; the provider signs SAS too', async () => {
  const got = await asOperator(`
    import { StorageSharedKeyCredential } from '@azure/storage-blob';
    const keys = async () => (await arm.storageAccounts.listKeys('rg', 'open')).keys.map((k) => k.value);
    const use = (key) => failure(all(new BlobServiceClient('https://open.blob.core.windows.net', new StorageSharedKeyCredential('open', key)).listContainers()));
    const [first, second] = await keys();
    const expiry = new Date(Date.now() + 3_600_000);
    const { accountSasToken } = await arm.storageAccounts.listAccountSAS('rg', 'open', { services: 'b', resourceTypes: 'sco', permissions: 'rl', sharedAccessExpiryTime: expiry });
    const { serviceSasToken } = await arm.storageAccounts.listServiceSAS('rg', 'open', { canonicalizedResource: '/blob/open/data', resource: 'c', permissions: 'l', sharedAccessExpiryTime: expiry });
    const bySas = (sas) => new BlobServiceClient('https://open.blob.core.windows.net?' + sas);
    const sas = async () => [await failure(all(bySas(accountSasToken).listContainers())), await failure(all(bySas(serviceSasToken).getContainerClient('data').listBlobsFlat()))];
    const before = [await use(first), ...(await sas())];
    await arm.storageAccounts.regenerateKey('rg', 'open', { keyName: 'key1' });
    const [anew, same] = await keys();
    print({ before, after: [await use(first), ...(await sas())], anew: await use(anew), second: second === same, unknown: await failure(arm.storageAccounts.regenerateKey('rg', 'open', { keyName: 'key9' })) });`);
  const refused = [403, 'AuthenticationFailed'];
  expect(got).toEqual({
    before: ['done', 'done', 'done'],
    after: [refused, refused, refused],
    anew: 'done',
    second: true,
    unknown: [400, 'InvalidValuesForRequestParameters'],
  });
});

it('a firewall decides by where a request comes from', async () => {
  const list = `print(await failure(all(service('network').listContainers())));`;
  await asOperator(
    `await arm.storageAccounts.update('rg', 'network', { networkRuleSet: { defaultAction: 'Deny' } }); print(0);`,
  );
  expect(await asOperator(list)).toEqual([403, 'AuthorizationFailure']);
  const let_ = `await arm.storageAccounts.update('rg', 'network', { networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '192.0.2.0/24' }] } });`;
  expect(await asOperator(let_ + list)).toBe('done');
  world.network.origin = { address: '203.0.113.10' };
  expect(await asOperator(list)).toEqual([403, 'AuthorizationFailure']);
  world.network.origin = { address: '192.0.2.1' };
});

it('an account is refused what its kind, SKU and age do not allow', async () => {
  const got = await asOperator(`
    const body = ${JSON.stringify(account)};
    const create = (more) => failure(arm.storageAccounts.create('rg', 'wrong', { ...body, ...more }));
    const update = (more) => failure(arm.storageAccounts.update('rg', 'open', more));
    print({
      sku: await create({ sku: { name: 'Standard_XRS' } }),
      pair: await create({ kind: 'BlockBlobStorage' }),
      tier: await create({ accessTier: 'Premium' }),
      address: await create({ networkRuleSet: { defaultAction: 'Deny', ipRules: [{ iPAddressOrRange: '10.0.0.1' }] } }),
      subnet: await create({ networkRuleSet: { defaultAction: 'Deny', virtualNetworkRules: [{ virtualNetworkResourceId: '${GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s' }] } }),
      hns: await failure(arm.storageAccounts.create('rg', 'open', { ...body, isHnsEnabled: true })),
      kind: await update({ kind: 'BlobStorage' }),
      performance: await update({ sku: { name: 'Premium_LRS' } }),
      redundancy: await update({ sku: { name: 'Standard_GRS' } }),
      failover: await failure(arm.storageAccounts.failover('rg', 'open')),
      public: await failure(arm.blobContainers.create('rg', 'open', 'public', { publicAccess: 'Blob' })),
      days: await failure(arm.blobServices.setServiceProperties('rg', 'open', { deleteRetentionPolicy: { enabled: true, days: 400 } })),
      usage: (await all(arm.usages.listByLocation('westeurope')))[0].currentValue,
      skus: (await all(arm.skus.list())).some((sku) => sku.name === 'Standard_ZRS' && sku.kind === 'StorageV2'),
    });`);
  expect(got).toEqual({
    sku: [400, 'InvalidRequestPropertyValue'],
    pair: [400, 'InvalidAccountType'],
    tier: [400, 'InvalidAccessTier'],
    address: [400, 'InvalidValuesForRequestParameters'],
    subnet: [400, 'NetworkAclsValidationFailure'],
    hns: [400, 'AccountPropertyCannotBeUpdated'],
    kind: [400, 'AccountPropertyCannotBeUpdated'],
    performance: [400, 'StorageAccountTypeConversionNotAllowed'],
    redundancy: 'done',
    failover: [501, 'SandboxNotSupported'],
    public: [409, 'PublicAccessNotPermitted'],
    days: [400, 'InvalidRequestPropertyValue'],
    usage: 2,
    skus: true,
  });
});

it('lifecycle rules are executed once a day; a deleted account is listed for two weeks', async () => {
  await asOperator(`
    await arm.storageAccounts.create('rg', 'cycle', ${JSON.stringify(account)});
    await arm.blobServices.setServiceProperties('rg', 'cycle', { isVersioningEnabled: true });
    const data = service('cycle').getContainerClient('data');
    await data.create();
    await put(data.getBlockBlobClient('a'), 'one');
    await put(data.getBlockBlobClient('a'), 'two');
    const rules = [{ name: 'r', type: 'Lifecycle', definition: { filters: { blobTypes: ['blockBlob'] }, actions: {
      baseBlob: { tierToCool: { daysAfterModificationGreaterThan: 2 } }, version: { delete: { daysAfterCreationGreaterThan: 2 } } } } }];
    await arm.managementPolicies.createOrUpdate('rg', 'cycle', 'default', { policy: { rules } });
    print(0);`);
  const state = () =>
    asOperator(
      `print((await all(service('cycle').getContainerClient('data').listBlobsFlat({ includeVersions: true }))).map((b) => b.properties.accessTier));`,
    );
  expect(await state()).toEqual(['Hot', 'Hot']);
  world.clock.advance(3 * DAY);
  await world.storage.runLifecycle();
  expect(await state()).toEqual(['Cool']);
  const deleted = `print((await all(arm.deletedAccounts.list())).map((a) => a.name));`;
  expect(await asOperator(`await arm.storageAccounts.delete('rg', 'cycle'); ${deleted}`)).toEqual(['cycle']);
  world.clock.advance(15 * DAY);
  expect(await asOperator(deleted)).toEqual([]);
});
