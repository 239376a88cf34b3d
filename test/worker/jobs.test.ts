import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { diskReader, diskWriter } from '../../azure/diskData.ts';
import { vhdFooter } from '../../azure/vhdFooter.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { BackupDiskJob, Job, JobResult } from '../../model/jobs.ts';
import { memoryStore, openRepository } from '../../repository/index.ts';
import type { ObjectStore } from '../../repository/ports.ts';
import type { World } from '../../worker/jobs/context.ts';
import { runJob } from '../../worker/jobs/runJob.ts';
import { repositories } from '../../worker/repositories.ts';
import { startPageBlobServer, type PageBlobServer } from '../azure/data/pageBlobServer.ts';
import { startWorker, type Harness } from './harness.ts';
import { vaultKey } from './vaultKey.ts';

const PAGE = 512;
const BLOCK = 256 * 1024;
const SIZE = 12 * BLOCK + 3 * PAGE;
const target = { url: 'https://acc.blob.core.windows.net/repo', keyId: 'https://v.vault.azure.net/keys/k' };
const time = '2026-01-02T03:04:05Z';

let server: PageBlobServer;
let store: ObjectStore;
let escrowed: string[];
let warnings: string[];
let worker: Harness;
let world: World;

beforeAll(async () => {
  server = await startPageBlobServer();
});
afterAll(() => server.stop());

beforeEach(() => {
  server.blobs.clear();
  server.asked.length = 0;
  store = memoryStore();
  escrowed = [];
  warnings = [];
  const wrapper = vaultKey(target.keyId);
  const now = () => time;
  world = {
    network: 'private',
    addressesOf: async () => ['10.64.2.4'],
    store: () => store,
    wrapper: () => wrapper,
    repositories: repositories({
      store: () => store,
      wrapper: () => wrapper,
      now,
      escrow: async (keyId, repositoryId, key) => void escrowed.push(keyId, repositoryId, key),
      warn: ({ details }) => void warnings.push(details.object!),
    }),
    reader: (sas) => diskReader(sas, server.fetch),
    writer: (sas) => diskWriter(sas, server.fetch),
    random: randomBytes,
    now,
  };
  worker = startWorker(runJob, { world });
  return async () => {
    await worker.stop();
    await world.repositories.close();
  };
});

let jobs = 0;
async function run<K extends JobResult['kind']>(
  job: Extract<Job, { kind: K }>,
): Promise<Extract<JobResult, { kind: K }>> {
  const jobId = `j${++jobs}`;
  await worker.command({ kind: 'job', jobId, job });
  const failed = worker.event('failed', jobId).then(({ error }) => {
    throw new StrongroomError(error.code, error.message);
  });
  const { result } = await Promise.race([worker.event('done', jobId), failed]);
  return result as never;
}

/** A disk with some content, as a snapshot's export. */
function snapshot(name: string, content: Buffer): string {
  const data = Buffer.concat([content, vhdFooter(content.length, randomBytes(16), time)]);
  server.blobs.set(name, { data, sig: `SECRET-${name}` });
  return server.url(name);
}

function diskJob(sas: string, more: Partial<BackupDiskJob> = {}): BackupDiskJob {
  const disk = { key: 'os', size: SIZE };
  const fullReason = more.base ? '' : 'first backup';
  return { kind: 'backupDisk', repository: target, disk, sas, base: null, tracking: 'cbt', fullReason, ...more };
}

async function commit(id: string, job: BackupDiskJob, backup: Extract<JobResult, { kind: 'backupDisk' }>) {
  const { image, read, stats } = backup;
  const machine = { kind: 'vm', resourceId: 'vm', name: 'vm', location: 'westeurope' } as const;
  const resourceId = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/os';
  const facts = { name: 'os', resourceId, uniqueId: 'u', lun: null, properties: { location: 'westeurope' } };
  const snapshot = { id: resourceId, familyId: 'f', time };
  const disks = [{ ...job.disk, ...facts, snapshot, image, read, stats }];
  const point = {
    version: 1,
    id,
    time,
    session: 's',
    source: machine,
    consistency: 'crash-consistent',
    machine: {},
    disks,
  } as const;
  return run({ kind: 'commitPoint', repository: target, point: { ...point, disks } });
}

/** Restores the disk and gives its bytes. */
async function restored(point: string) {
  server.blobs.set('upload', { data: Buffer.alloc(SIZE + PAGE), sig: 'up' });
  const result = await run({ kind: 'restoreDisk', repository: target, point, disk: 'os', sas: server.url('upload') });
  return { result, data: server.blobs.get('upload')!.data };
}

