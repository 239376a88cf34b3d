import { mustBeWritable, readArguments } from '../../demo/arguments.ts';
import { figures } from './figures.ts';
import type { Size } from './plan.ts';
import { runScale } from './run.ts';
import { verdict } from './verdict.ts';

const usage = `npm run test:scale -- [options]

Backs up many machines of several sites at once, in full and then what has changed, in a local Azure with networks and
roles enforced. Counts exports, requests and histories against Azure's limits.

  --disks N               over all sites (40)
  --sites N               1 to 4, in three regions of two subscriptions (4)
  --parallel N            disks that a site reads at once (8)
  --workers N             workers that a site runs at once (2)
  --mib N                 data on each disk, MiB (16)
  --rate N                what Azure gives of each disk, MiB a second (2)
  --exports-per-access N  Azure's limit and the appliance's (5)
  --sas-per-family N      Azure's limit and the appliance's (5)
  --buckets N             ARM's request buckets, percent of Azure's (100)
  --record FILE           keeps the record of ARM's exchanges

Exit code 1 when something was not as it must be.`;

const text = (value: string) => ({ type: 'string', default: value }) as const;
const { values, fail } = readArguments(usage, {
  disks: text('40'),
  sites: text('4'),
  parallel: text('8'),
  workers: text('2'),
  mib: text('16'),
  rate: text('2'),
  'exports-per-access': text('5'),
  'sas-per-family': text('5'),
  buckets: text('100'),
  record: { type: 'string' },
});
const number = (name: Exclude<keyof typeof values, 'record'>, least = 1, most = 1000): number => {
  const given = Number(values[name]);
  return given >= least && given <= most ? given : fail(`--${name} must be a number from ${least} to ${most}.`);
};
const size: Size = {
  disks: number('disks', number('sites', 1, 4)),
  sites: number('sites', 1, 4),
  disksInParallel: number('parallel', 1, 100),
  workersPerSite: number('workers', 1, 50),
  mib: number('mib'),
  rate: number('rate', 0.1),
  exportsPerDiskAccess: number('exports-per-access', 2, 50),
  sasPerSnapshotFamily: number('sas-per-family', 2, 50),
  buckets: number('buckets', 5, 1000),
};

await mustBeWritable('record', values.record, fail);

const say = (line: string) => void process.stdout.write(`${line}\n`);
const report = await runScale({ ...size, record: values.record }, say);
say(figures(report));
const checks = verdict(size, report);
for (const { name, ok, found } of checks) say(`${ok ? '  ok ' : 'WRONG'} ${name}${found ? `: ${found}` : ''}`);
if (checks.some(({ ok }) => !ok)) process.exitCode = 1;
