import { expect, test } from 'vitest';
import { closedToExport, diskAccessesNeeded, openToExport, sameExportPolicy } from '../../model/exports.ts';

test.each([
  [8, 5, 4],
  [1, 5, 1],
  [7, 5, 4],
  [8, 2, 8],
  [8, 10, 2],
])(
  'VMP-19 %i disks at once need, at %i exports for each disk access, %i of them',
  (disksInParallel, exportsPerDiskAccess, needed) => {
    expect(diskAccessesNeeded({ network: 'private', disksInParallel, exportsPerDiskAccess })).toBe(needed);
  },
);

test('only a private policy names a disk access; Azure refuses any other pair', () => {
  expect(openToExport('/da')).toEqual({
    networkAccessPolicy: 'AllowPrivate',
    publicNetworkAccess: 'Disabled',
    diskAccessId: '/da',
  });
  expect(openToExport(null)).toEqual({
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
    diskAccessId: '',
  });
  expect(closedToExport).toMatchObject({ networkAccessPolicy: 'DenyAll', diskAccessId: '' });
  expect(sameExportPolicy(openToExport('/DA'), openToExport('/da'))).toBe(true);
  expect(sameExportPolicy(openToExport('/da'), openToExport('/db'))).toBe(false);
});

test('HOW-05 a site of the public network mode has no disk access', () => {
  expect(diskAccessesNeeded({ network: 'public', disksInParallel: 8, exportsPerDiskAccess: 5 })).toBe(0);
});
