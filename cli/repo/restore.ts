import { createHash } from 'node:crypto';
import { Option } from 'commander';
import type { Command } from 'commander';
import { vhdFooter } from '../../azure/vhdFooter.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { ImageReader } from '../../repository/index.ts';
import { openFileTarget } from '../images/fileTarget.ts';
import type { FileTarget } from '../images/fileTarget.ts';
import { writeToFile } from '../images/toFile.ts';
import { writeToStream } from '../images/toStream.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import { phases } from '../io/phases.ts';
import { count, humanBytes, humanDuration } from '../io/units.ts';
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

  const what = { repository: repository.id, point: point.id, disk: disk.key, format, size };
  const footer = format === 'vhd' ? vhdFooter(size, vhdId(what), point.time) : undefined;
  const bytes = size + (footer?.length ?? 0);
  if (to === '-') await toStream(io, output, image, footer);
  else {
    const target = await openFileTarget(to, { bytes, restore: { ...what, done: 0 }, overwrite });
    await toFile(io, output, image, footer, target).catch(async (error: unknown) => {
      await target.close();
      output.note(`The restore is not complete: repeat the command to go on, or delete ${to}.`);
      throw error;
    });
  }
  const milliseconds = io.now() - began;
  const { id, source } = point;
  const where = to === '-' ? 'standard output' : to;
  output.result(
    {
      type: 'restored',
      point: id,
      source: source.name,
      disk: disk.key,
      to,
      format,
      bytes,
      seconds: milliseconds / 1000,
    },
    `Restored disk ${disk.key} of ${pointTitle(point)} to ${where}: ${humanBytes(bytes)} in ${humanDuration(milliseconds)}.`,
  );
}

async function toStream(io: Io, output: Output, image: ImageReader, footer: Uint8Array | undefined): Promise<void> {
  const progress = await output.progress('Restoring');
  await writeToStream(io, image, footer, (done) => progress.update({ done, total: image.size })).finally(progress.end);
}

async function toFile(
  io: Io,
  output: Output,
  image: ImageReader,
  footer: Uint8Array | undefined,
  target: FileTarget,
): Promise<void> {
  const progress = await phases(output, {
    compare: ['Comparing', 'bytes'],
    clear: ['Clearing', 'bytes'],
    copy: ['Restoring', 'bytes'],
  });
  if (target.done > 0) output.note(`Going on where the restore was interrupted: ${humanBytes(target.done)} are there.`);
  const wrong = await writeToFile(target, image, footer, io.signal, progress.update).finally(progress.end);
  if (wrong > 0)
    output.note(
      `${count(wrong, 'block')} of that ${wrong === 1 ? 'was' : 'were'} not as in the point, and ${wrong === 1 ? 'is' : 'are'} now.`,
    );
}

/** An id of the VHD: the same for the same restore. */
const vhdId = ({ repository, point, disk }: { repository: string; point: string; disk: string }): Buffer =>
  createHash('sha256').update(`${repository}/${point}/${disk}`).digest().subarray(0, 16);
