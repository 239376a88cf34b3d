import { inGroup } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';
import { genericResource } from './genericResource.ts';

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

export function applicationinsights(arm: Arm): Operations {
  return {
    // The version that azure-native 3 speaks. The provider's own SDK stops at 2015-05-01 and knows no workspace.
    'azure-native:applicationinsights:Component': genericResource(
      arm,
      inGroup('Microsoft.Insights/components/{resourceName}'),
      '2020-02-02',
      wireNames,
    ),
  };
}
