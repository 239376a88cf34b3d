import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { people } from '../../../sandbox/edge/index.ts';
import { run, runModule } from '../edge/child.ts';
import { GROUP, startWorld, SUBSCRIPTION } from './world.ts';
import { noCurl } from '../../curl.ts';

let world: Awaited<ReturnType<typeof startWorld>>;
const clients = `
  import { ManagedIdentityCredential } from '@azure/identity';
  import { StorageManagementClient } from '@azure/arm-storage';
  const credential = new ManagedIdentityCredential();
  const arm = new StorageManagementClient(credential, '${SUBSCRIPTION}');
  const print = (value) => console.log(JSON.stringify(value));
  const failure = (promise) => promise.then(() => 'done', (e) => [e.statusCode, e.code ?? e.details?.odataError?.code]);
`;
const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
const asOperator = (source: string) => runModule(clients + source, world.env);

beforeAll(async () => {
  world = await startWorld();
  await asOperator(`
    await arm.storageAccounts.create('rg', 'keyless', ${JSON.stringify({
      ...account,
      allowSharedKeyAccess: false,
      publicNetworkAccess: 'Disabled',
      tags: { a: 'b' },
    })});
    await arm.storageAccounts.create('rg', 'withkeys', ${JSON.stringify(account)});
    print(0);`);
});
afterAll(() => world.stop());

