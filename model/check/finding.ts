import { z } from 'zod';
import { faultSchema } from '../reach.ts';

/** What a worker tries out of a site, one thing each. */
export const probeStepSchema = z.enum(['resolve', 'readDisk', 'compareDisk', 'writeBlob', 'readBlob', 'useKey']);
export type ProbeStep = z.infer<typeof probeStepSchema>;

/** What came of one thing that a worker tried. Enters Durable history: never a URL with its query. */
export const findingSchema = z.object({
  step: probeStepSchema,
  /** A host name (`resolve`, disks), a repository's URL (blobs) or a key's id. */
  target: z.string(),
  ok: z.boolean(),
  /** The addresses, the bytes, or the error. */
  seen: z.string(),
  /** Milliseconds. */
  ms: z.number().int(),
  fault: faultSchema.optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** The host that a finding's target is on. */
export function hostOf(target: string): string {
  return target.includes('/') ? new URL(target).host : target;
}
