import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import type { Workspace } from '@azure/arm-operationalinsights';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function operationalinsights({ credential, subscriptionId, options }: Arm): Operations {
  const client = new OperationalInsightsManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:operationalinsights:Workspace': put(['resourceGroupName', 'workspaceName'], (at, body: Workspace) =>
      client.workspaces.createOrUpdate(...at, body, poll),
    ),
  };
}