describe('accounts through ARM', () => {
  it('a new account has its endpoints, defaults and settings', async () => {
    const got = await asOperator(`
      print(await arm.storageAccounts.getProperties('rg', 'keyless'));
      await arm.storageAccounts.update('rg', 'keyless', { publicNetworkAccess: 'Enabled' });`);
    expect(got).toMatchObject({
      id: `${GROUP}/providers/Microsoft.Storage/storageAccounts/keyless`,
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS', tier: 'Standard' },
      tags: { a: 'b' },
      provisioningState: 'Succeeded',
      primaryEndpoints: {
        blob: 'https://keyless.blob.core.windows.net/',
        queue: 'https://keyless.queue.core.windows.net/',
      },
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: 'TLS1_2',
      publicNetworkAccess: 'Disabled',
      privateEndpointConnections: [],
    });
  });

  it('names obey the rules and are global', async () => {
    const answers = await asOperator(`
      const body = ${JSON.stringify(account)};
      print(await Promise.all([
        failure(arm.storageAccounts.create('rg', 'Bad_Name', body)),
        failure(arm.storageAccounts.create('other', 'keyless', body)),
        failure(arm.storageAccounts.create('rg', 'nokind', { ...body, kind: '' })),
        arm.storageAccounts.checkNameAvailability({ name: 'keyless', type: 'Microsoft.Storage/storageAccounts' }),
        arm.storageAccounts.checkNameAvailability({ name: 'stillfree', type: 'Microsoft.Storage/storageAccounts' }),
      ]));`);
    expect(answers).toMatchObject([
      [400, 'AccountNameInvalid'],
      [409, 'StorageAccountAlreadyTaken'],
      [400, 'InvalidRequestPropertyValue'],
      { nameAvailable: false, reason: 'AlreadyExists' },
      { nameAvailable: true },
    ]);
  });

  it('a later PUT and a PATCH keep what they do not name', async () => {
    const got = await asOperator(`
      await arm.storageAccounts.create('rg', 'withkeys', ${JSON.stringify({ ...account, minimumTlsVersion: 'TLS1_3' })});
      await arm.storageAccounts.update('rg', 'withkeys', { tags: { c: 'd' } });
      print(await arm.storageAccounts.getProperties('rg', 'withkeys'));`);
    expect(got).toMatchObject({ minimumTlsVersion: 'TLS1_3', tags: { c: 'd' }, kind: 'StorageV2' });
  });

  it('containers, queues, tables, service settings and lifecycle rules are resources', async () => {
    const got = await asOperator(`
      const rules = [{ name: 'r', type: 'Lifecycle', definition: { actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 1 } } }, filters: { blobTypes: ['blockBlob'] } } }];
      await arm.blobContainers.create('rg', 'keyless', 'from-arm', { metadata: { purpose: 'test' } });
      await arm.queue.create('rg', 'keyless', 'from-arm', {});
      await arm.table.create('rg', 'keyless', 'FromArm', { parameters: { signedIdentifiers: [] } });
      await arm.blobServices.setServiceProperties('rg', 'keyless', { isVersioningEnabled: true });
      await arm.managementPolicies.createOrUpdate('rg', 'keyless', 'default', { policy: { rules } });
      const { BlobServiceClient } = await import('@azure/storage-blob');
      const blobs = new BlobServiceClient('https://keyless.blob.core.windows.net', credential);
      await blobs.getContainerClient('from-data').create();
      const { TableServiceClient } = await import('@azure/data-tables');
      await new TableServiceClient('https://keyless.table.core.windows.net', credential).createTable('FromData');
      const names = async (list) => { const all = []; for await (const { name } of list) all.push(name); return all.sort(); };
      print({
        containers: await names(arm.blobContainers.list('rg', 'keyless')),
        seen: await names(blobs.listContainers()),
        metadata: (await blobs.getContainerClient('from-arm').getProperties()).metadata,
        queues: await names(arm.queue.list('rg', 'keyless')),
        tables: await names(arm.table.list('rg', 'keyless')),
        versioning: (await arm.blobServices.getServiceProperties('rg', 'keyless')).isVersioningEnabled,
        policy: (await arm.managementPolicies.get('rg', 'keyless', 'default')).policy.rules.length,
        bad: await failure(arm.blobContainers.create('rg', 'keyless', 'x', {})),
        deleted: await failure(arm.blobContainers.delete('rg', 'keyless', 'from-data')),
        left: await names(blobs.listContainers()),
      });`);
    expect(got).toEqual({
      containers: ['from-arm', 'from-data'],
      seen: ['from-arm', 'from-data'],
      metadata: { purpose: 'test' },
      queues: ['from-arm'],
      tables: ['FromArm', 'FromData'],
      versioning: true,
      policy: 1,
      bad: [400, 'OutOfRangeInput'],
      deleted: 'done',
      left: ['from-arm'],
    });
  });

  it('a deleted account is gone, and one made again under its name is empty', async () => {
    const got = await asOperator(`
      const { BlobServiceClient } = await import('@azure/storage-blob');
      const body = ${JSON.stringify(account)};
      const blobs = new BlobServiceClient('https://again.blob.core.windows.net', credential, { retryOptions: { maxTries: 1 } });
      const count = async () => { let n = 0; for await (const _ of blobs.listContainers()) n++; return n; };
      await arm.storageAccounts.create('rg', 'again', body);
      await blobs.getContainerClient('kept').create();
      const before = await count();
      await arm.storageAccounts.delete('rg', 'again');
      const gone = await count().catch((e) => e.statusCode);
      await arm.storageAccounts.create('rg', 'again', body);
      print([before, gone, await count()]);`);
    expect(got).toEqual([1, 502, 0]);
  });
});

