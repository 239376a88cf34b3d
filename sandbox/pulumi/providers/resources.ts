import { ResourceManagementClient } from '@azure/arm-resources';
import type { ResourceGroup } from '@azure/arm-resources';
import { put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function resources({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ResourceManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:resources:ResourceGroup': put(['resourceGroupName'], (at, body: ResourceGroup) =>
      client.resourceGroups.createOrUpdate(...at, body),
    ),
  };
}
