import { expect, test } from 'vitest';
import type { ActivityInput, JobAddress } from '../../model/activities.ts';
import { limits, plan, repository, session, site, stage, states, vm } from './plan.ts';

const target = { subscriptionId: site.subscriptionId, resourceGroup: 'restored', namePrefix: 'r-' };
const disks = plan.disks.map(({ key, name, size }) => ({ key, name, size }));
const input = {
  session,
  point: '20261121T100003Z-1a2b3c4d',
  resourceId: vm.id,
  repository,
  workers: 1,
  limits,
  site,
  target,
  disks,
};
const ids = disks.map(
  ({ name }) =>
    `/subscriptions/${site.subscriptionId}/resourceGroups/restored/providers/Microsoft.Compute/disks/r-${name}`,
);

test("each disk is made, filled and closed; then they are the user's", () => {
  const played = stage();
  expect(played.run('restoreDisks', session, input)).toEqual({ disks: ids });
  expect(
    played.inputsOf<ActivityInput<'createRestoreDisk'>>('createRestoreDisk').map(({ input: made }) => made.diskId),
  ).toEqual(ids);
  expect(played.inputsOf('revokeExports')).toHaveLength(3);
  expect(played.inputsOf('keepRestoreDisks')).toEqual([{ session, diskIds: ids }]);
  expect(played.inputsOf('discardRestoreDisks')).toEqual([]);
  expect(states(played)).toEqual([
    'checkingSite',
    'waitingForWorker',
    'startingWorker',
    'transferring',
    'cleaningUp',
    'completed',
  ]);
  const done = played.inputsOf<ActivityInput<'updateDisk'>>('updateDisk').filter(({ disk }) => disk.state === 'done');
  expect(done).toHaveLength(3);
});

test('a disk that fails takes back all disks of the session', () => {
  const error = { code: 'REPOSITORY_DAMAGED', message: 'pack altered', retryable: false };
  const played = stage({
    sendRestoreDisk: ({ address }: { address: JobAddress }) =>
      played.cue(`job:${address.jobId}`, { kind: 'failed', error }),
  });
  expect(() => played.run('restoreDisks', session, input)).toThrow('pack altered');
  expect(played.inputsOf('discardRestoreDisks')).toEqual([{ session, diskIds: ids }]);
  expect(played.inputsOf('revokeExports')).toHaveLength(3);
  expect(played.activityNames).toContain('closeAttempt');
});

test('what a new disk lacks of its source is a warning of the session', () => {
  const warning = (disk: string) => `Disk ${disk} has the platform's key`;
  const played = stage({
    createRestoreDisk: ({ input: { disk } }: ActivityInput<'createRestoreDisk'>) => ({
      warnings: disk.key === 'os' ? [] : [warning(disk.name)],
    }),
  });
  played.run('restoreDisks', session, input);
  expect(played.inputsOf('warnSession')).toEqual([
    { session, warning: warning('web-lun0') },
    { session, warning: warning('web-lun1') },
  ]);
  expect(states(played).at(-1)).toBe('completed');
});

test('a restore whose upload cannot be closed is not called complete', () => {
  const played = stage({
    revokeExports: () => ({ failWith: { code: 'AZURE_REFUSED', message: 'still open', retryable: false } }),
  });
  expect(() => played.run('restoreDisks', session, input)).toThrow('still open');
});
