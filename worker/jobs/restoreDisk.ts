import { MAX_PAGE_WRITE } from '../../azure/diskData.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { Job, JobResult } from '../../model/jobs.ts';
import { Bounded } from '../bounded.ts';
import type { JobContext } from './context.ts';

/** Page writes in flight: 8 × 4 MiB is the job's memory, and more than a Standard HDD's speed needs. */
const WRITES = 8;

interface Block {
  offset: number;
  data: Uint8Array;
}

/**
 * Writes a point's disk to an empty `Upload` disk: non-zero blocks as pages, the VHD footer last. The work grows with
 * the data, not with the disk: the repository checks every block by its keyed hash, Azure every page write by its MD5.
 */
export async function restoreDisk(
  job: Extract<Job, { kind: 'restoreDisk' }>,
  { world, grants, signal, report }: JobContext,
): Promise<JobResult> {
  const repository = await world.repositories.open(job.repository);
  const point = await repository.point(job.point);
  const disk = point.disks.find(({ key }) => key === job.disk);
  if (!disk) throw new StrongroomError('NOT_FOUND', `Point ${job.point} has no disk "${job.disk}".`);
  const image = repository.image(disk.image);
  const size = await grants.use(({ sas }) => world.writer(sas).size(signal));
  if (size !== image.size) {
    throw new StrongroomError('INVALID_INPUT', `The new disk holds ${size} bytes; the image has ${image.size}.`);
  }

  const writes = new Bounded(WRITES);
  let written = 0;
  report({ phase: 'writing', total: size, done: 0, stored: 0 });
  for await (const { offset, data } of joined(image.blocks(signal), MAX_PAGE_WRITE)) {
    signal.throwIfAborted();
    await writes.add(async () => {
      await grants.use(({ sas }) => world.writer(sas).write(offset, data, signal));
      written += data.length;
    });
    report({ phase: 'writing', total: size, done: offset + data.length, stored: written });
  }
  await writes.drain();
  await grants.use(({ sas }) => world.writer(sas).finish(size, world.random(16), world.now(), signal));
  report({ phase: 'writing', total: size, done: size, stored: written });
  return { kind: 'restoreDisk', size, written };
}

/** Joins blocks that follow one another into pieces of at most `most` bytes. */
export async function* joined(blocks: AsyncIterable<Block>, most: number): AsyncGenerator<Block> {
  let parts: Uint8Array[] = [];
  let start = 0;
  let length = 0;
  for await (const { offset, data } of blocks) {
    if (length > 0 && (offset !== start + length || length + data.length > most)) {
      yield { offset: start, data: Buffer.concat(parts) };
      parts = [];
      length = 0;
    }
    if (length === 0) start = offset;
    parts.push(data);
    length += data.length;
  }
  if (length > 0) yield { offset: start, data: Buffer.concat(parts) };
}
