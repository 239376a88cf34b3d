/** A site that its first session makes, with limits that bind: a small `npm run test:scale`. */
import { beforeAll, expect, it } from 'vitest';
import { runScale, type Report } from '../scale/run.ts';
import { verdict } from '../scale/verdict.ts';

const size = {
  disks: 3,
  sites: 1,
  disksInParallel: 2,
  workersPerSite: 1,
  mib: 1,
  rate: 1000,
  exportsPerDiskAccess: 3,
  sasPerSnapshotFamily: 2,
  buckets: 100,
};
let report: Report;

beforeAll(async () => {
  report = await runScale(size);
}, 240_000);

it('VMP-19 VMP-21 disks wait for what Azure allows: exports never exceed a limit, and reach it', () => {
  expect(verdict(size, report).filter(({ ok }) => !ok)).toEqual([]);
  expect([...new Set(Object.values(report.peaks.diskAccesses))]).toEqual([2]);
  expect([...new Set(Object.values(report.peaks.families))]).toEqual([2]);
});
