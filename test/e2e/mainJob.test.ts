/**
 * The main job through real parts: the built appliance and worker on the local Azure. One world: backup, changes, second
 * backup, both restores; then one look for each promised behaviour.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diskContent } from '../../sandbox/scenario/content.ts';
import { leftovers } from '../../demo/leftovers.ts';
import { changeBlocks, changedBlockBytes, spotCheckBytes } from '../../demo/machine.ts';
import { startWorld, type World } from '../../demo/world.ts';
import type { PointSummary } from '../../model/api.ts';
import type { SessionView } from '../../model/session.ts';
import type { ArmResource } from '../../sandbox/arm/types.ts';
import { blobLocks, blobNames, readBlob } from './blobs.ts';
import { secretsIn } from './secrets.ts';
import { watchTraffic, type Traffic } from './traffic.ts';

const MiB = 1024 * 1024;
/** Of immutability. */
const DAYS = 7;

interface Exchange {
  method: string;
  url: string;
  request: { tags?: Record<string, string>; properties?: Record<string, unknown> } | null;
}

let world: World;
let traffic: Traffic;
let folder: string;
let recordFile: string;
let first: SessionView;
let second: SessionView;
let points: PointSummary[];
let runningAtOnce = 0;
let served: { first: number; second: number };
let allowed: number;
const keptAfterFirst: string[] = [];
const restored = { first: undefined as SessionView | undefined, second: undefined as SessionView | undefined };
const expected = { first: new Map<string, string>(), second: new Map<string, string>() };

const snapshots = () => world.sandbox.world.store.list({ type: 'Microsoft.Compute/snapshots' });
const workers = () =>
  world.sandbox.world.store.list({
    type: 'Microsoft.Compute/virtualMachines',
    under: `/subscriptions/${world.sandbox.subscriptionId}/resourceGroups/${world.layout.resourceGroup.name}`,
  });
const property = <T>(resource: ArmResource, name: string) => resource.properties?.[name] as T;
const exchanges = async (): Promise<Exchange[]> =>
  (await readFile(recordFile, 'utf8'))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Exchange);

async function hashAll(into: Map<string, string>) {
  for (const { key, id } of world.machine.disks) into.set(key, await world.sandbox.disks.sha256(id));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'main-job-'));
  recordFile = join(folder, 'record.jsonl');
  // Whoever looks into what was stored; the product needs no such role.
  const grants = [{ to: 'operator' as const, role: 'Storage Blob Data Reader' }];
  const config = { 'strongroom:repositories': JSON.stringify([{ name: 'main', immutabilityDays: DAYS }]) };
  world = await startWorld({ record: recordFile, data: [24 * MiB, 16 * MiB, 8 * MiB], grants, config });
  const { sandbox, appliance, machine } = world;
  traffic = watchTraffic(sandbox.faults, world.layout);
  const backUp = () =>
    appliance.run('/api/backups', { resourceId: machine.id }, ({ disks }) => {
      runningAtOnce = Math.max(runningAtOnce, disks.filter(({ state }) => state === 'running').length);
    });
  const restore = (point: string, namePrefix: string) =>
    appliance.run('/api/restores', { point, resourceGroupId: machine.resourceGroupId, namePrefix }, () => {});

  await hashAll(expected.first);
  first = await backUp();
  served = { first: sandbox.disks.bytesServed(), second: 0 };
  keptAfterFirst.push(...snapshots().map(({ id }) => id));

  const changes = await changeBlocks(sandbox, machine, 'main job');
  allowed = changedBlockBytes(changes);
  await hashAll(expected.second);
  sandbox.disks.resetBytesServed();
  second = await backUp();
  served.second = sandbox.disks.bytesServed();
  points = await appliance.points(machine.id);
  restored.first = await restore(first.point!, 'first-');
  restored.second = await restore(second.point!, 'second-');
}, 240_000);

