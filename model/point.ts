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

/** `cbt`: Azure says what changed since the base. `checksum`: it is not asked; everything is read and compared. */
export const trackingSchema = z.enum(['cbt', 'checksum']);
export type Tracking = z.infer<typeof trackingSchema>;

/** How a disk was read. */
export const readModeSchema = z.discriminatedUnion('mode', [
  z.object({
    mode: z.literal('incremental'),
    /** The point whose snapshot Azure compared with. */
    basePoint: z.string(),
    /** How many blocks that Azure called unchanged were read nevertheless, and were as in the base. */
    sampled: z.number().int().optional(),
    /** When the disk was last read in full, ISO 8601 UTC. */
    fullRead: z.string().optional(),
  }),
  z.object({
    mode: z.literal('full'),
    /** Why, when an incremental read was possible in principle. */
    reason: z.string(),
    /** Absent: `cbt`. With `checksum` no later backup needs the snapshot. */
    tracking: trackingSchema.optional(),
    /** The point whose blocks were compared with what was read: only those that differ are stored. */
    basePoint: z.string().optional(),
    /** Offset of the first block that had changed although Azure's comparison did not name it (`CBT_MISMATCH`). */
    mismatch: z.number().int().optional(),
  }),
]);
export type ReadMode = z.infer<typeof readModeSchema>;

/** What the restore point of any source says of a disk. */
const imagePointDiskSchema = z.object({
  /** Unique in the point: `os`, `lun0`, `lun1`, … of a machine, `disk0` of a single image. */
  key: z.string(),
  name: z.string(),
  /** Bytes. */
  size: z.number().int().positive(),
  image: imageRefSchema,
  read: readModeSchema,
  stats: imageStatsSchema,
});

/** A managed disk of a virtual machine. */
export const diskPointSchema = imagePointDiskSchema.extend({
  resourceId: z.string(),
  uniqueId: z.string(),
  lun: z.number().int().nullable(),
  snapshot: z.object({ id: z.string(), familyId: z.string(), time: z.string() }),
  properties: diskPropertiesSchema,
});
export type DiskPoint = z.infer<typeof diskPointSchema>;

const anyPointSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$/),
  /** When the snapshots were taken, or reading the image began, ISO 8601 UTC. */
  time: z.string(),
  session: z.string(),
});

/** A virtual machine's restore point: everything needed to restore it, with the repository and its key alone. */
export const machinePointSchema = anyPointSchema.extend({
  source: z.object({ kind: z.literal('vm'), resourceId: z.string(), name: z.string(), location: z.string() }),
  consistency: z.enum(['crash-consistent', 'per-disk']),
  /** The virtual machine as ARM returned it. */
  machine: z.record(z.string(), z.unknown()),
  disks: z.array(diskPointSchema).min(1),
});
export type MachinePoint = z.infer<typeof machinePointSchema>;

/** A restore point of a disk image that the command line read: a file, a block device or standard input. */
export const imagePointSchema = anyPointSchema.extend({
  source: z.object({ kind: z.literal('image'), name: z.string().min(1).max(200) }),
  /** Nobody froze the source while it was read. */
  consistency: z.literal('unknown'),
  disks: z.array(imagePointDiskSchema).length(1),
});
export type ImagePoint = z.infer<typeof imagePointSchema>;

/** One restore point. */
export const pointSchema = z.union([machinePointSchema, imagePointSchema]);
export type Point = z.infer<typeof pointSchema>;
export const pointIdSchema = anyPointSchema.shape.id;

/** The id of a point: its time to the second and four random bytes, so that ids sort by time and never collide. */
export function pointId(time: string, random: Uint8Array): string {
  const stamp = time.replace(/\.\d+/, '').replace(/[-:]/g, '');
  return `${stamp}-${Buffer.from(random.subarray(0, 4)).toString('hex')}`;
}
