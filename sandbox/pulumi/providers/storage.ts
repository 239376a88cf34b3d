import { StorageManagementClient } from '@azure/arm-storage';
import type { BlobContainer, StorageAccountCreateParameters, StorageQueue } from '@azure/arm-storage';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function storage({ credential, subscriptionId, options }: Arm): Operations {
  const client = new StorageManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:storage:StorageAccount': put(
      ['resourceGroupName', 'accountName'],
      (at, body: StorageAccountCreateParameters) => client.storageAccounts.create(...at, body, poll),
      { enableHttpsTrafficOnly: 'supportsHttpsTrafficOnly', networkRuleSet: 'networkAcls' },
    ),
    'azure-native:storage:BlobContainer': put(
      ['resourceGroupName', 'accountName', 'containerName'],
      (at, body: BlobContainer) => client.blobContainers.create(...at, body),
    ),
    'azure-native:storage:Queue': put(['resourceGroupName', 'accountName', 'queueName'], (at, body: StorageQueue) =>
      client.queue.create(...at, body),
    ),
  };
}
