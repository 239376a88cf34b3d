import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoleSeed } from '../../../sandbox/arm/access/seed.ts';
import type { Principal } from '../../../sandbox/core/types.ts';
import { guidOf } from '../../../sandbox/core/guid.ts';
import { runModule } from '../edge/child.ts';
import { clientsOf, GROUP, startWorld, SUBSCRIPTION } from './world.ts';

const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/data`;
const BLOBS = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
const EXPIRES = new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');

const principal = (name: string): Principal => ({
  objectId: guidOf(name),
  clientId: guidOf(`${name} client`),
  kind: 'ServicePrincipal',
  displayName: name,
});
const container = (name: string) => `${ACCOUNT}/blobServices/default/containers/${name}`;
/** Who holds which role, where. Nobody else holds any. */
const holders: Record<string, [role: string, scope: string]> = {
  owner: ['Owner', `/subscriptions/${SUBSCRIPTION}`],
  blobReader: ['Storage Blob Data Reader', container('aaa')],
  blobContributor: ['Storage Blob Data Contributor', ACCOUNT],
  blobOwner: ['Storage Blob Data Owner', GROUP],
  delegator: ['Storage Blob Delegator', ACCOUNT],
  queueSender: ['Storage Queue Data Message Sender', `${ACCOUNT}/queueServices/default/queues/aaa`],
  queueProcessor: ['Storage Queue Data Message Processor', ACCOUNT],
  queueContributor: ['Storage Queue Data Contributor', ACCOUNT],
  queueDelegator: ['Storage Queue Delegator', ACCOUNT],
  tableReader: ['Storage Table Data Reader', `${ACCOUNT}/tableServices/default/tables/aaa`],
  tableContributor: ['Storage Table Data Contributor', ACCOUNT],
};
const roles: RoleSeed[] = Object.entries(holders).map(([name, [role, scope]]) => ({
  to: principal(name),
  role,
  scope,
}));

let world: Awaited<ReturnType<typeof startWorld>>;

interface Request {
  as: string;
  method: string;
  /** `blob/aaa/x`: service and path. */
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

beforeAll(async () => {
  world = await startWorld({ roles });
  assignCustom('adder', [`${BLOBS}/read`, `${BLOBS}/add/action`], ACCOUNT);
  await runModule(
    `${clientsOf()}
    await arm.storageAccounts.create('rg', 'data', { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
    for (const name of ['aaa', 'bbb']) {
      const container = service('data').getContainerClient(name);
      await container.create();
      await Promise.all(['x', 'y', 'z'].map((blob) => put(container.getBlockBlobClient(blob), blob)));
    }
    print(0);`,
    world.env,
  );
  const made = await ask([
    ...['aaa', 'bbb'].flatMap((name) => [
      { as: 'queueContributor', method: 'PUT', path: `queue/${name}` },
      { as: 'tableContributor', method: 'POST', path: 'table/Tables', ...json({ TableName: name }) },
    ]),
  ]);
  expect(made).toEqual(['201', '201', '201', '201']);
});
afterAll(() => world.stop());

/** A custom role with data actions, held at a scope. */
function assignCustom(name: string, dataActions: string[], scope: string): void {
  const { store } = world.arm.world;
  const roleDefinitionId = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${guidOf(`${name} role`)}`;
  const permissions = [{ actions: [], notActions: [], dataActions, notDataActions: [] }];
  store.put({
    id: roleDefinitionId,
    name: guidOf(`${name} role`),
    type: 'Microsoft.Authorization/roleDefinitions',
    properties: { roleName: name, permissions },
  });
  store.put({
    id: `${scope}/providers/Microsoft.Authorization/roleAssignments/${guidOf(`${name} assignment`)}`,
    name: guidOf(`${name} assignment`),
    type: 'Microsoft.Authorization/roleAssignments',
    properties: { roleDefinitionId, principalId: principal(name).objectId, scope },
  });
}

const tokenOf = (name: string) => world.edge.tokens.issue(principal(name), 'https://storage.azure.com/').token;

/** Sends requests one after the other; the status of each, and the error's code where there is one. */
async function ask(requests: Request[]): Promise<string[]> {
  const sent = requests.map(({ as, path, headers, ...rest }) => ({
    ...rest,
    url: `https://data.${path.replace('/', '.core.windows.net/')}`,
    headers: { authorization: `Bearer ${tokenOf(as)}`, 'x-ms-version': '2025-11-05', ...headers },
  }));
  const source = `
    const answers = [];
    for (const { url, ...request } of ${JSON.stringify(sent)}) {
      const answer = await fetch(url, request);
      await answer.arrayBuffer();
      answers.push([answer.status, answer.headers.get('x-ms-error-code')].filter(Boolean).join(' '));
    }
    console.log(JSON.stringify(answers));`;
  return (await runModule(source, world.env)) as string[];
}

const json = (body: object, headers: Record<string, string> = {}) => ({
  headers: { 'content-type': 'application/json', accept: 'application/json;odata=nometadata', ...headers },
  body: JSON.stringify(body),
});
const message = { body: '<QueueMessage><MessageText>aGk=</MessageText></QueueMessage>' };
const block = { headers: { 'x-ms-blob-type': 'BlockBlob' }, body: 'new' };
const entity = (row: string) => json({ PartitionKey: 'p', RowKey: row, value: 1 });
const delegation = (kind: string) => ({
  method: 'POST',
  path: `${kind}/?restype=service&comp=userdelegationkey`,
  body: `<KeyInfo><Start>2020-01-01T00:00:00Z</Start><Expiry>${EXPIRES}</Expiry></KeyInfo>`,
});
const batch = (path: string) => ({
  method: 'POST',
  path: 'blob/?comp=batch',
  headers: { 'content-type': 'multipart/mixed; boundary=b' },
  body: `--b\r\ncontent-type: application/http\r\ncontent-id: 0\r\n\r\nDELETE ${path} HTTP/1.1\r\ncontent-length: 0\r\n\r\n--b--`,
});
const NO = '403 AuthorizationPermissionMismatch';
const NO_OVERWRITE = '403 UnauthorizedBlobOverwrite';
const cases: [what: string, request: Request, expected: string][] = [
  ['the owner of a subscription has no data', { as: 'owner', method: 'GET', path: 'blob/aaa/x' }, NO],
  [
    'nor lists a container that ARM shows',
    { as: 'owner', method: 'GET', path: 'blob/aaa?restype=container&comp=list' },
    NO,
  ],
  ['but what asks for actions', { as: 'owner', method: 'GET', path: 'blob/?comp=list' }, '200'],
  ['nobody reads', { as: 'nobody', method: 'HEAD', path: 'blob/aaa/x' }, NO],
  ['a reader of a container reads there', { as: 'blobReader', method: 'GET', path: 'blob/aaa/x' }, '200'],
  ['not in the next one', { as: 'blobReader', method: 'GET', path: 'blob/bbb/x' }, NO],
  ['nor the list of containers', { as: 'blobReader', method: 'GET', path: 'blob/?comp=list' }, NO],
  ['a reader writes nothing', { as: 'blobReader', method: 'PUT', path: 'blob/aaa/x', ...block }, NO],
  ['a reader gets no key of an account', { as: 'blobReader', ...delegation('blob') }, NO],
  ['an adder makes a blob', { as: 'adder', method: 'PUT', path: 'blob/aaa/added', ...block }, '201'],
  ['and replaces none', { as: 'adder', method: 'PUT', path: 'blob/aaa/added', ...block }, NO_OVERWRITE],
  [
    'also when it says so itself',
    {
      as: 'adder',
      method: 'PUT',
      path: 'blob/aaa/added',
      headers: { ...block.headers, 'if-none-match': '*' },
      body: 'x',
    },
    NO_OVERWRITE,
  ],
  ['stages no block', { as: 'adder', method: 'PUT', path: 'blob/aaa/n?comp=block&blockid=AAAA', body: 'x' }, NO],
  ['deletes nothing', { as: 'adder', method: 'DELETE', path: 'blob/aaa/added' }, NO],
  ['a contributor replaces', { as: 'blobContributor', method: 'PUT', path: 'blob/aaa/added', ...block }, '201'],
  ['reads no tags', { as: 'blobContributor', method: 'GET', path: 'blob/aaa/x?comp=tags' }, NO],
  [
    'sets no tags with a blob',
    {
      as: 'blobContributor',
      method: 'PUT',
      path: 'blob/aaa/t',
      headers: { ...block.headers, 'x-ms-tags': 'a=b' },
      body: 'x',
    },
    NO,
  ],
  [
    'sets no time-based retention',
    {
      as: 'blobContributor',
      method: 'PUT',
      path: 'blob/aaa/t',
      headers: { ...block.headers, 'x-ms-immutability-policy-until-date': 'Fri, 01 Jan 2100 00:00:00 GMT' },
      body: 'x',
    },
    NO,
  ],
  [
    'sets no legal hold',
    {
      as: 'blobContributor',
      method: 'PUT',
      path: 'blob/aaa/x?comp=legalhold',
      headers: { 'x-ms-legal-hold': 'true' },
    },
    NO,
  ],
  [
    'deletes no version',
    { as: 'blobContributor', method: 'DELETE', path: 'blob/aaa/x?versionid=2026-01-01T00:00:00.0000000Z' },
    NO,
  ],
  [
    'finds nothing by tags',
    { as: 'blobContributor', method: 'GET', path: 'blob/?comp=blobs&where=%22a%22=%27b%27' },
    NO,
  ],
  ['gets a key', { as: 'blobContributor', ...delegation('blob') }, '200'],
  ['makes containers', { as: 'blobContributor', method: 'PUT', path: 'blob/ccc?restype=container' }, '201'],
  [
    'opens none to the public',
    { as: 'blobContributor', method: 'PUT', path: 'blob/ccc?restype=container&comp=acl' },
    NO,
  ],
  ['sends batches', { as: 'blobContributor', ...batch('/bbb/z') }, '202'],
  ['which an adder does not', { as: 'adder', ...batch('/bbb/y') }, NO],
  ['an owner of data reads tags', { as: 'blobOwner', method: 'GET', path: 'blob/aaa/x?comp=tags' }, '200'],
  ['a delegator gets a key', { as: 'delegator', ...delegation('blob') }, '200'],
  ['and reads nothing', { as: 'delegator', method: 'GET', path: 'blob/aaa/x' }, NO],
  [
    'a copy needs its source: in the account the asking one reads it',
    {
      as: 'blobContributor',
      method: 'PUT',
      path: 'blob/aaa/copy',
      headers: { 'x-ms-copy-source': 'https://data.blob.core.windows.net/bbb/x' },
    },
    '202',
  ],
  ['a sender sends', { as: 'queueSender', method: 'POST', path: 'queue/aaa/messages', ...message }, '201'],
  ['to its queue', { as: 'queueSender', method: 'POST', path: 'queue/bbb/messages', ...message }, NO],
  ['and reads nothing', { as: 'queueSender', method: 'GET', path: 'queue/aaa/messages?peekonly=true' }, NO],
  ['a processor takes', { as: 'queueProcessor', method: 'GET', path: 'queue/aaa/messages' }, '200'],
  ['and keeps nothing hidden', { as: 'queueProcessor', method: 'PUT', path: 'queue/aaa/messages/1?popreceipt=x' }, NO],
  ['clears nothing', { as: 'queueProcessor', method: 'DELETE', path: 'queue/aaa/messages' }, NO],
  ['makes no queue', { as: 'queueProcessor', method: 'PUT', path: 'queue/ccc' }, NO],
  ['a contributor does', { as: 'queueContributor', method: 'PUT', path: 'queue/ccc' }, '201'],
  ['and has no key', { as: 'queueContributor', ...delegation('queue') }, NO],
  ['which a delegator has', { as: 'queueDelegator', ...delegation('queue') }, '200'],
  ['nor the account', { as: 'queueSender', method: 'GET', path: 'queue/?comp=list' }, NO],
  ['a contributor inserts', { as: 'tableContributor', method: 'POST', path: 'table/aaa', ...entity('1') }, '201'],
  ['a reader queries', { as: 'tableReader', method: 'GET', path: 'table/aaa()', headers: json({}).headers }, '200'],
  ['its table', { as: 'tableReader', method: 'GET', path: 'table/bbb()' }, NO],
  ['inserts nothing', { as: 'tableReader', method: 'POST', path: 'table/aaa', ...entity('3') }, NO],
  ['and lists no tables', { as: 'tableReader', method: 'GET', path: 'table/Tables' }, NO],
];

it('each role grants what the documentation says', async () => {
  const got = await ask(cases.map(([, request]) => request));
  expect(cases.map(([what, { as }], i) => `${as}: ${what}: ${got[i]}`)).toEqual(
    cases.map(([what, { as }, expected]) => `${as}: ${what}: ${expected}`),
  );
});

/** Clients of others than the operator. */
const others = () => `
  import { TableClient } from '@azure/data-tables';
  import { BlockBlobClient, BlobSASPermissions, generateBlobSASQueryParameters } from '@azure/storage-blob';
  const tokens = ${JSON.stringify(Object.fromEntries([...Object.keys(holders), 'adder'].map((name) => [name, tokenOf(name)])))};
  const as = (name) => ({ getToken: async () => ({ token: tokens[name], expiresOnTimestamp: Date.now() + 3_600_000 }) });
  const blobs = (name) => new BlobServiceClient('https://data.blob.core.windows.net', as(name), { retryOptions: { maxTries: 1 } });
  const blobIn = (name, container, blob) => blobs(name).getContainerClient(container).getBlockBlobClient(blob);
  const code = (promise) => promise.then(() => 'done', (e) => e.code ?? e.details?.odataError?.code);
`;
const asOthers = (source: string) => runModule(clientsOf() + others() + source, world.env);
const MISMATCH = 'AuthorizationPermissionMismatch';

it('each operation of a transaction is asked for', async () => {
  const got = await asOthers(`
    const table = (name) => new TableClient('https://data.table.core.windows.net', 'aaa', as(name), { retryOptions: { maxRetries: 0 } });
    const insert = (rowKey) => ['create', { partitionKey: 'q', rowKey }];
    print([
      await code(table('tableContributor').submitTransaction([insert('1'), insert('2')])),
      await code(table('tableReader').submitTransaction([insert('3')])),
      (await all(table('tableReader').listEntities())).map(({ rowKey }) => rowKey),
    ]);`);
  expect(got).toEqual(['done', MISMATCH, ['1', '1', '2']]);
});

it('a user delegation SAS is worth what its signer may do at the time of its use', async () => {
  const got = await asOthers(`
    const startsOn = new Date(Date.now() - 60_000), expiresOn = new Date(Date.now() + 3_600_000);
    const signed = async (name, permissions) => {
      const scope = { containerName: 'aaa', blobName: 'x', permissions: BlobSASPermissions.parse(permissions), startsOn, expiresOn };
      const key = await blobs(name).getUserDelegationKey(startsOn, expiresOn);
      const sas = generateBlobSASQueryParameters(scope, key, 'data');
      return new BlockBlobClient('https://data.blob.core.windows.net/aaa/x?' + sas);
    };
    const use = async (blob) => [await code(blob.download()), await code(blob.upload('x', 1)), await code(blob.delete())];
    print([
      await use(await signed('blobContributor', 'r')),
      await use(await signed('delegator', 'rwd')),
      (await signed('blobContributor', 'r')).url,
    ]);`);
  const [contributor, delegator, url] = got as [string[], string[], string];
  expect({ contributor, delegator }).toEqual({
    contributor: ['done', MISMATCH, MISMATCH],
    delegator: [MISMATCH, MISMATCH, MISMATCH],
  });
  const { store } = world.arm.world;
  const { objectId } = principal('blobContributor');
  const assignment = store
    .under(`${ACCOUNT}/providers/Microsoft.Authorization`)
    .find(({ properties }) => properties?.principalId === objectId)!;
  const open = `print(await code(new BlockBlobClient(${JSON.stringify(url)}).download()));`;
  store.delete(assignment.id);
  expect(await asOthers(open)).toBe(MISMATCH);
  store.put(assignment);
  expect(await asOthers(open)).toBe('done');
});

it('what is copied must be readable: by who asks within an account, else by the token or the signer of the SAS', async () => {
  const got = await asOthers(`
    const from = 'https://data.blob.core.windows.net/bbb/x';
    const asOf = (name) => ({ sourceAuthorization: { scheme: 'Bearer', value: tokens[name] } });
    const error = (promise) => promise.then(() => 'done', (e) => [e.statusCode, e.code, e.message.split('\\n')[0]]);
    print([
      await error(blobIn('blobContributor', 'aaa', 'k').syncCopyFromURL(from)),
      await error(blobIn('blobOwner', 'aaa', 'k').syncCopyFromURL(from, asOf('blobReader'))),
      await error(blobIn('blobOwner', 'aaa', 'k').stageBlockFromURL('AAAA', from, 0, 1, asOf('blobReader'))),
      await error(blobIn('blobOwner', 'aaa', 'k').stageBlockFromURL('AAAA', from, 0, 1, asOf('blobContributor'))),
      await error(blobIn('adder', 'aaa', 'k').syncCopyFromURL(from)),
      await error(blobIn('adder', 'aaa', 'l').syncCopyFromURL(from)),
    ]);`);
  const unread = [
    403,
    'CannotVerifyCopySource',
    'This request is not authorized to perform this operation using this permission.',
  ];
  expect(got).toEqual([
    'done',
    unread,
    unread,
    'done',
    [403, 'UnauthorizedBlobOverwrite', 'This request is not authorized to perform blob overwrites.'],
    'done',
  ]);
});

it('a refusal looks as the service gives it', async () => {
  const got = await asOthers(`
    const get = async (host, path) => {
      const answer = await fetch('https://data.' + host + '.core.windows.net' + path, { headers: { authorization: 'Bearer ' + tokens.owner, 'x-ms-version': '2025-11-05', 'x-ms-client-request-id': 'mine' } });
      const { 'content-type': type, server, 'x-ms-version': version, 'x-ms-client-request-id': id } = Object.fromEntries(answer.headers);
      return [answer.status, type, server, version, id, (await answer.text()).replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, 'ID').replace(/Time:[^<"]+/, 'Time:T')];
    };
    print([await get('blob', '/aaa/x'), await get('table', '/aaa()')]);`);
  const message = 'This request is not authorized to perform this operation using this permission.';
  const server = (kind: string) => `Windows-Azure-${kind}/1.0 Microsoft-HTTPAPI/2.0`;
  expect(got).toEqual([
    [
      403,
      'application/xml',
      server('Blob'),
      '2025-11-05',
      'mine',
      `<?xml version="1.0" encoding="utf-8"?><Error><Code>${MISMATCH}</Code><Message>${message}\nRequestId:ID\nTime:T</Message></Error>`,
    ],
    [
      403,
      'application/json;odata=minimalmetadata;charset=utf-8',
      server('Table'),
      '2025-11-05',
      'mine',
      `{"odata.error":{"code":"${MISMATCH}","message":{"lang":"en-US","value":"${message}\\nRequestId:ID\\nTime:T"}}}`,
    ],
  ]);
});

it('the record names what was demanded, the weakest that is enough', async () => {
  await asOthers(`
    await blobIn('blobContributor', 'aaa', 'new').upload('x', 1, { conditions: { ifNoneMatch: '*' } });
    print(0);`);
  const mine = world.arm.world.access
    .demanded()
    .filter(({ principalId, data }) => data && principalId === principal('blobContributor').objectId);
  expect(mine).toContainEqual(expect.objectContaining({ action: `${BLOBS}/add/action`, granted: true }));
});
