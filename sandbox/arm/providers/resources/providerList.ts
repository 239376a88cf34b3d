import { locationDisplayNames } from '../../locations.ts';
import { isFree, registrationState, setRegistration, type RegistrationState } from '../../registrations.ts';
import type { Registry } from '../../registry.ts';
import { ArmError, type ArmCall, type ArmReply, type Provider, type ResourceType } from '../../types.ts';

function describeType({ type, extension }: ResourceType, versions: string[]): unknown {
  const [, ...kinds] = type.split('/');
  const tracked = kinds.length === 1 && !extension;
  return {
    resourceType: kinds.join('/'),
    locations: tracked ? locationDisplayNames() : [],
    apiVersions: versions.toReversed(),
    capabilities: tracked ? 'SupportsTags, SupportsLocation' : extension ? 'SupportsExtension' : 'None',
  };
}

function describe(registry: Registry, provider: Provider, call: ArmCall): unknown {
  const { namespace, types } = provider;
  const { subscriptionId } = call.path;
  const common = {
    namespace,
    resourceTypes: types.map((type) => describeType(type, registry.versions(type.type) ?? [])),
  };
  if (subscriptionId === '') return common;
  return {
    id: `/subscriptions/${subscriptionId}/providers/${namespace}`,
    ...common,
    registrationState: registrationState(call.world, subscriptionId, namespace),
    registrationPolicy: isFree(namespace) ? 'RegistrationFree' : 'RegistrationRequired',
  };
}

const states: Record<string, RegistrationState> = { register: 'Registered', unregister: 'Unregistered' };

/** `…/providers`, `…/providers/{namespace}`, `…/register` and `…/unregister`. Registering takes no time here. */
export function answerProviders(registry: Registry, call: ArmCall): ArmReply | undefined {
  const { name, type, subscriptionId } = call.path;
  if (type !== 'Microsoft.Resources/providers') return undefined;
  if (call.method === 'GET' && name === '') {
    return { status: 200, body: { value: registry.providers().map((provider) => describe(registry, provider, call)) } };
  }
  const provider = registry.provider(name);
  if (!provider) throw new ArmError(404, 'InvalidResourceNamespace', `The resource namespace '${name}' is invalid.`);
  const wanted = states[call.action ?? ''];
  if (call.method !== 'GET' && (!wanted || subscriptionId === '')) return undefined;
  if (wanted) setRegistration(call.world, subscriptionId, provider.namespace, wanted);
  return { status: 200, body: describe(registry, provider, call) };
}
