/** The public network mode through real parts: a machine in one region, its repository and the worker in another. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startWorld, type World } from '../../demo/world.ts';
import type { SessionView } from '../../model/session.ts';

const MiB = 1024 * 1024;
const elsewhere = 'northeurope';

let world: World;
let folder: string;
let record: string;
let backup: SessionView;
let restore: SessionView;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'public-network-'));
  record = join(folder, 'record.jsonl');
  world = await startWorld({
    record,
    data: [8 * MiB, 4 * MiB, 4 * MiB],
    config: {
      'strongroom:network': 'public',
      'strongroom:repositories': JSON.stringify([{ name: 'far', region: elsewhere }]),
    },
  });
  const { appliance, machine } = world;
  backup = await appliance.run('/api/backups', { resourceId: machine.id }, () => {});
  const request = {
    point: backup.point,
    resourceGroupId: machine.resourceGroupId,
    namePrefix: 'copy-',
    disks: ['lun0'],
  };
  restore = await appliance.run('/api/restores', request, () => {});
}, 240_000);

afterAll(async () => {
  await world?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

const policyOf = (id: string) => {
  const { properties } = world.sandbox.world.store.require(id);
  return [properties?.['networkAccessPolicy'], properties?.['publicNetworkAccess'], properties?.['diskAccessId']];
};

it("HOW-05 the worker starts in the target repository's region", () => {
  for (const session of [backup, restore]) {
    expect(session.worker).toBeDefined();
    expect(world.sandbox.world.store.require(session.worker!).location).toBe(elsewhere);
  }
  expect(world.sandbox.world.store.require(world.machine.id).location).not.toBe(elsewhere);
});

it('HOW-05 snapshots and disks are open to the internet only while their data moves, and without a disk access', async () => {
  const states = new Map<string, string>();
  const granted = new Set<string>();
  for (const line of (await readFile(record, 'utf8')).split('\n').filter(Boolean)) {
    const { method, url, request } = JSON.parse(line) as { method: string; url: string; request: unknown };
    const [, name] = /\/(?:snapshots|disks)\/((?:strongroom|copy)-[^/?]+)/i.exec(url) ?? [];
    if (!name || method === 'GET') continue;
    const { properties } = (request ?? {}) as { properties?: Record<string, string> };
    if (properties?.['networkAccessPolicy']) states.set(name, properties['networkAccessPolicy']);
    if (!/beginGetAccess/i.test(url)) continue;
    expect(states.get(name)).toBe('AllowAll');
    granted.add(name);
  }
  expect(granted.size).toBe(4); // three snapshots and a restored disk
  const { store } = world.sandbox.world;
  expect(store.list({ type: 'Microsoft.Compute/diskAccesses' })).toEqual([]);
  for (const { id, properties } of store.list({ type: 'Microsoft.Compute/snapshots' })) {
    const { sourceResourceId } = properties?.['creationData'] as { sourceResourceId: string };
    expect(policyOf(id)).toEqual(policyOf(sourceResourceId));
  }
  expect(policyOf(restore.disks[0]!.target!)).toEqual(['DenyAll', 'Disabled', undefined]);
});

it('restores byte for byte', async () => {
  const { sandbox, machine } = world;
  const source = machine.disks.find(({ key }) => key === 'lun0')!.id;
  expect(await sandbox.disks.sha256(restore.disks[0]!.target!)).toBe(await sandbox.disks.sha256(source));
});
