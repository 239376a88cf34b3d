import { StorageManagementClient } from '@azure/arm-storage';
import type {
  BlobContainer,
  BlobServiceProperties,
  ImmutabilityPolicy,
  ManagementPolicy,
  StorageAccountCreateParameters,
  StorageQueue,
  Table,
} from '@azure/arm-storage';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

const account = inGroup('Microsoft.Storage/storageAccounts/{accountName}');
const container = `${account}/blobServices/default/containers/{containerName}` as const;

export function storage({ credential, subscriptionId, options }: Arm): Operations {
  const client = new StorageManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:storage:StorageAccount': operation(
      account,
      {
        put: (at, body: StorageAccountCreateParameters) => client.storageAccounts.create(...at, body, poll),
        get: (at) => client.storageAccounts.getProperties(...at),
        delete: (at) => client.storageAccounts.delete(...at),
      },
      {
        wireNames: { enableHttpsTrafficOnly: 'supportsHttpsTrafficOnly', networkRuleSet: 'networkAcls' },
        replacedBy: ['isHnsEnabled'],
      },
    ),
    'azure-native:storage:BlobServiceProperties': operation(
      `${account}/blobServices/{blobServicesName}`,
      {
        put: ([group, name], body: BlobServiceProperties) =>
          client.blobServices.setServiceProperties(group, name, body),
        get: ([group, name]) => client.blobServices.getServiceProperties(group, name),
        delete: ([group, name]) => client.blobServices.setServiceProperties(group, name, {}),
      },
      { isDefault: () => true },
    ),
    'azure-native:storage:BlobContainer': operation(container, {
      put: (at, body: BlobContainer) => client.blobContainers.create(...at, body),
      get: (at) => client.blobContainers.get(...at),
      delete: (at) => client.blobContainers.delete(...at),
    }),
    'azure-native:storage:BlobContainerImmutabilityPolicy': operation(
      `${container}/immutabilityPolicies/{immutabilityPolicyName}`,
      {
        put: ([group, name, of], parameters: ImmutabilityPolicy) =>
          client.blobContainers.createOrUpdateImmutabilityPolicy(group, name, of, { parameters }),
        get: ([group, name, of]) => client.blobContainers.getImmutabilityPolicy(group, name, of),
        delete: async ([group, name, of]) => {
          const { etag } = await client.blobContainers.getImmutabilityPolicy(group, name, of);
          return client.blobContainers.deleteImmutabilityPolicy(group, name, of, etag!);
        },
      },
      { isDefault: ({ immutabilityPeriodSinceCreationInDays: days }) => days === undefined || days === 0 },
    ),
    'azure-native:storage:ManagementPolicy': operation(`${account}/managementPolicies/{managementPolicyName}`, {
      put: (at, body: ManagementPolicy) => client.managementPolicies.createOrUpdate(...at, body),
      get: (at) => client.managementPolicies.get(...at),
      delete: (at) => client.managementPolicies.delete(...at),
    }),
    'azure-native:storage:Queue': operation(`${account}/queueServices/default/queues/{queueName}`, {
      put: (at, body: StorageQueue) => client.queue.create(...at, body),
      get: (at) => client.queue.get(...at),
      delete: (at) => client.queue.delete(...at),
    }),
    'azure-native:storage:Table': operation(`${account}/tableServices/default/tables/{tableName}`, {
      put: (at, parameters: Table) => client.table.create(...at, { parameters }),
      get: (at) => client.table.get(...at),
      delete: (at) => client.table.delete(...at),
    }),
  };
}
