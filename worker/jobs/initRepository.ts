import { StrongroomError } from '../../model/errors.ts';
import type { Job, JobResult } from '../../model/jobs.ts';
import type { JobContext } from './context.ts';

/** Makes the repository, when there is none, and puts its recovery key into the vault. */
export async function initRepository(
  job: Extract<Job, { kind: 'initRepository' }>,
  { world, log }: JobContext,
): Promise<JobResult> {
  try {
    const { id } = await world.repositories.open(job.repository);
    return { kind: 'initRepository', repositoryId: id, created: false };
  } catch (error) {
    if (!(error instanceof StrongroomError) || error.code !== 'REPOSITORY_UNKNOWN') throw error;
    try {
      const repository = await world.repositories.create(job.repository);
      log.info({ repository: repository.id }, 'repository created, its recovery key is kept in the vault');
      return { kind: 'initRepository', repositoryId: repository.id, created: true };
    } catch (creation) {
      // Another worker was faster; or what stands there is of a version that this one does not know.
      if (!(creation instanceof StrongroomError) || creation.code !== 'ALREADY_EXISTS') throw creation;
      const { id } = await world.repositories.open(job.repository);
      return { kind: 'initRepository', repositoryId: id, created: false };
    }
  }
}
