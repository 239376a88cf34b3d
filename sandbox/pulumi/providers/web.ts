import { WebSiteManagementClient } from '@azure/arm-appservice';
import type { AppServicePlan, Site, SiteAuthSettingsV2 } from '@azure/arm-appservice';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function web({ credential, subscriptionId, options }: Arm): Operations {
  const client = new WebSiteManagementClient(credential, subscriptionId, options);
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
