import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activities } from '../../functions/activities/index.ts';
import type { MachinePlan, TakenSnapshot, WorkerHandle } from '../../model/activities.ts';
import { StrongroomError } from '../../model/errors.ts';
import { closedToExport, exportLimits, openToExport, type ExportPolicy } from '../../model/exports.ts';
import type { RepositoryTarget } from '../../model/jobs.ts';
import type { MachinePoint, Tracking } from '../../model/point.ts';
import { diskAccesses } from '../../model/site/layout.ts';
import { repositoryTarget } from '../../model/site/repositories.ts';
import { GROUP, LOCATION, problems, startWorld, SUBSCRIPTION, type ComputeWorld } from '../sandbox/compute/world.ts';
import { localAppliance, type LocalAppliance } from './localAppliance.ts';
import { addMachine, addSite, vmId } from './protectedMachine.ts';

const site = { appliance: 'strongroom', subscriptionId: SUBSCRIPTION, region: LOCATION };
const customers = `${GROUP}/providers/Microsoft.Compute/diskAccesses/customers`;
const time = '2026-11-21T10:00:00.000Z';

let world: ComputeWorld;
let appliance: LocalAppliance;
let act: ReturnType<typeof activities>;
let repository: RepositoryTarget;
let plan: Omit<MachinePlan, 'machine'>;
let diskIds: string[];
let count = 0;

beforeAll(async () => {
  world = await startWorld();
  await addSite(world, site);
  await world.sdk.diskAccesses.createOrUpdate('rg', 'customers', { location: LOCATION });
  // The OS disk is open, as Azure makes it; the data disk lies behind a disk access of its owner.
  await addMachine(world, {
    networkAccessPolicy: 'AllowPrivate',
    diskAccessId: customers,
    publicNetworkAccess: 'Disabled',
  });
});
afterAll(async () => {
  await world.stop();
});
beforeEach(async () => {
  for (const { id } of world.arm.world.store.list({ type: 'Microsoft.Compute/snapshots' })) {
    await world.sdk.snapshots.revokeAccess('rg', nameOf(id));
    await world.sdk.snapshots.delete('rg', nameOf(id));
  }
  world.clock.advance(5 * 60_000); // Azure takes seven snapshots of a disk within five minutes
  appliance = localAppliance(world);
  act = activities(appliance);
  repository = repositoryTarget(appliance.environment);
  const { machine: _machine, ...described } = await act.describeMachine({ resourceId: vmId, repository });
  plan = described;
  diskIds = plan.disks.map(({ resourceId }) => resourceId);
});
const nameOf = (id: string) => id.split('/').at(-1)!;
const tagsOf = async (id: string) => (await world.sdk.snapshots.get('rg', nameOf(id))).tags!;
const retag = (id: string, tags: Record<string, string>) => world.sdk.snapshots.update('rg', nameOf(id), { tags });
const left = async () => (await appliance.snapshots.listByGroup(SUBSCRIPTION, 'rg')).map(({ id }) => id).sort();

/** Takes the machine's snapshots in a new session, and records a point of them unless told otherwise. */
async function backUp(commit = true, tracking?: Tracking): Promise<{ session: string; taken: TakenSnapshot[] }> {
  const n = String(++count).padStart(8, '0');
  const session = `backup-20261121t100000z-${n}`;
  await act.createSnapshots({ session, plan, time });
  const taken = await act.readSnapshots({ session, vm: plan.vm, disks: plan.disks });
  const image = { size: 1024 ** 3, depth: 0, root: null };
  const stats = { size: 1, read: 1, stored: 1, blocksRead: 1, blocksNew: 1, blocksZero: 0 };
  const read = { mode: 'full' as const, reason: 'first backup', ...(tracking && { tracking }) };
  const point: MachinePoint = {
    version: 1,
    id: `20261121T100000Z-${n}`,
    time: taken[0]!.time,
    session,
    source: { kind: 'vm', resourceId: vmId, name: 'web', location: LOCATION },
    consistency: 'per-disk',
    machine: {},
    disks: plan.disks.map((disk, i) => ({ ...disk, snapshot: taken[i]!, image, read, stats })),
  };
  if (commit) await act.recordPoint({ point, repository });
  return { session, taken };
}

