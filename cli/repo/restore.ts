import { createHash } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { VHD_FOOTER_BYTES, vhdFooter } from '../../azure/vhdFooter.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { ImageReader } from '../../repository/index.ts';
import { openFileTarget } from '../images/fileTarget.ts';
import type { FileTarget } from '../images/fileTarget.ts';
import { streamTarget } from '../images/streamTarget.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import { humanBytes, humanDuration } from '../io/units.ts';
import { open } from './access.ts';
import { findDisk } from './findDisk.ts';
import { findPoint } from './findPoints.ts';
import { diskOption, latestOption, pointArgument, repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { pointTitle } from './pointView.ts';

interface Options extends RepositoryOptions {
  source?: string;
  disk?: string;
  to: string;
  format: 'raw' | 'vhd';
  overwrite?: boolean;
}

/** What a fixed VHD may hold at most (the specification's 2,040 GiB). */
const VHD_MOST = 2040 * 1024 ** 3;

export const restoreCommand = (io: Io): Command =>
  repositoryCommand(
    'restore',
    'write a disk of a restore point to a file or device; repeated, it goes on where it was interrupted',
  )
    .addArgument(pointArgument)
    .addOption(latestOption)
    .addOption(diskOption)
    .requiredOption('--to <target>', 'a file, a block device, or "-" for standard output')
    .addOption(new Option('--format <format>', 'of the image').choices(['raw', 'vhd']).default('raw'))
    .option('--overwrite', 'replace what is in the target')
    .action((point: string, options: Options) => restore(io, point, options));

async function restore(io: Io, name: string, options: Options): Promise<void> {
  const { to, format, overwrite = false, json } = options;
  const output = createOutput(io, { json, aside: to === '-' });
  if (to === '-' && io.stdout.isTTY)
    throw new StrongroomError('INVALID_INPUT', 'Standard output is a terminal: send the image to a file or a program.');
  const repository = await open(options, io);
  const began = io.now();
  const point = await findPoint(repository, name, options.source);
  const disk = findDisk(point, options.disk);
  const image = repository.image(disk.image);
  const { size } = image;
  if (format === 'vhd' && size > VHD_MOST)
    throw new StrongroomError(
      'UNSUPPORTED',
      `A VHD holds 2,040 GiB at most, this disk has ${humanBytes(size)}: restore it as raw.`,
    );

  const bytes = size + (format === 'vhd' ? VHD_FOOTER_BYTES : 0);
  const begin = { repository: repository.id, point: point.id, disk: disk.key, format, size, done: 0 };
  const file = to === '-' ? undefined : await openFileTarget(to, { bytes, restore: begin, overwrite });
  const target = file ?? streamTarget(io, size);
  try {
    const from = file ? await compare(io, output, image, file) : 0;
    const progress = await output.progress('Restoring');
    try {
      for await (const { offset, data } of image.blocks(io.signal, { offset: from, length: size - from })) {
        await target.write(offset, data);
        progress.update({ done: offset + data.length, total: size });
      }
      await target.finish(format === 'vhd' ? vhdFooter(size, vhdId(begin), point.time) : undefined);
    } finally {
      progress.end();
    }
  } catch (error) {
    await target.close();
    if (to !== '-') output.note(`The restore is not complete: repeat the command to go on, or delete ${to}.`);
    throw error;
  }
  const milliseconds = io.now() - began;
  output.result(
    {
      type: 'restored',
      point: point.id,
      source: point.source.name,
      disk: disk.key,
      to,
      format,
      bytes,
      seconds: milliseconds / 1000,
    },
    `Restored disk ${disk.key} of ${pointTitle(point)} to ${to === '-' ? 'standard output' : to}: ${humanBytes(bytes)} in ${humanDuration(milliseconds)}.`,
  );
}

/** Compares what an interrupted restore left with the image, and puts right what differs. @returns where to go on */
async function compare(io: Io, output: Output, image: ImageReader, target: FileTarget): Promise<number> {
  if (target.done === 0) return 0;
  const progress = await output.progress('Comparing');
  const { blockSize } = image;
  let wrong = 0;
  try {
    for (let offset = 0; offset < target.done; offset += blockSize) {
      io.signal.throwIfAborted();
      const length = Math.min(blockSize, image.size - offset);
      if (!(await image.holds(offset, await target.read(offset, length)))) {
        await target.write(offset, await image.read(offset, length, io.signal));
        wrong++;
      }
      progress.update({ done: offset + length, total: target.done });
    }
  } finally {
    progress.end();
  }
  output.note(
    `Going on where the restore was interrupted: ${humanBytes(target.done)} were there already` +
      (wrong > 0 ? `, ${wrong} blocks of them not as they should be.` : '.'),
  );
  return target.done;
}

/** An id of the VHD: the same for the same restore. */
const vhdId = ({ repository, point, disk }: { repository: string; point: string; disk: string }): Buffer =>
  createHash('sha256').update(`${repository}/${point}/${disk}`).digest().subarray(0, 16);
