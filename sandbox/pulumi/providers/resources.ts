import { ResourceManagementClient } from '@azure/arm-resources';
import type { ResourceGroup } from '@azure/arm-resources';
import { operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function resources({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ResourceManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:resources:ResourceGroup': operation(
      '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}',
      {
        put: (at, body: ResourceGroup) => client.resourceGroups.createOrUpdate(...at, body),
        get: (at) => client.resourceGroups.get(...at),
        delete: (at) => client.resourceGroups.delete(...at, poll),
      },
    ),
  };
}
