import { StrongroomError } from '../../model/errors.ts';
import { mergeExtents, type Extent } from '../../model/extents.ts';
import type { BackupDiskJob, JobResult } from '../../model/jobs.ts';
import type { ReadMode } from '../../model/point.ts';
import type { Repository, Writer } from '../../repository/index.ts';
import type { JobContext } from './context.ts';
import { meets, spotCheck } from './spotCheck.ts';

type Base = NonNullable<BackupDiskJob['base']>;

/** What to read of a disk, and what the blocks read are compared with. */
interface ReadPlan {
  extents: Extent[];
  base: Base | null;
  read: ReadMode;
  /** What Azure said has changed, where it was asked although everything is read. */
  named?: readonly Extent[];
}

/**
 * Reads a snapshot through its export URL into the repository: what changed since a base, as far as Azure's comparison
 * can be believed, or all that holds data.
 */
export async function backupDisk(job: BackupDiskJob, context: JobContext): Promise<JobResult> {
  const { world, grants, signal, log } = context;
  const size = await grants.use(({ sas }) => world.reader(sas).size(signal));
  if (size !== job.disk.size) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `The snapshot of ${job.disk.key} holds ${size} bytes, not ${job.disk.size}.`,
    );
  }
  const repository = await world.repositories.open(job.repository);
  return world.repositories.withWriter(job.repository, async (writer) => {
    try {
      return await write(job, await planRead(job, repository, context), { repository, writer, context });
    } catch (error) {
      if (!job.base || !(error instanceof StrongroomError) || error.code !== 'REPOSITORY_DAMAGED') throw error;
      log.warn({ base: job.base.point, message: error.message }, 'base image is damaged: reading in full');
      const full = await readAll(job, context, `the image of point ${job.base.point} is damaged`);
      return write(job, full, { repository, writer, context });
    }
  });
}

async function planRead(job: BackupDiskJob, repository: Repository, context: JobContext): Promise<ReadPlan> {
  const { base, fullReason, disk } = job;
  const { world, grants, signal, log } = context;
  if (!base) return readAll(job, context, fullReason);
  if (base.image.size !== disk.size) {
    return readAll(job, context, `the disk was resized from ${base.image.size} to ${disk.size} bytes`);
  }
  if (!(await isCommitted(repository, base.point))) {
    // Prune keeps what points need: what the image of a point that is gone relies on may be gone as well.
    return readAll(job, context, `point ${base.point} is not in the repository any more`);
  }
  const image = repository.image(base.image);
  const over = async (reason: string, more: { mismatch?: number; named?: Extent[] } = {}): Promise<ReadPlan> => {
    const { mismatch, named } = more;
    const all = await readAll(job, context, reason);
    // What the base holds and the disk does not is zeros now.
    for await (const extent of image.extents()) all.extents.push(extent);
    const read = { ...all.read, basePoint: base.point, ...(mismatch !== undefined && { mismatch }) };
    return { extents: mergeExtents(all.extents, disk.size), base, read, ...(named && { named }) };
  };
  if (base.sas === null) return over(fullReason);
  const asked = base.sas;
  let changed: Extent[];
  try {
    changed = await grants.use(({ sas, baseSas }) => world.reader(sas).changedSince(baseSas ?? asked, signal));
  } catch (error) {
    if (!(error instanceof StrongroomError) || !isRefusedComparison(error)) throw error;
    log.warn({ disk: disk.key, message: error.message }, 'no comparison: reading in full');
    return readAll(job, context, error.message);
  }
  if (fullReason !== '') return over(fullReason, { named: changed });
  const { sampled, mismatch } = await spotCheck({
    image,
    blockSize: repository.blockSize,
    changed,
    read: ({ offset, length }) => grants.use(({ sas }) => world.reader(sas).read(offset, length, signal)),
    random: () => world.random(4).readUInt32BE() / 2 ** 32,
  });
  if (mismatch !== undefined) {
    log.error({ code: 'CBT_MISMATCH', disk: disk.key, base: base.point, offset: mismatch }, 'reading in full');
    return over(missed(mismatch), { mismatch });
  }
  const fullRead = base.fullRead === null ? {} : { fullRead: base.fullRead };
  return { extents: changed, base, read: { mode: 'incremental', basePoint: base.point, sampled, ...fullRead } };
}

async function isCommitted(repository: Repository, point: string): Promise<boolean> {
  try {
    await repository.point(point);
    return true;
  } catch (error) {
    if (error instanceof StrongroomError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}

/**
 * Azure may refuse a comparison with the status of an expired URL, and no grant cures that: then the full read shows
 * whether the URL opens the disk. (A retryable SAS_EXPIRED means that no grant came.)
 */
function isRefusedComparison({ code, retryable }: StrongroomError): boolean {
  return code === 'DIFF_UNSUPPORTED' || (code === 'SAS_EXPIRED' && !retryable);
}

const missed = (offset: number): string => `Azure's comparison did not name what had changed at offset ${offset}`;

async function readAll({ tracking }: BackupDiskJob, context: JobContext, reason: string): Promise<ReadPlan> {
  const { world, grants, signal } = context;
  const extents = await grants.use(({ sas }) => world.reader(sas).allocated(signal));
  return { extents, base: null, read: { mode: 'full', reason, ...(tracking === 'checksum' && { tracking }) } };
}

async function write(
  job: BackupDiskJob,
  { extents, base, read, named }: ReadPlan,
  parts: { repository: Repository; writer: Writer; context: JobContext },
): Promise<JobResult> {
  const { repository, writer } = parts;
  const { world, grants, signal, report, log } = parts.context;
  const total = extents.reduce((sum, { length }) => sum + length, 0);
  report({ phase: 'reading', total, done: 0, stored: 0 });
  const { image, stats } = await writer.writeImage({
    size: job.disk.size,
    base: base?.image,
    extents,
    read: async (offset, into, stop) =>
      into.set(await grants.use(({ sas }) => world.reader(sas).read(offset, into.length, stop))),
    onProgress: (progress) => report({ phase: 'reading', ...progress }),
    signal,
  });
  if (image.size !== job.disk.size) {
    throw new StrongroomError(
      'INTERNAL',
      `The image of ${job.disk.key} came out as ${image.size} bytes, not ${job.disk.size}.`,
    );
  }
  if (!named || !base) return { kind: 'backupDisk', image, read, stats };
  for await (const block of repository.image(image).differences(base.image)) {
    if (meets(named, block)) continue;
    log.error(
      { code: 'CBT_MISMATCH', disk: job.disk.key, base: base.point, offset: block.offset },
      'it was read in full',
    );
    const found = { ...read, mode: 'full' as const, reason: missed(block.offset), mismatch: block.offset };
    return { kind: 'backupDisk', image, read: found, stats };
  }
  return { kind: 'backupDisk', image, read, stats };
}
