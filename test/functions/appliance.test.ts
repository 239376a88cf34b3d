import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { activities, asOutcome } from '../../functions/activities/index.ts';
import { receive } from '../../functions/triggers/mailbox.ts';
import { startBackup } from '../../functions/triggers/startBackup.ts';
import { startRestore } from '../../functions/triggers/startRestore.ts';
import type { MachinePlan, WorkerHandle } from '../../model/activities.ts';
import type { StrongroomError } from '../../model/errors.ts';
import type { RepositoryTarget } from '../../model/jobs.ts';
import { exportLimits, openToExport } from '../../model/exports.ts';
import { resourcePool } from '../../model/leases.ts';
import { commandSchema, readEnvelope, sealMessage, type WorkerEvent } from '../../model/messages.ts';
import type { MachinePoint } from '../../model/point.ts';
import { diskAccesses } from '../../model/site/layout.ts';
import { repositoryTarget } from '../../model/site/repositories.ts';
import { GROUP, LOCATION, startWorld, SUBSCRIPTION, type ComputeWorld } from '../sandbox/compute/world.ts';
import { localAppliance, LocalDurable, type LocalAppliance } from './localAppliance.ts';
import { openMessage } from '../openMessage.ts';
import { addMachine, addSite, vmId } from './protectedMachine.ts';

const site = { appliance: 'strongroom', subscriptionId: SUBSCRIPTION, region: LOCATION };
const encryption = {
  type: 'EncryptionAtRestWithCustomerKey',
  diskEncryptionSetId: `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/keys`,
};
const session = 'backup-20261121t100000z-1a2b3c4d';
const time = '2026-11-21T10:00:00.000Z';
const worker: WorkerHandle = { attempt: `${session}-1`, site, slot: 'worker-1' };

let world: ComputeWorld;
let appliance: LocalAppliance;
let client: LocalDurable;
let repository: RepositoryTarget;

beforeAll(async () => {
  world = await startWorld();
  await addSite(world, site);
  await addMachine(world, { encryption });
});
afterAll(async () => {
  await world.stop();
});
beforeEach(() => {
  appliance = localAppliance(world);
  client = new LocalDurable();
  repository = repositoryTarget(appliance.environment);
});

describe('starting a backup', () => {
  test('the lease decides: of two requests at the same time one starts, the other is told its session', async () => {
    const results = await Promise.allSettled([
      startBackup(appliance, client, { resourceId: vmId }),
      startBackup(appliance, client, { resourceId: vmId }),
    ]);
    const won = results.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
    const refused = results
      .filter((result) => result.status === 'rejected')
      .map(({ reason }) => reason as StrongroomError);
    expect(won).toHaveLength(1);
    expect(refused[0]).toMatchObject({ code: 'RESOURCE_BUSY', details: { session: won[0] } });
    expect(client.started).toMatchObject([{ orchestrator: 'backupVm', instanceId: won[0] }]);
    expect(await appliance.sessions.find(won[0]!)).toMatchObject({ state: 'queued', kind: 'backup', disks: [] });
  });

  test('CV-09 change tracking is used unless the request says otherwise', async () => {
    for (const [changeTracking, tracking] of [
      [undefined, 'cbt'] as const,
      [true, 'cbt'] as const,
      [false, 'checksum'] as const,
    ]) {
      const durable = new LocalDurable();
      await startBackup(appliance, durable, { resourceId: vmId, changeTracking });
      expect(durable.started).toMatchObject([{ input: { tracking } }]);
    }
  });

  test('a lease that a dead session left is freed; one of a session that is about to start is not', async () => {
    const pool = resourcePool(vmId).key;
    const hold = (owner: string, since: string) =>
      client.pools.set(pool, {
        holders: { [owner]: { taken: [{ member: 'resource', weight: 1 }], since } },
        waiting: [],
      });
    hold('dead', appliance.now());
    client.statuses.set('dead', 'ended');
    await startBackup(appliance, client, { resourceId: vmId });
    hold('young', appliance.now());
    await expect(startBackup(appliance, client, { resourceId: vmId })).rejects.toMatchObject({ code: 'RESOURCE_BUSY' });
    expect(Object.keys(client.pools.get(pool)!.holders)).toEqual(['young']);
    hold('old', '2020-01-01T00:00:00.000Z');
    await startBackup(appliance, client, { resourceId: vmId });
  });

  test('when the orchestration cannot be started the lease is given back and the session says why', async () => {
    client.start = () => Promise.reject(new Error('no host'));
    await expect(startBackup(appliance, client, { resourceId: vmId })).rejects.toThrow('no host');
    expect(client.pools.get(resourcePool(vmId).key)!.holders).toEqual({});
    expect(await appliance.sessions.list()).toMatchObject([{ state: 'failed', error: { message: 'no host' } }]);
  });

  test.each([
    ['a malformed id', 'vm1', 'INVALID_INPUT'],
    ['another type', `${GROUP}/providers/Microsoft.Compute/disks/x`, 'INVALID_INPUT'],
    ['a machine that is not there', `${GROUP}/providers/Microsoft.Compute/virtualMachines/none`, 'NOT_FOUND'],
  ])('%s is refused', async (_, id, code) => {
    await expect(startBackup(appliance, client, { resourceId: id })).rejects.toMatchObject({ code });
    expect(client.started).toEqual([]);
  });
});

