import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { vhdFooter } from '../../../sandbox/compute/disks/vhdFooter.ts';
import { GROUP, LOCATION, problems, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

let world: ComputeWorld;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  await world.stop();
});

const diskId = (name: string) => `${GROUP}/providers/Microsoft.Compute/disks/${name}`;
const snapshotId = (name: string) => `${GROUP}/providers/Microsoft.Compute/snapshots/${name}`;
const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('base64');

const emptyDisk = (name: string, diskSizeGB = 1) =>
  world.sdk.disks.createOrUpdate('rg', name, {
    location: LOCATION,
    creationData: { createOption: 'Empty' },
    diskSizeGB,
  });

function snapshot(name: string, disk: string, more: object = {}) {
  return world.sdk.snapshots.createOrUpdate('rg', name, {
    location: LOCATION,
    incremental: true,
    creationData: { createOption: 'Copy', sourceResourceId: diskId(disk) },
    ...more,
  });
}

async function sasOf(name: string, seconds = 3600): Promise<string> {
  const { accessSAS } = await world.sdk.snapshots.grantAccess('rg', name, {
    access: 'Read',
    durationInSeconds: seconds,
  });
  return accessSAS!;
}

const code = async (response: Response) => `${response.status} ${/<Code>(\w+)</.exec(await response.text())?.[1]}`;

/** `P0-511` pages and `C512-1023` cleared ranges of a page list, in their order. */
async function pageList(
  url: string,
  headers: Record<string, string> = {},
  query = '',
): Promise<{ ranges: string[]; marker: string }> {
  const response = await world.fetch(`${url}&comp=pagelist${query}`, {
    headers: { 'x-ms-version': '2021-12-02', ...headers },
  });
  const xml = await response.text();
  expect(xml).toContain('<PageList>');
  const ranges = [...xml.matchAll(/<(Page|Clear)Range><Start>(\d+)<\/Start><End>(\d+)<\/End>/g)].map(
    ([, kind, start, end]) => `${kind![0]}${start}-${end}`,
  );
  return { ranges, marker: /<NextMarker>([^<]+)</.exec(xml)?.[1] ?? '' };
}

test('an empty disk has the fields that Azure gives it', async () => {
  const disk = await emptyDisk('empty', 4);
  expect(disk).toMatchObject({
    diskState: 'Unattached',
    diskSizeBytes: 4 * GIB,
    diskSizeGB: 4,
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
    provisioningState: 'Succeeded',
    sku: { name: 'Standard_LRS', tier: 'Standard' },
  });
  expect(disk.uniqueId).toMatch(/^[0-9a-f-]{36}$/);
  expect((await world.sdk.disks.update('rg', 'empty', { diskSizeGB: 5 })).diskSizeBytes).toBe(5 * GIB);
  await expect(world.sdk.disks.update('rg', 'empty', { diskSizeGB: 3 })).rejects.toThrow('cannot be reduced');
  await expect(emptyDisk('none', 0)).rejects.toThrow('out of range');
});

test('a snapshot is read through its SAS: content, footer, ranges, allocated pages', async () => {
  await emptyDisk('read');
  const { disks } = world.compute;
  await disks.write(diskId('read'), 8192, Buffer.alloc(4096, 1));
  const made = await snapshot('read-1', 'read');
  expect(made).toMatchObject({
    completionPercent: 100,
    incremental: true,
    diskState: 'Unattached',
    snapshotAccessState: 'Available',
  });
  await disks.write(diskId('read'), 0, Buffer.alloc(512, 2));
  const sas = await sasOf('read-1');
  expect(sas).toMatch(/^https:\/\/md-[a-z0-9]+\.z\d+\.blob\.storage\.azure\.net\/\w+\/abcd\?.*sr=b.*sp=r/);

  const head = await world.fetch(sas, { method: 'HEAD' });
  expect(head.headers.get('content-length')).toBe(String(GIB + 512));
  expect(head.headers.get('x-ms-blob-type')).toBe('PageBlob');
  expect((await pageList(sas)).ranges).toEqual(['P8192-12287', `P${GIB}-${GIB + 511}`]);
  expect((await pageList(sas, { 'x-ms-range': 'bytes=9000-9001' })).ranges).toEqual(['P8704-9215']);

  disks.resetBytesServed();
  const part = await world.fetch(sas, {
    headers: { 'x-ms-range': 'bytes=8000-8999', 'x-ms-range-get-content-md5': 'true' },
  });
  const bytes = new Uint8Array(await part.arrayBuffer());
  expect(part.status).toBe(206);
  expect(part.headers.get('content-range')).toBe(`bytes 8000-8999/${GIB + 512}`);
  expect(part.headers.get('content-md5')).toBe(md5(bytes));
  expect(bytes).toEqual(new Uint8Array([...Array<number>(192).fill(0), ...Array<number>(808).fill(1)]));
  expect(disks.bytesServed(snapshotId('read-1'))).toBe(1000);
  expect(disks.bytesServed()).toBe(1000);
  const footer = await world.fetch(sas, { headers: { range: `bytes=${GIB}-` } });
  expect(Buffer.from(await footer.arrayBuffer()).toString('latin1', 0, 8)).toBe('conectix');

  expect(await code(await world.fetch(sas, { headers: { range: `bytes=${GIB + 512}-` } }))).toBe('416 InvalidRange');
  expect(await code(await world.fetch(sas, { headers: { 'x-ms-range': 'lines=1-2' } }))).toBe('400 InvalidHeaderValue');
  expect(
    await code(await world.fetch(`${sas}&comp=pagelist&maxresults=0`, { headers: { 'x-ms-version': '2021-12-02' } })),
  ).toBe('400 OutOfRangeQueryParameterValue');
  expect(await code(await world.fetch(`${sas}&comp=page`, { method: 'PUT' }))).toBe(
    '403 AuthorizationPermissionMismatch',
  );
  await world.sdk.snapshots.revokeAccess('rg', 'read-1');
});