/** The first snapshot and its image, to compare with. */
function baseOf({ image }: Extract<JobResult, { kind: 'backupDisk' }>) {
  return { sas: server.url('first'), image, point: firstPoint, fullRead: time };
}

const dataReads = () => server.asked.filter((what) => what.startsWith('GET')).map((what) => what.slice(4));
const firstPoint = '20260102T030405Z-00000001';
const secondPoint = '20260103T030405Z-00000002';

/** 3 blocks of text, a hole, random bytes, a hole, and the last pages. */
function content(): Buffer {
  const disk = Buffer.alloc(SIZE);
  disk.fill('compressible ', 0, 3 * BLOCK);
  randomBytes(2 * BLOCK).copy(disk, 6 * BLOCK);
  disk.fill(1, SIZE - 2 * PAGE, SIZE);
  return disk;
}

test('a repository is made once, and its recovery key opens it', async () => {
  const made = await run({ kind: 'initRepository', repository: target });
  expect(made.created).toBe(true);
  expect(escrowed.slice(0, 2)).toEqual([target.keyId, made.repositoryId]);
  expect(await run({ kind: 'initRepository', repository: target })).toEqual({ ...made, created: false });
  const opened = await openRepository(store, { kind: 'recovery', key: escrowed[2]! });
  expect(opened.id).toBe(made.repositoryId);
  expect(escrowed).toHaveLength(3);
  expect(worker.logged()).not.toContain(escrowed[2]);
});

test('VMP-22 VMP-23 a disk is read through its SAS, stored compressed, and restored byte for byte', async () => {
  await run({ kind: 'initRepository', repository: target });
  const disk = content();
  const job = diskJob(snapshot('first', disk));
  const backup = await run(job);
  expect(backup.read).toEqual({ mode: 'full', reason: 'first backup' });
  expect(backup.stats).toMatchObject({ size: SIZE, read: 5 * BLOCK + 3 * PAGE });
  expect(backup.stats.stored).toBeLessThan(2 * BLOCK + 64 * 1024); // the text shrinks to next to nothing
  await commit(firstPoint, job, backup);
  const { result, data } = await restored(firstPoint);
  expect(data.subarray(0, SIZE).equals(disk)).toBe(true);
  expect(data.subarray(SIZE, SIZE + 8).toString()).toBe('conectix');
  expect(result).toMatchObject({ size: SIZE, written: 5 * BLOCK + 3 * PAGE });
  expect(worker.logged()).not.toContain('SECRET');
  expect(worker.events().filter((e) => e.kind === 'progress').length).toBeGreaterThan(4);
});

test('VMP-26 VMP-27 the second backup compares with the first and reads only the blocks that changed', async () => {
  await run({ kind: 'initRepository', repository: target });
  const disk = content();
  const job = diskJob(snapshot('first', disk));
  const first = await run(job);
  await commit(firstPoint, job, first);

  const changed = Buffer.from(disk);
  changed.fill(9, BLOCK + 5 * PAGE, BLOCK + 7 * PAGE);
  changed.fill(0, 6 * BLOCK, 7 * BLOCK);
  const base = baseOf(first);
  const next = diskJob(snapshot('second', changed), { base });
  server.blobs.get('second')!.diff = [
    { page: BLOCK / PAGE + 5, pages: 2 },
    { page: (6 * BLOCK) / PAGE, pages: BLOCK / PAGE, cleared: true },
  ];
  server.asked.length = 0;
  const second = await run(next);
  expect(second.read).toEqual({
    mode: 'incremental',
    basePoint: firstPoint,
    sampled: dataReads().length - 2,
    fullRead: time,
  });
  expect(dataReads().slice(-2).sort()).toEqual([`${BLOCK}-${2 * BLOCK - 1}`, `${6 * BLOCK}-${7 * BLOCK - 1}`].sort());
  expect(second.stats).toMatchObject({ read: 2 * BLOCK, blocksRead: 2, blocksNew: 1 });
  await commit(secondPoint, next, second);
  expect((await restored(secondPoint)).data.subarray(0, SIZE).equals(changed)).toBe(true);
  expect((await restored(firstPoint)).data.subarray(0, SIZE).equals(disk)).toBe(true);
});

