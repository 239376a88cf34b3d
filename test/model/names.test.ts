import { expect, test } from 'vitest';
import {
  attemptId,
  diskInstanceId,
  inboxName,
  jobId,
  restoredDiskNames,
  sessionId,
  sessionRandom,
  snapshotName,
} from '../../model/names.ts';

const random = Buffer.from('1a2b3c4d', 'hex');
const session = sessionId('backup', '2026-11-21T10:00:00.123Z', random);
const longest = 'x'.repeat(64);

test('ids fit where they are used', () => {
  expect(session).toBe('backup-20261121t100000z-1a2b3c4d');
  expect(sessionRandom(session)).toEqual(random);
  const disk = diskInstanceId(session, 'lun63');
  expect(jobId(disk, 'read').length).toBeLessThan(100); // Durable: an instance id has at most 100 characters
  // Queue names: 3 to 63 lower-case letters, digits and single hyphens.
  expect(inboxName(attemptId(session, 99))).toMatch(/^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/);
});

test('VMP-01 snapshot names are the same for the same session and disk, differ otherwise, and fit Azure', () => {
  const names = ['os', 'lun0', 'lun63'].map((key) => snapshotName(session, longest, key));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,80}$/);
  expect(snapshotName(session, 'web.server', 'os')).toBe('strongroom-web-server-os-20261121t100000z-1a2b3c4d');
});

test('restored disks are named by prefix or session', () => {
  const named = (names: string[], prefix?: string) =>
    restoredDiskNames(
      'restore-x-1a2b3c4d',
      names.map((name, i) => ({ key: i ? `lun${i}` : 'os', name })),
      prefix,
    );
  expect(named(['data'])).toEqual(['restored-1a2b3c4d-data']);
  expect(named(['system', 'data'], 'test-')).toEqual(['test-system', 'test-data']);
  // Two disks of one name, or of names that differ only where a prefix leaves no room, stay two.
  expect(named(['data', 'Data', 'b.c', 'b-c'], 'r-')).toEqual(['r-data-os', 'r-Data-lun1', 'r-b-c-lun2', 'r-b-c-lun3']);
  const long = named([`${'d'.repeat(79)}1`, `${'d'.repeat(79)}2`], 'test-');
  expect(new Set(long).size).toBe(2);
  for (const name of long) expect(name).toMatch(/^test-d+-(os|lun1)$/);
  for (const name of long) expect(name).toHaveLength(80);
});
