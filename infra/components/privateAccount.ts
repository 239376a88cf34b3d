import * as pulumi from '@pulumi/pulumi';
import { BlobContainer } from '@pulumi/azure-native/storage/blobContainer.js';
import { Queue } from '@pulumi/azure-native/storage/queue.js';
import { StorageAccount } from '@pulumi/azure-native/storage/storageAccount.js';

export interface PrivateAccountArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  accountName: string;
  redundancy: 'LRS' | 'ZRS' | 'GRS';
  containers?: string[];
  queues?: string[];
}

/**
 * A storage account that is reached through private endpoints only and has no key: Entra identities, TLS 1.2, no public
 * blobs. Containers and queues are made through ARM, because a deployer outside the network cannot reach the data plane.
 */
export class PrivateAccount extends pulumi.ComponentResource {
  readonly account: StorageAccount;
  readonly containers: Record<string, BlobContainer>;
  readonly queues: Record<string, Queue>;

  constructor(name: string, args: PrivateAccountArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:PrivateAccount', name, {}, options);
    const { resourceGroupName, containers = [], queues = [] } = args;
    this.account = new StorageAccount(
      `${name}-account`,
      {
        resourceGroupName,
        accountName: args.accountName,
        location: args.region,
        tags: args.tags,
        kind: 'StorageV2',
        sku: { name: `Standard_${args.redundancy}` },
        publicNetworkAccess: 'Disabled',
        networkRuleSet: { defaultAction: 'Deny', bypass: 'None' },
        allowSharedKeyAccess: false,
        defaultToOAuthAuthentication: true,
        allowBlobPublicAccess: false,
        allowCrossTenantReplication: false,
        // Copies may come only from accounts that this one shares a private link with.
        allowedCopyScope: 'PrivateLink',
        minimumTlsVersion: 'TLS1_2',
        enableHttpsTrafficOnly: true,
        encryption: {
          keySource: 'Microsoft.Storage',
          requireInfrastructureEncryption: true,
          services: {
            blob: { enabled: true, keyType: 'Account' },
            queue: { enabled: true, keyType: 'Account' },
            table: { enabled: true, keyType: 'Account' },
          },
        },
      },
      { parent: this },
    );
    const inAccount = { resourceGroupName, accountName: this.account.name };
    this.containers = byName(
      containers,
      (containerName) =>
        new BlobContainer(
          `${name}-${containerName}`,
          { ...inAccount, containerName, publicAccess: 'None' },
          { parent: this },
        ),
    );
    this.queues = byName(
      queues,
      (queueName) => new Queue(`${name}-${queueName}`, { ...inAccount, queueName }, { parent: this }),
    );
    this.registerOutputs({ id: this.account.id });
  }
}

function byName<T>(names: string[], create: (name: string) => T): Record<string, T> {
  return Object.fromEntries(names.map((name) => [name, create(name)]));
}
