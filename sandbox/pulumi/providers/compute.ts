import { ComputeManagementClient } from '@azure/arm-compute';
import type { DiskAccess } from '@azure/arm-compute';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function compute({ credential, subscriptionId, options }: Arm): Operations {
  const client = new ComputeManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:compute:DiskAccess': put(['resourceGroupName', 'diskAccessName'], (at, body: DiskAccess) =>
      client.diskAccesses.createOrUpdate(...at, body, poll),
    ),
  };
}
