import { WebSiteManagementClient } from '@azure/arm-appservice';
import type { AppServicePlan, Site, SiteAuthSettingsV2 } from '@azure/arm-appservice';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations, PipelinePolicy } from '../operation.ts';

const site = inGroup('Microsoft.Web/sites/{name}');

export function web({ credential, subscriptionId, options }: Arm): Operations {
  const client = new WebSiteManagementClient(credential, subscriptionId, {
    ...options,
    additionalPolicies: [...options.additionalPolicies, { policy: namedConfiguration, position: 'perCall' }],
  });
  return {
    'azure-native:web:AppServicePlan': operation(inGroup('Microsoft.Web/serverfarms/{name}'), {
      put: (at, body: AppServicePlan) => client.appServicePlans.createOrUpdate(...at, body, poll),
      get: (at) => client.appServicePlans.get(...at),
      delete: (at) => client.appServicePlans.delete(...at),
    }),
    'azure-native:web:WebApp': operation(
      site,
      {
        put: (at, body: Site) => client.webApps.createOrUpdate(...at, body, poll),
        get: (at) => client.webApps.get(...at),
        delete: (at) => client.webApps.delete(...at),
      },
      { replacedBy: ['kind'] },
    ),
    'azure-native:web:WebAppAuthSettingsV2': operation(
      `${site}/config/authsettingsV2`,
      {
        put: (at, body: SiteAuthSettingsV2) => client.webApps.updateAuthSettingsV2(...at, body),
        get: (at) => client.webApps.getAuthSettingsV2WithoutSecrets(...at),
        // A site always has them: they go with it.
        delete: () => Promise.resolve(),
      },
      { isDefault: () => true },
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
