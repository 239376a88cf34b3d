import * as pulumi from '@pulumi/pulumi';
import { Key } from '@pulumi/azure-native/keyvault/key.js';
import { Vault } from '@pulumi/azure-native/keyvault/vault.js';
import type { ApplianceLayout } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';

export interface KeyVaultArgs {
  layout: ApplianceLayout;
  region: string;
  tags: Record<string, string>;
  tenantId: string;
  made: Made;
}

/**
 * The vault, with the key that wraps the master keys of repositories and the one for message keys. Losing the first would
 * lose every repository without a recovery key at hand: soft delete for 90 days, and purge protection for good.
 */
export class KeyVault extends pulumi.ComponentResource {
  constructor(
    name: string,
    { layout, region, tags, tenantId, made }: KeyVaultArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:KeyVault', name, {}, options);
    const { resourceGroup, vault, keys } = layout;
    const child = { parent: this, protect: true };
    const declared = new Vault(
      `${name}-vault`,
      {
        resourceGroupName: resourceGroup.name,
        vaultName: vault.name,
        location: region,
        tags,
        properties: {
          tenantId,
          sku: { family: 'A', name: 'standard' },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 90,
          enablePurgeProtection: true,
          publicNetworkAccess: 'Disabled',
          networkAcls: { defaultAction: 'Deny', bypass: 'None' },
        },
      },
      { ...child, dependsOn: made.at([resourceGroup.id]) },
    );
    made.note(vault.id, `${name}-vault`, declared);
    for (const [use, { id, name: keyName }] of Object.entries(keys)) {
      const key = new Key(
        `${name}-key-${use}`,
        {
          resourceGroupName: resourceGroup.name,
          vaultName: declared.name,
          keyName,
          tags,
          properties: { kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] },
        },
        child,
      );
      made.note(id, `${name}-key-${use}`, key);
    }
    this.registerOutputs();
  }
}
