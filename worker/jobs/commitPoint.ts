import type { Job, JobResult } from '../../model/jobs.ts';
import type { JobContext } from './context.ts';

/** Commits a restore point whose images are stored. Committed again, the same point is the same point. */
export async function commitPoint(
  { repository, point }: Extract<Job, { kind: 'commitPoint' }>,
  { world, report }: JobContext,
): Promise<JobResult> {
  report({ phase: 'committing', total: 1, done: 0, stored: 0 });
  const { stored } = await world.repositories.withWriter(repository, (writer) => writer.commit(point));
  report({ phase: 'committing', total: 1, done: 1, stored });
  return { kind: 'commitPoint', point: point.id, stored };
}
