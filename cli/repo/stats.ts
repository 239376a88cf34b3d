import type { Command } from 'commander';
import { interruptible } from '../io/io.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import { list, table } from '../io/table.ts';
import { humanBytes } from '../io/units.ts';
import { open } from './access.ts';
import { repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';

interface Options extends RepositoryOptions {
  deep?: boolean;
}

export const statsCommand = (io: Io): Command =>
  repositoryCommand('stats', 'show what the repository holds and how small')
    .option('--deep', 'also what deduplication saves: reads all maps')
    .action((options: Options) => interruptible(io.signal, stats(io, options)));

async function stats(io: Io, options: Options): Promise<void> {
  const repository = await open(options, io);
  const found = await repository.stats({ deep: options.deep ?? false });
  const { points, sources, logicalBytes, stored, storedBytes, uniqueBlocks, compressionRatio, deep } = found;
  const ratio = (value: number) => value.toFixed(2);
  const facts = list([
    ['restore points', `${points}`],
    ['sources', `${sources}`],
    ['disks of all points', humanBytes(logicalBytes)],
    ['stored', humanBytes(storedBytes)],
    ['different blocks', `${uniqueBlocks}`],
    ['compression', `${ratio(compressionRatio)} to 1`],
    ...(deep
      ? ([
          ['not zero, of all points', humanBytes(deep.nonZeroBytes)],
          ['deduplication', `${ratio(deep.deduplicationRatio)} to 1`],
          ['not needed by any point', humanBytes(deep.unreferencedBytes)],
        ] as const)
      : []),
  ]);
  const right = true;
  const objects = table(
    [{ title: 'STORED' }, { title: 'OBJECTS', right }, { title: 'SIZE', right }],
    Object.entries(stored).map(([kind, { objects, bytes }]) => [kind, `${objects}`, humanBytes(bytes)]),
  );
  createOutput(io, options).result({ type: 'stats', ...found }, `${facts}\n\n${objects}`);
}