/** What the next backup would compare with, and what it would warn of. */
async function next(): Promise<{ bases: Record<string, string>; warnings: string[] }> {
  const families = await Promise.all((await left()).map((id) => appliance.snapshots.find(id)));
  const familyOf = (diskId: string) =>
    families.find((each) => each?.origin.sourceDiskId.toLowerCase() === diskId.toLowerCase())?.familyId ?? '';
  const disks = plan.disks.map((disk) => ({ ...disk, familyId: familyOf(disk.resourceId) }));
  const { choices, warnings } = await act.chooseBases({ resourceId: vmId, repository, tracking: 'cbt', disks });
  const bases = Object.entries(choices).map(([key, { base, fullReason }]) => [key, base?.snapshotId ?? fullReason]);
  return { bases: Object.fromEntries(bases) as Record<string, string>, warnings };
}

describe('sealed tags', () => {
  test('VMP-02 VMP-03 each disk snapshot carries them from the request that makes it; they tell a reader nothing', async () => {
    const { session, taken } = await backUp();
    for (const { id } of taken) {
      const put = world.exchanges.find(({ method, url }) => method === 'PUT' && url.includes(nameOf(id)))!;
      expect(put.request).toMatchObject({
        tags: { 'strongroom-id': session, 'strongroom-v': /^1\.[0-9a-f]{8}$/ } as never,
      });
      expect((put.request as { tags: object }).tags).toEqual(await tagsOf(id));
      expect(JSON.stringify(await tagsOf(id))).not.toMatch(/virtualMachines|web-data/);
    }
    expect(appliance.written.some((row) => row.includes('sealedKey'))).toBe(true);
  });

  test('the tags of the stack’s configuration stand beside them', async () => {
    act = activities({ ...appliance, environment: { ...appliance.environment, tags: { costCenter: '42' } } });
    const { taken } = await backUp();
    for (const { id } of taken) expect(await tagsOf(id)).toMatchObject({ costCenter: '42' });
    expect((await next()).warnings).toEqual([]);
  });

  test('a session that took none, as its vault did not answer, has nothing to warn of when it ends', async () => {
    const shut = () => Promise.reject(new StrongroomError('KEY_REFUSED', 'the vault lets nobody in'));
    act = activities({ ...appliance, tagKeys: { newest: shut, all: shut } });
    const session = 'backup-20261121t100000z-ffffffff';
    await expect(act.createSnapshots({ session, plan, time })).rejects.toMatchObject({ code: 'KEY_REFUSED' });
    expect(await act.discardSnapshots({ session, vm: plan.vm, disks: plan.disks })).toEqual({ warnings: [] });
    expect(await left()).toEqual([]);
  });

  test('CV-08 those of a backup without change tracking are deleted after it, and the next one reads in full', async () => {
    await backUp();
    const { session } = await backUp(true, 'checksum');
    expect(await act.pruneSnapshots({ session, resourceId: vmId, diskIds })).toEqual({ deleted: 4, warnings: [] });
    expect(await left()).toEqual([]);
    const missing = 'base snapshot missing';
    expect(await next()).toEqual({ bases: { os: missing, lun0: missing }, warnings: [] });
  });

  test('VMP-04 they group the disk snapshots: the newest set is the base, the one before goes as a whole', async () => {
    const first = await backUp();
    const second = await backUp();
    // A policy that adds tags to everything does no harm.
    for (const { id } of [...first.taken, ...second.taken])
      await retag(id, { ...(await tagsOf(id)), costCenter: '42' });
    expect(await act.pruneSnapshots({ session: second.session, resourceId: vmId, diskIds })).toEqual({
      deleted: 2,
      warnings: [],
    });
    expect(await left()).toEqual(second.taken.map(({ id }) => id).sort());
    const [os, lun0] = second.taken.map(({ id }) => id);
    expect(await next()).toEqual({ bases: { os, lun0 }, warnings: [] });
    await world.sdk.snapshots.delete('rg', nameOf(lun0!));
    expect(await next()).toEqual({
      bases: { os, lun0: 'base snapshot missing' },
      warnings: [`Snapshots of session ${second.session} are gone: of disk lun0.`],
    });
  });

  test.each<[string, string, (own: Record<string, string>, other: Record<string, string>) => Record<string, string>]>([
    ['missing', 'has lost its tags', () => ({})],
    ['altered', 'has altered tags', (own) => ({ ...own, 'strongroom-m0': `A${own['strongroom-m0']!.slice(1)}` })],
    ['given to another session', 'has altered tags', (own) => ({ ...own, 'strongroom-id': 'backup-x' })],
    ["another snapshot's", 'carries the tags of strongroom-web-lun0', (_, other) => other],
    ['sealed with an unknown key', 'another appliance', (own) => ({ ...own, 'strongroom-v': '1.00000000' })],
  ])('VMP-05 a snapshot whose tags are %s is told, never deleted, never a base', async (_, words, change) => {
    const first = await backUp();
    const [os, lun0] = first.taken.map(({ id }) => id);
    await retag(os!, change(await tagsOf(os!), await tagsOf(lun0!)));
    const warning = expect.stringMatching(`^Snapshot ${os} .*${words}.*neither used as a base nor deleted`) as string;
    const { bases, warnings } = await next();
    expect(bases).toEqual({ os: 'base snapshot altered', lun0 });
    expect(warnings).toContainEqual(warning);
    const second = await backUp();
    const pruned = await act.pruneSnapshots({ session: second.session, resourceId: vmId, diskIds });
    expect(pruned).toEqual({ deleted: 1, warnings: [warning] });
    expect(await left()).toEqual([os!, ...second.taken.map(({ id }) => id)].sort());
  });

  test('VMP-05 a failed session takes back the snapshots that are provably its own', async () => {
    const { session, taken } = await backUp(false);
    const [os] = taken.map(({ id }) => id);
    await retag(os!, {});
    const { warnings } = await act.discardSnapshots({ session, vm: plan.vm, disks: plan.disks });
    expect(warnings).toEqual([expect.stringContaining(`${os} has lost its tags`)]);
    expect(await left()).toEqual([os]);
    expect(await act.discardSnapshots({ session, vm: plan.vm, disks: plan.disks })).toEqual({ warnings });
  });
});