test('a SAS ends when it is revoked, when it expires, and is bound to what was signed', async () => {
  await emptyDisk('sas');
  await snapshot('sas-1', 'sas');
  const first = await sasOf('sas-1', 600);
  expect(await sasOf('sas-1', 600)).toBe(first);
  expect((await world.sdk.snapshots.get('rg', 'sas-1')).diskState).toBe('ActiveSAS');
  await expect(world.sdk.snapshots.delete('rg', 'sas-1')).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  expect(await code(await world.fetch(first.replace('sp=r', 'sp=rw')))).toBe('403 AuthenticationFailed');
  expect(await code(await world.fetch(first.replace(/sig=[^&]+/, 'sig=AAAA')))).toBe('403 AuthenticationFailed');
  expect(await code(await world.fetch(first.split('?')[0]!))).toBe('403 AuthenticationFailed');
  await world.sdk.snapshots.revokeAccess('rg', 'sas-1');
  expect(await code(await world.fetch(first))).toBe('403 AuthenticationFailed');
  const second = await sasOf('sas-1', 600);
  world.clock.advance(601_000);
  const late = await world.fetch(second);
  expect(late.headers.get('x-ms-error-code')).toBe('AuthenticationFailed');
  expect(await late.text()).toContain('Signature not valid in the specified time frame');
  expect((await world.sdk.snapshots.get('rg', 'sas-1')).diskState).toBe('Unattached');
  await world.sdk.snapshots.delete('rg', 'sas-1');
  expect(await code(await world.fetch(second))).toBe('404 BlobNotFound');
  await expect(sasOf('sas-1')).rejects.toMatchObject({ statusCode: 404 });
  await snapshot('sas-2', 'sas');
  await expect(sasOf('sas-2', 5_184_001)).rejects.toMatchObject({ code: 'InvalidParameter' });
});

