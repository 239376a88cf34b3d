import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BackupDiskJob, Job } from '../../model/jobs.ts';
import type { WorkerEvent } from '../../model/messages.ts';
import { createArm } from '../../sandbox/arm/index.ts';
import { createClient, type Client } from '../../sandbox/client.ts';
import { createCompute, type Compute } from '../../sandbox/compute/index.ts';
import { createClock } from '../../sandbox/core/clock.ts';
import { createFaults } from '../../sandbox/core/faults.ts';
import { startEdge, type Edge } from '../../sandbox/edge/index.ts';
import { keyVaultService } from '../../sandbox/keyvault/dataPlane.ts';
import { VaultContents } from '../../sandbox/keyvault/vaults.ts';
import { startStorage } from '../../sandbox/storage/index.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const subscriptionId = '44444444-4444-4444-8444-444444444444';
const clientId = '33333333-3333-4333-8333-333333333333';
const worker = { objectId: clientId, clientId, kind: 'ServicePrincipal', displayName: 'worker' } as const;
const group = `/subscriptions/${subscriptionId}/resourceGroups/rg`;
const provider = `${group}/providers/Microsoft.Compute`;
const MiB = 1024 ** 2;
const SIZE = 4 * 1024 * MiB;

const vault = new VaultContents();
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
  });
  const { world } = arm;
  world.store.put({ id: group, name: 'rg', type: 'Microsoft.Resources/resourceGroups', location: 'westeurope' });
  const storage = await startStorage({ world, tokens, dir: root, guestEnv: edge.guestEnv });
  stops.push(() => storage.stop());
  compute = createCompute({ world, dir: root, edge });
  stops.push(() => compute.stop());
  for (const part of [storage, compute]) arm.register(part.provider);
  await vault.createKey('repository', { keySize: 2048, keyOps: ['wrapKey', 'unwrapKey'], now: clock.now() });
  const keys = keyVaultService({ contents: new Map([['vault1', vault]]), tokens, tenantId, clock });
  for (const service of [arm.service, storage.service, compute.service, keys]) edge.use(service);
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
async function drive(account: string, jobs: Job[]) {
  const { env } = await edge.open({ id: 'vm:worker', kind: 'machine' });
  const file = new URL('./drive.ts', import.meta.url).pathname;
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { PATH: process.env.PATH, ...edge.guestEnv, ...env, DRIVE: JSON.stringify({ account, clientId, jobs }) },
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

test('VMP-22 VMP-26 VMP-27 the program backs up two snapshots through their SAS and restores, on a local Azure', async () => {
  const account = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties: {} };
  await put(`${group}/providers/Microsoft.Storage/storageAccounts/site`, account, '2025-01-01');
  const disk = `${provider}/disks/data`;
  const properties = { creationData: { createOption: 'Empty' }, diskSizeGB: SIZE / 1024 ** 3 };
  await put(disk, { location: 'westeurope', sku: { name: 'Standard_LRS' }, properties });
  await compute.disks.write(disk, 10 * MiB, Buffer.alloc(3 * MiB, 'strongroom '));
  await compute.disks.write(disk, SIZE - 4096, Buffer.alloc(4096, 7));
  const first = await snapshotOf(disk, 'first');

  const version = vault.keys.get('repository')!.version;
  const repository = {
    url: 'https://site.blob.core.windows.net/repository',
    keyId: `https://vault1.vault.azure.net/keys/repository/${version}`,
  };
  const backup: BackupDiskJob = {
    kind: 'backupDisk',
    repository,
    sas: first,
    base: null,
    fullReason: 'first backup',
    disk: {
      key: 'lun0',
      name: 'data',
      resourceId: disk,
      uniqueId: 'u',
      lun: 0,
      size: SIZE,
      snapshot: { id: `${provider}/snapshots/first`, familyId: 'f', time: '2026-01-02T03:04:05Z' },
      properties: { location: 'westeurope' },
    },
  };
  const told = await drive('site', [{ kind: 'initRepository', repository }, backup]);
  expect(told.answers).toMatchObject([
    { kind: 'done', result: { kind: 'initRepository', created: true } },
    { kind: 'done', result: { kind: 'backupDisk', read: { mode: 'full' }, stats: { size: SIZE, blocksRead: 13 } } },
  ]);
  expect(told.events.slice(0, 2)).toEqual(['hello', 'done']);
  expect(told.exitCode).toBe(0);
  expect(told.log).toContain('"msg":"job done"');
  expect(told.log).toBe(told.stdout);
  expect(told.stdout).not.toMatch(/sig=|Bearer/);
  expect(vault.secrets.names()).toEqual([expect.stringMatching(/^strongroom-recovery-[0-9a-f-]{36}$/)]);
});
