import type { Job, JobResult } from '../../model/jobs.ts';
import { backupDisk } from './backupDisk.ts';
import { commitPoint } from './commitPoint.ts';
import type { JobContext } from './context.ts';
import { initRepository } from './initRepository.ts';
import { probe } from './probe.ts';
import { restoreDisk } from './restoreDisk.ts';

export type RunJob = (job: Job, context: JobContext) => Promise<JobResult>;

/** Runs a job to its end. Every kind may be run again after a crash: it finds what it stored and goes on. */
export const runJob: RunJob = async (job, context) => {
  switch (job.kind) {
    case 'initRepository':
      return initRepository(job, context);
    case 'backupDisk':
      return backupDisk(job, context);
    case 'commitPoint':
      return commitPoint(job, context);
    case 'restoreDisk':
      return restoreDisk(job, context);
    case 'probe':
      return probe(job, context);
  }
};

/** The export URLs that a job came with. */
export function urlsOf(job: Job): { sas: string; baseSas: string | null } {
  return { sas: 'sas' in job ? job.sas : '', baseSas: 'base' in job ? (job.base?.sas ?? null) : null };
}