describe('exports', () => {
  const address = (session: string, disk: string) => {
    const instanceId = `${session}-disk-${disk}`;
    return { attempt: `${session}-1`, jobId: `${instanceId}-read`, session, instanceId };
  };
  const policyOf = async (id: string) => (await appliance.snapshots.find(id))!.exportPolicy;
  /** Methods and what matters of their bodies, of all requests that changed a snapshot since the last look. */
  const changes = (id: string) => {
    const all = world.exchanges.filter(({ method, url }) => method !== 'GET' && url.includes(nameOf(id)));
    return all.map(({ method, url, request }) => {
      const { properties } = (request ?? {}) as { properties?: { networkAccessPolicy?: string } };
      return `${method} ${/(begin|end)GetAccess/.exec(url)?.[0] ?? properties?.networkAccessPolicy ?? ''}`.trim();
    });
  };
  const open: ExportPolicy = { networkAccessPolicy: 'AllowAll', publicNetworkAccess: 'Enabled', diskAccessId: '' };
  const owners: ExportPolicy = openToExport(customers);

  /** Begins to read a disk, compared with a base. */
  async function begin(diskAccessId: string | null, disk: 'os' | 'lun0') {
    const i = disk === 'os' ? 0 : 1;
    const before = await backUp();
    const { session, taken } = await backUp(false);
    const worker: WorkerHandle = { attempt: `${session}-1`, site, slot: 'worker-1' };
    await act.openAttempt({ session, worker });
    const input = {
      session,
      worker,
      repository,
      disk: { key: disk, size: plan.disks[i]!.size },
      snapshot: taken[i]!.id,
      familyId: taken[i]!.familyId,
      exportPolicy: plan.exportPolicies[disk]!,
      choice: {
        base: { snapshotId: before.taken[i]!.id, point: 'p', image: { size: 1, depth: 0, root: null }, fullRead: time },
        fullReason: '',
      },
      tracking: 'cbt' as const,
      limits: exportLimits(appliance.environment),
    };
    await act.sendBackupDisk({ address: address(session, disk), diskAccessId, input });
    return { session, ids: [taken[i]!.id, before.taken[i]!.id] };
  }

  test('VMP-21 a snapshot is behind a disk access while it is read, and as its source disk afterwards, the base too', async () => {
    const [access] = diskAccesses(site, 2);
    expect(plan.exportPolicies).toEqual({ os: open, lun0: owners });
    for (const [disk, after] of [
      ['os', open],
      ['lun0', owners],
    ] as const) {
      const { session, ids } = await begin(access!.id, disk);
      for (const id of ids) expect(await policyOf(id)).toEqual(openToExport(access!.id));
      for (let i = 0; i < 2; i++) await act.revokeExports({ address: address(session, disk) });
      for (const id of ids) {
        expect(await policyOf(id)).toEqual(after);
        // One update puts it behind the disk access, one takes it away and gives the policy back; repeating adds none.
        expect(changes(id)).toEqual([
          'PUT DenyAll',
          'PATCH AllowPrivate',
          'POST beginGetAccess',
          'POST endGetAccess',
          `PATCH ${after.networkAccessPolicy}`,
          'POST endGetAccess',
        ]);
      }
    }
  });

  test('a snapshot whose export cannot be closed is not opened further', async () => {
    const [access] = diskAccesses(site, 2);
    const { session, ids } = await begin(access!.id, 'os');
    const { snapshots } = appliance;
    const refuses = (id: string) => (id === ids[0] ? Promise.reject(new Error('ScopeLocked')) : snapshots.revoke(id));
    const hindered = activities({ ...appliance, snapshots: { ...snapshots, revoke: refuses } });
    await expect(hindered.revokeExports({ address: address(session, 'os') })).rejects.toThrow('ScopeLocked');
    expect(await policyOf(ids[0]!)).toEqual(openToExport(access!.id));
    expect(await policyOf(ids[1]!)).toEqual(open); // it keeps none of the others
    await act.revokeExports({ address: address(session, 'os') });
    expect(await policyOf(ids[0]!)).toEqual(open);
  });

  test("a snapshot that may not be put behind its owner's disk access stays closed, and the session says so", async () => {
    const [access] = diskAccesses(site, 2);
    const { session, ids } = await begin(access!.id, 'lun0');
    const { snapshots } = appliance;
    const forbids = (id: string, policy: ExportPolicy) =>
      policy.diskAccessId === customers
        ? Promise.reject(new StrongroomError('AZURE_REFUSED', 'LinkedAuthorizationFailed'))
        : snapshots.setExportPolicy(id, policy);
    const hindered = activities({ ...appliance, snapshots: { ...snapshots, setExportPolicy: forbids } });
    const { warnings } = await hindered.revokeExports({ address: address(session, 'lun0') });
    for (const id of ids) {
      expect(await policyOf(id)).toEqual(closedToExport);
      expect(warnings).toContainEqual(expect.stringMatching(`${id} .*LinkedAuthorizationFailed`));
    }
  });

  test('HOW-05 in a public network a snapshot is open to the internet only while it is read', async () => {
    const { session, ids } = await begin(null, 'lun0');
    for (const id of ids) expect(await policyOf(id)).toEqual(open);
    await act.revokeExports({ address: address(session, 'lun0') });
    for (const id of ids) expect(await policyOf(id)).toEqual(owners);
  });

  test('HOW-05 in a public network the worker runs beside the repository, wherever the machine is', async () => {
    const environment = {
      ...appliance.environment,
      network: 'public' as const,
      repositories: [{ ...appliance.environment.repositories[0]!, region: 'northeurope' }],
    };
    const elsewhere = activities({ ...appliance, environment });
    const described = await elsewhere.describeMachine({ resourceId: vmId, repository: repositoryTarget(environment) });
    expect(described).toMatchObject({ vm: { location: LOCATION }, site: { region: 'northeurope' } });
  });

  test('VMP-18 in a private network it runs in the subscription and region of the machine', () => {
    expect(plan.site).toEqual(site);
  });
});

test("every exchange agrees with Azure's published types", async () => {
  expect((await problems(world.exchanges)) ?? []).toEqual([]);
});