test('VMP-26 without a usable base everything is read, and the result says why', async () => {
  await run({ kind: 'initRepository', repository: target });
  const disk = content();
  const job = diskJob(snapshot('first', disk));
  const first = await run(job);
  await commit(firstPoint, job, first);
  const base = baseOf(first);

  const refused = await run(diskJob(snapshot('refused', disk), { base }));
  expect(refused.read).toMatchObject({ mode: 'full' });
  expect(refused.read).toHaveProperty('reason', expect.stringContaining('Azure refused the comparison'));
  expect(refused.stats.blocksNew).toBe(0);

  const forbidden = diskJob(snapshot('forbidden', disk), { base });
  server.blobs.get('forbidden')!.diff = 'forbidden';
  const jobId = 'forbidden';
  await worker.command({ kind: 'job', jobId, job: forbidden });
  for (let renewals = 1; renewals <= 3; renewals++) {
    await expect.poll(() => worker.events().filter(({ kind }) => kind === 'sasExpired').length).toBe(renewals);
    await worker.command({ kind: 'sas', jobId, sas: forbidden.sas, baseSas: base.sas });
  }
  expect((await worker.event('done', jobId)).result).toMatchObject({ read: { mode: 'full' } });

  const resized = { ...base, image: { ...first.image, size: SIZE + PAGE } };
  expect((await run(diskJob(snapshot('resized', disk), { base: resized }))).read).toEqual({
    mode: 'full',
    reason: `the disk was resized from ${SIZE + PAGE} to ${SIZE} bytes`,
  });

  const gone = { ...base, image: { ...first.image, root: { ...first.image.root!, hash: '0'.repeat(32) } } };
  const sas = snapshot('damaged', disk);
  server.blobs.get('damaged')!.diff = [{ page: 0, pages: 1 }];
  expect((await run(diskJob(sas, { base: gone }))).read).toEqual({
    mode: 'full',
    reason: `the image of point ${firstPoint} is damaged`,
  });
});

describe('change tracking is not believed blindly', () => {
  /** Backs up a disk, and then a later snapshot of it in which Azure names only some of what changed. */
  async function lied(changed: (disk: Buffer) => void, named: { page: number; pages: number }[]) {
    await run({ kind: 'initRepository', repository: target });
    const disk = content();
    const job = diskJob(snapshot('first', disk));
    const first = await run(job);
    await commit(firstPoint, job, first);
    const later = Buffer.from(disk);
    changed(later);
    const sas = snapshot('second', later);
    server.blobs.get('second')!.diff = named;
    server.asked.length = 0;
    const back = async (next: BackupDiskJob) => {
      const second = await run(next);
      await commit(secondPoint, next, second);
      expect((await restored(secondPoint)).data.subarray(0, SIZE).equals(later)).toBe(true);
      expect((await restored(firstPoint)).data.subarray(0, SIZE).equals(disk)).toBe(true);
      return second;
    };
    return { sas, first, back };
  }
  /** The lie: text that became another text, and a hole that became data. */
  const change = (disk: Buffer) => void disk.fill('changed', 0, BLOCK).fill(1, 9 * BLOCK, 10 * BLOCK);
  const mismatch = { mode: 'full', reason: expect.stringContaining('did not name') as string, basePoint: firstPoint };

  test.each<[string, number, (disk: Buffer) => void]>([
    ['a block that the base holds', 0, (disk) => void disk.fill(2, 0, 3 * BLOCK).fill(7, 6 * BLOCK, 8 * BLOCK)],
    ['a hole of the base', 9 * BLOCK, (disk) => void disk.fill(1, 9 * BLOCK, 10 * BLOCK)],
  ])(
    'a spot check meets %s that changed unnamed: all is read, what differs is stored, CBT_MISMATCH',
    async (_, at, lie) => {
      // Draws every block in turn.
      let draws = 0;
      world.random = (bytes) => {
        const fraction = Buffer.alloc(bytes);
        fraction.writeUInt32BE(Math.floor((((draws++ * 5) % 13) / 13 + 0.01) * 2 ** 32));
        return fraction;
      };
      const { sas, first, back } = await lied(lie, [{ page: (11 * BLOCK) / PAGE, pages: 1 }]);
      const second = await back(diskJob(sas, { base: baseOf(first) }));
      expect(second.read).toEqual({ ...mismatch, mismatch: at });
      expect(second.stats.read).toBeGreaterThanOrEqual(5 * BLOCK + 3 * PAGE);
      expect(second.stats.blocksNew).toBeLessThan(3);
      expect(worker.logged()).toContain('CBT_MISMATCH');
    },
  );

  test('a full read that was due finds what Azure did not name', async () => {
    const { sas, first, back } = await lied(change, [{ page: 0, pages: BLOCK / PAGE }]);
    const second = await back(diskJob(sas, { base: baseOf(first), fullReason: 'every 30 days all is read' }));
    expect(second.read).toEqual({ ...mismatch, mismatch: 9 * BLOCK });
    expect(second.stats).toMatchObject({ blocksNew: 2, read: 6 * BLOCK + 3 * PAGE });
  });

  test('a full read that was due stores only what differs, and says why it was made', async () => {
    const named = [
      { page: 0, pages: BLOCK / PAGE },
      { page: (9 * BLOCK) / PAGE, pages: BLOCK / PAGE },
    ];
    const { sas, first, back } = await lied(change, named);
    const second = await back(diskJob(sas, { base: baseOf(first), fullReason: 'every 30 days all is read' }));
    expect(second.read).toEqual({ mode: 'full', reason: 'every 30 days all is read', basePoint: firstPoint });
    expect(second.stats).toMatchObject({ blocksNew: 2, read: 6 * BLOCK + 3 * PAGE });
  });

  test('CV-08 CV-09 without change tracking all is read, no comparison asked for, and only what differs is stored', async () => {
    const emptied = (disk: Buffer) => void change(disk.fill(0, 6 * BLOCK, 7 * BLOCK));
    const { sas, first, back } = await lied(emptied, []);
    const fullReason = 'change tracking is not used';
    const second = await back(
      diskJob(sas, { base: { ...baseOf(first), sas: null }, tracking: 'checksum', fullReason }),
    );
    expect(second.read).toEqual({ mode: 'full', reason: fullReason, tracking: 'checksum', basePoint: firstPoint });
    expect(second.stats).toMatchObject({ blocksNew: 2, blocksZero: 1 });
  });
});