test('two snapshots of one family are compared truly, in pages of at most what was asked', async () => {
  const { disks } = world.compute;
  await emptyDisk('diff');
  await disks.write(diskId('diff'), 0, Buffer.alloc(4 * MIB, 3));
  await snapshot('diff-1', 'diff');
  await disks.write(diskId('diff'), MIB, Buffer.alloc(1024, 4));
  disks.clear(diskId('diff'), 2 * MIB, 512);
  await disks.write(diskId('diff'), 2 * MIB + 512, Buffer.alloc(512, 3));
  await snapshot('diff-2', 'diff');
  await disks.write(diskId('diff'), 100 * MIB, Buffer.alloc(512, 5));
  const [one, two] = [await sasOf('diff-1'), await sasOf('diff-2')];
  const against = { 'x-ms-previous-snapshot-url': one };
  const all = [`P${MIB}-${MIB + 1023}`, `C${2 * MIB}-${2 * MIB + 511}`, `P${2 * MIB + 512}-${2 * MIB + 1023}`];
  expect((await pageList(two, against)).ranges).toEqual(all);
  expect((await pageList(two, { ...against, 'x-ms-range': `bytes=${2 * MIB}-${2 * MIB + 600}` })).ranges).toEqual(
    all.slice(1),
  );
  const first = await pageList(two, against, '&maxresults=2');
  expect(first.ranges).toEqual(all.slice(0, 2));
  const rest = await pageList(two, against, `&maxresults=2&marker=${first.marker}`);
  expect(rest).toEqual({ ranges: all.slice(2), marker: '' });
  const [a, b] = [await world.sdk.snapshots.get('rg', 'diff-1'), await world.sdk.snapshots.get('rg', 'diff-2')];
  expect(a.incrementalSnapshotFamilyId).toBe(b.incrementalSnapshotFamilyId);
  expect(a.creationData?.sourceUniqueId).toBe((await world.sdk.disks.get('rg', 'diff')).uniqueId);

  const fails = async (url: string, previous: string) =>
    code(
      await world.fetch(`${url}&comp=pagelist`, {
        headers: { 'x-ms-version': '2021-12-02', 'x-ms-previous-snapshot-url': previous },
      }),
    );
  await emptyDisk('other', 4096);
  await snapshot('other-1', 'other');
  await world.sdk.disks.update('rg', 'other', { diskSizeGB: 4097 });
  await snapshot('other-2', 'other');
  await snapshot('full', 'diff', { incremental: false });
  await world.sdk.disks.update('rg', 'diff', { diskSizeGB: 2 });
  await snapshot('diff-3', 'diff');
  expect(await fails(two, await sasOf('other-1'))).toBe('409 BlobOverwritten');
  expect(await fails(two, await sasOf('full'))).toBe('409 PreviousSnapshotOperationNotSupported');
  expect(await fails(await sasOf('other-2'), await sasOf('other-1'))).toBe('409 PreviousSnapshotOperationNotSupported');
  expect((await pageList(await sasOf('diff-3'), { 'x-ms-previous-snapshot-url': two })).ranges).toEqual([
    `P${100 * MIB}-${100 * MIB + 511}`,
  ]);
  expect(await fails(one, two)).toBe('400 PreviousSnapshotCannotBeNewer');
  expect(await fails(two, 'https://elsewhere.example/x')).toBe('400 InvalidHeaderValue');
  await world.sdk.snapshots.revokeAccess('rg', 'diff-1');
  expect(await fails(two, one)).toBe('403 AuthenticationFailed');
  await world.sdk.snapshots.delete('rg', 'diff-1');
  expect(await fails(two, one)).toBe('409 PreviousSnapshotNotFound');
  const whole = await world.fetch(two, { headers: { range: `bytes=${MIB}-${MIB + 1023}` } });
  expect(Buffer.from(await whole.arrayBuffer()).equals(Buffer.alloc(1024, 4))).toBe(true);
});

test('five SAS at once in a family and through a disk access, seven snapshots in five minutes, no more', async () => {
  await emptyDisk('limits');
  await world.sdk.diskAccesses.createOrUpdate('rg', 'da', { location: LOCATION });
  const access = {
    networkAccessPolicy: 'AllowPrivate',
    diskAccessId: `${GROUP}/providers/Microsoft.Compute/diskAccesses/da`,
  };
  await expect(snapshot('bad', 'limits', { networkAccessPolicy: 'AllowPrivate' })).rejects.toMatchObject({
    code: 'InvalidParameter',
  });
  for (let i = 1; i <= 7; i += 1) await snapshot(`limits-${i}`, 'limits', access);
  await expect(snapshot('limits-8', 'limits')).rejects.toThrow('five minutes');
  for (let i = 1; i <= 5; i += 1) await sasOf(`limits-${i}`, 600);
  await expect(sasOf('limits-6')).rejects.toThrow('of one family');
  await emptyDisk('limits-b');
  await snapshot('limits-b-1', 'limits-b', access);
  await expect(sasOf('limits-b-1')).rejects.toThrow('through disk access');
  await expect(world.sdk.diskAccesses.delete('rg', 'da')).rejects.toMatchObject({ code: 'OperationNotAllowed' });
  await world.sdk.snapshots.revokeAccess('rg', 'limits-1');
  await sasOf('limits-6');
  await expect(world.sdk.snapshots.update('rg', 'limits-7', { networkAccessPolicy: 'DenyAll' })).rejects.toMatchObject({
    code: 'ConflictingUserInput',
  });
  const links = await world.sdk.diskAccesses.getPrivateLinkResources('rg', 'da');
  expect(links.value![0]).toMatchObject({ groupId: 'disks', requiredZoneNames: ['privatelink.blob.core.windows.net'] });
  world.clock.advance(601_000);
  await snapshot('limits-8', 'limits');
});

