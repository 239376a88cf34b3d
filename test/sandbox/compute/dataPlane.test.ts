import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedRoles } from '../../../sandbox/arm/access/seed.ts';
import { createDiskSas } from '../../../sandbox/compute/disks/sas.ts';
import { openState } from '../../../sandbox/core/state.ts';
import { createCrc64 } from '../../../sandbox/core/crc64.ts';
import { GROUP, LOCATION, operator, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PROVIDER = `${GROUP}/providers/Microsoft.Compute`;

let world: ComputeWorld;
/** A snapshot's SAS. Its first MiB holds ones. */
let read: string;
let disk: string;
let snapshot: string;

beforeAll(async () => {
  world = await startWorld();
  ({ disk, snapshot, sas: read } = await exported('read', 1, [[0, MIB]]));
});
afterAll(async () => {
  await world.stop();
});

/** A disk of so many GiB with data in ranges, a snapshot of it, and a SAS on that. */
async function exported(name: string, diskSizeGB: number, ranges: [number, number][], more: object = {}) {
  const { sdk, compute } = world;
  const id = `${PROVIDER}/disks/${name}`;
  await sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB,
  });
  for (const [offset, length] of ranges) await compute.disks.write(id, offset, Buffer.alloc(length, 1));
  await sdk.snapshots.createOrUpdate('rg', `${name}-1`, {
    location: LOCATION,
    incremental: true,
    creationData: { createOption: 'Copy', sourceResourceId: id },
    ...more,
  });
  const grant = await sdk.snapshots.grantAccess('rg', `${name}-1`, { access: 'Read', durationInSeconds: 86_400 });
  return { disk: id, snapshot: `${PROVIDER}/snapshots/${name}-1`, sas: grant.accessSAS! };
}

/** An upload disk of 32 MiB and its write SAS. */
async function upload(name: string): Promise<string> {
  const creationData = { createOption: 'Upload', uploadSizeBytes: 32 * MIB + 512 };
  await world.sdk.disks.createOrUpdate('rg', name, { location: LOCATION, creationData });
  return (await world.sdk.disks.grantAccess('rg', name, { access: 'Write', durationInSeconds: 86_400 })).accessSAS!;
}

async function outcome(response: Response): Promise<string> {
  const code = /<Code>(\w+)</.exec(await response.text())?.[1];
  expect(response.headers.get('x-ms-error-code')).toBe(code ?? response.headers.get('x-ms-error-code'));
  return `${response.status} ${response.headers.get('x-ms-error-code') ?? 'ok'}`;
}

const get = (url: string, headers: Record<string, string> = {}, method = 'GET') =>
  world.fetch(url, { method, headers });
