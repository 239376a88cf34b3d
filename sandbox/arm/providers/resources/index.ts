import { locationList } from '../../locations.ts';
import type { Registry } from '../../registry.ts';
import type { ArmCall, ArmReply, Provider } from '../../types.ts';
import { resourceVersions } from './apiVersions.ts';
import { resourceGroups } from './groups.ts';
import { answerProviders } from './providerList.ts';
import { listResources } from './resourceList.ts';
import { scopeTags } from './scopeTags.ts';
import { subscriptions } from './subscriptions.ts';
import { answerTagNames } from './tagNames.ts';

function tenants(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET' || call.path.type !== 'Microsoft.Resources/tenants') return undefined;
  const { tenantId } = call.world;
  const tenant = { id: `/tenants/${tenantId}`, tenantId, tenantCategory: 'Home', displayName: 'Sandbox' };
  return { status: 200, body: { value: [tenant] } };
}

function locations(call: ArmCall): ArmReply | undefined {
  if (call.method !== 'GET' || call.path.type !== 'Microsoft.Resources/locations') return undefined;
  return { status: 200, body: { value: locationList(call.path.subscriptionId) } };
}

/** Microsoft.Resources: subscriptions, tenants, providers, locations, resource groups and the list of all resources. */
export function createResources(registry: Registry): Provider {
  return {
    namespace: 'Microsoft.Resources',
    apiVersions: resourceVersions,
    types: [subscriptions, resourceGroups(registry), scopeTags],
    other: (call) =>
      tenants(call) ??
      locations(call) ??
      answerProviders(registry, call) ??
      answerTagNames(call) ??
      listResources(call),
  };
}