describe('activities', () => {
  test('a machine with a disk that cannot be backed up is refused before anything is made', async () => {
    const act = activities(appliance);
    const { disks } = await act.describeMachine({ resourceId: vmId, repository });
    const { name } = disks[1]!;
    const { store } = world.arm.world;
    const disk = store.require(`${GROUP}/providers/Microsoft.Compute/disks/${name}`);
    // Azure changes this only of a detached disk; that it was so from the start makes no difference here.
    store.put({ ...disk, properties: { ...disk.properties, maxShares: 2 } });
    await expect(act.describeMachine({ resourceId: vmId, repository })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(`${name} is shared`) as string,
    });
    store.put(disk);
    expect(appliance.written).toEqual([]);
  });

  test("HOW-08 snapshots lie in the machine's group; VMP-17 VMP-25 the SAS travels sealed, is renewed and revoked", async () => {
    const act = activities(appliance);
    const { machine, ...plan } = await act.describeMachine({ resourceId: vmId, repository });
    expect(machine).toMatchObject({ id: vmId });
    for (let i = 0; i < 2; i++) await act.createSnapshots({ session, plan, time });
    const keys = plan.disks.map(({ key }) => ({ key }));
    const snapshots = await act.readSnapshots({ session, vm: plan.vm, disks: keys });
    const taken = await world.sdk.snapshots.get('rg', snapshots[1]!.id.split('/').at(-1)!);
    expect(taken.encryption).toEqual(encryption); // as its disk: they must share one disk encryption set
    expect(plan.disks[1]!.properties.encryption).toEqual(encryption);
    for (const { id, ready } of snapshots) expect([id.startsWith(`${GROUP}/`), ready]).toEqual([true, true]);

    const chosen = () =>
      act.chooseBases({
        resourceId: vmId,
        repository,
        tracking: 'cbt',
        disks: plan.disks.map((disk, i) => ({ ...disk, familyId: snapshots[i]!.familyId })),
      });
    const bases = async () => (await chosen()).choices;
    expect(await chosen()).toMatchObject({ choices: { os: { base: null, fullReason: 'first backup' } }, warnings: [] });

    await act.openAttempt({ session, worker });
    const key = await appliance.messageKeys.of(worker.attempt);
    const instanceId = `${session}-disk-os`;
    const address = { attempt: worker.attempt, jobId: `${instanceId}-read`, session, instanceId };
    const [disk] = plan.disks;
    const input = {
      session,
      worker,
      repository,
      disk: { key: disk!.key, size: disk!.size },
      snapshot: snapshots[0]!.id,
      familyId: snapshots[0]!.familyId,
      exportPolicy: plan.exportPolicies['os']!,
      limits: exportLimits(appliance.environment),
      choice: (await bases())['os']!,
      tracking: 'cbt' as const,
    };
    const diskAccessId = diskAccesses(site, 2)[1]!.id;
    await act.sendBackupDisk({ address, diskAccessId, input });
    const policy = async () => (await appliance.snapshots.find(snapshots[0]!.id))!.exportPolicy;
    expect(await policy()).toEqual(openToExport(diskAccessId));
    const queue = appliance.queues.get(worker.attempt)!;
    const open = (n: number) => openMessage(key, readEnvelope(queue.messages[n]!.text), 'to-worker', commandSchema);
    expect(open(0)).toMatchObject({
      kind: 'job',
      job: { kind: 'backupDisk', base: null, sas: expect.stringContaining('sig=') },
    });
    expect(queue.messages[0]!.text).not.toContain('sig=');

    const mail = (event: WorkerEvent) =>
      sealMessage(key, { attempt: worker.attempt, direction: 'to-appliance', id: 'e' }, event, randomBytes(12));
    const warnings: string[] = [];
    const deliver = (text: string) => receive(appliance, client, text, (message) => warnings.push(message));
    client.statuses.set(session, 'running').set(instanceId, 'running');
    await deliver(mail({ kind: 'hello', version: 'v', hostname: 'h' }));
    await deliver(
      mail({ kind: 'progress', jobId: address.jobId, progress: { phase: 'reading', total: 9, done: 3, stored: 1 } }),
    );
    await deliver(mail({ kind: 'sasExpired', jobId: address.jobId }));
    expect(open(1)).toMatchObject({
      kind: 'sas',
      jobId: address.jobId,
      baseSas: null,
      sas: expect.stringContaining('sig='),
    });
    const error = { code: 'REPOSITORY_DAMAGED' as const, message: 'x', retryable: false };
    await deliver(mail({ kind: 'failed', jobId: address.jobId, error }));
    expect(client.raised).toEqual([
      { instanceId: session, event: `hello:${worker.attempt}`, data: { version: 'v', hostname: 'h' } },
      { instanceId, event: `job:${address.jobId}`, data: { kind: 'failed', error } },
    ]);
    expect(warnings).toEqual([]);

    // Authentic, but of a version that this appliance does not know: the job ends rather than being waited for.
    await deliver(mail({ kind: 'done', jobId: address.jobId, result: { kind: 'newer' } } as unknown as WorkerEvent));
    expect(client.raised.at(-1)).toMatchObject({
      event: `job:${address.jobId}`,
      data: { kind: 'failed', error: { code: 'MESSAGE_REJECTED', retryable: false } },
    });

    await deliver(
      mail({ kind: 'progress', jobId: address.jobId, progress: { phase: 'reading', total: 9, done: 8, stored: 2 } }),
    );
    // The job ends while its URLs are renewed: nothing stays open, nothing is sent.
    const { snapshots: gateway } = appliance;
    appliance.snapshots = {
      ...gateway,
      grant: async (id, seconds) => (await act.revokeExports({ address }), gateway.grant(id, seconds)),
    };
    await deliver(mail({ kind: 'sasExpired', jobId: address.jobId }));
    expect(queue.messages).toHaveLength(2);
    await deliver(
      mail({ kind: 'progress', jobId: address.jobId, progress: { phase: 'reading', total: 9, done: 5, stored: 0 } }),
    );
    expect(appliance.written.join('\n')).toContain('"done":"8"');
    expect(appliance.written.join('\n')).not.toContain('"done":"5"');
    expect((await world.sdk.snapshots.get('rg', snapshots[0]!.id.split('/').at(-1)!)).diskState).toBe('Unattached');
    await deliver(mail({ kind: 'sasExpired', jobId: address.jobId }));
    expect(queue.messages).toHaveLength(2);
    await deliver('{"forged":true}');
    await deliver(mail({ kind: 'heartbeat' }).replace('"id":"e"', '"id":"f"'));
    await deliver(
      mail({ kind: 'progress', jobId: 'another', progress: { phase: 'reading', total: 1, done: 1, stored: 1 } }),
    );
    expect(warnings).toHaveLength(3);

    await prune(plan, snapshots);
    await act.closeAttempt({ session, worker });
    await deliver(mail({ kind: 'heartbeat' }));
    expect(warnings.at(-1)).toContain('is over');
    expect(appliance.written.join('\n')).not.toContain('sig=');
    expect(appliance.written.join('\n')).not.toContain(key.toString('base64url'));

    /** A second session's point frees the first one's snapshots, and only those. */
    async function prune(plan: Omit<MachinePlan, 'machine'>, first: typeof snapshots) {
      const { vm, disks } = plan;
      const diskIds = disks.map(({ resourceId }) => resourceId);
      await act.recordPoint({
        point: pointOf(session, '20261121T100000Z-1a2b3c4d', first),
        repository,
      });
      expect(await act.pruneSnapshots({ session, resourceId: vmId, diskIds })).toEqual({ deleted: 0, warnings: [] });
      expect((await bases())['os']!.base).toMatchObject({
        snapshotId: first[0]!.id,
        point: '20261121T100000Z-1a2b3c4d',
      });
      const next = 'backup-20261122t100000z-00000002';
      await act.createSnapshots({ session: next, plan, time });
      const second = await act.readSnapshots({ session: next, vm, disks });
      await act.recordPoint({
        point: pointOf(next, '20261122T100000Z-00000002', second),
        repository,
      });
      const { snapshots: gateway } = appliance;
      const locked = first[0]!.id;
      const refuses = {
        delete: (id: string) => (id === locked ? Promise.reject(new Error('ScopeLocked')) : gateway.delete(id)),
      };
      const hindered = activities({ ...appliance, snapshots: { ...gateway, ...refuses } });
      await expect(hindered.pruneSnapshots({ session: next, resourceId: vmId, diskIds })).rejects.toThrow(
        'ScopeLocked',
      );
      expect(await gateway.find(first[1]!.id)).toBeUndefined(); // one that stays keeps none of the others
      expect(await act.pruneSnapshots({ session: next, resourceId: vmId, diskIds })).toEqual({
        deleted: 1,
        warnings: [],
      });
      expect((await bases())['os']).toMatchObject({ base: { snapshotId: second[0]!.id } });
      await act.discardSnapshots({ session: next, vm, disks }); // a committed point names them: they stay
      const left = await appliance.snapshots.listByGroup(SUBSCRIPTION, 'rg');
      expect(left.map(({ id }) => id).sort()).toEqual(second.map(({ id }) => id).sort());
      await world.sdk.snapshots.update('rg', second[0]!.id.split('/').at(-1)!, { tags: {} });
      expect((await bases())['os']).toMatchObject({ base: { snapshotId: null }, fullReason: 'base snapshot altered' });

      function pointOf(of: string, id: string, taken: typeof snapshots): MachinePoint {
        const image = { size: 1024 ** 3, depth: 0, root: null };
        const stats = { size: 1, read: 1, stored: 1, blocksRead: 1, blocksNew: 1, blocksZero: 0 };
        const read = { mode: 'full' as const, reason: 'first backup' };
        const all = disks.map((each, i) => ({ ...each, snapshot: taken[i]!, image, read, stats }));
        const source = { kind: 'vm' as const, resourceId: vmId, name: 'web', location: LOCATION };
        return {
          version: 1,
          id,
          time: taken[0]!.time,
          session: of,
          source,
          consistency: 'per-disk',
          machine: {},
          disks: all,
        };
      }
    }

    await expect(startRestore(appliance, client, { point: 'none', resourceGroupId: GROUP })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const point = '20261122T100000Z-00000002';
    await expect(startRestore(appliance, client, { point, resourceGroupId: GROUP, disks: ['lun9'] })).rejects.toThrow(
      'os, lun0',
    );
    await expect(startRestore(appliance, client, { point, resourceGroupId: `${GROUP}x` })).rejects.toThrow(
      'There is no resource group',
    );
    const unserved = '22222222-2222-4222-8222-222222222222';
    const elsewhere = { ...appliance.disks, groupExists: async () => true };
    await expect(
      startRestore({ ...appliance, disks: elsewhere }, client, {
        point,
        subscriptionId: unserved,
        resourceGroup: 'rg',
      }),
    ).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    const restore = await startRestore(appliance, client, { point, resourceGroupId: GROUP, disks: ['lun0'] });
    expect(client.started.at(-1)).toMatchObject({
      orchestrator: 'restoreDisks',
      instanceId: restore,
      input: { site, disks: [{ key: 'lun0', name: expect.any(String) as string, size: 1024 ** 3 }] },
    });
    const diskId = `${GROUP}/providers/Microsoft.Compute/disks/made`;
    const wanted = { key: 'lun0', name: 'data', size: 1024 ** 3 };
    const made = {
      session: restore,
      worker,
      repository,
      point,
      disk: wanted,
      diskId,
      limits: exportLimits(appliance.environment),
    };
    expect(await act.createRestoreDisk({ diskAccessId, input: made })).toEqual({
      warnings: [expect.stringContaining(encryption.diskEncryptionSetId)],
    });
    expect(await world.sdk.disks.get('rg', 'made')).toMatchObject({
      sku: { name: plan.disks[1]!.properties.sku },
      tags: { 'strongroom-restore': restore },
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
    });
    const { disks: diskGateway } = appliance;
    const lockedDisk = {
      deleteTagged: (id: string, tags: Record<string, string>) =>
        id.endsWith('locked') ? Promise.reject(new Error('ScopeLocked')) : diskGateway.deleteTagged(id, tags),
    };
    const hindered = activities({ ...appliance, disks: { ...diskGateway, ...lockedDisk } });
    const discarding = hindered.discardRestoreDisks({ session: restore, diskIds: [`${diskId}-locked`, diskId] });
    await expect(discarding).rejects.toThrow('ScopeLocked');
    await expect(world.sdk.disks.get('rg', 'made')).rejects.toMatchObject({ statusCode: 404 });
  });

  test('what an activity throws becomes an outcome without stack or query', async () => {
    const said: string[] = [];
    const context = { functionName: 'f', warn: (text: string) => said.push(text) } as never;
    const outcome = await asOutcome(() => Promise.reject(new Error('GET https://x.net/a?sig=secret failed')))(
      null,
      context,
    );
    expect(outcome).toEqual({
      ok: false,
      error: { code: 'INTERNAL', message: 'GET https://x.net/a?… failed', retryable: false },
    });
    expect(said.join()).not.toContain('secret');
  });
});
