import { locationDisplayNames } from '../../locations.ts';
import type { Registry } from '../../registry.ts';
import { ArmError, type ArmCall, type ArmReply, type Provider } from '../../types.ts';

/** Versions to name in provider lists; any published one is accepted. */
const apiVersions: Record<string, string[]> = {
  'microsoft.authorization': ['2022-04-01'],
  'microsoft.compute': ['2026-04-01', '2026-03-02', '2025-12-03'],
  'microsoft.insights': ['2020-02-02'],
  'microsoft.keyvault': ['2026-02-01'],
  'microsoft.managedidentity': ['2024-11-30'],
  'microsoft.network': ['2025-09-01', '2024-06-01'],
  'microsoft.operationalinsights': ['2026-03-01'],
  'microsoft.resources': ['2025-04-01'],
  'microsoft.storage': ['2026-04-01'],
  'microsoft.web': ['2024-11-01'],
};

function describe(provider: Provider, subscriptionId: string): unknown {
  const { namespace } = provider;
  return {
    ...(subscriptionId && { id: `/subscriptions/${subscriptionId}/providers/${namespace}` }),
    namespace,
    registrationPolicy: 'RegistrationRequired',
    registrationState: 'Registered',
    resourceTypes: provider.types.map(({ type }) => ({
      resourceType: type.slice(namespace.length + 1),
      locations: locationDisplayNames(),
      apiVersions: apiVersions[namespace.toLowerCase()] ?? ['2025-01-01'],
      capabilities: 'SupportsTags, SupportsLocation',
    })),
  };
}

/** `…/providers`, `…/providers/{namespace}` and `…/register`. Every provider is registered from the start. */
export function answerProviders(registry: Registry, call: ArmCall): ArmReply | undefined {
  const { name, type, subscriptionId } = call.path;
  if (type !== 'Microsoft.Resources/providers') return undefined;
  if (call.method === 'GET' && name === '') {
    return { status: 200, body: { value: registry.providers().map((provider) => describe(provider, subscriptionId)) } };
  }
  const provider = registry.provider(name);
  if (!provider) throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${name}' is invalid.`);
  const registers = call.method === 'POST' && subscriptionId !== '';
  return call.method === 'GET' || registers ? { status: 200, body: describe(provider, subscriptionId) } : undefined;
}
