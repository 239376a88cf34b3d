import { expect, test } from 'vitest';
import { cloudNativeSnapshots, incompleteSets, problemText, type FoundSnapshot } from '../../model/cloudNative.ts';
import { sealTags } from '../../model/sealedTags.ts';

const group = '/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/app/providers/Microsoft.Compute';
const key = { id: 'k1', key: new Uint8Array(32).fill(7) };
const keys = new Map([[key.id, key.key]]);
const web = `${group}/virtualMachines/web`;
const diskId = (disk: string) => `${group}/disks/web-${disk}`;
const machine = { id: web.toUpperCase(), diskIds: ['os', 'lun0'].map(diskId), named: [] as string[] };
const disks = { os: 'u-os', lun0: 'u-lun0' };

function taken(session: string, disk: 'os' | 'lun0', more: Partial<FoundSnapshot> = {}, of = web): FoundSnapshot {
  const place = { snapshotId: `${group}/snapshots/strongroom-${disk}-${session}`, sourceDiskId: diskId(disk) };
  const metadata = { session, machine: of, disk, uniqueId: disks[disk], disks, time: `2026-11-2${session}` };
  const tags = sealTags(key, place, metadata, new Uint8Array(12).fill(session.charCodeAt(0)));
  return { ...place, sourceUniqueId: disks[disk], tags, ...more };
}
const whole = (session: string) => [taken(session, 'os'), taken(session, 'lun0')];

test('VMP-04 disk snapshots of one session are one cloud-native snapshot, the newest first', () => {
  const { sets, problems } = cloudNativeSnapshots([...whole('1'), ...whole('2').reverse()], keys, machine);
  expect(problems).toEqual([]);
  expect(sets.map(({ session, gone }) => [session, gone])).toEqual([
    ['2', []],
    ['1', []],
  ]);
  expect(sets[1]).toEqual({
    session: '1',
    time: '2026-11-21',
    disks: whole('1').map(({ snapshotId, sourceUniqueId }, i) => {
      return { disk: ['os', 'lun0'][i], uniqueId: sourceUniqueId, snapshotId };
    }),
    gone: [],
  });
});

test('a set that lacks a disk says so, where a newest point needs it', () => {
  const { sets } = cloudNativeSnapshots([taken('1', 'os'), taken('2', 'lun0')], keys, machine);
  const point = (session: string) => ({ id: session, session, repository: 'a', snapshots: [] });
  expect(incompleteSets(sets, [point('1'), point('2')])).toEqual(['Snapshots of session 2 are gone: of disk os.']);
});

test("another machine's snapshots, and such as never were ours, are no problem", () => {
  const theirs = taken('1', 'os', {}, `${group}/virtualMachines/moved`);
  const users = { ...taken('1', 'os'), snapshotId: `${group}/snapshots/mine`, tags: { env: 'x' } };
  const elsewhere = { ...taken('1', 'os', { tags: {} }), sourceDiskId: `${group}/disks/db-os` };
  expect(cloudNativeSnapshots([theirs, users, elsewhere], keys, machine)).toEqual({ sets: [], problems: [] });
});

test('VMP-05 tags that are missing, altered, copied or foreign are told, with the snapshot', () => {
  const good = taken('1', 'os');
  const strange = { ...key, id: 'k2' };
  const stripped = taken('2', 'os', { tags: {} });
  const changed = taken('3', 'os', { tags: { ...taken('3', 'os').tags, 'strongroom-m0': 'AAAA' } });
  const copied = taken('4', 'os', { tags: good.tags });
  const foreign = taken('5', 'os', {
    tags: sealTags(
      strange,
      good,
      { session: '5', machine: web, disk: 'os', uniqueId: 'u-os', disks, time: '' },
      new Uint8Array(12),
    ),
  });
  const again = taken('6', 'os', { sourceUniqueId: 'u-new' });
  const found = [good, stripped, changed, copied, foreign, again];
  const { sets, problems } = cloudNativeSnapshots(found, keys, machine);
  expect(sets.map(({ session }) => session)).toEqual(['1']);
  expect(problems.map(({ snapshotId, problem }) => [snapshotId.at(-1), problem])).toEqual([
    ['2', 'missing'],
    ['3', 'altered'],
    ['4', 'copied'],
    ['5', 'foreign'],
    ['6', 'replaced'],
  ]);
  for (const each of problems) expect(problemText(each)).toContain(each.snapshotId);
  expect(problemText(problems[2]!)).toContain('carries the tags of strongroom-os-1');
});

test('VMP-05 one that a point names is missed whatever it is called', () => {
  const renamed = { ...taken('1', 'os', { tags: {} }), snapshotId: `${group}/snapshots/x`, sourceDiskId: '' };
  const { problems } = cloudNativeSnapshots([renamed], keys, { ...machine, named: [renamed.snapshotId.toUpperCase()] });
  expect(problems).toEqual([{ snapshotId: renamed.snapshotId, problem: 'missing' }]);
});
