import { readConfig } from '../../infra/config.ts';
import type { InfraConfig } from '../../infra/config.ts';

/** A stack's least configuration for the tests. */
export const stackConfig = {
  'azure-native:subscriptionId': '0c000000-0000-4000-8000-000000000000',
  'azure-native:tenantId': '0c000000-0000-4000-8000-0000000000aa',
  'strongroom:name': 'vault7',
  'strongroom:region': 'westeurope',
  'strongroom:apiClientId': '0c000000-0000-4000-8000-0000000000dd',
};
export const home = stackConfig['azure-native:subscriptionId'];
/** Another source subscription. */
export const second = '0c000000-0000-4000-8000-000000000002';

/** The least configuration and more; structured values become JSON, as in Pulumi's runtime. */
export function stackWith(more: Record<string, unknown>): Record<string, string> {
  const own = Object.entries(more).map(([key, value]) => [
    key.includes(':') ? key : `strongroom:${key}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { ...stackConfig, ...(Object.fromEntries(own) as Record<string, string>) };
}

export function configWith(more: Record<string, unknown>): InfraConfig {
  return readConfig(stackWith(more));
}
