import { WebSiteManagementClient } from '@azure/arm-appservice';
import type { AppServicePlan, Site, SiteAuthSettingsV2 } from '@azure/arm-appservice';
import { poll, put } from '../operation.ts';
import type { Arm, Operations, PipelinePolicy } from '../operation.ts';

export function web({ credential, subscriptionId, options }: Arm): Operations {
  const client = new WebSiteManagementClient(credential, subscriptionId, {
    ...options,
    additionalPolicies: [...options.additionalPolicies, { policy: namedConfiguration, position: 'perCall' }],
  });
  return {
    'azure-native:web:AppServicePlan': put(['resourceGroupName', 'name'], (at, body: AppServicePlan) =>
      client.appServicePlans.createOrUpdate(...at, body, poll),
    ),
    'azure-native:web:WebApp': put(['resourceGroupName', 'name'], (at, body: Site) =>
      client.webApps.createOrUpdate(...at, body, poll),
    ),
    'azure-native:web:WebAppAuthSettingsV2': put(['resourceGroupName', 'name'], (at, body: SiteAuthSettingsV2) =>
      client.webApps.updateAuthSettingsV2(...at, body),
    ),
  };
}

/** ARM's published types tell a site's configurations apart by the `name` in their body; the SDK leaves it out. */
const namedConfiguration: PipelinePolicy = {
  name: 'namedConfiguration',
  sendRequest(request, next) {
    const name = /\/sites\/[^/]+\/config\/([^/?]+)/.exec(request.url)?.[1];
    if (name !== undefined && request.method === 'PUT' && typeof request.body === 'string') {
      request.body = JSON.stringify({ name, ...(JSON.parse(request.body) as object) });
    }
    return next(request);
  },
};
