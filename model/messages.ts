import { createCipheriv, createDecipheriv } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { errorCodes, StrongroomError } from './errors.ts';
import { jobResultSchema, jobSchema } from './jobs.ts';

/**
 * Messages between appliance and worker. Each travels whole in a sealed envelope: AES-256-GCM under the attempt's
 * message key, bound to attempt, direction and message id, so a message can be neither read, forged, moved to another
 * attempt nor sent back. Replays are harmless: a job runs once for its `jobId`, and an event that
 * is raised again finds nobody who waits for it.
 */
export const MESSAGE_VERSION = 1;
/** Azure Queue Storage takes 64 KiB; 48 KiB leaves room for base64 (azure-facts: Queue). */
export const MAX_MESSAGE_BYTES = 48 * 1024;
/** Largest message once inflated: the restore point of a machine with 64 data disks is about 110 KB. */
const MAX_PLAIN_BYTES = 2 * 1024 * 1024;

export const commandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('job'), jobId: z.string(), job: jobSchema }),
  /** Fresh export URLs for a job that reported `sasExpired`. */
  z.object({ kind: z.literal('sas'), jobId: z.string(), sas: z.string(), baseSas: z.string().nullable() }),
  z.object({ kind: z.literal('cancel'), jobId: z.string() }),
]);
export type Command = z.infer<typeof commandSchema>;

export const errorInfoSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  retryable: z.boolean(),
  details: z.record(z.string(), z.string()).optional(),
});

export const progressSchema = z.object({
  phase: z.enum(['reading', 'writing', 'committing']),
  /** Bytes of work known, done, and (backup) stored so far. */
  total: z.number().int(),
  done: z.number().int(),
  stored: z.number().int(),
});
export type Progress = z.infer<typeof progressSchema>;

export const workerEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hello'), version: z.string(), hostname: z.string() }),
  z.object({ kind: z.literal('heartbeat') }),
  z.object({ kind: z.literal('progress'), jobId: z.string(), progress: progressSchema }),
  z.object({ kind: z.literal('sasExpired'), jobId: z.string() }),
  z.object({ kind: z.literal('done'), jobId: z.string(), result: jobResultSchema }),
  z.object({ kind: z.literal('failed'), jobId: z.string(), error: errorInfoSchema }),
]);
export type WorkerEvent = z.infer<typeof workerEventSchema>;

export type Direction = 'to-worker' | 'to-appliance';

export const envelopeSchema = z.object({
  v: z.literal(MESSAGE_VERSION),
  attempt: z.string().min(1),
  direction: z.enum(['to-worker', 'to-appliance']),
  id: z.string().min(1),
  /** base64url of nonce (12) ‖ ciphertext of the raw-deflated JSON ‖ tag (16). */
  box: z.string(),
});
export type Envelope = z.infer<typeof envelopeSchema>;

/** Seals a message. `nonce`: 12 random bytes, never used twice under one key. Returns the queue message's text. */
export function sealMessage(
  key: Uint8Array,
  head: { attempt: string; direction: Direction; id: string },
  message: Command | WorkerEvent,
  nonce: Uint8Array,
): string {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(head));
  const plain = deflateRawSync(JSON.stringify(message));
  const box = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  const text = JSON.stringify({ v: MESSAGE_VERSION, ...head, box: box.toString('base64url') } satisfies Envelope);
  if (Buffer.byteLength(text) > MAX_MESSAGE_BYTES) {
    throw new StrongroomError(
      'INTERNAL',
      `A ${message.kind} message of ${Buffer.byteLength(text)} bytes exceeds ${MAX_MESSAGE_BYTES}.`,
    );
  }
  return text;
}

/** Reads the outside of an envelope: which attempt's key opens it. @throws MESSAGE_REJECTED */
export function readEnvelope(text: string): Envelope {
  try {
    return envelopeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new StrongroomError('MESSAGE_REJECTED', 'A queue message is not a Strongroom envelope of version 1.', {
      cause,
    });
  }
}

/** What an envelope holds, authenticated, not validated. @throws MESSAGE_REJECTED when the key or binding does not fit. */
export function openEnvelope(key: Uint8Array, envelope: Envelope, direction: Direction): unknown {
  const box = Buffer.from(envelope.box, 'base64url');
  try {
    if (envelope.direction !== direction) throw new Error(`direction is ${envelope.direction}`);
    const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, 12));
    decipher.setAAD(associatedData(envelope));
    decipher.setAuthTag(box.subarray(box.length - 16));
    const plain = Buffer.concat([decipher.update(box.subarray(12, box.length - 16)), decipher.final()]);
    return JSON.parse(inflateRawSync(plain, { maxOutputLength: MAX_PLAIN_BYTES }).toString('utf8'));
  } catch (cause) {
    throw new StrongroomError(
      'MESSAGE_REJECTED',
      `Message ${envelope.id} of attempt ${envelope.attempt} failed authentication.`,
      { cause },
    );
  }
}

/** What {@link openEnvelope} gave, validated. @throws MESSAGE_REJECTED */
export function understood<T>(envelope: Envelope, content: unknown, schema: z.ZodType<T>): T {
  const { success, data, error } = schema.safeParse(content);
  if (success) return data;
  throw new StrongroomError(
    'MESSAGE_REJECTED',
    `Message ${envelope.id} of attempt ${envelope.attempt} is authentic but not understood: appliance and worker are ` +
      'of different versions. Start another session.',
    { cause: error },
  );
}

/** The job that a command is about, whatever else it says; undefined when it names none. */
export function jobIdOf(content: unknown): string | undefined {
  return z.object({ jobId: z.string() }).safeParse(content).data?.jobId;
}

function associatedData(head: { attempt: string; direction: Direction; id: string }): Buffer {
  return Buffer.from(`strongroom-message/${MESSAGE_VERSION}\n${head.attempt}\n${head.direction}\n${head.id}`, 'utf8');
}