afterAll(async () => {
  await world?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

describe('snapshots', () => {
  it('VMP-01 takes a snapshot of every disk attached to the machine', () => {
    const sources = snapshots().map((s) => property<{ sourceResourceId: string }>(s, 'creationData').sourceResourceId);
    expect(sources.map((id) => id.toLowerCase()).sort()).toEqual(
      world.machine.disks.map(({ id }) => id.toLowerCase()).sort(),
    );
  });

  it('VMP-02 puts tags on each disk snapshot in the request that creates it', async () => {
    const created = (await exchanges()).filter(({ method, url }) => method === 'PUT' && /\/snapshots\//.test(url));
    expect(created.length).toBeGreaterThanOrEqual(6);
    for (const { request } of created) expect(request?.tags?.['strongroom-id']).toMatch(/^backup-/);
  });

  it('HOW-07 keeps the source snapshots until the next image-level backup', () => {
    expect(keptAfterFirst).toHaveLength(world.machine.disks.length);
    expect(snapshots().some(({ id }) => keptAfterFirst.includes(id))).toBe(false);
    expect(snapshots().every(({ tags }) => tags?.['strongroom-id'] === second.id)).toBe(true);
  });

  it('HOW-08 keeps snapshots in the resource group of the machine', () => {
    for (const { id } of snapshots())
      expect(id.toLowerCase()).toContain(world.machine.resourceGroupId.toLowerCase() + '/');
  });

  it('VMP-21 grants the data of a snapshot only while it is behind a disk access of its site', async () => {
    const policies = new Map<string, unknown>();
    let grants = 0;
    for (const { method, url, request } of await exchanges()) {
      const [, snapshot] = /\/snapshots\/([^/?]+)/i.exec(url) ?? [];
      if (!snapshot) continue;
      if (/\/beginGetAccess\b/i.test(url)) {
        grants++;
        expect(policies.get(snapshot)).toMatchObject({
          networkAccessPolicy: 'AllowPrivate',
          publicNetworkAccess: 'Disabled',
          diskAccessId: expect.stringContaining(`/resourceGroups/${world.layout.resourceGroup.name}/`) as string,
        });
      } else if (method !== 'GET' && request?.properties) policies.set(snapshot, request.properties);
    }
    expect(grants).toBeGreaterThanOrEqual(9); // three disks, then three with their bases
  });

  it('gives snapshots that stay the export policy of their source disk', () => {
    for (const snapshot of snapshots()) {
      const source = property<{ sourceResourceId: string }>(snapshot, 'creationData').sourceResourceId;
      const disk = world.sandbox.world.store.require(source);
      for (const name of ['networkAccessPolicy', 'publicNetworkAccess', 'diskAccessId'])
        expect(property(snapshot, name)).toBe(property(disk, name));
    }
  });

  it('VMP-03 tells who reads their tags nothing but the session', () => {
    for (const { tags } of snapshots()) {
      expect(Object.keys(tags ?? {}).sort()).toEqual([
        'strongroom-id',
        'strongroom-m0',
        'strongroom-m1',
        'strongroom-m2',
        'strongroom-n',
        'strongroom-v',
      ]);
      expect(JSON.stringify(tags)).not.toContain('virtualMachines');
    }
  });
});

describe('the worker', () => {
  it('HOW-01 puts no agent into the protected machine: it is only ever read', async () => {
    const touched = (await exchanges()).filter(({ url }) => /\/virtualMachines\/web\b/i.test(url));
    const afterItsCreation = touched.filter(({ method }) => method !== 'GET').length;
    expect(afterItsCreation).toBe(1);
  });

  it("VMP-10 starts in the machine's region", () => {
    expect(workers()).toHaveLength(1);
    expect(workers()[0]!.location).toBe(world.sandbox.world.store.require(world.machine.id).location);
  });

  it('VMP-11 gets its files uploaded through a SAS, once per version', () => {
    expect(traffic.filesUploaded()).toBe(4);
  });

  it('VMP-13 runs Ubuntu 22.04 LTS and has no public address', () => {
    const profile = property<{ imageReference: { publisher: string; sku: string } }>(workers()[0]!, 'storageProfile');
    expect(profile.imageReference).toMatchObject({
      publisher: 'Canonical',
      sku: expect.stringMatching(/^22_04-lts/) as string,
    });
    const addresses = world.sandbox.world.store.list({ type: 'Microsoft.Network/publicIPAddresses' });
    expect(addresses.map(({ name }) => name)).toEqual([world.layout.publicIp.name]);
  });

  it('VMP-14 downloads its files through a SAS when Run Command starts it', () => {
    expect(traffic.filesDownloaded()).toBe(4);
  });

  it('VMP-15 is brought to life by those files: its hello is what lets a session go on', () => {
    expect(first.worker?.toLowerCase()).toBe(workers()[0]!.id.toLowerCase());
    expect([first.state, second.state]).toEqual(['completed', 'completed']);
  });

  it("VMP-16 has its queue created in the appliance's region", () => {
    expect(world.sandbox.world.store.require(world.layout.account.id).location).toBe('westeurope');
    expect(traffic.inboxesCreated()).toBe(4);
  });

  it('VMP-17 talks with the appliance through queues', () => {
    expect(traffic.jobsFetched()).toBeGreaterThan(0);
    expect(traffic.eventsSent()).toBeGreaterThan(10);
  });

  it('VMP-25 VMP-28 takes back every SAS and is deallocated when the session completes; nothing temporary is left', async () => {
    expect((await leftovers(world, second.id)).filter(({ ok }) => !ok)).toEqual([]);
  });
});

describe('the data', () => {
  it('VMP-22 is read through export SAS, and every one is taken back', () => {
    expect(served.first).toBeGreaterThanOrEqual(48 * MiB);
    for (const snapshot of snapshots()) expect(property(snapshot, 'diskState')).not.toBe('ActiveSAS');
  });

  it('AB-08 is read from the disks of a machine in parallel', () => {
    expect(runningAtOnce).toBe(world.machine.disks.length);
  });

  it('VMP-23 is compressed', () => {
    const [full] = points.filter(({ id }) => id === first.point);
    const total = (figure: 'read' | 'stored') => full!.disks.reduce((sum, disk) => sum + disk[figure], 0);
    expect(total('stored')).toBeLessThan(total('read') * 0.7);
  });

  it("VMP-24 HOW-10 goes to the repository's container in the product's own format", async () => {
    const names = await blobNames(world);
    expect(names).toContain('strongroom.json');
    expect(names.filter((name) => name.startsWith('points/')).sort()).toEqual(
      points.map(({ id }) => `points/${id}`).sort(),
    );
    expect(names.some((name) => name.startsWith('data/'))).toBe(true);
  });

  it('HOW-06 is encrypted before it is stored: no stored object holds what the disks hold', async () => {
    // Random bytes too: compression leaves them as they are, only encryption does not.
    const [os] = world.machine.disks;
    const regions = [...diskContent('web-os', os!.length, 24 * MiB)];
    const { offset, data } = regions[4]!;
    const random = data.subarray(MiB - 64);
    expect((await world.sandbox.disks.read(os!.id, offset + MiB - 64, 64)).equals(random)).toBe(true);
    for (const name of await blobNames(world)) {
      const content = await readBlob(world, name);
      expect(content.includes(random), name).toBe(false);
      expect(content.includes('request /orders/'), name).toBe(false);
      expect(content.includes('virtualMachines/web'), name).toBe(false);
    }
  });

  it('VMP-26 the second backup compares the new snapshots with the previous ones', () => {
    const newest = points.find(({ id }) => id === second.point)!;
    expect(newest.disks.map(({ mode }) => mode)).toEqual(['incremental', 'incremental', 'incremental']);
  });

  it('VMP-27 only changed blocks are read, by the count of bytes that Azure served', () => {
    expect(served.second).toBeGreaterThan(0);
    expect(spotCheckBytes(second)).toBeGreaterThan(0);
    expect(served.second).toBeLessThanOrEqual(allowed + spotCheckBytes(second));
  });

  it('AB-09 only changed data is stored', () => {
    const stored = points.find(({ id }) => id === second.point)!.disks.reduce((sum, disk) => sum + disk.stored, 0);
    expect(stored).toBeLessThan(allowed);
  });

  it('locks what both points need to the end of the generation and for the days of the repository, the ways in longest', async () => {
    const locks = await blobLocks(world);
    const [generation] = [...locks.keys()].filter((name) => name.startsWith('locks/'));
    const [line] = (await readBlob(world, generation!)).toString().split('\n');
    const { ends, until } = JSON.parse(line!) as { ends: string; until: string };
    expect(Date.parse(until) - Date.parse(ends)).toBe(DAYS * 86_400_000);
    const needed = [...locks].filter(([name]) => /^(data|maps|points)\//.test(name));
    expect(needed.filter(([, lockedUntil]) => lockedUntil !== until)).toEqual([]);
    expect(needed.length).toBeGreaterThan(5);
    const waysIn = [...locks].filter(([name]) => /^keys\/|^strongroom.json$/.test(name));
    expect(waysIn).toHaveLength(3);
    for (const [, lockedUntil] of waysIn) expect(lockedUntil > until).toBe(true);
  });

  it.each(['first', 'second'] as const)('restores the %s point byte for byte to new disks', async (which) => {
    for (const disk of restored[which]!.disks) {
      expect(await world.sandbox.disks.sha256(disk.target!), disk.key).toBe(expected[which].get(disk.key));
    }
  });

  it("gives restored disks the source's properties", () => {
    const { store } = world.sandbox.world;
    for (const disk of restored.second!.disks) {
      const source = store.require(world.machine.disks.find(({ key }) => key === disk.key)!.id);
      const copy = store.require(disk.target!);
      expect(copy.sku, disk.key).toMatchObject({ name: (source.sku as { name: string }).name });
      for (const name of ['hyperVGeneration', 'osType', 'diskSizeBytes', 'supportedCapabilities']) {
        expect(property(copy, name), `${disk.key} ${name}`).toEqual(property(source, name));
      }
    }
  });

  it('leaves restored disks closed to export, behind no disk access of the appliance', () => {
    for (const { target } of restored.second!.disks) {
      const { properties } = world.sandbox.world.store.require(target!);
      expect(properties).toMatchObject({ networkAccessPolicy: 'DenyAll', publicNetworkAccess: 'Disabled' });
      expect(properties).not.toHaveProperty('diskAccessId');
    }
  });
});

describe('secrets and conformance', () => {
  it('leaves no SAS, key or token in histories, tables, queues, tags or logs', async () => {
    expect(await secretsIn(world)).toEqual([]);
  });

  const checker = new URL('../../../shared/arm-types/check.mjs', import.meta.url);
  it.skipIf(!existsSync(checker))(
    'sends and answers what Azure publishes (skipped without ../shared/arm-types)',
    async () => {
      const { checkExchange } = (await import(checker.href)) as {
        checkExchange(exchange: unknown): { errors: string[] };
      };
      const errors = (await exchanges()).flatMap((exchange) => checkExchange(exchange).errors);
      expect(errors).toEqual([]);
    },
  );
});