test('a disk is restored by upload: pages, MD5, footer; and by copy of a snapshot', async () => {
  const { disks } = world.compute;
  const size = 32 * MIB;
  const create = (uploadSizeBytes: number) =>
    world.sdk.disks.createOrUpdate('rg', 'up', {
      location: LOCATION,
      zones: ['1'],
      sku: { name: 'Premium_LRS' },
      hyperVGeneration: 'V2',
      osType: 'Linux',
      purchasePlan: { name: 'n', publisher: 'p', product: 'q' },
      securityProfile: { securityType: 'TrustedLaunch' },
      supportedCapabilities: { acceleratedNetwork: true, architecture: 'x64' },
      creationData: { createOption: 'Upload', uploadSizeBytes },
    });
  await expect(create(MIB)).rejects.toThrow('out of range');
  const made = await create(size + 512);
  expect(made).toMatchObject({
    diskState: 'ReadyToUpload',
    diskSizeBytes: size,
    diskSizeGB: 1,
    zones: ['1'],
    hyperVGeneration: 'V2',
    securityProfile: { securityType: 'TrustedLaunch' },
    sku: { name: 'Premium_LRS', tier: 'Premium' },
  });
  const grant = () => world.sdk.disks.grantAccess('rg', 'up', { access: 'Write', durationInSeconds: 3600 });
  const sas = (await grant()).accessSAS!;
  expect((await world.sdk.disks.get('rg', 'up')).diskState).toBe('ActiveUpload');
  const put = (offset: number, body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    world.fetch(`${sas}&comp=page`, {
      method: 'PUT',
      body,
      headers: { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${offset}-${offset + body.length - 1}`, ...headers },
    });
  const data = new Uint8Array(MIB).fill(7);
  expect((await put(MIB, data, { 'content-md5': md5(data) })).status).toBe(201);
  expect(await code(await put(MIB, data, { 'content-md5': md5(new Uint8Array(1)) }))).toBe('400 Md5Mismatch');
  expect(await code(await put(100, data))).toBe('416 InvalidPageRange');
  expect(await code(await put(size, new Uint8Array(1024)))).toBe('416 InvalidPageRange');
  expect(await code(await put(0, new Uint8Array(5 * MIB)))).toBe('413 RequestBodyTooLarge');
  const clear = await world.fetch(`${sas}&comp=page`, {
    method: 'PUT',
    headers: { 'x-ms-page-write': 'clear', 'x-ms-range': `bytes=${MIB}-${MIB + 511}` },
  });
  expect(clear.status).toBe(201);
  await expect(world.sdk.disks.revokeAccess('rg', 'up')).rejects.toThrow('InvalidVhd');
  expect((await world.sdk.disks.get('rg', 'up')).diskState).toBe('ReadyToUpload');
  const again = (await grant()).accessSAS!;
  const footer = new Uint8Array(vhdFooter(size, Date.now(), made.uniqueId!));
  await world.fetch(`${again}&comp=page`, {
    method: 'PUT',
    body: footer,
    headers: { 'x-ms-page-write': 'update', 'x-ms-range': `bytes=${size}-${size + 511}` },
  });
  await world.sdk.disks.revokeAccess('rg', 'up');
  expect((await world.sdk.disks.get('rg', 'up')).diskState).toBe('Unattached');
  const plain = Buffer.alloc(size);
  plain.fill(7, MIB + 512, 2 * MIB);
  const sha = createHash('sha256').update(plain).digest('hex');
  expect(await disks.sha256(diskId('up'))).toBe(sha);
  await expect(
    world.sdk.disks.grantAccess('rg', 'up', { access: 'Write', durationInSeconds: 60 }),
  ).rejects.toMatchObject({ code: 'OperationNotAllowed' });

  await snapshot('up-1', 'up');
  await disks.write(diskId('up'), 0, Buffer.alloc(512, 1));
  const copy = await world.sdk.disks.createOrUpdate('rg', 'copy', {
    location: LOCATION,
    creationData: { createOption: 'Copy', sourceResourceId: snapshotId('up-1') },
  });
  expect(copy).toMatchObject({ hyperVGeneration: 'V2', purchasePlan: { name: 'n' }, diskSizeBytes: size });
  expect(await disks.sha256(diskId('copy'))).toBe(sha);
  await world.sdk.disks.delete('rg', 'copy');
});

test('the traffic fits Azure’s published types', async (context) => {
  const found = await problems(world.exchanges);
  if (found === undefined) return context.skip('the published types are not here');
  expect(found).toEqual([]);
});

test('names of disks and snapshots that Azure does not take are refused', async () => {
  for (const name of ['x'.repeat(81), 'ends-', '-begins', 'a b']) {
    const refused = { code: 'InvalidParameter', statusCode: 400 };
    await expect(emptyDisk(name)).rejects.toMatchObject(refused);
    await expect(snapshot(name, 'named')).rejects.toMatchObject(refused);
  }
});
