import { bytes, seconds, table } from './format.ts';
import type { Report } from './tour.ts';

/** The short account at the end of a tour. */
export function account(report: Report): string {
  const { backups, restores, checks } = report;
  const rows = [['', 'disks', 'read', 'stored', 'time']];
  rows.push(['site check', '', '', '', seconds(report.siteCheck.ms)]);
  for (const [i, backup] of backups.entries()) {
    rows.push([
      `backup ${i + 1} (${backup.disks[0]!.mode})`,
      bytes(report.bytesOnDisks),
      bytes(backup.read),
      bytes(backup.stored),
      seconds(backup.ms),
    ]);
  }
  for (const [i, restore] of restores.entries()) {
    rows.push([`restore ${i + 1}`, bytes(restore.bytes), '', '', seconds(restore.ms)]);
  }
  const failed = checks.filter(({ ok }) => !ok);
  return [
    table(rows),
    '',
    `Data on the disks ${bytes(report.bytesAllocated)}, stored ${report.ratio.toFixed(2)} times smaller by the first backup.`,
    `Set-up ${seconds(report.setupMs)}, all in all ${seconds(report.totalMs)}.`,
    '',
    ...checks.map(({ name, ok, found }) => `${ok ? 'ok    ' : 'FAILED'} ${name}${ok ? '' : `: ${found}`}`),
    '',
    failed.length === 0 ? `All ${checks.length} checks passed.` : `${failed.length} of ${checks.length} checks failed.`,
  ].join('\n');
}
