import * as pulumi from '@pulumi/pulumi';
import { ManagementLockByScope } from '@pulumi/azure-native/authorization/managementLockByScope.js';
import { BlobContainer } from '@pulumi/azure-native/storage/blobContainer.js';
import { BlobContainerImmutabilityPolicy } from '@pulumi/azure-native/storage/blobContainerImmutabilityPolicy.js';
import { BlobServiceProperties } from '@pulumi/azure-native/storage/blobServiceProperties.js';
import { ManagementPolicy } from '@pulumi/azure-native/storage/managementPolicy.js';
import { StorageAccount } from '@pulumi/azure-native/storage/storageAccount.js';
import { accountSettings } from '../../model/site/account.ts';
import type { RepositoryConfig } from '../../model/site/environment.ts';
import type { RepositoryLayout } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';
import { containerId } from '../repositories.ts';
import { retention } from '../retention.ts';

export interface RepositoryArgs {
  repository: RepositoryConfig;
  layout: RepositoryLayout;
  resourceGroupName: string;
  tags: Record<string, string>;
  made: Made;
}

/**
 * A repository: account and container, what it keeps of what is overwritten or deleted, and its protection against removal:
 * Pulumi's own (`protect`) and a lock against everybody else with rights on the account. The lock concerns Resource Manager
 * alone: blobs come and go on the data plane, where roles and immutability decide.
 */
export class Repository extends pulumi.ComponentResource {
  constructor(name: string, args: RepositoryArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Repository', name, {}, options);
    const { repository, layout, resourceGroupName, tags, made } = args;
    const { region, redundancy, tier, immutabilityDays } = repository;
    const kept = { parent: this, protect: true };
    const { versions, service } = retention(immutabilityDays);
    const account = new StorageAccount(
      `${name}-account`,
      {
        resourceGroupName,
        accountName: layout.account.name,
        ...accountSettings({ location: region, tags, redundancy, tier }),
        // Can be chosen at creation only; it brings versioning.
        ...(immutabilityDays > 0 && { immutableStorageWithVersioning: { enabled: true } }),
      },
      { ...kept, dependsOn: made.at([layout.account.id.replace(/\/providers\/.*$/, '')]) },
    );
    made.note(layout.account.id, `${name}-account`, account);
    const inAccount = { resourceGroupName, accountName: account.name };
    const blobs = new BlobServiceProperties(
      `${name}-blobs`,
      { ...inAccount, blobServicesName: 'default', ...service },
      { parent: this },
    );
    new ManagementPolicy(
      `${name}-lifecycle`,
      { ...inAccount, managementPolicyName: 'default', policy: { rules: [versions] } },
      { parent: this, dependsOn: [blobs] },
    );
    const container = new BlobContainer(
      `${name}-container`,
      { ...inAccount, containerName: layout.container, publicAccess: 'None' },
      { ...kept, dependsOn: [blobs] },
    );
    made.note(containerId(layout), `${name}-container`, container);
    if (immutabilityDays > 0) {
      new BlobContainerImmutabilityPolicy(
        `${name}-immutability`,
        {
          ...inAccount,
          containerName: container.name,
          immutabilityPolicyName: 'default',
          immutabilityPeriodSinceCreationInDays: immutabilityDays,
        },
        kept,
      );
    }
    new ManagementLockByScope(
      `${name}-lock`,
      {
        scope: account.id,
        lockName: 'strongroom',
        level: 'CanNotDelete',
        notes: 'Holds restore points. Remove this lock only to give them up.',
      },
      { ...kept, dependsOn: [container] },
    );
    this.registerOutputs();
  }
}
