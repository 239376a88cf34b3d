/**
 * The guided tour: stands the appliance up in a local Azure, checks its site, backs a machine up twice, the second time
 * after the site was damaged, restores both points and compares every byte. Exit code 1 when a check fails or the tour breaks off, 2 when the arguments are wrong.
 */
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { inspectImage } from '../sandbox/compute/index.ts';
import { account } from './account.ts';
import { mustBeWritable, readArguments } from './arguments.ts';
import { endedBy, interruption } from './interruption.ts';
import { takeTour, type Report } from './tour.ts';

const usage = `npm run demo -- [options]
  --disk FILE     a raw image or fixed VHD of 20 MiB or more that becomes a data disk (repeatable)
  --export DIR    keep the restored disks of the second point as raw images in DIR
  --json FILE     write the figures and checks as JSON
  --record FILE   write every ARM exchange as a line of JSON, secrets masked
  --help          this text`;

/** What is left to report of a tour that did not get to its end. */
function brokenOff(error: Error): Pick<Report, 'checks'> {
  const found = error.message.replace(/\s+/g, ' ');
  console.error(`\nThe tour broke off: ${found}`);
  return { checks: [{ name: 'the tour ran to its end', ok: false, found }] };
}

const MIN_DISK = 20 * 1024 * 1024;

const { values: options, fail } = readArguments(usage, {
  disk: { type: 'string', multiple: true, default: [] },
  export: { type: 'string' },
  json: { type: 'string' },
  record: { type: 'string' },
});
for (const file of options.disk) {
  if (!existsSync(file)) fail(`--disk ${file}: there is no such file.`);
  const facts = await inspectImage(file).catch((error: Error) => fail(`--disk: ${error.message}.`));
  if (facts.contentBytes < MIN_DISK)
    fail(
      `--disk ${file}: ${facts.contentBytes} bytes are less than 20 MiB, the smallest disk that can be uploaded to Azure.`,
    );
}

await mustBeWritable('json', options.json, fail);
await mustBeWritable('record', options.record, fail);

const { disk: diskFiles, export: exportTo, record } = options;
const signal = interruption();
const report = await takeTour({
  signal,
  diskFiles,
  exportTo,
  record,
  say: (line) => console.log(line),
  progressTo: process.stdout,
})
  .catch(endedBy(signal))
  .catch(brokenOff);
if ('totalMs' in report) console.log(`\n${account(report)}`);
if (options.json) await writeFile(options.json, JSON.stringify(report, null, 2) + '\n');
process.exitCode = report.checks.every(({ ok }) => ok) ? 0 : 1;
