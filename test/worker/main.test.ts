import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupDiskJob, Job, JobResult } from '../../model/jobs.ts';
import type { MachinePoint } from '../../model/point.ts';
import type { WorkerEvent } from '../../model/messages.ts';
import { createArm } from '../../sandbox/arm/index.ts';
import { createClient, type Client } from '../../sandbox/client.ts';
import { createCompute, type Compute } from '../../sandbox/compute/index.ts';
import { createClock } from '../../sandbox/core/clock.ts';
import { createFaults } from '../../sandbox/core/faults.ts';
import { people, startEdge, type Edge } from '../../sandbox/edge/index.ts';
import { loneVault, type LoneVault } from '../sandbox/keyvault/vault.ts';
import { startStorage } from '../../sandbox/storage/index.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const subscriptionId = '44444444-4444-4444-8444-444444444444';
const clientId = '33333333-3333-4333-8333-333333333333';
const worker = { objectId: clientId, clientId, kind: 'ServicePrincipal', displayName: 'worker' } as const;
const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`;
const provider = `${group}/providers/Microsoft.Compute`;
const MiB = 1024 ** 2;
const BLOCK = 256 * 1024;
const SIZE = 1024 * MiB;
const location = 'westeurope';

let vault: LoneVault;
const stops: (() => Promise<unknown> | void)[] = [];
let edge: Edge;
let compute: Compute;
let operator: Client;

beforeAll(async () => {
  const root = await mkdtemp(join(tmpdir(), 'worker test-'));
  stops.push(() => rm(root, { recursive: true, force: true }));
  const clock = createClock();
  edge = await startEdge({ clock, faults: createFaults(), dir: root, tenantId, principalOf: () => worker });
  stops.push(() => edge.stop());
  const { tokens } = edge;
  const arm = createArm({
    clock,
    tokens,
    tenantId,
    subscriptions: [{ subscriptionId, displayName: 'one' }],
    seed: 'worker',
    roles: [
      { to: people.operator, role: 'Owner' },
      // drive.ts plays the appliance as well: it makes queues and containers.
      ...['Storage Blob Data Contributor', 'Storage Queue Data Contributor'].map((role) => ({ to: worker, role })),
    ],
  });
  const { world } = arm;
  world.store.put({ id: group, name: 'rg', type: 'Microsoft.Resources/resourceGroups', location: 'westeurope' });
  const storage = await startStorage({ world, tokens, dir: root, guestEnv: edge.guestEnv });
  stops.push(() => storage.stop());
  compute = createCompute({ world, tokens, dir: root, edge });
  stops.push(() => compute.stop());
  for (const part of [storage, compute]) arm.register(part.provider);
  vault = loneVault('vault1', { tokens, tenantId, clock });
  await vault.createKey('repository', ['wrapKey', 'unwrapKey']);
  for (const service of [arm.service, storage.service, compute.service, vault.service]) edge.use(service);
  operator = createClient(await edge.open({ id: 'operator', kind: 'operator' }), await readFile(edge.caFile, 'utf8'));
  stops.push(() => operator.close());
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

const put = (path: string, body: unknown, version = '2025-01-02') =>
  operator.arm('PUT', `${path}?api-version=${version}`, body);

async function exportOf(path: string, access: 'Read' | 'Write'): Promise<string> {
  const body = { access, durationInSeconds: 3600 };
  const grant = await operator.arm('POST', `${path}/beginGetAccess?api-version=2025-01-02`, body);
  return (grant as { accessSAS: string }).accessSAS;
}

async function snapshotOf(disk: string, name: string): Promise<string> {
  const creationData = { createOption: 'Copy', sourceResourceId: disk };
  await put(`${provider}/snapshots/${name}`, {
    location: 'westeurope',
    properties: { creationData, incremental: true },
  });
  return exportOf(`${provider}/snapshots/${name}`, 'Read');
}

/** Lets the worker's program do the jobs, one after the other, on a machine behind the proxy. */
async function drive(attempt: string, jobs: Job[]) {
  const { env } = await edge.open({ id: 'vm:worker', kind: 'machine' });
  const file = new URL('./drive.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: {
      PATH: process.env.PATH,
      ...edge.guestEnv,
      ...env,
      DRIVE: JSON.stringify({ account: 'site', clientId, attempt, jobs }),
    },
    maxBuffer: 64 * MiB,
  });
  return JSON.parse(stdout) as {
    events: string[];
    answers: WorkerEvent[];
    exitCode: number;
    stdout: string;
    log: string;
  };
}

function resultOf<K extends JobResult['kind']>(kind: K, answer: WorkerEvent | undefined) {
  if (answer?.kind !== 'done' || answer.result.kind !== kind) throw new Error(`no ${kind}: ${JSON.stringify(answer)}`);
  return answer.result as Extract<JobResult, { kind: K }>;
}

/** The restore point of a machine with one disk. */
function pointOf(id: string, { image, read, stats }: Extract<JobResult, { kind: 'backupDisk' }>): MachinePoint {
  const resourceId = `${provider}/disks/data`;
  const facts = { key: 'lun0', name: 'data', resourceId, uniqueId: 'u', lun: 0, size: SIZE };
  const time = '2026-01-02T03:04:05Z';
  const snapshot = { id: `${provider}/snapshots/taken`, familyId: 'f', time };
  return {
    version: 1,
    id,
    time,
    session: 's',
    source: { kind: 'vm', resourceId: 'vm', name: 'vm', location },
    consistency: 'crash-consistent',
    machine: {},
    disks: [{ ...facts, snapshot, properties: { location }, image, read, stats }],
  };
}

test('VMP-22 VMP-26 VMP-27 the program backs up two snapshots through their SAS and restores the second', async () => {
  const account = { location, kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: {} };
  await put(`${group}/providers/Microsoft.Storage/storageAccounts/site`, account, '2025-01-01');
  const disk = `${provider}/disks/data`;
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: SIZE / 1024 ** 3 };
  await put(disk, { location, sku: { name: 'Standard_LRS' }, properties });
  await compute.disks.write(disk, 10 * MiB, Buffer.alloc(3 * MiB, 'strongroom '));
  await compute.disks.write(disk, SIZE - 4096, Buffer.alloc(4096, 7));
  const firstSas = await snapshotOf(disk, 'first');

  const keyId = 'https://vault1.vault.azure.net/keys/repository';
  const repository = { url: 'https://site.blob.core.windows.net/repository', keyId };
  const backup = (sas: string, base: BackupDiskJob['base']): BackupDiskJob => {
    const disk = { key: 'lun0', size: SIZE };
    return { kind: 'backupDisk', repository, sas, base, tracking: 'cbt', fullReason: base ? '' : 'first backup', disk };
  };

  const one = await drive('attempt-1', [{ kind: 'initRepository', repository }, backup(firstSas, null)]);
  expect(one.events.slice(0, 2)).toEqual(['hello', 'done']);
  expect(resultOf('initRepository', one.answers[0]).created).toBe(true);
  const first = resultOf('backupDisk', one.answers[1]);
  expect(first).toMatchObject({ read: { mode: 'full' }, stats: { size: SIZE, blocksRead: 13, read: 13 * BLOCK } });
  expect(one.exitCode).toBe(0);
  expect(one.log).toContain('"msg":"job done"');
  expect(one.log).toBe(one.stdout);
  expect(vault.vaults.secrets.list('vault1').map(({ name }) => name)).toEqual([
    expect.stringMatching(/^strongroom-recovery-[0-9a-f-]{36}$/),
  ]);

  await compute.disks.write(disk, 11 * MiB, Buffer.alloc(512, 1));
  compute.disks.clear(disk, 12 * MiB, BLOCK);
  const content = await compute.disks.sha256(disk);
  const secondSas = await snapshotOf(disk, 'second');
  compute.disks.resetBytesServed();
  const committed = pointOf('20260101T030405Z-00000001', first);
  const base = { sas: firstSas, image: first.image, point: committed.id, fullRead: null };
  const two = await drive('attempt-2', [
    { kind: 'commitPoint', repository, point: committed },
    backup(secondSas, base),
  ]);
  const second = resultOf('backupDisk', two.answers[1]);
  expect(second).toMatchObject({ read: { mode: 'incremental', basePoint: committed.id }, stats: { read: 2 * BLOCK } });
  expect(compute.disks.bytesServed()).toBeLessThanOrEqual((2 + 16) * BLOCK); // what changed, and a spot check

  const point = pointOf('20260102T030405Z-00000002', second);
  const restored = `${provider}/disks/restored`;
  const upload = { creationData: { createOption: 'Upload', uploadSizeBytes: SIZE + 512 } };
  await put(restored, { location, sku: { name: 'Standard_LRS' }, properties: upload });
  const target = await exportOf(restored, 'Write');
  const three = await drive('attempt-3', [
    { kind: 'commitPoint', repository, point },
    { kind: 'restoreDisk', repository, point: point.id, disk: 'lun0', sas: target },
  ]);
  expect(resultOf('restoreDisk', three.answers[1])).toMatchObject({ size: SIZE });
  await operator.arm('POST', `${restored}/endGetAccess?api-version=2025-01-02`);
  expect(await compute.disks.sha256(restored)).toBe(content);
  for (const { stdout } of [one, two, three]) expect(stdout).not.toMatch(/sig=|Bearer/);
}, 150_000);
