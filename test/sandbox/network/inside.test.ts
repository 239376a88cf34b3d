import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { applyScenario, scenario } from '../../../sandbox/scenario/index.ts';

/** One world: a machine in a network without a way out, and what it sees from inside. */
const ZONE = 'privatelink.blob.core.windows.net';
let sandbox: Sandbox;
let group: string;

const provider = (path: string) => `${group}/providers/${path}`;
const network = (path: string) => provider(`Microsoft.Network/${path}`);
const versions: Record<string, string> = {
  'Microsoft.Network': '2024-05-01',
  'Microsoft.Compute': '2025-01-02',
  'Microsoft.Storage': '2025-01-01',
};
const arm = (method: string, id: string, body?: unknown, version?: string) => {
  const namespace = /\/providers\/([^/]+)\//.exec(id)![1]!;
  const usual = id.includes('/privateDnsZones/') ? '2024-06-01' : versions[namespace];
  return sandbox.client.arm(method, `${id}?api-version=${version ?? usual}`, body);
};
const location = 'westeurope';

/** Runs the text of a module in the machine; `say` tells what it finds. */
async function inMachine<T>(source: string): Promise<T> {
  const script = [
    'cat > "$TMPDIR/probe.mjs" <<\'EOF\'',
    "import dns, { lookup, promises, Resolver } from 'node:dns';",
    "import { promisify } from 'node:util';",
    'const said = (promise) => promise.then((found) => found, (e) => e.code ?? e.cause?.code ?? e.message);',
    'const get = async (url, init) => { const r = await fetch(url, init); return [r.status, r.headers.get("x-ms-error-code")]; };',
    'const say = (value) => console.log(`>>>${JSON.stringify(value)}`);',
    source,
    'EOF',
    `'${process.execPath}' "$TMPDIR/probe.mjs"`,
  ];
  const id = provider('Microsoft.Compute/virtualMachines/vm/runCommand');
  const answer = (await arm('POST', id, { commandId: 'RunShellScript', script }, '2024-07-01')) as {
    value: { message: string }[];
  };
  const [, found] = />>>(.*)/.exec(answer.value[0]!.message) ?? [];
  if (found === undefined) throw new Error(answer.value[0]!.message);
  return JSON.parse(found) as T;
}

async function endpoint(name: string, target: string, groupId: string): Promise<void> {
  await arm('PUT', network(`privateEndpoints/${name}`), {
    location,
    properties: {
      subnet: { id: network('virtualNetworks/net/subnets/endpoints') },
      privateLinkServiceConnections: [{ name, properties: { privateLinkServiceId: target, groupIds: [groupId] } }],
    },
  });
  const privateDnsZoneId = network(`privateDnsZones/${ZONE}`);
  await arm('PUT', network(`privateEndpoints/${name}/privateDnsZoneGroups/default`), {
    properties: { privateDnsZoneConfigs: [{ name: 'z', properties: { privateDnsZoneId } }] },
  });
}

