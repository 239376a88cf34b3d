import type { Command } from 'commander';
import { Option } from 'commander';
import { StrongroomError } from '../../model/errors.ts';
import type { ImagePoint, ImageRef, ImageStats, Point, ReadMode } from '../../model/point.ts';
import type { Extent, Repository, Writer } from '../../repository/index.ts';
import { mergeExtents } from '../../model/extents.ts';
import { readRanges } from '../images/ranges.ts';
import { openImageSource, paddingNote } from '../images/source.ts';
import type { ImageSource } from '../images/source.ts';
import { openStreamSource } from '../images/streamSource.ts';
import type { Io } from '../io/io.ts';
import { createOutput } from '../io/output.ts';
import type { Output } from '../io/output.ts';
import type { Step } from '../io/progress.ts';
import { count, humanBytes, humanDuration } from '../io/units.ts';
import { open, timeOf } from './access.ts';
import { isOfSource, newestPoint, readEach } from './findPoints.ts';
import { repositoryCommand } from './options.ts';
import type { RepositoryOptions } from './options.ts';
import { pointEvent } from './pointView.ts';

interface Options extends RepositoryOptions {
  source: string;
  changedRanges?: string;
  allocatedRanges?: string;
  readHoles?: boolean;
}

export const backupCommand = (io: Io): Command =>
  repositoryCommand('backup', 'back up an image of a disk')
    .argument('<image>', 'a raw image, a fixed VHD or a block device; "-" for standard input')
    .requiredOption('--source <name>', 'whose disk it is: only what differs from its newest point is stored')
    .option('--changed-ranges <file>', 'what may have changed since that point: only this is read')
    .addOption(
      new Option('--allocated-ranges <file>', 'what may be other than zero: only this is read').conflicts(
        'changedRanges',
      ),
    )
    .addOption(
      new Option('--read-holes', 'read a sparse file where its file system says that it has no data, too').conflicts([
        'changedRanges',
        'allocatedRanges',
      ]),
    )
    .action((image: string, options: Options) =>
      image === '-' ? backupStream(io, options) : backupFile(io, image, options),
    );

async function backupFile(io: Io, path: string, options: Options): Promise<void> {
  const { changedRanges, allocatedRanges } = options;
  const source = sourceName(options);
  const output = createOutput(io, options);
  const image = await openImageSource(path);
  try {
    if (image.note) output.note(image.note);
    // Before the key is asked for: whoever mistyped a range need not wait for it.
    const changed = changedRanges ? await readRanges(changedRanges, 'changed', image.size) : undefined;
    const allocated = changed || options.readHoles ? undefined : await allocatedOf(image, allocatedRanges);
    const repository = await open(options, io, toRead(changed ?? allocated ?? [{ offset: 0, length: image.size }]));
    const base = changed
      ? await trackedBase(repository, source, image.size)
      : await newestPoint(repository, (each) => isOfSource(each, source) && diskOf(each).size === image.size);
    await makePoint(io, output, repository, {
      source,
      name: image.name,
      async write(writer, onProgress) {
        const over = async (base: Point | undefined, noBase: string): Promise<Written> => {
          const { extents, read } = await planOf(repository, image.size, base, noBase, { changed, allocated });
          const written = await writer.writeImage({
            size: image.size,
            ...(base ? { base: diskOf(base).image } : {}),
            extents,
            read: (offset, into) => image.read(offset, into),
            onProgress,
            signal: io.signal,
          });
          return { ...written, read };
        };
        try {
          return await over(base, 'no point of this size before');
        } catch (error) {
          if (!base || !(error instanceof StrongroomError) || error.code !== 'REPOSITORY_DAMAGED') throw error;
          const why = `the map of ${base.id} is damaged`;
          if (changed) throw noBase(why);
          output.note(`${error.message} All of the image is read.`);
          return over(undefined, why);
        }
      },
    });
  } finally {
    await image.close();
  }
}

/** What may be other than zero, as far as somebody tells. @param file of ranges @throws INVALID_INPUT */
const allocatedOf = (image: ImageSource, file: string | undefined): Promise<Extent[] | undefined> =>
  file ? readRanges(file, 'allocated', image.size) : image.allocated();

async function backupStream(io: Io, options: Options): Promise<void> {
  const source = sourceName(options);
  if (options.changedRanges || options.allocatedRanges)
    throw new StrongroomError('INVALID_INPUT', 'Ranges go with a file or device: standard input is read as it comes.');
  if (io.stdin.isTTY)
    throw new StrongroomError('INVALID_INPUT', 'Standard input is a terminal: send an image there, or name a file.');
  const output = createOutput(io, options);
  const repository = await open(options, io);
  const stream = openStreamSource(io.stdin, io.signal);
  await makePoint(io, output, repository, {
    source,
    name: 'standard input',
    async write(writer, onProgress) {
      const written = await writer.writeStream({ source: stream.source, onProgress, signal: io.signal });
      const note = paddingNote('Standard input', stream.bytes());
      if (note) output.note(note);
      return { ...written, read: { mode: 'full', reason: 'a stream has no base', tracking: 'checksum' } };
    },
  });
}

