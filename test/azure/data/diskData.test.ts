import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { diskReader, diskWriter } from '../../../azure/diskData.ts';
import { vhdFooter } from '../../../azure/vhdFooter.ts';
import { startPageBlobServer, type PageBlobServer } from './pageBlobServer.ts';

const PAGE = 512;
const SIZE = 64 * PAGE;
const id = Buffer.alloc(16, 7);
const time = '2026-01-01T00:00:00Z';
let server: PageBlobServer;

beforeAll(async () => {
  server = await startPageBlobServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.blobs.clear();
  server.asked.length = 0;
  server.faults.length = 0;
  const data = Buffer.alloc(SIZE + PAGE);
  for (const page of [0, 1, 5, 9, 20, 21, 22, 40, 63]) data.fill(page + 1, page * PAGE, (page + 1) * PAGE);
  data.set(vhdFooter(SIZE, id, time), SIZE);
  server.blobs.set('new', { data, sig: 'new' });
  server.blobs.set('base', { data: Buffer.from(data), sig: 'base' });
});
const reader = () => diskReader(server.url('new'), server.fetch);

test('VMP-22 a snapshot is read through its SAS: size without the footer, allocated extents over markers, exact ranges', async () => {
  expect(await reader().size()).toBe(SIZE);
  expect(await reader().allocated()).toEqual([
    { offset: 0, length: 2 * PAGE },
    { offset: 5 * PAGE, length: PAGE },
    { offset: 9 * PAGE, length: PAGE },
    { offset: 20 * PAGE, length: 3 * PAGE },
    { offset: 40 * PAGE, length: PAGE },
    { offset: 63 * PAGE, length: PAGE },
  ]);
  expect(server.asked.filter((what) => what.startsWith('pagelist'))).toHaveLength(2);
  expect(await reader().read(5 * PAGE, 2 * PAGE)).toEqual(server.blobs.get('new')!.data.subarray(5 * PAGE, 7 * PAGE));
});

test('VMP-26 the new snapshot is compared with the previous one: cleared pages are changed pages, markers are followed', async () => {
  server.blobs.get('new')!.diff = [
    { page: 0, pages: 1, cleared: true },
    { page: 1, pages: 1 },
    { page: 9, pages: 2 },
    { page: 12, pages: 4, cleared: true },
    { page: 62, pages: 3 },
  ];
  expect(await reader().changedSince(server.url('base'))).toEqual([
    { offset: 0, length: 2 * PAGE },
    { offset: 9 * PAGE, length: 2 * PAGE },
    { offset: 12 * PAGE, length: 4 * PAGE },
    { offset: 62 * PAGE, length: 2 * PAGE },
  ]);
});

test('a comparison that Azure refuses is DIFF_UNSUPPORTED, an expired URL is SAS_EXPIRED, and neither message has a query', async () => {
  const refused = await reader()
    .changedSince(server.url('base'))
    .catch((e: unknown) => e);
  expect(refused).toMatchObject({ code: 'DIFF_UNSUPPORTED' });
  expect(String(refused)).toContain('409 PreviousSnapshotNotFound');
  const url = server.url('new');
  server.blobs.get('new')!.sig = 'another';
  const disk = diskReader(url, server.fetch);
  const expired = await Promise.allSettled([disk.size(), disk.read(0, 512), disk.allocated(), disk.changedSince(url)]);
  for (const { reason } of expired as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: 'SAS_EXPIRED', retryable: false });
    expect(String(reason)).not.toContain('sig');
  }
  expect(String(refused)).not.toContain('sig');
});

test('throttling, broken connections and short answers are tried again; other refusals are not', async () => {
  server.faults.push({ status: 503, code: 'ServerBusy' }, 'cut', 'short');
  expect(await reader().read(0, PAGE)).toHaveLength(PAGE);
  expect(server.asked).toHaveLength(4);
  server.faults.push({ status: 400, code: 'InvalidHeaderValue' });
  await expect(reader().read(0, PAGE)).rejects.toMatchObject({ code: 'AZURE_REFUSED', details: { status: '400' } });
  expect(server.asked).toHaveLength(5);
});

test('an aborted read ends at once', async () => {
  server.faults.push('cut', 'cut', 'cut', 'cut', 'cut', 'cut', 'cut');
  const stop = new AbortController();
  const reading = reader().read(0, PAGE, stop.signal);
  stop.abort(new Error('enough'));
  await expect(reading).rejects.toThrow();
});

test('pages are written with their MD5, and the footer makes the disk whole', async () => {
  server.blobs.set('upload', { data: Buffer.alloc(SIZE + PAGE), sig: 'up' });
  const disk = diskWriter(server.url('upload'), server.fetch);
  expect(await disk.size()).toBe(SIZE);
  await disk.write(3 * PAGE, Buffer.alloc(2 * PAGE, 9));
  await disk.finish(SIZE, id, time);
  const { data } = server.blobs.get('upload')!;
  expect(data.subarray(3 * PAGE, 5 * PAGE)).toEqual(Buffer.alloc(2 * PAGE, 9));
  expect(data.subarray(SIZE)).toEqual(vhdFooter(SIZE, id, time));
});

test.each([
  'https://example.com/abcd?sig=secret',
  'http://md-abc.z1.blob.storage.azure.net/c/abcd?sig=secret',
  'https://md-abc.z1.blob.storage.azure.net.example.com/c/abcd?sig=secret',
  'https://other.blob.core.windows.net/c/abcd?sig=secret',
  'nonsense sig=secret',
])('%s is not the URL of a managed disk', (url) => {
  expect(() => diskReader(url)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT' }));
  expect(() => diskReader(url)).not.toThrow(/secret/);
});
