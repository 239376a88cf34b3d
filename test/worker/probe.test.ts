import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { diskReader, diskWriter } from '../../azure/diskData.ts';
import { privateFetch } from '../../azure/hostNames.ts';
import { vhdFooter } from '../../azure/vhdFooter.ts';
import type { Finding } from '../../model/check/finding.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { ProbeJob } from '../../model/jobs.ts';
import { memoryStore } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import type { World } from '../../worker/jobs/context.ts';
import { runJob } from '../../worker/jobs/runJob.ts';
import { repositories } from '../../worker/repositories.ts';
import { startPageBlobServer, type PageBlobServer } from '../azure/data/pageBlobServer.ts';
import { startWorker, type Harness } from './harness.ts';
import { vaultKey } from './vaultKey.ts';

const SIZE = 64 * 512;
const DISK_HOST = 'md-abc123.z12.blob.storage.azure.net';
const session = 'check-20261121t100000z-1a2b3c4d';
const repository = { url: 'https://repo.blob.core.windows.net/repository', keyId: 'https://v.vault.azure.net/keys/k' };
const hosts = ['site.blob.core.windows.net', 'repo.blob.core.windows.net', 'v.vault.azure.net'];

let server: PageBlobServer;
let store: ObjectStore;
let addresses: Record<string, string[]>;
let network: World['network'];
let worker: Harness;

beforeAll(async () => {
  server = await startPageBlobServer();
});
afterAll(() => server.stop());

beforeEach(() => {
  server.blobs.clear();
  server.asked.length = 0;
  const data = Buffer.concat([Buffer.alloc(SIZE), vhdFooter(SIZE, randomBytes(16), '2026-01-01T00:00:00Z')]);
  server.blobs.set('base', { data, sig: 'SECRET-base' });
  server.blobs.set('new', { data, sig: 'SECRET-new', diff: [] });
  store = memoryStore();
  network = 'private';
  addresses = Object.fromEntries([...hosts, DISK_HOST].map((host, i) => [host, [`10.64.2.${i + 4}`]]));
});

function start(changed: Partial<World> = {}): void {
  const addressesOf = async (host: string) => {
    const found = addresses[host];
    if (found) return found;
    throw new StrongroomError('AZURE_UNAVAILABLE', `${host}: no address`, {
      details: { status: '', code: 'ENOTFOUND' },
    });
  };
  const wrapper = vaultKey(repository.keyId);
  const now = () => '2026-01-01T00:00:00Z';
  const fetch = network === 'private' ? privateFetch(addressesOf, server.fetch) : server.fetch;
  const stored = { store: () => store, wrapper: () => wrapper };
  const world: World = {
    network,
    addressesOf,
    ...stored,
    repositories: repositories({ ...stored, now, escrow: async () => undefined, warn: () => undefined }),
    reader: (sas) => diskReader(sas, fetch),
    writer: (sas) => diskWriter(sas, fetch),
    random: randomBytes,
    now,
    ...changed,
  };
  worker = startWorker(runJob, { world });
}

async function findings(job: Partial<ProbeJob> = {}): Promise<Finding[]> {
  const disk = { sas: server.url('new'), baseSas: server.url('base') };
  const whole: ProbeJob = { kind: 'probe', session, hosts, repositories: [repository], disk, ...job };
  await worker.command({ kind: 'job', jobId: 'p', job: whole });
  const { result } = await worker.event('done', 'p');
  await worker.stop();
  if (result.kind !== 'probe') throw new Error(result.kind);
  return result.findings;
}
const short = (all: Finding[]) => all.map(({ step, target, ok }) => `${ok ? '' : 'not '}${step} ${target}`);

test('tries names, a disk, a comparison, a blob, and the key; says what it saw, and no secret', async () => {
  start();
  const all = await findings();
  expect(short(all)).toEqual([
    ...[...hosts, DISK_HOST].map((host) => `resolve ${host}`),
    `readDisk ${DISK_HOST}`,
    `compareDisk ${DISK_HOST}`,
    `writeBlob ${repository.url}`,
    `readBlob ${repository.url}`,
    `useKey ${repository.keyId}`,
  ]);
  expect(all.map(({ seen }) => seen).slice(3)).toEqual([
    '10.64.2.7',
    '512 bytes',
    '0 changed extents',
    `probe/${session}`,
    '93 bytes, the same',
    'version v1',
  ]);
  expect(worker.logged() + JSON.stringify(worker.events())).not.toContain('SECRET');
});

test('a job that comes again on another worker finds its blob and is content', async () => {
  start();
  await findings();
  start();
  expect(short(await findings()).filter((line) => line.startsWith('not'))).toEqual([]);
});

test('every step is tried whatever came of the others', async () => {
  addresses = { 'v.vault.azure.net': ['10.64.2.4'] };
  const refused = new StrongroomError('AZURE_REFUSED', 'put: 403 AuthorizationPermissionMismatch', {
    details: { status: '403', code: 'AuthorizationPermissionMismatch' },
  });
  start({ store: () => ({ ...store, put: () => Promise.reject(refused), get: missing }), network: 'private' });
  const all = await findings({ disk: null });
  expect(short(all)).toEqual([
    'not resolve site.blob.core.windows.net',
    'not resolve repo.blob.core.windows.net',
    'resolve v.vault.azure.net',
    `not writeBlob ${repository.url}`,
    `readBlob ${repository.url}`, // it may be read: there is nothing
    `useKey ${repository.keyId}`,
  ]);
  expect(all.flatMap(({ fault }) => fault ?? [])).toEqual(['nameUnknown', 'nameUnknown', 'role']);
});

const missing = () =>
  Promise.reject(
    new StrongroomError('NOT_FOUND', 'get: 404 BlobNotFound', { details: { status: '404', code: 'BlobNotFound' } }),
  );

test('VMP-22 in a private network nothing is read from a disk at a public address', async () => {
  addresses[DISK_HOST] = ['20.60.1.2'];
  addresses['site.blob.core.windows.net'] = ['10.64.2.4', '20.60.1.3'];
  start();
  const all = await findings();
  expect(all.filter(({ ok }) => !ok).map(({ step, target, fault }) => [step, target, fault])).toEqual([
    ['resolve', 'site.blob.core.windows.net', 'publicAddress'],
    ['resolve', DISK_HOST, 'publicAddress'],
    ['readDisk', DISK_HOST, 'publicAddress'],
    ['compareDisk', DISK_HOST, 'publicAddress'],
  ]);
  expect(server.asked).toEqual([]);
});

test('in a public network disks, and only they, may have public addresses', async () => {
  network = 'public';
  addresses[DISK_HOST] = ['20.60.1.2'];
  addresses['repo.blob.core.windows.net'] = ['20.60.1.3'];
  start();
  expect(short(await findings()).filter((line) => line.startsWith('not'))).toEqual([
    'not resolve repo.blob.core.windows.net',
  ]);
});

test('a backup is refused in the same way: the session learns the host and where to look', async () => {
  addresses[DISK_HOST] = ['20.60.1.2'];
  start();
  await worker.command({
    kind: 'job',
    jobId: 'b',
    job: {
      kind: 'backupDisk',
      repository,
      disk: { key: 'os', size: SIZE },
      sas: server.url('new'),
      base: null,
      tracking: 'cbt',
      fullReason: '',
    },
  });
  const { error } = await worker.event('failed', 'b');
  await worker.stop();
  expect(error.code).toBe('NETWORK_OPEN');
  expect(error.message).toContain(`${DISK_HOST} has the public address 20.60.1.2`);
  expect(error.message).toContain('GET /api/sites');
  expect(server.asked).toEqual([]);
});