describe('data through the front', () => {
  it('blobs: put with MD5, blocks, ranges, conditions, append; queues and tables too', async () => {
    const got = await asOperator(`
      import { createHash } from 'node:crypto';
      import { BlobServiceClient } from '@azure/storage-blob';
      import { QueueClient } from '@azure/storage-queue';
      import { TableClient } from '@azure/data-tables';
      const container = new BlobServiceClient('https://keyless.blob.core.windows.net', credential).getContainerClient('data');
      await container.create();
      const data = Buffer.alloc(9 << 20, 'strong room');
      const md5 = createHash('md5').update(data).digest();
      const blob = container.getBlockBlobClient('folder/a blob+ü');
      const put = await blob.upload(data, data.length, { conditions: { ifNoneMatch: '*' }, transactionalContentMD5: md5 });
      const twice = await failure(blob.upload(data, data.length, { conditions: { ifNoneMatch: '*' } }));
      const wrong = await failure(container.getBlockBlobClient('w').upload(data, data.length, { transactionalContentMD5: Buffer.alloc(16) }));
      const blocks = container.getBlockBlobClient('blocks');
      const staged = await container.getBlockBlobClient('staged').stageBlock('AAAA', '123456789', 9);
      await blocks.uploadData(data, { blockSize: 1 << 20, maxSingleShotSize: 1 << 20, concurrency: 4 });
      const back = await blocks.downloadToBuffer();
      const part = await blob.downloadToBuffer(5_000_000, 10);
      const log = container.getAppendBlobClient('log');
      await log.create();
      await log.appendBlock('one', 3);
      await log.appendBlock('two', 3);
      const queue = new QueueClient('https://keyless.queue.core.windows.net/mail', credential);
      await queue.create();
      await queue.sendMessage('hello');
      const [message] = (await queue.receiveMessages()).receivedMessageItems;
      await queue.deleteMessage(message.messageId, message.popReceipt);
      const table = new TableClient('https://keyless.table.core.windows.net', 'things', credential);
      await table.createTable();
      await table.createEntity({ partitionKey: 'p', rowKey: 'r', n: 7 });
      const entity = await table.getEntity('p', 'r');
      const late = await failure(table.updateEntity({ ...entity, n: 8 }, 'Replace', { etag: 'W/"old"' }));
      print({
        md5: Buffer.from((await blob.getProperties()).contentMD5).equals(md5), twice, wrong,
        crc64: Buffer.from(staged.xMsContentCrc64).toString('base64'),
        same: back.equals(data), part: part.equals(data.subarray(5_000_000, 5_000_010)),
        log: (await log.downloadToBuffer()).toString(), message: message.messageText, n: entity.n, late,
      });`);
    expect(got).toEqual({
      md5: true,
      twice: [409, 'BlobAlreadyExists'],
      wrong: [400, 'Md5Mismatch'],
      // The check value of CRC-64/NVME, least significant byte first.
      crc64: Buffer.from('ae8b14860a799888', 'hex').reverse().toString('base64'),
      same: true,
      part: true,
      log: 'onetwo',
      message: 'hello',
      n: 7,
      late: [412, 'UpdateConditionNotSatisfied'],
    });
  });

  it.skipIf(noCurl)(
    'user delegation SAS works for a container and for a blob, within its permissions and time',
    async () => {
      const sas = (await asOperator(`
      import { BlobServiceClient, BlobSASPermissions, ContainerSASPermissions, ContainerClient, BlockBlobClient, generateBlobSASQueryParameters, SASProtocol } from '@azure/storage-blob';
      const service = new BlobServiceClient('https://keyless.blob.core.windows.net', credential);
      const container = service.getContainerClient('shared');
      await container.create();
      await container.getBlockBlobClient('b').upload('content', 7);
      const startsOn = new Date(Date.now() - 60_000);
      const expiresOn = new Date(Date.now() + 3600_000);
      const key = await service.getUserDelegationKey(startsOn, expiresOn);
      const sign = (permissions, blobName) => generateBlobSASQueryParameters({ containerName: 'shared', blobName, permissions, startsOn, expiresOn, protocol: SASProtocol.Https }, key, 'keyless').toString();
      const read = sign(BlobSASPermissions.parse('r'), 'b');
      const write = sign(BlobSASPermissions.parse('cw'), 'b2');
      const all = sign(ContainerSASPermissions.parse('rcwl'));
      const byContainer = new ContainerClient('https://keyless.blob.core.windows.net/shared?' + all);
      await byContainer.getBlockBlobClient('c').upload('by container', 12);
      let listed = 0;
      for await (const _ of byContainer.listBlobsFlat()) listed++;
      const reader = new BlockBlobClient('https://keyless.blob.core.windows.net/shared/b?' + read);
      print({
        url: reader.url,
        read: (await reader.downloadToBuffer()).toString(),
        refused: await failure(reader.upload('x', 1)),
        wrote: await failure(new BlockBlobClient('https://keyless.blob.core.windows.net/shared/b2?' + write).upload('y', 1)),
        elsewhere: await failure(new BlockBlobClient('https://keyless.blob.core.windows.net/shared/c?' + read).download()),
        listed,
      });`)) as { url: string };
      expect(sas).toMatchObject({
        read: 'content',
        refused: [403, 'AuthorizationPermissionMismatch'],
        wrote: 'done',
        elsewhere: [403, 'AuthenticationFailed'],
        listed: 2,
      });
      expect(await run('curl', ['-sS', sas.url], world.env)).toBe('content');
      world.clock.advance(2 * 3_600_000);
      expect(await run('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', sas.url], world.env)).toBe('403');
    },
  );

  it('account keys open an account unless it forbids them', async () => {
    const got = await asOperator(`
      import { BlobServiceClient, StorageSharedKeyCredential, generateAccountSASQueryParameters, AccountSASPermissions, AccountSASResourceTypes, AccountSASServices } from '@azure/storage-blob';
      const use = async (name, key) => {
        const shared = new StorageSharedKeyCredential(name, key ?? (await arm.storageAccounts.listKeys('rg', name)).keys[1].value);
        const expiresOn = new Date(Date.now() + 3600_000);
        const sas = generateAccountSASQueryParameters({ expiresOn, permissions: AccountSASPermissions.parse('rwlc'), resourceTypes: AccountSASResourceTypes.parse('sco').toString(), services: AccountSASServices.parse('b').toString() }, shared);
        const url = 'https://' + name + '.blob.core.windows.net';
        return [
          await failure(new BlobServiceClient(url, shared).getContainerClient('bykey').create()),
          await failure(new BlobServiceClient(url + '?' + sas).getContainerClient('bysas').create()),
        ];
      };
      print([await use('withkeys'), await use('keyless'), await use('withkeys', Buffer.alloc(64).toString('base64'))]);`);
    expect(got).toEqual([
      ['done', 'done'],
      [
        [403, 'KeyBasedAuthenticationNotPermitted'],
        [403, 'KeyBasedAuthenticationNotPermitted'],
      ],
      [
        [403, 'AuthenticationFailed'],
        [403, 'AuthenticationFailed'],
      ],
    ]);
  });

  it.skipIf(noCurl)(
    'refuses as Azure does: no token, a wrong one, one for another audience, plain http, an unknown account',
    async () => {
      const ask = async (url: string, ...more: string[]) =>
        run('curl', ['-sS', '-i', '-H', 'x-ms-version: 2024-11-04', url, ...more], world.env);
      const url = 'https://keyless.blob.core.windows.net/data?restype=container&comp=list';
      const bearer = (resource: string) => {
        return ['-H', `Authorization: Bearer ${world.edge.tokens.issue(people.operator, resource).token}`];
      };
      expect(await ask(url)).toMatch(
        / 401 .*www-authenticate: Bearer authorization_uri=.*<Code>NoAuthenticationInformation</s,
      );
      expect(await ask(url, '-H', 'Authorization: Bearer a.b.c')).toMatch(/ 401 .*<Code>InvalidAuthenticationInfo</s);
      expect(await ask(url, ...bearer('https://management.azure.com/'))).toMatch(/ 401 .*Audience did not match/s);
      expect(await ask(url, ...bearer('https://keyless.blob.core.windows.net/'))).toMatch(/ 200 /);
      expect(await ask(url.replace('https', 'http'))).toMatch(/ 400 .*AccountRequiresHttps/s);
      expect(await ask('https://nosuch.blob.core.windows.net/x')).toMatch(
        / 502 .*nosuch\.blob\.core\.windows\.net does not resolve/s,
      );
      expect(await ask('https://keyless.table.core.windows.net/Tables')).toMatch(/ 401 .*"odata\.error"/s);
    },
  );
});

const types = new URL('../../../../shared/arm-types/check.mjs', import.meta.url);
it.skipIf(!existsSync(types))("ARM exchanges keep to Azure's published types", async () => {
  const { checkExchange } = (await import(types.href)) as {
    checkExchange(exchange: unknown): { errors: string[]; warnings: string[] };
  };
  const lines = (await readFile(world.record, 'utf8')).trim().split('\n');
  expect(lines.length).toBeGreaterThan(20);
  const found = lines.map((line) => checkExchange(JSON.parse(line)));
  expect(found.flatMap(({ errors }) => errors)).toEqual([]);
});
