import * as pulumi from '@pulumi/pulumi';
import { BlobContainer } from '@pulumi/azure-native/storage/blobContainer.js';
import { StorageAccount } from '@pulumi/azure-native/storage/storageAccount.js';
import { accountSettings } from '../../model/site/account.ts';
import type { ApplianceLayout } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';
import { Identities } from './identities.ts';
import { KeyVault } from './keyVault.ts';
import { Monitoring } from './monitoring.ts';

export interface ApplianceArgs {
  layout: ApplianceLayout;
  region: string;
  tags: Record<string, string>;
  tenantId: string;
  made: Made;
}

/** What the Functions app needs before it starts, beside its network: identities, host account, Key Vault, telemetry. */
export class Appliance extends pulumi.ComponentResource {
  readonly identities: Identities;
  readonly insightsConnectionString: pulumi.Output<string>;

  constructor(
    name: string,
    { layout, region, tags, tenantId, made }: ApplianceArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Appliance', name, {}, options);
    const child = { parent: this };

    this.identities = new Identities(`${name}-identities`, { layout, region, tags, made }, child);
    const host = new StorageAccount(
      `${name}-host`,
      {
        resourceGroupName: layout.resourceGroup.name,
        accountName: layout.hostAccount.name,
        ...accountSettings({ location: region, tags, redundancy: 'LRS' }),
      },
      { ...child, dependsOn: made.at([layout.resourceGroup.id]) },
    );
    made.note(layout.hostAccount.id, `${name}-host`, host);
    // Through ARM, because a deployer outside the network cannot reach the data plane.
    new BlobContainer(
      `${name}-package`,
      {
        resourceGroupName: layout.resourceGroup.name,
        accountName: host.name,
        containerName: layout.packageContainer,
        publicAccess: 'None',
      },
      child,
    );
    new KeyVault(`${name}-vault`, { layout, region, tags, tenantId, made }, child);
    const monitoring = new Monitoring(`${name}-monitoring`, { layout, region, tags, made }, child);
    this.insightsConnectionString = monitoring.connectionString;
    this.registerOutputs();
  }
}
