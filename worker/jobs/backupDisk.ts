import type { Extent } from '../../azure/diskData.ts';
import { StrongroomError } from '../../model/errors.ts';
import type { BackupDiskJob, JobResult } from '../../model/jobs.ts';
import type { Writer } from '../../repository/index.ts';
import type { JobContext } from './context.ts';

/** What to read of a disk: what changed since a base, or, when there is no usable base, all that holds data. */
interface ReadPlan {
  extents: Extent[];
  base: BackupDiskJob['base'];
  /** Why everything is read. */
  reason: string;
}

/** Reads a snapshot through its export URL into the repository: changed extents only when there is a base. */
export async function backupDisk(job: BackupDiskJob, context: JobContext): Promise<JobResult> {
  const { world, grants, signal, log } = context;
  const size = await grants.use(({ sas }) => world.reader(sas).size(signal));
  if (size !== job.disk.size) {
    throw new StrongroomError(
      'INVALID_INPUT',
      `The snapshot of ${job.disk.key} holds ${size} bytes, not ${job.disk.size}.`,
    );
  }
  return world.repositories.withWriter(job.repository, async (writer) => {
    const plan = await planRead(job, size, context);
    try {
      return await writeImage(job, plan, writer, context);
    } catch (error) {
      if (!plan.base || !(error instanceof StrongroomError) || error.code !== 'REPOSITORY_DAMAGED') throw error;
      log.warn({ base: plan.base.point, message: error.message }, 'base image is damaged: reading in full');
      const full = await planFull(context, `the image of point ${plan.base.point} is damaged`);
      return writeImage(job, full, writer, context);
    }
  });
}

async function planRead(job: BackupDiskJob, size: number, context: JobContext): Promise<ReadPlan> {
  const { world, grants, signal, log } = context;
  const base = job.base;
  if (!base) return planFull(context, job.fullReason);
  if (base.image.size !== size) {
    return planFull(context, `the disk was resized from ${base.image.size} to ${size} bytes`);
  }
  try {
    const extents = await grants.use(({ sas, baseSas }) => world.reader(sas).changedSince(baseSas ?? base.sas, signal));
    return { extents, base, reason: '' };
  } catch (error) {
    if (!(error instanceof StrongroomError) || !isRefusedComparison(error)) throw error;
    log.warn({ disk: job.disk.key, message: error.message }, 'no comparison: reading in full');
    return planFull(context, error.message);
  }
}

/**
 * Azure may refuse a comparison with the status of an expired URL, and no grant cures that: then the full read shows
 * whether the URL opens the disk. (A retryable SAS_EXPIRED means that no grant came.)
 */
function isRefusedComparison({ code, retryable }: StrongroomError): boolean {
  return code === 'DIFF_UNSUPPORTED' || (code === 'SAS_EXPIRED' && !retryable);
}

async function planFull({ world, grants, signal }: JobContext, reason: string): Promise<ReadPlan> {
  return { extents: await grants.use(({ sas }) => world.reader(sas).allocated(signal)), base: null, reason };
}

async function writeImage(job: BackupDiskJob, plan: ReadPlan, writer: Writer, context: JobContext): Promise<JobResult> {
  const { world, grants, signal, report } = context;
  const total = plan.extents.reduce((sum, { length }) => sum + length, 0);
  report({ phase: 'reading', total, done: 0, stored: 0 });
  const { image, stats } = await writer.writeImage({
    size: job.disk.size,
    base: plan.base?.image,
    extents: plan.extents,
    read: (offset, length, stop) => grants.use(({ sas }) => world.reader(sas).read(offset, length, stop ?? signal)),
    onProgress: (progress) => report({ phase: 'reading', ...progress }),
    signal,
  });
  if (image.size !== job.disk.size) {
    throw new StrongroomError(
      'INTERNAL',
      `The image of ${job.disk.key} came out as ${image.size} bytes, not ${job.disk.size}.`,
    );
  }
  return {
    kind: 'backupDisk',
    image,
    read: plan.base ? { mode: 'incremental', basePoint: plan.base.point } : { mode: 'full', reason: plan.reason },
    stats,
  };
}
