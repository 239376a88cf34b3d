import type { Command } from 'commander';
import type { Point } from '../../model/point.ts';
import { interruptible } from '../io/io.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import { list, table } from '../io/table.ts';
import { humanBytes, humanTime } from '../io/units.ts';
import { open } from './access.ts';
import { findPoint } from './findPoints.ts';
import { latestOption, pointArgument, repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { pointEvent } from './pointView.ts';

interface Options extends RepositoryOptions {
  source?: string;
}

export const showCommand = (io: Io): Command =>
  repositoryCommand('show', 'show all of a restore point')
    .addArgument(pointArgument)
    .addOption(latestOption)
    .action((point: string, options: Options) => interruptible(io.signal, show(io, point, options)));

async function show(io: Io, name: string, options: Options): Promise<void> {
  const repository = await open(options, io);
  const point = await findPoint(repository, name, options.source);
  const event = { ...pointEvent(point), ...('machine' in point ? { machine: point.machine } : {}) };
  createOutput(io, options).result(event, asText(point));
}

function asText(point: Point): string {
  const { id, time, source, consistency, session } = point;
  const head = list([
    ['point', id],
    ['time', `${humanTime(time)} UTC`],
    ['source', source.name],
    ...(source.kind === 'vm' ? ([['machine', source.resourceId]] as const) : []),
    ['consistency', consistency],
    ['session', session],
  ]);
  const disks = point.disks.map(({ key, name, size, read, stats }, number) => [
    `${number}`,
    key,
    name,
    ...[size, stats.read, stats.stored].map(humanBytes),
    read.mode === 'incremental' ? `changes since ${read.basePoint}` : `in full: ${read.reason}`,
  ]);
  const right = true;
  const columns = [
    { title: 'DISK' },
    { title: 'KEY' },
    { title: 'NAME' },
    { title: 'SIZE', right },
    { title: 'READ', right },
    { title: 'STORED', right },
    { title: 'HOW' },
  ];
  return `${head}\n\n${table(columns, disks)}`;
}