beforeAll(async () => {
  sandbox = await startSandbox();
  group = `/subscriptions/${sandbox.subscriptionId}/resourceGroups/rg`;
  const resource = (type: string, name: string, body: object) => ({ type, name, resourceGroup: 'rg', ...body });
  const account = {
    location,
    sku: { name: 'Standard_LRS' },
    kind: 'StorageV2',
    properties: { publicNetworkAccess: 'Disabled' },
  };
  const subnet = (name: string, addressPrefix: string) => ({
    name,
    properties: { addressPrefix, defaultOutboundAccess: false },
  });
  await applyScenario(
    sandbox,
    scenario({
      location,
      resourceGroups: [{ name: 'rg' }],
      resources: [
        resource('Microsoft.Network/virtualNetworks', 'net', {
          location,
          properties: {
            addressSpace: { addressPrefixes: ['10.0.0.0/24'] },
            subnets: [subnet('workers', '10.0.0.0/26'), subnet('endpoints', '10.0.0.64/26')],
          },
        }),
        resource('Microsoft.Network/privateDnsZones', ZONE, { location: 'global' }),
        resource('Microsoft.Network/privateDnsZones/virtualNetworkLinks', `${ZONE}/net`, {
          location: 'global',
          properties: { virtualNetwork: { id: network('virtualNetworks/net') } },
        }),
        resource('Microsoft.Storage/storageAccounts', 'linked', account),
        resource('Microsoft.Storage/storageAccounts', 'away', account),
        resource('Microsoft.Compute/diskAccesses', 'one', { location }),
        resource('Microsoft.Compute/diskAccesses', 'two', { location }),
        resource('Microsoft.Compute/disks', 'data', {
          location,
          sku: { name: 'Standard_LRS' },
          properties: { creationData: { createOption: 'Empty' }, diskSizeGB: 1 },
        }),
      ],
      virtualMachines: [
        {
          name: 'vm',
          resourceGroup: 'rg',
          subnet: network('virtualNetworks/net/subnets/workers'),
          osDisk: { sizeGiB: 1 },
        },
      ],
    }),
  );
  await endpoint('linked', provider('Microsoft.Storage/storageAccounts/linked'), 'blob');
  await endpoint('one', provider('Microsoft.Compute/diskAccesses/one'), 'disks');
}, 60_000);
afterAll(() => sandbox?.stop());

it("node:dns answers from the machine's network", async () => {
  await arm('PUT', network('privateEndpoints/queue'), {
    location,
    properties: {
      subnet: { id: network('virtualNetworks/net/subnets/endpoints') },
      privateLinkServiceConnections: [
        {
          name: 'q',
          properties: { privateLinkServiceId: provider('Microsoft.Storage/storageAccounts/away'), groupIds: ['blob'] },
        },
      ],
    },
  });
  expect(
    await inMachine(`
      const host = 'linked.blob.core.windows.net';
      say({
        lookup: await promisify(lookup)(host),
        called: await new Promise((done) => dns.lookup(host, 4, (error, address, family) => done([error, address, family]))),
        all: await promises.lookup(host, { all: true }),
        resolve4: await promises.resolve4(host),
        ttl: await promises.resolve4(host, { ttl: true }),
        resolver: await new Promise((done) => new Resolver().resolve(host, (error, found) => done([error, found]))),
        cname: await new promises.Resolver().resolveCname(host),
        six: await said(promises.resolve6(host)),
        familySix: await said(promises.lookup(host, 6)),
        mx: await said(promises.resolveMx(host)),
        lacking: await said(promises.lookup('away.blob.core.windows.net')),
        lackingA: await said(promises.resolve4('away.blob.core.windows.net')),
        nobody: await said(promises.lookup('nobody.blob.core.windows.net')),
        public: (await promises.lookup('management.azure.com')).address.startsWith('192.0.2.'),
        local: (await promises.lookup('localhost', 4)).address,
        literal: (await promises.lookup('10.1.2.3')).address,
      });`),
  ).toEqual({
    lookup: { address: '10.0.0.68', family: 4 },
    called: [null, '10.0.0.68', 4],
    all: [{ address: '10.0.0.68', family: 4 }],
    resolve4: ['10.0.0.68'],
    ttl: [{ address: '10.0.0.68', ttl: 10 }],
    resolver: [null, ['10.0.0.68']],
    cname: [`linked.${ZONE}`],
    six: 'ENODATA',
    familySix: 'ENOTFOUND',
    mx: 'ENODATA',
    lacking: 'ENOTFOUND',
    lackingA: 'ENOTFOUND',
    nobody: 'ENOTFOUND',
    public: true,
    local: '127.0.0.1',
    literal: '10.1.2.3',
  });
});

