import { StrongroomError } from '../../model/errors.ts';
import type { Job, JobResult } from '../../model/jobs.ts';
import type { JobContext } from './context.ts';

/** Commits a restore point whose images are stored. A point of the same id and session is the same point. */
export async function commitPoint(
  job: Extract<Job, { kind: 'commitPoint' }>,
  { world, report }: JobContext,
): Promise<JobResult> {
  const { point } = job;
  report({ phase: 'committing', total: 1, done: 0, stored: 0 });
  const stored = await world.repositories.withWriter(job.repository, async (writer, repository) => {
    try {
      return (await writer.commit(point)).stored;
    } catch (error) {
      if (!(error instanceof StrongroomError) || error.code !== 'ALREADY_EXISTS') throw error;
      if ((await repository.point(point.id)).session !== point.session) throw error;
      return 0;
    }
  });
  report({ phase: 'committing', total: 1, done: 1, stored });
  return { kind: 'commitPoint', point: point.id, stored };
}
