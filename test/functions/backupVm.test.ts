import { describe, expect, test } from 'vitest';
import type { ActivityInput, JobAddress } from '../../model/activities.ts';
import { diskAccessesNeeded } from '../../model/exports.ts';
import { noLeases, resourcePool, workerPool, type LeaseState } from '../../model/leases.ts';
import { diskAccesses } from '../../model/site/layout.ts';
import { backupInput, image, limits, plan, session, site, stage, states, vm } from './plan.ts';

const holders = (played: ReturnType<typeof stage>) =>
  [...played.pools.values()].flatMap((pool) => Object.keys(pool.holders));
const held = (member: string): LeaseState => ({
  holders: { other: { taken: [{ member, weight: 1 }], since: '2026-11-21T09:00:00.000Z' } },
  waiting: [],
});
const choices = Object.fromEntries(plan.disks.map(({ key }) => [key, { base: null, fullReason: 'first backup' }]));
const lost = { code: 'WORKER_LOST', message: 'gone', retryable: false };

describe('backupVm', () => {
  test('snapshots, worker, disks, commit, index, clean-up, in this order', () => {
    const played = stage();
    const result = played.run('backupVm', session, backupInput);
    expect(result).toEqual({ point: '20261121T100003Z-1a2b3c4d' });
    expect(states(played)).toEqual([
      'snapshotting',
      'checkingSite',
      'waitingForWorker',
      'startingWorker',
      'transferring',
      'committing',
      'cleaningUp',
      'completed',
    ]);
    const order = [
      'createSnapshots',
      'readSnapshots',
      'chooseBases',
      'inspectSite',
      'ensureWorkerFiles',
      'openAttempt',
      'startMachine',
      'runWorkerCommand',
      'backupDisk',
      'recordPoint',
      'removeWorkerCommand',
      'deallocateMachine',
      'closeAttempt',
      'pruneSnapshots',
    ];
    const places = order.map((name) => played.activityNames.indexOf(name));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places).not.toContain(-1);
    expect(holders(played)).toEqual([]);
  });

  test('VMP-05 what is wrong with snapshots is told by the session, which goes on', () => {
    const played = stage({
      chooseBases: () => ({ choices, warnings: ['Snapshot a has altered tags'] }),
      pruneSnapshots: () => ({ deleted: 0, warnings: ['Snapshot b has lost its tags'] }),
    });
    played.run('backupVm', session, backupInput);
    expect(played.inputsOf('warnSession')).toEqual([
      { session, warning: 'Snapshot a has altered tags' },
      { session, warning: 'Snapshot b has lost its tags' },
    ]);
    expect(states(played).at(-1)).toBe('completed');
  });

  test('VMP-18 VMP-20 the site of the machine is completed before its disks are read; one that cannot be stops the session', () => {
    const missing = { code: 'SITE_INCOMPLETE', message: 'no disk access', retryable: false };
    const played = stage({ inspectSite: () => ({ failWith: missing }) });
    expect(() => played.run('backupVm', session, backupInput)).toThrow('no disk access');
    expect(played.inputsOf('inspectSite')).toEqual([{ site }]);
    expect(played.activityNames).not.toContain('openAttempt');
    expect(played.inputsOf('discardSnapshots')).toHaveLength(1);
    expect(states(played)).toEqual(['snapshotting', 'checkingSite', 'failed']);
  });

  test('VMP-21 each disk is exported through a disk access of its site, and given its source policy back', () => {
    const base = { snapshotId: 's-base', point: 'p', image, fullRead: null };
    const played = stage({
      chooseBases: () => ({ choices: { ...choices, lun0: { base, fullReason: '' } }, warnings: [] }),
    });
    played.run('backupVm', session, backupInput);
    const sent = played.inputsOf<ActivityInput<'sendBackupDisk'>>('sendBackupDisk');
    const [access] = diskAccesses(site, diskAccessesNeeded(limits));
    expect(sent.map(({ diskAccessId }) => diskAccessId)).toEqual(plan.disks.map(() => access!.id));
    expect(sent.map(({ input }) => input.exportPolicy)).toEqual(plan.disks.map(({ key }) => plan.exportPolicies[key]));
    expect(played.mostTaken('disks')).toBe(1); // the stage plays one disk after the other
    expect(played.mostTaken('family-f-lun0')).toBe(2);
    expect(played.mostTaken('family-f-os')).toBe(1);
  });

  test('a comparison that left out a change is told as CBT_MISMATCH: disk, snapshot, base and offset', () => {
    const read = { mode: 'full' as const, reason: 'not named', basePoint: 'p', mismatch: 524288 };
    const played = stage({
      sendBackupDisk: ({ address, input }: ActivityInput<'sendBackupDisk'>) => {
        const stats = { size: 1, read: 1, stored: 1, blocksRead: 1, blocksNew: 1, blocksZero: 0 };
        const found = input.disk.key === 'lun0' ? read : { mode: 'full', reason: 'first backup' };
        const result = { kind: 'backupDisk', image, read: found, stats };
        played.cue(`job:${address.jobId}`, { kind: 'done', result }, 1_000);
      },
    });
    played.run('backupVm', session, backupInput);
    const [told, ...more] = played.inputsOf<{ warning: string }>('warnSession');
    expect(more).toEqual([]);
    for (const part of ['CBT_MISMATCH', 'disk lun0', 'snapshot s-lun0', 'point p', 'offset 524288'])
      expect(told!.warning).toContain(part);
    expect(states(played).at(-1)).toBe('completed');
  });

  test('a comparison needs two exports, a full read one', () => {
    const compared = { base: { snapshotId: 's-base', point: 'p', image, fullRead: null }, fullReason: '' };
    const read = { base: { ...compared.base, snapshotId: null }, fullReason: 'base snapshot missing' };
    const played = stage({ chooseBases: () => ({ choices: { ...choices, os: compared, lun0: read }, warnings: [] }) });
    played.run('backupVm', session, backupInput);
    expect([played.mostTaken('family-f-os'), played.mostTaken('family-f-lun0')]).toEqual([2, 1]);
  });

  test('HOW-05 in a public network no disk access is taken', () => {
    const played = stage();
    played.run('backupVm', session, { ...backupInput, limits: { ...limits, network: 'public' } });
    const sent = played.inputsOf<ActivityInput<'sendBackupDisk'>>('sendBackupDisk');
    expect(sent.map(({ diskAccessId }) => diskAccessId)).toEqual([null, null, null]);
    expect(holders(played)).toEqual([]);
  });

  test('what enters an orchestration has no tags: Durable makes a date of one named Timestamp', () => {
    const played = stage({
      describeMachine: () => ({
        ...plan,
        disks: plan.disks.map((disk) => ({ ...disk, properties: { location: 'x', tags: { Timestamp: 'today' } } })),
      }),
    });
    played.run('backupVm', session, backupInput);
    expect(JSON.stringify(played.inputsOf('backupDisk'))).not.toContain('Timestamp');
    expect(played.inputsOf<ActivityInput<'recordPoint'>>('recordPoint')[0]!.point.disks[0]).toMatchObject({
      properties: { tags: { Timestamp: 'today' } },
      snapshot: { id: expect.stringContaining('s-os') as string },
      image,
    });
  });

  test('VMP-25 every export is revoked, also when its disk fails', () => {
    const failing = stage({
      sendBackupDisk: ({ address }: { address: JobAddress }) =>
        failing.cue(`job:${address.jobId}`, {
          kind: 'failed',
          error: { code: 'REPOSITORY_DAMAGED', message: 'bad', retryable: false },
        }),
    });
    expect(() => failing.run('backupVm', session, backupInput)).toThrow('bad');
    expect(failing.inputsOf<{ address: JobAddress }>('revokeExports').map(({ address }) => address.instanceId)).toEqual(
      plan.disks.map(({ key }) => `${session}-disk-${key}`),
    );
    expect(holders(failing)).toEqual([]);
  });

  test('a disk that fails fails the session: no commit, new snapshots discarded, worker stopped', () => {
    const played = stage({
      sendBackupDisk: ({ address }: { address: JobAddress }) =>
        address.instanceId.endsWith('lun0')
          ? played.cue(`job:${address.jobId}`, {
              kind: 'failed',
              error: { code: 'AZURE_REFUSED', message: 'no', retryable: false },
            })
          : played.cue(`job:${address.jobId}`, {
              kind: 'done',
              result: {
                kind: 'backupDisk',
                image,
                read: { mode: 'full', reason: '' },
                stats: { size: 1, read: 1, stored: 1, blocksRead: 1, blocksNew: 1, blocksZero: 0 },
              },
            }),
    });
    expect(() => played.run('backupVm', session, backupInput)).toThrow('no');
    expect(played.inputsOf<ActivityInput<'sendJob'>>('sendJob').map(({ job }) => job.kind)).toEqual(['initRepository']);
    expect(played.activityNames).not.toContain('recordPoint');
    expect(played.inputsOf('discardSnapshots')).toHaveLength(1);
    expect(played.activityNames).toContain('deallocateMachine');
    expect(states(played).slice(-2)).toEqual(['cleaningUp', 'failed']);
    const disks = played
      .inputsOf<ActivityInput<'updateDisk'>>('updateDisk')
      .map(({ disk }) => `${disk.key} ${disk.state}`);
    expect(disks).toEqual(expect.arrayContaining(['os done', 'lun0 failed', 'lun1 done']));
  });

  test('VMP-28 a worker that never says hello is given up after ten minutes and deallocated', () => {
    const played = stage({ runWorkerCommand: () => null });
    expect(() => played.run('backupVm', session, backupInput)).toThrow('not heard of');
    const sent = played.calls.find(({ name }) => name === 'runWorkerCommand')!.at;
    const given = played.calls.find(({ name }) => name === 'removeWorkerCommand')!.at;
    expect(given - sent).toBe(10 * 60_000);
    expect(played.activityNames).toEqual(
      expect.arrayContaining(['deallocateMachine', 'closeAttempt', 'discardSnapshots']),
    );
    expect(played.inputsOf<ActivityInput<'advanceSession'>>('advanceSession').at(-1)).toMatchObject({
      to: 'failed',
      error: { code: 'WORKER_LOST' },
    });
    expect(holders(played)).toEqual([]);
  });

  test('a start script that reports a wrong checksum ends the wait at once', () => {
    const error = { code: 'BINARY_MISMATCH', message: 'BINARY_MISMATCH node', retryable: false };
    const played = stage({ runWorkerCommand: () => null, workerCommandError: () => error });
    expect(() => played.run('backupVm', session, backupInput)).toThrow('BINARY_MISMATCH');
    expect(played.inputsOf('workerCommandError')).toHaveLength(1);
  });

  test('a silent worker is lost after two looks; a living one is waited for as long as it takes', () => {
    let seen = 0;
    const silent = stage({ sendBackupDisk: () => null, workerSeen: () => ({ lastSeen: '2026-11-21T10:00:00.000Z' }) });
    expect(() => silent.run('backupVm', session, backupInput)).toThrow('silent since');
    const day = 24 * 3_600_000;
    const alive = stage({
      sendBackupDisk: ({ address }: { address: JobAddress }) =>
        alive.cue(
          `job:${address.jobId}`,
          { kind: 'failed', error: { code: 'CANCELLED', message: 'stop', retryable: false } },
          day,
        ),
      workerSeen: () => (seen++, { lastSeen: new Date(alive.now).toISOString() }),
    });
    expect(() => alive.run('backupVm', session, backupInput)).toThrow('stop');
    expect(seen / plan.disks.length).toBeLessThan(120); // eight history events each: below a thousand a day
  });

  test('without the lease nothing is touched', () => {
    const played = stage();
    played.pools.set(resourcePool(vm.id).key, held('resource'));
    expect(() => played.run('backupVm', session, backupInput)).toThrow('being backed up by session other');
    expect(played.activityNames).toEqual(['advanceSession']);
    expect(holders(played)).toEqual(['other']);
  });

  test('a busy worker slot is waited for in an orchestration of its own', () => {
    const played = stage();
    const pool = workerPool(site, 1);
    played.pools.set(pool.key, held('worker-1'));
    let asked = 0;
    const get = played.pools.get.bind(played.pools);
    played.pools.get = (key) => {
      if (key === pool.key && ++asked === 4) played.pools.set(key, noLeases);
      return get(key);
    };
    played.run('backupVm', session, backupInput);
    expect(played.activityNames).toContain('awaitLease');
    expect(states(played).at(-1)).toBe('completed');
  });

  test('awaitLease starts anew before its history grows long', () => {
    const played = stage();
    const pool = workerPool(site, 1);
    played.pools.set(pool.key, held('worker-1'));
    const request = { pool, owner: session };
    expect(played.run('awaitLease', `${session}-lease`, request)).toBeUndefined();
    expect(played.continued).toEqual(request);
  });

  test('a passing failure of an activity is tried again, a final one is not', () => {
    let tries = 0;
    const passing = { failWith: { code: 'AZURE_UNAVAILABLE', message: '429', retryable: true } };
    const played = stage({ createSnapshots: () => (++tries < 3 ? passing : null) });
    played.run('backupVm', session, backupInput);
    expect(tries).toBe(3);
    const final = stage({
      createSnapshots: () => ({ failWith: { code: 'AZURE_REFUSED', message: '403', retryable: false } }),
    });
    expect(() => final.run('backupVm', session, backupInput)).toThrow('403');
    expect(final.inputsOf('createSnapshots')).toHaveLength(1);
  });

  test('clean-up that fails is a warning and stops no other clean-up', () => {
    const played = stage({ removeWorkerCommand: () => ({ failWith: lost }) });
    played.run('backupVm', session, backupInput);
    expect(played.inputsOf('warnSession')).toEqual([{ session, warning: 'gone' }]);
    expect(played.activityNames).toContain('closeAttempt');
  });

  test('HOW-07 a machine that still runs is stopped first; snapshots are pruned only after the point is recorded', () => {
    const powers = ['running', 'deallocated'];
    let power = powers[0]!;
    const played = stage({
      machineState: () => ({ state: power, detail: '' }),
      deallocateMachine: () => void (power = 'deallocated'),
      startMachine: () => void (power = 'running'),
    });
    played.run('backupVm', session, backupInput);
    const names = played.activityNames;
    expect(names.indexOf('deallocateMachine')).toBeLessThan(names.indexOf('startMachine'));
    expect(names.indexOf('recordPoint')).toBeLessThan(names.indexOf('pruneSnapshots'));
    expect(names).not.toContain('discardSnapshots');
  });
});
