import { ComputeManagementClient } from '@azure/arm-compute';
import type { DiskAccess } from '@azure/arm-compute';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function compute({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ComputeManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:compute:DiskAccess': operation(inGroup('Microsoft.Compute/diskAccesses/{diskAccessName}'), {
      put: (at, body: DiskAccess) => client.diskAccesses.createOrUpdate(...at, body, poll),
      get: (at) => client.diskAccesses.get(...at),
      delete: (at) => client.diskAccesses.delete(...at, poll),
    }),
  };
}
