import type { Command } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import { interruptible } from '../io/io.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import { table } from '../io/table.ts';
import { count, humanBytes, humanTime } from '../io/units.ts';
import { open } from './access.ts';
import { isOfSource, noPoint, readEach } from './findPoints.ts';
import type { Found } from './findPoints.ts';
import { repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { pointEvent, sumsOf } from './pointView.ts';

interface Options extends RepositoryOptions {
  source?: string;
}

export const pointsCommand = (io: Io): Command =>
  repositoryCommand('points', 'list restore points, oldest first')
    .option('--source <name>', 'only of this source')
    .action((options: Options) => interruptible(io.signal, points(io, options)));

/** @throws REPOSITORY_DAMAGED at the end, when a point cannot be read */
async function points(io: Io, options: Options): Promise<void> {
  const { source } = options;
  const output = createOutput(io, options);
  const repository = await open(options, io);
  const found: Found[] = [];
  for await (const each of readEach(repository, await repository.pointIds())) {
    if ('point' in each && source !== undefined && !isOfSource(each.point, source)) continue;
    found.push(each);
    output.event('point' in each ? pointEvent(each.point) : damagedEvent(each));
  }
  output.text(found.length > 0 ? asTable(found) : noPoint(source));
  const damaged = found.flatMap((each) => ('error' in each ? [each.id] : []));
  if (damaged.length > 0) {
    throw new StrongroomError(
      'REPOSITORY_DAMAGED',
      `${count(damaged.length, 'restore point')} cannot be read (${damaged.join(', ')}): "strongroom repo verify" says why.`,
    );
  }
}

const damagedEvent = ({ id, error }: Extract<Found, { error: unknown }>) => ({
  type: 'damagedPoint',
  id,
  message: error.message,
});

function asTable(found: readonly Found[]): string {
  const rows = found.map((each) => {
    if ('error' in each) return [each.id, 'cannot be read'];
    const { id, time, source, disks } = each.point;
    const { size, read, stored } = sumsOf(each.point);
    return [id, humanTime(time), source.name, `${disks.length}`, ...[size, read, stored].map(humanBytes)];
  });
  const right = true;
  return table(
    [
      { title: 'POINT' },
      { title: 'TIME (UTC)' },
      { title: 'SOURCE' },
      { title: 'DISKS', right },
      { title: 'SIZE', right },
      { title: 'READ', right },
      { title: 'STORED', right },
    ],
    rows,
  );
}