test('a URL that expires in the middle is renewed, and the backup goes on', async () => {
  await run({ kind: 'initRepository', repository: target });
  const disk = content();
  const sas = snapshot('first', disk);
  const jobId = 'expiring';
  server.blobs.get('first')!.sig = 'SECRET-renewed';
  await worker.command({ kind: 'job', jobId, job: diskJob(sas) });
  await worker.event('sasExpired', jobId);
  await worker.command({ kind: 'sas', jobId, sas: server.url('first'), baseSas: null });
  const { result } = await worker.event('done', jobId);
  expect(result).toMatchObject({ kind: 'backupDisk', stats: { read: 5 * BLOCK + 3 * PAGE } });
});

test('a writer whose upload failed is replaced: the next try succeeds', async () => {
  await run({ kind: 'initRepository', repository: target });
  const { put } = store;
  store.put = () => Promise.reject(new StrongroomError('AZURE_UNAVAILABLE', 'The store is away.'));
  const job = diskJob(snapshot('first', content()));
  await expect(run(job)).rejects.toMatchObject({ code: 'AZURE_UNAVAILABLE' });
  store.put = put;
  expect((await run(job)).stats.read).toBe(5 * BLOCK + 3 * PAGE);
});

test('a base whose point is gone from the repository is not relied on', async () => {
  await run({ kind: 'initRepository', repository: target });
  const disk = content();
  const first = await run(diskJob(snapshot('first', disk)));
  const sas = snapshot('second', disk);
  server.blobs.get('second')!.diff = [];
  const next = diskJob(sas, { base: baseOf(first) });
  const second = await run(next);
  const reason = `point ${firstPoint} is not in the repository any more`;
  expect(second).toMatchObject({ read: { mode: 'full', reason }, stats: { blocksNew: 0 } });
  await commit(secondPoint, next, second);
});

test('a writer that has lapsed is replaced, and the job done again with the new one', async () => {
  await run({ kind: 'initRepository', repository: target });
  const job = diskJob(snapshot('first', content()));
  const backup = await run(job);
  for await (const { name } of store.list('writers/')) await store.delete(name); // as prune does with lapsed ones
  await commit(firstPoint, job, backup);
  expect((await restored(firstPoint)).result.written).toBe(5 * BLOCK + 3 * PAGE);
});

test('a damaged index object is told, and stops no backup', async () => {
  await run({ kind: 'initRepository', repository: target });
  const first = diskJob(snapshot('first', content()));
  await commit(firstPoint, first, await run(first));
  let damaged = '';
  for await (const { name } of store.list('index/')) {
    damaged = name;
    await store.put(name, [Buffer.from('damaged')]);
  }
  await world.repositories.close(); // the next worker's writer reads the index anew
  const again = diskJob(snapshot('again', content()));
  const backup = await run(again);
  await commit(secondPoint, again, backup);
  expect(warnings).toContain(damaged);
});

test('a snapshot or a new disk of another size is refused', async () => {
  await run({ kind: 'initRepository', repository: target });
  const small = snapshot('small', Buffer.alloc(4 * BLOCK));
  await expect(run(diskJob(small))).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  const job = diskJob(snapshot('first', content()));
  await commit(firstPoint, job, await run(job));
  const restore = { kind: 'restoreDisk', repository: target, point: firstPoint } as const;
  await expect(run({ ...restore, disk: 'os', sas: small })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  await expect(run({ ...restore, disk: 'lun7', sas: small })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
