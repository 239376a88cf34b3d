import { describe, expect, test } from 'vitest';
import { chooseBase, newestOfEach, snapshotsToDelete, type DiskThen, type SnapshotNow } from '../../model/base.ts';
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
  ...over,
});
const now = (over: Partial<SnapshotNow> = {}): Map<string, SnapshotNow> =>
  new Map([[idKey('/S/2'), { id: '/S/2', familyId: 'f1', time: 't2', size: 1024, tagsIntact: true, ...over }]]);

describe('choosing the base of a comparison', () => {
  test('VMP-26 the newest point of the same disk whose snapshot stands', () => {
    const choice = chooseBase(disk, [then()], now());
    expect(choice).toEqual({ base: { snapshotId: '/s/2', point: 'p2', image: then().image }, fullReason: '' });
  });

  test('older points are no bases: their snapshots are pruned', () => {
    const newer = then({ point: 'p3', snapshot: { id: '/s/3', familyId: 'f1', time: 't3' } });
    const other = then({ key: 'os', uniqueId: 'u0' });
    const newest = newestOfEach([newer, then(), other]);
    expect(newest).toEqual([newer, other]);
    expect(chooseBase(disk, newest, now())).toEqual({ base: null, fullReason: 'base snapshot missing' });
  });

  test.each<[string, Parameters<typeof chooseBase>]>([
    ['first backup', [disk, [], now()]],
    ['first backup', [disk, [then({ key: 'os', resourceId: '/d/os', uniqueId: 'u0' })], now()]],
    ['disk replaced', [{ ...disk, uniqueId: 'u9' }, [then()], now()]],
    ['disk resized', [{ ...disk, size: 2048 }, [then()], now()]],
    ['base snapshot missing', [disk, [then()], new Map()]],
    ['base snapshot altered', [disk, [then()], now({ tagsIntact: false })]],
    ['base snapshot altered', [disk, [then()], now({ time: 'later' })]],
    ['base snapshot of another family', [disk, [then()], now({ familyId: 'f2' })]],
    ['base snapshot of another family', [{ ...disk, familyId: 'f2' }, [then()], now()]],
  ])('%s: a full read', (fullReason, args) => {
    expect(chooseBase(...args)).toEqual({ base: null, fullReason });
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