it('a client sees a private endpoint answer, and everything else not come about', async () => {
  const got = await inMachine<Record<string, unknown>>(`
    import http from 'node:http';
    const connect = (host) => new Promise((done) => {
      const { hostname, port } = new URL(process.env.HTTPS_PROXY);
      const request = http.request({ hostname, port, method: 'CONNECT', path: host + ':443' });
      request.on('connect', (response, socket, head) => { socket.destroy(); done([response.statusCode, head.toString()]); }).end();
    });
    const failed = (promise) => promise.then((r) => r.status, () => 'failed');
    say({
      approved: await get('https://linked.blob.core.windows.net/?comp=list', { headers: { 'x-ms-version': '2023-11-03' } }),
      lacking: await failed(fetch('https://away.blob.core.windows.net/')),
      arm: await failed(fetch('https://management.azure.com/')),
      plain: await failed(fetch('http://management.azure.com/')),
      metadata: await failed(fetch('http://169.254.169.254/metadata/instance?api-version=2021-02-01', { headers: { metadata: 'true' } })),
      why: [await connect('away.blob.core.windows.net'), await connect('management.azure.com')],
    });`);
  expect(got).toMatchObject({
    approved: [401, 'NoAuthenticationInformation'],
    lacking: 'failed',
    arm: 'failed',
    metadata: 200,
    why: [
      [502, expect.stringMatching(/NXDOMAIN.*virtual network net: private zone/)],
      [504, expect.stringMatching(/timed out: the subnet has no outbound access/)],
    ],
  });
});

it('an account refuses what comes by an endpoint that is not approved, and people from outside', async () => {
  const account = provider('Microsoft.Storage/storageAccounts/linked');
  const { value } = (await arm('GET', `${account}/privateEndpointConnections`)) as { value: { id: string }[] };
  const connection = (status: string) =>
    arm('PUT', value[0]!.id, { properties: { privateLinkServiceConnectionState: { status, description: 'x' } } });
  const ask = () =>
    inMachine(
      `say(await get('https://linked.blob.core.windows.net/?comp=list', { headers: { 'x-ms-version': '2023-11-03' } }));`,
    );
  await connection('Rejected');
  expect(await ask()).toEqual([403, 'AuthorizationFailure']);
  await connection('Approved');
  expect(await ask()).toEqual([401, 'NoAuthenticationInformation']);
  const outside = await sandbox.client.send('GET', 'https://linked.blob.core.windows.net/?comp=list');
  expect(outside.status).toBe(403);
  const connected = await sandbox.connect(network('virtualNetworks/net/subnets/endpoints'));
  const status = async (url: string) =>
    (await connected.client.send('GET', url, { headers: { 'x-ms-version': '2023-11-03' } })).status;
  expect(await status('https://linked.blob.core.windows.net/?comp=list')).toBe(401);
  expect(await status('https://management.azure.com/subscriptions?api-version=2022-12-01')).toBe(401);
  expect(outside.body).toMatch(/AuthorizationFailure.*This request is not authorized to perform this operation\./);
});

