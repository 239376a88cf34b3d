import { z } from 'zod';
import { StrongroomError } from '../model/errors.ts';
import { DEFAULT_ADDRESS_SPACE } from '../model/site.ts';

/** Stack configuration, key by key as in Pulumi.sample.yaml. Values of Pulumi's configuration are text. */
const configSchema = z.object({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]{2,11}$/, 'must be 3 to 12 lower-case letters and digits, starting with a letter')
    .default('strongroom'),
  region: z
    .string({ error: 'is missing; give a region such as westeurope' })
    .regex(/^[a-z0-9]+$/, 'must be a region name such as westeurope'),
  subscriptionId: z.guid('must be the subscription the appliance lives in (azure-native:subscriptionId)'),
  tenantId: z.guid('must be the Entra tenant of that subscription (azure-native:tenantId)'),
  apiClientId: z.guid('must be the client id of the Entra application that stands for the API'),
  apiAllowedAddresses: jsonList('must be a JSON list of address ranges such as ["203.0.113.0/24"]').default([]),
  addressSpace: z.string().default(DEFAULT_ADDRESS_SPACE),
  repositoryRedundancy: z.enum(['LRS', 'ZRS', 'GRS'], { error: 'must be LRS, ZRS or GRS' }).default('ZRS'),
  workerSize: z.string().optional(),
  workersPerSite: z.string().optional(),
  sasSeconds: z.string().optional(),
});
export type InfraConfig = z.infer<typeof configSchema>;

function jsonList(message: string) {
  return z.string().transform((text, context): string[] => {
    try {
      return z.array(z.union([z.cidrv4(), z.cidrv6()])).parse(JSON.parse(text));
    } catch {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    }
  });
}

/** Where each key is looked for: the provider's own namespace or the project's. */
const providerKeys = ['subscriptionId', 'tenantId'];

/**
 * Reads and checks the stack's configuration. `get` looks a key up in a namespace (`azure-native`) or, without one, in
 * the project's.
 * @throws INVALID_INPUT naming every key that is missing or wrong.
 */
export function readConfig(get: (key: string, namespace?: string) => string | undefined): InfraConfig {
  const raw = Object.fromEntries(
    Object.keys(configSchema.shape).map((key) => [
      key,
      providerKeys.includes(key) ? get(key, 'azure-native') : get(key),
    ]),
  );
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
  throw new StrongroomError(
    'INVALID_INPUT',
    `Stack configuration is wrong. ${problems.join('; ')}. See Pulumi.sample.yaml.`,
  );
}
