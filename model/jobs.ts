import { z } from 'zod';
import { findingSchema } from './check/finding.ts';
import {
  diskPointSchema,
  imageRefSchema,
  imageStatsSchema,
  machinePointSchema,
  readModeSchema,
  trackingSchema,
} from './point.ts';

/** Which repository, and which Key Vault key wraps its master key. Workers open it with their managed identity. */
export const repositoryTargetSchema = z.object({
  /** `https://{account}.blob.core.windows.net/{container}` */
  url: z.url(),
  /** Key Vault key id: `https://{vault}.vault.azure.net/keys/{name}`, with or without a version. */
  keyId: z.url(),
  /** For so many days what a point needs is locked when the point is committed; absent: the container has no locks. */
  immutabilityDays: z.number().int().min(1).optional(),
});
export type RepositoryTarget = z.infer<typeof repositoryTargetSchema>;

const sas = z.string().startsWith('https://');

/**
 * A disk to back up: the new snapshot's export URL and the base that it is compared with. With the base snapshot's URL
 * Azure says what changed since; without, everything is read and compared with the base's image.
 */
export const backupDiskJobSchema = z.object({
  kind: z.literal('backupDisk'),
  repository: repositoryTargetSchema,
  disk: diskPointSchema.pick({ key: true, size: true }),
  sas,
  base: z
    .object({
      sas: sas.nullable(),
      image: imageRefSchema,
      point: z.string(),
      /** When the disk was last read in full, ISO 8601 UTC. */
      fullRead: z.string().nullable(),
    })
    .nullable(),
  tracking: trackingSchema,
  /** Why everything is read, said in the session and in the point; '' when only what changed is. */
  fullReason: z.string(),
});
export type BackupDiskJob = z.infer<typeof backupDiskJobSchema>;

/**
 * Tries out everything that a worker of this site needs, each step whatever came of the others. Each repository gets a
 * blob named after the session; a disk's part compares two of its snapshots.
 */
export const probeJobSchema = z.object({
  kind: z.literal('probe'),
  session: z.string(),
  /** Host names to resolve, those of export URLs apart. */
  hosts: z.array(z.string()),
  repositories: z.array(repositoryTargetSchema),
  disk: z.object({ sas, baseSas: sas }).nullable(),
});
export type ProbeJob = z.infer<typeof probeJobSchema>;

export const jobSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('initRepository'), repository: repositoryTargetSchema }),
  backupDiskJobSchema,
  z.object({ kind: z.literal('commitPoint'), repository: repositoryTargetSchema, point: machinePointSchema }),
  z.object({
    kind: z.literal('restoreDisk'),
    repository: repositoryTargetSchema,
    point: z.string(),
    /** {@link DiskPoint.key} */
    disk: z.string(),
    /** Write export URL of an empty `Upload` disk of the image's size. */
    sas,
  }),
  probeJobSchema,
]);
export type Job = z.infer<typeof jobSchema>;
export type JobKind = Job['kind'];

/** What each kind of job gives back when it is done. Enters Durable history: nothing secret in it. */
export const jobResultSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('initRepository'), repositoryId: z.string(), created: z.boolean() }),
  z.object({ kind: z.literal('backupDisk'), image: imageRefSchema, read: readModeSchema, stats: imageStatsSchema }),
  z.object({ kind: z.literal('commitPoint'), point: z.string(), stored: z.number().int() }),
  z.object({ kind: z.literal('restoreDisk'), size: z.number().int(), written: z.number().int() }),
  z.object({ kind: z.literal('probe'), findings: z.array(findingSchema) }),
]);
export type JobResult = z.infer<typeof jobResultSchema>;
