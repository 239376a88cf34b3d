import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import type { AffectedDisk, Problem, ReadData, VerifyOptions, VerifyReport } from '../../repository/index.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import { phases } from '../io/phases.ts';
import { count, humanBytes, humanTime } from '../io/units.ts';
import { addressOf, open, openStore, unlockOf } from './access.ts';
import { repositoryCommand, wholeNumber } from './options.ts';
import type { RepositoryOptions } from './options.ts';

interface Options extends RepositoryOptions {
  /** False with `--no-key`. */
  key: boolean;
  readData?: boolean;
  sample?: number;
  due?: boolean;
  period?: number;
  repair?: boolean;
}

export const verifyCommand = (io: Io): Command =>
  repositoryCommand('verify', 'check that everything is there and as it was written; without a key by checksums')
    .option('--no-key', 'without a key, although the environment names one')
    .addOption(new Option('--read-data', 'read everything').conflicts(['sample', 'due']))
    .addOption(
      new Option('--sample <share>', 'read a share, such as 5%, of what was read longest ago')
        .argParser(readShare)
        .conflicts('due'),
    )
    .option('--due', 'read what is due, so that repeated runs read everything once in the period')
    .option('--period <days>', 'days in which everything is to be read once', wholeNumber(1), 30)
    .option('--repair', 'set damaged packs aside, and restore what exists elsewhere')
    .action((options: Options) => verify(io, options));

/** @throws REPOSITORY_DAMAGED at the end, when there are problems left */
async function verify(io: Io, options: Options): Promise<void> {
  const { readData, sample, due, period, repair = false } = options;
  const output = createOutput(io, options);
  const data: ReadData | undefined = readData
    ? { kind: 'all' }
    : sample !== undefined
      ? { kind: 'sample', share: sample }
      : due
        ? { kind: 'due' }
        : undefined;
  const progress = await phases(output, {
    structure: ['Looking through', 'objects'],
    data: ['Reading packs', 'bytes'],
    references: ['Following points', 'objects'],
  });
  const report = await check(io, options, {
    ...(data ? { readData: data } : {}),
    ...(period === undefined ? {} : { periodDays: period }),
    repair,
    onProgress: progress.update,
    signal: io.signal,
  }).finally(progress.end);
  tell(output, report);
  const left = report.problems.filter(({ repaired, affected }) => !repaired || affected.length > 0);
  if (left.length > 0) {
    const points = new Set(left.flatMap(({ affected }) => affected.map(({ point }) => point)));
    throw new StrongroomError(
      'REPOSITORY_DAMAGED',
      `${count(left.length, 'object')} of the repository ${left.length === 1 ? 'is' : 'are'} damaged or missing` +
        (report.withKey ? `; ${count(points.size, 'restore point')} cannot be restored in full.` : '.') +
        (repair
          ? ''
          : ' "verify --repair" restores what exists elsewhere, and has the next backup store the rest anew.'),
    );
  }
}

async function check(io: Io, options: Options, how: VerifyOptions): Promise<VerifyReport> {
  const key = options.key && (await unlockOf(options, io.env));
  if (key) return (await open(options, io)).verify(how);
  if (how.repair)
    throw new StrongroomError('KEY_REFUSED', 'A repair needs the key: give --passphrase-file or another one.');
  const store = await openStore(addressOf(options.repo, io.env));
  const { verifyWithoutKey } = await import('../../repository/index.ts');
  return verifyWithoutKey(store, how);
}

function tell(output: Output, report: VerifyReport): void {
  const { problems, warnings, ...rest } = report;
  for (const problem of problems) output.result({ type: 'problem', ...problem }, problemText(problem));
  for (const warning of warnings) {
    const { object, what, repaired } = warning;
    output.result({ type: 'warning', ...warning }, `${object} ${what}${repaired ? `: ${repaired}` : ''}`);
  }
  output.result(
    { type: 'verified', ...rest, problems: problems.length, warnings: warnings.length },
    reportText(report),
  );
}

const problemText = ({ object, what, affected, repaired }: Problem): string =>
  [`DAMAGED ${object} ${what}`, ...(repaired ? [`  repaired: ${repaired}`] : []), ...affected.map(affectedText)].join(
    '\n',
  );

function affectedText({ point, disk, bytes, ranges, rangeCount }: AffectedDisk): string {
  if (disk === undefined) return `  point ${point} cannot be read`;
  const shown = ranges.slice(0, 3).map(({ offset, length }) => `${offset}+${length}`);
  const where = `${shown.join(', ')}${rangeCount > shown.length ? `, and ${rangeCount - shown.length} more` : ''}`;
  return `  point ${point}, disk ${disk}: ${humanBytes(bytes)} cannot be restored (offset+length ${where})`;
}

function reportText(report: VerifyReport): string {
  const { withKey, objects, bytes, packsRead, points, unreferenced, coverage, remembered, problems } = report;
  const { packs, packsChecked, bytesChecked, periodDays, oldest } = coverage;
  const lines = [
    `Checked ${count(objects, 'object')} of ${count(points, 'restore point')}${withKey ? '' : ' by checksums, without a key'}: ` +
      `${humanBytes(bytes)} read, ${count(packsRead, 'pack')} in full.`,
    `Read in full within ${count(periodDays, 'day')}: ${packsChecked} of ${count(packs, 'pack')} ` +
      `(${humanBytes(bytesChecked)} of ${humanBytes(coverage.bytes)})${oldest ? `, the first on ${humanTime(oldest)}` : ''}.`,
  ];
  if (unreferenced?.packs) {
    lines.push(
      `Nothing needs ${count(unreferenced.packs, 'pack')} (${humanBytes(unreferenced.bytes)}): prune removes them.`,
    );
  }
  if (remembered !== true) lines.push(`This check is not remembered: ${remembered}`);
  if (problems.length === 0) lines.push('No damage was found.');
  return lines.join('\n');
}

function readShare(text: string): number {
  const percent = Number(/^(\d+(?:\.\d+)?)%?$/.exec(text)?.[1]);
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new InvalidArgumentError('It is a share above 0% and up to 100%, such as 5%.');
}
