import { z } from 'zod';
import { StrongroomError } from './errors.ts';
import { environmentSchema, type Environment } from './site/environment.ts';

/** The appliance's settings: environment variables, validated once at start. All of them stand in local.settings.sample.json. */
export const settingsSchema = z.object({
  /** What the environment consists of (model/site/environment.ts), as JSON: written by the Pulumi program. */
  STRONGROOM_ENVIRONMENT: z.string().transform((text, context): Environment => {
    const parsed = environmentSchema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    for (const { path, message } of parsed.error.issues) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
    return z.NEVER;
  }),
  /** Key Vault key that wraps the repository's master key; only workers may use it. */
  STRONGROOM_KEY_ID: z.url(),
  /** Client id of the orchestrator identity (the Functions app's). */
  STRONGROOM_ORCHESTRATOR_CLIENT_ID: z.guid(),
  /** Client id of the identity that worker machines carry. */
  STRONGROOM_WORKER_CLIENT_ID: z.guid(),
  STRONGROOM_WORKER_SIZE: z.string().default('Standard_D4ds_v5'),
  /** How many workers a site may run at once. */
  STRONGROOM_WORKERS_PER_SITE: z.coerce.number().int().min(1).max(50).default(2),
  /** How long an export SAS lives, seconds: 1 hour to 1 day. */
  STRONGROOM_SAS_SECONDS: z.coerce.number().int().min(3_600).max(86_400).default(14_400),
  /** After so many days every block of a disk is read, whatever Azure's change tracking says: 1 to 366. */
  STRONGROOM_FULL_READ_DAYS: z.coerce.number().int().min(1).max(366).default(30),
});

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export type Settings = z.infer<typeof settingsSchema>;

/** Reads the settings. @throws INVALID_INPUT naming every variable that is missing or wrong. */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new StrongroomError(
    'INVALID_INPUT',
    `Settings are wrong or missing. ${problems.join('; ')}. See local.settings.sample.json.`,
  );
}
