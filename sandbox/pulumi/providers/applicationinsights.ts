import { ResourceManagementClient } from '@azure/arm-resources';
import { poll, put } from '../operation.ts';
import type { Arm, Inputs, Operations } from '../operation.ts';

/** The version that azure-native 3 speaks. The SDK of its own stops at 2015-05-01 and knows no workspace: the generic client serves. */
const API_VERSION = '2020-02-02';
const onResource = ['kind', 'location', 'tags', 'etag'];

/** ARM's spelling of a component's properties where it is not azure-native's. */
const wireNames: Record<string, string> = {
  applicationType: 'Application_Type',
  flowType: 'Flow_Type',
  requestSource: 'Request_Source',
  hockeyAppId: 'HockeyAppId',
  samplingPercentage: 'SamplingPercentage',
  retentionInDays: 'RetentionInDays',
  disableIpMasking: 'DisableIpMasking',
  disableLocalAuth: 'DisableLocalAuth',
  immediatePurgeDataOn30Days: 'ImmediatePurgeDataOn30Days',
  workspaceResourceId: 'WorkspaceResourceId',
  forceCustomerStorageForProfiler: 'ForceCustomerStorageForProfiler',
  ingestionMode: 'IngestionMode',
  connectionString: 'ConnectionString',
  instrumentationKey: 'InstrumentationKey',
  appId: 'AppId',
  applicationId: 'ApplicationId',
  creationDate: 'CreationDate',
  tenantId: 'TenantId',
};
const nativeNames = Object.fromEntries(Object.entries(wireNames).map(([native, wire]) => [wire, native]));

export function applicationinsights({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ResourceManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:applicationinsights:Component': put(
      ['resourceGroupName', 'resourceName'],
      async ([group, name], body: Inputs) => {
        // Without the first slash: the SDK puts one before the id.
        const id = `subscriptions/${subscriptionId}/resourceGroups/${group}/providers/Microsoft.Insights/components/${name}`;
        const own = Object.entries(body).filter(([key]) => onResource.includes(key));
        const properties = Object.entries(body).filter(([key]) => !onResource.includes(key));
        const { properties: returned = {}, ...resource } = await client.resources.createOrUpdateById(
          id,
          API_VERSION,
          { ...Object.fromEntries(own), properties: renamed(properties, wireNames) },
          poll,
        );
        return { ...resource, ...renamed(Object.entries(returned), nativeNames) };
      },
      wireNames,
    ),
  };
}

function renamed(entries: [string, unknown][], names: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(entries.map(([key, value]) => [names[key] ?? key, value]));
}
