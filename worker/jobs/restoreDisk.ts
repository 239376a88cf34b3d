import { StrongroomError } from '../../model/errors.ts';
import type { Job, JobResult } from '../../model/jobs.ts';
import type { JobContext } from './context.ts';

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

  let [done, written] = [0, 0];
  report({ phase: 'writing', total: size, done: 0, stored: 0 });
  const write = async (offset: number, data: Uint8Array) => {
    // In memory of its own: a request does not take memory that threads share.
    const own = Buffer.from(data);
    await grants.use(({ sas }) => world.writer(sas).write(offset, own, signal));
    written += data.length;
    done = Math.max(done, offset + data.length);
    report({ phase: 'writing', total: size, done, stored: written });
  };
  await image.copy(write, signal);
  await grants.use(({ sas }) => world.writer(sas).finish(size, world.random(16), world.now(), signal));
  report({ phase: 'writing', total: size, done: size, stored: written });
  return { kind: 'restoreDisk', size, written };
}
