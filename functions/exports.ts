import type { JobExports } from '../azure/tables/attempts.ts';
import type { Snapshots } from '../azure/snapshots.ts';
import type { JobAddress } from '../model/activities.ts';
import { errorInfo } from '../model/errors.ts';
import { closedToExport, type ExportPolicy } from '../model/exports.ts';
import { sealMessage, type Command } from '../model/messages.ts';
import { allSettled } from './activities/settled.ts';
import type { Appliance } from './appliance.ts';

/** Export URLs of a job: secrets that go from Azure into a sealed message and nowhere else. */
export interface Granted {
  sas: string;
  baseSas: string | null;
}

/** Writes the rows of a job's exports, before anything is granted: from then on they can be found and revoked. */
export async function enterExports({ attempts, ledger }: Appliance, job: JobExports): Promise<void> {
  await ledger.write(job.address.session, 'export', ...targetsOf(job));
  await attempts.putJob(job);
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
  if (!now || now.ended) {
    await closeExports(appliance, job);
    return;
  }
  await sendCommand(appliance, attempt, { kind: 'sas', jobId, ...granted });
}

/**
 * Ends a job's exports, and gives its snapshots back the export policy of their source: nothing stays behind a disk access
 * of ours. The row is closed first, so that a late `sasExpired` opens nothing again. Gives what a person should know.
 */
export async function revokeExports(appliance: Appliance, address: JobAddress): Promise<string[]> {
  const { attempts, ledger } = appliance;
  const job = await attempts.findJob(address.attempt, address.jobId);
  if (!job) return [];
  await attempts.endJob(address.attempt, address.jobId);
  const warnings = await closeExports(appliance, job);
  await ledger.strike(address.session, 'export', ...targetsOf(job));
  return warnings;
}

/** A policy is given back only after the export is closed: the source's may be open to the internet. */
async function closeExports({ disks, snapshots }: Appliance, job: JobExports): Promise<string[]> {
  const { exportPolicy, target } = job;
  const warnings: string[] = [];
  await allSettled(
    job.snapshots.map(async (id) => {
      await snapshots.revoke(id);
      if (exportPolicy) warnings.push(...(await giveBack(snapshots, id, exportPolicy)));
    }),
  );
  if (target) await disks.revoke(target);
  return warnings;
}

/**
 * Behind a disk access of the disk's owner a snapshot can only be put with the right to write that disk access, and while
 * there is one. Otherwise it stays closed: tighter than its source, and never behind ours.
 */
async function giveBack(snapshots: Snapshots, id: string, policy: ExportPolicy): Promise<string[]> {
  try {
    await snapshots.setExportPolicy(id, policy);
    return [];
  } catch (error) {
    const { message, retryable } = errorInfo(error);
    if (retryable || !policy.diskAccessId) throw error;
    await snapshots.setExportPolicy(id, closedToExport);
    return [`Snapshot ${id} cannot be exported, unlike its source disk. Azure would not have it otherwise: ${message}`];
  }
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
