import { StrongroomError } from '../../model/errors.ts';
import type { JobAddress, WorkerHandle } from '../../model/activities.ts';
import type { ExportPolicy } from '../../model/exports.ts';
import { packed, unpacked, type Table } from './table.ts';

/** One start of a worker. `sealedKey`: its message key, wrapped by Key Vault. */
export interface Attempt {
  session: string;
  worker: WorkerHandle;
  sealedKey: string;
  /** ISO 8601 UTC: when a message of it last came. */
  lastSeen: string;
}

/** A job's exports, so that they can be granted anew and revoked. */
export interface JobExports {
  address: JobAddress;
  /** Key of the disk in the session; '' when the job is about none. */
  disk: string;
  /** Snapshots exported for reading: the new one, then the base. */
  snapshots: string[];
  /** What they are given back when the job is over: their source disk's. */
  exportPolicy?: ExportPolicy;
  /** A disk exported for writing. */
  target: string;
  ended: boolean;
}

const ATTEMPT = 'attempt';
const attemptJson = ['worker'];
const jobJson = ['address', 'snapshots', 'exportPolicy'];

/** Workers' attempts and their jobs. A row of the attempt, and one per job, in the attempt's partition. */
export interface Attempts {
  /** Makes the attempt; false when it is there already, key and all. */
  open(attempt: string, row: Attempt): Promise<boolean>;
  find(attempt: string): Promise<Attempt | undefined>;
  /** @throws NOT_FOUND */
  get(attempt: string): Promise<Attempt>;
  seen(attempt: string, at: string): Promise<void>;
  /** Forgets the attempt, its key and its jobs. */
  close(attempt: string): Promise<void>;
  putJob(job: JobExports): Promise<void>;
  findJob(attempt: string, jobId: string): Promise<JobExports | undefined>;
  endJob(attempt: string, jobId: string): Promise<void>;
}

export function createAttempts(table: Table): Attempts {
  const find = async (attempt: string) => {
    const row = await table.find(attempt, ATTEMPT);
    return row && unpacked<Attempt>(row, attemptJson);
  };
  return {
    open: (attempt, row) => table.insert(attempt, ATTEMPT, packed(row)),
    find,
    async get(attempt) {
      const found = await find(attempt);
      if (!found) throw new StrongroomError('NOT_FOUND', `Attempt ${attempt} is over.`);
      return found;
    },
    async seen(attempt, lastSeen) {
      const row = await table.find(attempt, ATTEMPT);
      if (row) await table.mergeIf(attempt, ATTEMPT, { lastSeen }, '*');
    },
    async close(attempt) {
      const rows = await table.list(attempt);
      await Promise.all(rows.map((row) => table.delete(attempt, String(row['rowKey']))));
    },
    putJob: (job) => table.merge(job.address.attempt, job.address.jobId, packed(job)),
    async findJob(attempt, jobId) {
      const row = await table.find(attempt, jobId);
      return row && unpacked<JobExports>(row, jobJson);
    },
    endJob: (attempt, jobId) => table.merge(attempt, jobId, { ended: true }),
  };
}
