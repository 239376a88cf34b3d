import { describe, expect, test } from 'vitest';
import {
  chooseBase,
  newestOfEach,
  snapshotsToDelete,
  type DiskThen,
  type SnapshotNow,
  type Trust,
} from '../../model/base.ts';
import { idKey } from '../../model/resourceId.ts';

const disk = { key: 'lun0', resourceId: '/d/data', uniqueId: 'u1', size: 1024, familyId: 'f1' };
const then = (over: Partial<DiskThen> = {}): DiskThen => ({
  point: 'p2',
  key: 'lun0',
  resourceId: '/d/data',
  uniqueId: 'u1',
  size: 1024,
  snapshot: { id: '/s/2', familyId: 'f1', time: 't2' },
  image: { size: 1024, depth: 0, root: null },
  read: { mode: 'incremental', basePoint: 'p1', fullRead: '2026-05-01T00:00:00Z' },
  ...over,
});
const now = (over: Partial<SnapshotNow> = {}): Map<string, SnapshotNow> =>
  new Map([[idKey('/S/2'), { id: '/S/2', familyId: 'f1', time: 't2', size: 1024, tagsIntact: true, ...over }]]);

const trust = (over: Partial<Trust> = {}): Trust => ({
  tracking: 'cbt',
  now: '2026-05-30T23:59:59Z',
  fullReadDays: 30,
  ...over,
});
const base = (snapshotId: string | null) => {
  return { snapshotId, point: 'p2', image: then().image, fullRead: '2026-05-01T00:00:00Z' };
};

describe('choosing the base of a comparison', () => {
  test('VMP-26 the newest point of the same disk whose snapshot stands', () => {
    expect(chooseBase(disk, [then()], now(), trust())).toEqual({ base: base('/s/2'), fullReason: '' });
  });

  test('older points are no bases: their snapshots are pruned', () => {
    const newer = then({ point: 'p3', snapshot: { id: '/s/3', familyId: 'f1', time: 't3' } });
    const other = then({ key: 'os', uniqueId: 'u0' });
    const newest = newestOfEach([newer, then(), other]);
    expect(newest).toEqual([newer, other]);
    expect(chooseBase(disk, newest, now(), trust())).toMatchObject({ fullReason: 'base snapshot missing' });
  });

  type Args = [disk: Parameters<typeof chooseBase>[0], newest: DiskThen[], snapshots: Map<string, SnapshotNow>];

  test.each<[string, Args]>([
    ['first backup', [disk, [], now()]],
    ['first backup', [disk, [then({ key: 'os', resourceId: '/d/os', uniqueId: 'u0' })], now()]],
    ['disk replaced', [{ ...disk, uniqueId: 'u9' }, [then()], now()]],
    ['disk resized', [{ ...disk, size: 2048 }, [then()], now()]],
  ])('%s: a full read', (fullReason, args) => {
    expect(chooseBase(...args, trust())).toEqual({ base: null, fullReason });
  });

  test.each<[string, Args]>([
    ['base snapshot missing', [disk, [then()], new Map()]],
    ['base snapshot altered', [disk, [then()], now({ tagsIntact: false })]],
    ['base snapshot altered', [disk, [then()], now({ time: 'later' })]],
    ['base snapshot of another family', [disk, [then()], now({ familyId: 'f2' })]],
    ['base snapshot of another family', [{ ...disk, familyId: 'f2' }, [then()], now()]],
  ])('%s: a full read, compared with the image', (fullReason, args) => {
    expect(chooseBase(...args, trust())).toEqual({ base: base(null), fullReason });
  });

  test('CV-08 CV-09 without change tracking everything is read and compared with the image, whatever snapshots there are', () => {
    const choice = { base: base(null), fullReason: 'change tracking is not used' };
    expect(chooseBase(disk, [then()], now(), trust({ tracking: 'checksum' }))).toEqual(choice);
    expect(chooseBase(disk, [then()], new Map(), trust({ tracking: 'checksum' }))).toEqual(choice);
  });

  test('everything is read so many days after the last full read, and when that is not known', () => {
    const reason = (over: Partial<DiskThen>, more: Partial<Trust> = {}) =>
      chooseBase(disk, [then(over)], now({ time: then(over).snapshot.time }), trust(more)).fullReason;
    const due = 'every 30 days all is read';
    expect(reason({})).toBe('');
    expect(reason({}, { now: '2026-05-31T00:00:00Z' })).toBe(due);
    expect(reason({}, { fullReadDays: 7 })).toBe('every 7 days all is read');
    expect(reason({ read: { mode: 'incremental', basePoint: 'p1' } })).toBe(due);
    const full = (time: string): Partial<DiskThen> => {
      return { read: { mode: 'full', reason: 'first backup' }, snapshot: { ...then().snapshot, time } };
    };
    expect(reason(full('2026-05-30T10:00:00Z'))).toBe('');
    expect(reason(full('2026-04-30T10:00:00Z'))).toBe(due);
  });
});

describe('snapshots that nothing needs any more', () => {
  const point = (id: string, session: string, snapshots: string[], repository = 'a') => ({
    id,
    session,
    repository,
    snapshots,
  });

  test('HOW-07 the newest point keeps its snapshots, older ones lose theirs', () => {
    const existing = [
      { id: '/S/1', session: 'one' },
      { id: '/s/2', session: 'two' },
    ];
    expect(snapshotsToDelete(existing, [point('1', 'one', ['/s/1']), point('2', 'two', ['/s/2'])])).toEqual([
      existing[0],
    ]);
  });

  test('CV-08 a point made without change tracking keeps no snapshot', () => {
    const existing = [{ id: '/s/1', session: 'one' }];
    expect(snapshotsToDelete(existing, [{ ...point('1', 'one', ['/s/1']), tracking: 'checksum' }])).toEqual(existing);
  });

  test("two repositories never take each other's base", () => {
    const existing = [
      { id: '/s/1', session: 'one' },
      { id: '/s/2', session: 'two' },
    ];
    const points = [point('1', 'one', ['/s/1'], 'a'), point('2', 'two', ['/s/2'], 'b')];
    expect(snapshotsToDelete(existing, points)).toEqual([]);
  });

  test('a snapshot that no point names, or whose tag names another session, stays', () => {
    const existing = [
      { id: '/s/9', session: 'nine' },
      { id: '/s/8', session: 'one' },
      { id: '/s/1', session: 'altered' },
    ];
    const points = [point('1', 'one', ['/s/1']), point('2', 'two', ['/s/2'])];
    expect(snapshotsToDelete(existing, points)).toEqual([]);
  });
});
