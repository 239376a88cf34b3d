import { z } from 'zod';

/**
 * Where the root page of an image's map lies in the repository, and the keyed hash of its plain content. Opaque to all
 * but the repository; it holds no secret. Byte meaning: docs/format.md.
 */
export const imageRefSchema = z.object({
  size: z.number().int().positive(),
  depth: z.number().int().nonnegative(),
  root: z.object({ pack: z.string(), offset: z.number().int(), length: z.number().int(), hash: z.string() }).nullable(),
});
export type ImageRef = z.infer<typeof imageRefSchema>;

/** Counts of one image's backup, in bytes unless the name says otherwise. */
export const imageStatsSchema = z.object({
  size: z.number().int(),
  /** Read from the source. */
  read: z.number().int(),
  /** Added to the repository (ciphertext, maps included). */
  stored: z.number().int(),
  blocksRead: z.number().int(),
  blocksNew: z.number().int(),
  blocksZero: z.number().int(),
});
export type ImageStats = z.infer<typeof imageStatsSchema>;

/** The properties of a managed disk that a restore gives back to the new disk (ARM's own names and shapes). */
export const diskPropertiesSchema = z.object({
  location: z.string(),
  sku: z.string().optional(),
  zones: z.array(z.string()).optional(),
  osType: z.enum(['Linux', 'Windows']).optional(),
  hyperVGeneration: z.string().optional(),
  securityProfile: z.record(z.string(), z.unknown()).optional(),
  supportedCapabilities: z.record(z.string(), z.unknown()).optional(),
  purchasePlan: z.record(z.string(), z.unknown()).optional(),
  /** Whose key encrypts the disk at rest. A disk and all its snapshots must share one disk encryption set. */
  encryption: z.object({ type: z.string().optional(), diskEncryptionSetId: z.string().optional() }).optional(),
  tags: z.record(z.string(), z.string()).optional(),
});
export type DiskProperties = z.infer<typeof diskPropertiesSchema>;

/** How a disk was read. `reason` says why a full read was needed when an incremental one was possible in principle. */
export const readModeSchema = z.discriminatedUnion('mode', [
  z.object({ mode: z.literal('incremental'), basePoint: z.string() }),
  z.object({ mode: z.literal('full'), reason: z.string() }),
]);
export type ReadMode = z.infer<typeof readModeSchema>;

export const diskPointSchema = z.object({
  /** `os`, or `lun0`, `lun1`, … */
  key: z.string(),
  name: z.string(),
  resourceId: z.string(),
  uniqueId: z.string(),
  lun: z.number().int().nullable(),
  size: z.number().int().positive(),
  snapshot: z.object({ id: z.string(), familyId: z.string(), time: z.string() }),
  properties: diskPropertiesSchema,
  image: imageRefSchema,
  read: readModeSchema,
  stats: imageStatsSchema,
});
export type DiskPoint = z.infer<typeof diskPointSchema>;

/** One restore point: everything needed to restore it, with the repository and its key alone. */
export const pointSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/),
  /** When the snapshots were taken, ISO 8601 UTC. */
  time: z.string(),
  session: z.string(),
  source: z.object({ kind: z.literal('vm'), resourceId: z.string(), name: z.string(), location: z.string() }),
  consistency: z.enum(['crash-consistent', 'per-disk']),
  /** The virtual machine as ARM returned it. */
  machine: z.record(z.string(), z.unknown()),
  disks: z.array(diskPointSchema).min(1),
});
export type Point = z.infer<typeof pointSchema>;

/** The id of a point: its time to the second and four random bytes, so that ids sort by time and never collide. */
export function pointId(time: string, random: Uint8Array): string {
  const stamp = time.replace(/\.\d+/, '').replace(/[-:]/g, '');
  return `${stamp}-${Buffer.from(random.subarray(0, 4)).toString('hex')}`;
}
