import * as pulumi from '@pulumi/pulumi';
import { Key } from '@pulumi/azure-native/keyvault/key.js';
import { Vault } from '@pulumi/azure-native/keyvault/vault.js';

export interface KeyVaultArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  tenantId: string;
  vaultName: string;
  keyName: string;
  /** Id under which the product knows the key. */
  keyId: string;
}

/**
 * The vault and the key that wraps the master keys of repositories. Losing it would lose every repository without a
 * recovery key at hand: soft delete for 90 days, and purge protection that nobody can take back.
 */
export class KeyVault extends pulumi.ComponentResource {
  readonly vault: Vault;
  readonly keyId: pulumi.Output<string>;

  constructor(name: string, args: KeyVaultArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:KeyVault', name, {}, options);
    const { resourceGroupName, region, tags, tenantId, vaultName, keyName } = args;
    const child = { parent: this, protect: true };
    this.vault = new Vault(
      `${name}-vault`,
      {
        resourceGroupName,
        vaultName,
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
      child,
    );
    const key = new Key(
      `${name}-key`,
      {
        resourceGroupName,
        vaultName: this.vault.name,
        keyName,
        tags,
        properties: { kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] },
      },
      child,
    );
    this.keyId = key.id.apply(() => args.keyId);
    this.registerOutputs({ keyId: this.keyId });
  }
}
