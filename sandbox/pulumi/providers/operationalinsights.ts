import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import type { Workspace } from '@azure/arm-operationalinsights';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function operationalinsights({ credential, subscriptionId, options }: Arm): Operations {
  const client = new OperationalInsightsManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:operationalinsights:Workspace': operation(
      inGroup('Microsoft.OperationalInsights/workspaces/{workspaceName}'),
      {
        put: (at, body: Workspace) => client.workspaces.createOrUpdate(...at, body, poll),
        get: (at) => client.workspaces.get(...at),
        delete: (at) => client.workspaces.delete(...at, poll),
      },
    ),
  };
}