/**
 * The point since which changes are told: the newest of the source. An older one would miss what changed in between.
 * @throws INVALID_INPUT when there is none, when it has another size, or when it may be one that cannot be read
 */
async function trackedBase(repository: Repository, source: string, size: number): Promise<Point> {
  for await (const found of readEach(repository, (await repository.pointIds()).reverse())) {
    if (!('point' in found)) throw noBase(`the point ${found.id} cannot be read, and may be the newest of that source`);
    if (!isOfSource(found.point, source)) continue;
    if (diskOf(found.point).size === size) return found.point;
    throw noBase(`the newest of source ${JSON.stringify(source)} has ${diskOf(found.point).size} bytes, not ${size}`);
  }
  throw noBase(`the repository has none of source ${JSON.stringify(source)}`);
}

/** What is read, and what the point says of that. @param noBase why there is none */
async function planOf(
  repository: Repository,
  size: number,
  base: Point | undefined,
  noBase: string,
  ranges: { changed: Extent[] | undefined; allocated: Extent[] | undefined },
): Promise<{ extents: readonly Extent[]; read: ReadMode }> {
  const { changed, allocated } = ranges;
  if (base && changed) return { extents: changed, read: { mode: 'incremental', basePoint: base.id } };
  const everything = [{ offset: 0, length: size }];
  if (!base) return { extents: allocated ?? everything, read: { mode: 'full', reason: noBase } };
  const reason = `compared with ${base.id}`;
  const read: ReadMode = { mode: 'full', reason, tracking: 'checksum', basePoint: base.id };
  if (!allocated) return { extents: everything, read };
  // What the base has and is no longer allocated is zeros now.
  const before: Extent[] = [];
  for await (const extent of repository.image(diskOf(base).image).extents()) before.push(extent);
  return { extents: mergeExtents([...allocated, ...before], size), read };
}

/** An image that is stored, and how it was read. */
interface Written {
  image: ImageRef;
  stats: ImageStats;
  read: ReadMode;
}

interface Writing {
  source: string;
  name: string;
  write(writer: Writer, onProgress: (step: Step) => void): Promise<Written>;
}

async function makePoint(
  io: Io,
  output: Output,
  repository: Repository,
  { source, name, write }: Writing,
): Promise<void> {
  const time = timeOf(io);
  const began = io.now();
  const { pointId } = await import('../../model/point.ts');
  const id = pointId(time, io.random(4));
  const progress = await output.progress('Backing up');
  const writer = await repository.writer({ onWarning: (warning) => output.note(warning.message) });
  let stored = 0;
  try {
    const { image, stats, read } = await write(writer, (step) => {
      stored = step.stored ?? 0;
      progress.update(step);
    });
    const point: ImagePoint = {
      version: 1,
      id,
      time,
      session: id,
      source: { kind: 'image', name: source },
      consistency: 'unknown',
      disks: [{ key: 'disk0', name, size: image.size, image, read, stats }],
    };
    await writer.commit(point);
    progress.end();
    const milliseconds = io.now() - began;
    output.result({ ...pointEvent(point), seconds: milliseconds / 1000 }, summary(point, milliseconds));
  } catch (error) {
    progress.end();
    if (stored > 0) output.note('No restore point was made. What was stored of it is used by the next backup.');
    throw error;
  } finally {
    await writer.close();
  }
}

function summary({ id, source, disks }: ImagePoint, milliseconds: number): string {
  const { size, stats, read } = disks[0]!;
  const share = stats.read < size ? 'what is allocated' : 'all of it';
  const how = read.mode === 'incremental' ? `changes since ${read.basePoint}` : `${share}, ${read.reason}`;
  return (
    `Made restore point ${id} of ${source.name} (${humanBytes(size)}) in ${humanDuration(milliseconds)}.\n` +
    `Read ${humanBytes(stats.read)} (${how}), stored ${humanBytes(stats.stored)} (${count(stats.blocksNew, 'new block')}).`
  );
}

/** About as many bytes as are read: of each range a block at least, whose size the repository tells only when it is open. */
const toRead = (extents: readonly Extent[]): number =>
  extents.reduce((sum, { length }) => sum + Math.max(length, 256 * 1024), 0);

/** The one disk of an image's point; of a machine's, which has other sources, the first. */
const diskOf = (point: Point) => point.disks[0]!;

/** @throws INVALID_INPUT */
function sourceName({ source }: Options): string {
  if (source.trim() !== '' && source.length <= 200) return source;
  throw new StrongroomError('INVALID_INPUT', 'The name of a --source has 1 to 200 characters.');
}

const noBase = (why: string): StrongroomError =>
  new StrongroomError(
    'INVALID_INPUT',
    `Changes since which point? It should be the newest, but ${why}. Leave --changed-ranges out: then everything is read.`,
  );