const page = (url: string, offset: number, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
  world.fetch(`${url}&comp=page`, {
    method: 'PUT',
    body,
    headers: { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${offset}-${offset + body.length - 1}`, ...headers },
  });
const crc64 = (bytes: Uint8Array) => {
  const crc = createCrc64();
  crc.update(bytes);
  return Buffer.from(crc.digest()).toString('base64');
};

test('properties say what the blob is and when its content changed', async () => {
  const before = world.clock.now();
  world.clock.advance(3_600_000);
  const response = await get(read, { 'x-ms-client-request-id': 'mine' }, 'HEAD');
  const header = (name: string) => response.headers.get(name);
  expect(response.status).toBe(200);
  expect(header('content-length')).toBe(String(GIB + 512));
  expect(header('x-ms-blob-type')).toBe('PageBlob');
  expect(header('x-ms-blob-sequence-number')).toBe('0');
  expect(header('x-ms-client-request-id')).toBe('mine');
  expect(Math.abs(Date.parse(header('last-modified')!) - before)).toBeLessThan(600_000);
  expect(Math.abs(Date.parse(header('date')!) - world.clock.now())).toBeLessThan(600_000);
  expect((await get(read, {}, 'HEAD')).headers.get('etag')).toBe(header('etag'));
  expect((await get(`${read}&comp=metadata`)).headers.get('content-length')).toBe('0');
});

test('conditions decide with the tag and the time of the content', async () => {
  const { headers } = await get(read, {}, 'HEAD');
  const etag = headers.get('etag')!;
  const modified = headers.get('last-modified')!;
  const later = new Date(Date.parse(modified) + 1000).toUTCString();
  const earlier = new Date(Date.parse(modified) - 1000).toUTCString();
  const range = { range: 'bytes=0-511' };
  const asked = async (condition: Record<string, string>, method = 'GET') =>
    outcome(await get(read, { ...range, ...condition }, method));
  expect(await asked({ 'if-match': etag, 'if-unmodified-since': modified })).toBe('206 ok');
  expect(await asked({ 'if-match': '"0x1"' })).toBe('412 ConditionNotMet');
  expect(await asked({ 'if-match': `"0x1", ${etag}` })).toBe('206 ok');
  expect(await asked({ 'if-none-match': etag })).toBe('304 ConditionNotMet');
  expect(await asked({ 'if-none-match': '*' }, 'HEAD')).toBe('304 ConditionNotMet');
  expect(await asked({ 'if-modified-since': modified })).toBe('304 ConditionNotMet');
  expect(await asked({ 'if-modified-since': earlier })).toBe('206 ok');
  expect(await asked({ 'if-none-match': '"0x1"', 'if-modified-since': later })).toBe('206 ok');
  expect(await asked({ 'if-unmodified-since': earlier })).toBe('412 ConditionNotMet');
  expect(await asked({ 'if-unmodified-since': 'yesterday' })).toBe('400 InvalidHeaderValue');

  const write = await upload('conditions');
  const first = await page(write, 0, new Uint8Array(512));
  const second = await page(write, 0, new Uint8Array(512).fill(1), { 'if-match': first.headers.get('etag')! });
  expect(second.status).toBe(201);
  expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'));
  const late = await page(write, 0, new Uint8Array(512), { 'if-match': first.headers.get('etag')! });
  expect(await outcome(late)).toBe('412 ConditionNotMet');
  expect((await page(write, 0, new Uint8Array(512), { 'x-ms-if-sequence-number-eq': '0' })).status).toBe(201);
  const numbered = await page(write, 0, new Uint8Array(512), { 'x-ms-if-sequence-number-lt': '0' });
  expect(await outcome(numbered)).toBe('412 SequenceNumberConditionNotMet');
});

test('checksums: of ranges up to 4 MiB, and of what is written', async () => {
  const ones = new Uint8Array(1000).fill(1);
  const range = { 'x-ms-range': 'bytes=24-1023' };
  const md5 = await get(read, { ...range, 'x-ms-range-get-content-md5': 'true' });
  expect(md5.headers.get('content-md5')).toBe(createHash('md5').update(ones).digest('base64'));
  const crc = await get(read, { ...range, 'x-ms-range-get-content-crc64': 'true' });
  expect(crc.headers.get('x-ms-content-crc64')).toBe(crc64(ones));
  const both = { 'x-ms-range-get-content-md5': 'true', 'x-ms-range-get-content-crc64': 'true' };
  expect(await outcome(await get(read, { ...range, ...both }))).toBe('400 BothCrc64AndMd5RangeHeaderPresent');
  const large = { range: `bytes=0-${4 * MIB}`, 'x-ms-range-get-content-crc64': 'true' };
  expect(await outcome(await get(read, large))).toBe('400 InvalidHeaderValue');
  expect(await outcome(await get(read, { 'x-ms-range-get-content-md5': 'true' }))).toBe('400 InvalidHeaderValue');

  const write = await upload('checksums');
  const data = new Uint8Array(1024).fill(3);
  const put = (headers: Record<string, string>) => page(write, 512, data, headers);
  const good = createHash('md5').update(data).digest('base64');
  expect((await put({ 'content-md5': good })).headers.get('content-md5')).toBe(good);
  expect((await put({ 'x-ms-content-crc64': crc64(data) })).headers.get('x-ms-content-crc64')).toBe(crc64(data));
  expect((await put({})).headers.get('x-ms-content-crc64')).toBe(crc64(data));
  const wrong = await put({ 'x-ms-content-crc64': crc64(new Uint8Array(1)) });
  expect(await wrong.text()).toMatch(/<Code>Crc64Mismatch<.*<UserSpecifiedCrc>.*<ServerCalculatedCrc>/s);
  expect(await outcome(await put({ 'x-ms-content-crc64': 'AAAA' }))).toBe('400 InvalidCrc64');
  expect(await outcome(await put({ 'content-md5': good, 'x-ms-content-crc64': crc64(data) }))).toBe(
    '400 BothCrc64AndMd5HeaderPresent',
  );
  expect(await outcome(await page(write, 0, new Uint8Array(1024), { 'x-ms-range': 'bytes=0-511' }))).toBe(
    '400 InvalidInput',
  );
});

test('what is on its way when an upload ends is not written any more', async () => {
  const url = await upload('late');
  // A page that is let in leaves a debt: others are told to wait.
  world.compute.disks.setExportRate(`${PROVIDER}/disks/late`, { bytesPerSecond: 1, requestsPerSecond: 1e6 });
  const sizes = [512, 512];
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const size = sizes.shift();
      if (size === undefined) return controller.close();
      if (sizes.length === 0) {
        await expect.poll(async () => (await get(url, {}, 'HEAD')).status, { timeout: 20_000 }).toBe(503);
        await world.sdk.disks.revokeAccess('rg', 'late').catch(() => undefined);
      }
      controller.enqueue(new Uint8Array(size).fill(9));
    },
  });
  const headers = { 'x-ms-page-write': 'update', 'x-ms-range': 'bytes=0-1023', 'content-length': '1024' };
  const init = { method: 'PUT', body, headers, duplex: 'half' } as RequestInit;
  expect(await outcome(await world.fetch(`${url}&comp=page`, init))).toBe('403 AuthenticationFailed');
  expect((await world.compute.disks.read(`${PROVIDER}/disks/late`, 0, 1))[0]).toBe(0);
});

test('operations that are none of an export are refused by name', async () => {
  const asked = async (method: string, query = '', headers: Record<string, string> = {}) =>
    outcome(await get(`${read}${query}`, headers, method));
  const post = await get(read, {}, 'POST');
  expect(post.headers.get('allow')).toBe('HEAD, GET, PUT, DELETE, OPTIONS');
  expect(await outcome(post)).toBe('405 UnsupportedHttpVerb');
  expect(await asked('DELETE')).toBe('403 AuthorizationPermissionMismatch');
  expect(await asked('PUT', '&comp=page')).toBe('403 AuthorizationPermissionMismatch');
  expect(await asked('GET', '&comp=nonsense')).toBe('400 InvalidQueryParameterValue');
  expect(await asked('GET', '&comp=blocklist')).toBe('501 NotImplemented');
  expect(await asked('GET', '', { 'x-ms-version': 'newest' })).toBe('400 InvalidHeaderValue');
  expect(await outcome(await get(read.replace('/abcd', '/other')))).toBe('404 ResourceNotFound');
  expect(await asked('OPTIONS')).toBe('400 MissingRequiredHeader');
  expect(await asked('OPTIONS', '', { origin: 'https://a.example', 'access-control-request-method': 'GET' })).toBe(
    '403 CorsPreflightFailure',
  );
  expect(await asked('GET', '&snapshot=2026-01-01T00:00:00.0000000Z')).toBe('403 AuthenticationFailed');
  expect(await asked('GET', '&comp=pagelist&prevsnapshot=2026-01-01T00:00:00.0000000Z')).toBe(
    '409 PreviousSnapshotNotFound',
  );
  const write = await upload('operations');
  const lease = await get(`${write}&comp=lease`, {}, 'PUT');
  expect(await lease.text()).toContain('Lease Blob is not simulated');
  expect(await outcome(await get(`${write}&comp=page`, { 'x-ms-copy-source': 'https://a.example/b' }, 'PUT'))).toBe(
    '501 NotImplemented',
  );
});

test('more than 10,000 ranges come in pages with markers, older versions in one; windows cut them', async () => {
  const { compute, sdk } = world;
  const ranges = Array.from({ length: 10_100 }, (_, i): [number, number] => [i * 4096, 512]);
  const { disk: id, sas } = await exported('pages', 1, ranges);
  const list = async (url: string, query: string, headers: Record<string, string> = {}) => {
    const xml = await (await get(`${url}&comp=pagelist${query}`, { 'x-ms-version': '2021-12-02', ...headers })).text();
    const starts = [...xml.matchAll(/<(Page|Clear)Range><Start>(\d+)</g)].map(([, kind, start]) => [
      kind,
      Number(start),
    ]);
    return { starts, marker: /<NextMarker>(.+)<\/NextMarker>/.exec(xml)?.[1] };
  };
  const wanted = [...ranges.map(([offset]) => ['Page', offset]), ['Page', GIB]];
  const first = await list(sas, '&maxresults=20000');
  expect(first.starts).toHaveLength(10_000);
  const second = await list(sas, `&marker=${first.marker}`);
  expect([...first.starts, ...second.starts]).toEqual(wanted);
  expect(second.marker).toBeUndefined();
  expect((await list(sas, '', { 'x-ms-version': '2019-12-12' })).starts).toEqual(wanted);
  expect((await list(sas, '', { 'x-ms-range': 'bytes=4096-8192' })).starts).toEqual([
    ['Page', 4096],
    ['Page', 8192],
  ]);

  for (let i = 0; i < 10_100; i += 2) compute.disks.clear(id, i * 4096, 512);
  for (let i = 1; i < 10_100; i += 2) await compute.disks.write(id, i * 4096 + 512, Buffer.alloc(512, 2));
  await sdk.snapshots.createOrUpdate('rg', 'pages-2', {
    location: LOCATION,
    incremental: true,
    creationData: { createOption: 'Copy', sourceResourceId: id },
  });
  const newer = await sdk.snapshots.grantAccess('rg', 'pages-2', { access: 'Read', durationInSeconds: 86_400 });
  const against = { 'x-ms-previous-snapshot-url': sas };
  const found = [];
  for (let marker: string | undefined = ''; marker !== undefined;) {
    const part = await list(newer.accessSAS!, `&maxresults=5000&marker=${marker}`, against);
    found.push(...part.starts);
    marker = part.marker;
  }
  expect(found).toEqual(ranges.map(([offset], i) => (i % 2 === 0 ? ['Clear', offset] : ['Page', offset + 512])));
});

test('an export for Entra principals needs a token for disks and a role for their data beside its SAS', async () => {
  const { sas } = await exported('entra', 1, [], { dataAccessAuthMode: 'AzureActiveDirectory' });
  const version = { 'x-ms-version': '2023-11-03' };
  const bare = await get(sas, version);
  expect(bare.headers.get('www-authenticate')).toMatch(
    /^Bearer authorization_uri=https:\/\/login\.microsoftonline\.com\/[\w-]+\/oauth2\/authorize resource_id=https:\/\/disk\.azure\.com\/$/,
  );
  expect(await outcome(bare)).toBe('401 NoAuthenticationInformation');
  const asked = async (url: string, authorization: string) =>
    outcome(await get(url, { ...version, authorization }, 'HEAD'));
  expect(await asked(sas, 'Bearer arm')).toBe('401 InvalidAuthenticationInfo');
  expect(await asked(sas, 'Bearer forged')).toBe('401 InvalidAuthenticationInfo');
  expect(await asked(sas, 'Bearer disk')).toBe('403 AuthorizationPermissionMismatch');
  const { store, clock } = world.arm.world;
  seedRoles(store, clock, [{ to: operator, role: 'Data Operator for Managed Disks', scope: GROUP }]);
  expect(await asked(sas, 'Bearer disk')).toBe('200 ok');
  expect(await asked(sas.replace(/sig=[^&]+/, 'sig=AAAA'), 'Bearer disk')).toBe('403 AuthenticationFailed');
});

test('a SAS that names a snapshot is refused without it', () => {
  const state = openState();
  const sas = createDiskSas(world.clock, randomUUID, state.map('sas'));
  const { url } = sas.grant('/Some/Id', 'Read', 600, { snapshot: '2026-11-22T00:00:00.0000000Z' });
  expect(url).toContain('sr=bs&snapshot=2026-11-22T00%3A00%3A00.0000000Z&');
  expect(sas.authorize(new URL(url), 'r')).toBe('/some/id');
  expect(() => sas.authorize(new URL(url.replace(/snapshot=[^&]+&/, '')), 'r')).toThrow(
    'Server failed to authenticate',
  );
  state.close();
});

test('throttled to a rate of bytes or requests, the service is busy until time has passed', async () => {
  const { disks, limits } = world.compute;
  const first = async (length: number) => outcome(await get(read, { range: `bytes=0-${length - 1}` }));
  disks.setExportRate(snapshot, { bytesPerSecond: MIB, requestsPerSecond: 1000 });
  // More than a second's worth is let in once, and has to be waited for.
  expect(await first(64 * MIB)).toBe('206 ok');
  expect(await first(512)).toBe('503 ServerBusy');
  world.clock.advance(64_000);
  expect(await first(512)).toBe('206 ok');
  disks.setExportRate(snapshot, { bytesPerSecond: GIB, requestsPerSecond: 0.01 });
  expect(await first(512)).toBe('206 ok');
  expect(await first(512)).toBe('503 ServerBusy');
  world.clock.advance(100_000);
  expect(await first(512)).toBe('206 ok');
  disks.setExportRate(snapshot, undefined);
  limits.exportRate = { bytesPerSecond: 1, requestsPerSecond: 1 };
  expect([await first(512), await first(512)]).toEqual(['206 ok', '503 ServerBusy']);
  disks.setExportRate(snapshot, 'tier');
  expect((await get(read, {}, 'HEAD')).status).toBe(200);
  limits.exportRate = 'unlimited';
});

test('the disk goes on while it is read: a snapshot shows what was there', async () => {
  const reading = get(read, { range: `bytes=0-${MIB - 1}` });
  await world.compute.disks.write(disk, 0, Buffer.alloc(MIB, 9));
  const bytes = Buffer.from(await (await reading).arrayBuffer());
  expect(bytes.equals(Buffer.alloc(MIB, 1))).toBe(true);
});
