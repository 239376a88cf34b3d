import type { JobExports } from '../azure/tables/attempts.ts';
import type { JobAddress } from '../model/activities.ts';
import { sealMessage, type Command } from '../model/messages.ts';
import { allSettled } from './activities/settled.ts';
import type { Appliance } from './appliance.ts';

/** Export URLs of a job: secrets that go from Azure into a sealed message and nowhere else. */
export interface Granted {
  sas: string;
  baseSas: string | null;
}

/** Grants the exports that a job's row names. Asking again gives valid URLs too. */
export async function grantExports({ snapshots, disks, settings }: Appliance, job: JobExports): Promise<Granted> {
  const seconds = settings.STRONGROOM_SAS_SECONDS;
  if (job.target) return { sas: await disks.grantWrite(job.target, seconds), baseSas: null };
  const [sas, baseSas] = await Promise.all(job.snapshots.map((id) => snapshots.grant(id, seconds)));
  return { sas: sas!, baseSas: baseSas ?? null };
}

/**
 * Sends a job's worker fresh export URLs. The job may end meanwhile: what was granted behind its revocation is taken back.
 */
export async function renewExports(appliance: Appliance, job: JobExports): Promise<void> {
  const { attempt, jobId } = job.address;
  const granted = await grantExports(appliance, job);
  const now = await appliance.attempts.findJob(attempt, jobId);
  if (!now || now.ended) return closeExports(appliance, job);
  await sendCommand(appliance, attempt, { kind: 'sas', jobId, ...granted });
}

/**
 * Ends a job's exports, and gives its snapshots back the export policy of their source: nothing stays behind a disk access
 * of ours. The row is closed first, so that a late `sasExpired` opens nothing again.
 */
export async function revokeExports(appliance: Appliance, address: JobAddress): Promise<void> {
  const { attempts, ledger } = appliance;
  const job = await attempts.findJob(address.attempt, address.jobId);
  if (!job) return;
  await attempts.endJob(address.attempt, address.jobId);
  await closeExports(appliance, job);
  await ledger.strike(address.session, 'export', ...targetsOf(job));
}

/** A policy is given back only after the export is closed: the source's may be open to the internet. */
async function closeExports({ disks, snapshots }: Appliance, job: JobExports): Promise<void> {
  const { exportPolicy, target } = job;
  await allSettled(
    job.snapshots.map(async (id) => {
      await snapshots.revoke(id);
      if (exportPolicy) await snapshots.setExportPolicy(id, exportPolicy);
    }),
  );
  if (target) await disks.revoke(target);
}

/** What of a job is exported, for the ledger. */
export function targetsOf({ snapshots, target }: JobExports): string[] {
  return target ? [...snapshots, target] : snapshots;
}

/** Seals a command with the attempt's key and puts it into the worker's queue. */
export async function sendCommand(appliance: Appliance, attempt: string, command: Command): Promise<void> {
  const key = await appliance.messageKeys.of(attempt);
  const head = { attempt, direction: 'to-worker' as const, id: appliance.random(16).toString('hex') };
  await appliance.inbox(attempt).send(sealMessage(key, head, command, appliance.random(12)));
}