it('disks are exported as their policy says, at every request', async () => {
  const snapshot = provider('Microsoft.Compute/snapshots/snap');
  const access = (name: string) => provider(`Microsoft.Compute/diskAccesses/${name}`);
  const policy = (properties: object) => arm('PATCH', snapshot, { properties });
  const grant = async (id = snapshot, kind = 'Read') =>
    ((await arm('POST', `${id}/beginGetAccess`, { access: kind, durationInSeconds: 3600 })) as { accessSAS: string })
      .accessSAS;
  const revoke = (id = snapshot) => arm('POST', `${id}/endGetAccess`);
  const inside = (url: string) =>
    inMachine<[number, string | null]>(
      `say(await get(${JSON.stringify(url)}, { headers: { range: 'bytes=0-511' } }));`,
    );
  const outside = async (url: string) =>
    (await sandbox.client.send('GET', url, { headers: { range: 'bytes=0-511' } })).status;

  await arm('PUT', snapshot, {
    location,
    properties: {
      incremental: true,
      creationData: { createOption: 'Copy', sourceResourceId: provider('Microsoft.Compute/disks/data') },
      networkAccessPolicy: 'DenyAll',
      publicNetworkAccess: 'Disabled',
    },
  });
  await expect(grant()).rejects.toThrow(/DenyAll/);

  await policy({ networkAccessPolicy: 'AllowPrivate', diskAccessId: access('one') });
  const sas = await grant();
  expect(sas).toMatch(/^https:\/\/md-impexp-[0-9a-f]{12}\.blob\.core\.windows\.net\//);
  const { properties } = (await arm('GET', network('privateEndpoints/one'))) as {
    properties: { customDnsConfigs: unknown[] };
  };
  expect(properties.customDnsConfigs).toEqual([{ fqdn: new URL(sas).hostname, ipAddresses: ['10.0.0.69'] }]);
  expect(await inside(sas)).toEqual([206, null]);
  expect(await outside(sas)).toBe(403);

  // The policy holds for a SAS that is out.
  await policy({ networkAccessPolicy: 'DenyAll', diskAccessId: '' });
  expect(await inside(sas)).toEqual([403, 'AuthorizationFailure']);
  await policy({ networkAccessPolicy: 'AllowPrivate', diskAccessId: access('two') });
  expect(await inside(sas)).toEqual([403, 'AuthorizationFailure']);
  await revoke();

  // The second disk access has no endpoint: its host resolves publicly, and there is no way there.
  await expect(inside(await grant())).rejects.toThrow(/fetch failed/);
  await revoke();

  await policy({ networkAccessPolicy: 'AllowAll', diskAccessId: '' });
  const closed = await grant();
  expect(await outside(closed)).toBe(403);
  await policy({ publicNetworkAccess: 'Enabled' });
  expect(await outside(closed)).toBe(206);
  await revoke();

  const upload = provider('Microsoft.Compute/disks/upload');
  const footer = 512;
  await arm('PUT', upload, {
    location,
    sku: { name: 'Standard_LRS' },
    properties: {
      creationData: { createOption: 'Upload', uploadSizeBytes: 2 ** 30 + footer },
      networkAccessPolicy: 'AllowPrivate',
      diskAccessId: access('one'),
    },
  });
  const target = await grant(upload, 'Write');
  const page = `{ method: 'PUT', body: Buffer.alloc(512), headers: { 'x-ms-page-write': 'update', 'x-ms-range': 'bytes=0-511', 'x-ms-version': '2021-12-02' } }`;
  expect(await inMachine(`say(await get(${JSON.stringify(`${target}&comp=page`)}, ${page}));`)).toEqual([201, null]);
  expect(await outside(target)).toBe(403);

  expect(sandbox.exportPeaks.diskAccesses).toEqual({
    [access('one').toLowerCase()]: 1,
    [access('two').toLowerCase()]: 1,
  });
  expect(Object.values(sandbox.exportPeaks.families)).toEqual([1]);
});

it('required zones follow where a disk access has its host', async () => {
  sandbox.settings.compute.exportSuffix = 'blob.storage.azure.net';
  const id = provider('Microsoft.Compute/diskAccesses/parted');
  await arm('PUT', id, { location });
  const zones = (await arm('GET', `${id}/privateLinkResources`)) as {
    value: { properties: { requiredZoneNames: string[] } }[];
  };
  expect(zones.value[0]!.properties.requiredZoneNames).toEqual(['privatelink.blob.storage.azure.net']);
  await endpoint('parted', id, 'disks');
  const { properties } = (await arm('GET', network('privateEndpoints/parted'))) as {
    properties: { customDnsConfigs: { fqdn: string }[] };
  };
  expect(properties.customDnsConfigs[0]!.fqdn).toMatch(/^md-impexp-[0-9a-f]{12}\.z\d+\.blob\.storage\.azure\.net$/);
});
