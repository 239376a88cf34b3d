import { z } from 'zod';
import { StrongroomError } from '../model/errors.ts';

/** What the Run Command script (bootstrap.sh) hands to the program. */
const settingsSchema = z.object({
  /** This start of this worker; binds every message. */
  STRONGROOM_ATTEMPT: z.string().regex(/^[A-Za-z0-9-]+$/),
  STRONGROOM_INBOX_URL: z.url(),
  STRONGROOM_MAILBOX_URL: z.url(),
  /** Container of worker logs. */
  STRONGROOM_LOGS_URL: z.url(),
  /** `private`: nothing is sent to a disk's public address. */
  STRONGROOM_NETWORK: z.enum(['private', 'public']),
  /** Client id of the worker identity. */
  STRONGROOM_CLIENT_ID: z.guid(),
  /** 32 bytes, base64: seals and opens this attempt's messages. */
  STRONGROOM_MESSAGE_KEY: z.base64().transform((text) => Buffer.from(text, 'base64')),
  /** Which set of worker files runs: its manifest's version. */
  STRONGROOM_VERSION: z.string(),
});

export type WorkerSettings = z.infer<typeof settingsSchema>;

/** @throws INVALID_INPUT naming every variable that is missing or wrong, never a value. */
export function readWorkerSettings(env: Record<string, string | undefined>): WorkerSettings {
  const parsed = settingsSchema
    .refine((s) => s.STRONGROOM_MESSAGE_KEY.length === 32, { path: ['STRONGROOM_MESSAGE_KEY'], error: 'not 32 bytes' })
    .safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new StrongroomError('INVALID_INPUT', `The worker's settings are wrong or missing. ${problems.join('; ')}.`);
}
