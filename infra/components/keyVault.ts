import * as pulumi from '@pulumi/pulumi';
import { Key } from '@pulumi/azure-native/keyvault/key.js';
import { Vault } from '@pulumi/azure-native/keyvault/vault.js';
import type { VaultKey } from '../../model/site.ts';

export interface KeyVaultArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  tenantId: string;
  vaultName: string;
  /** The keys to make. */
  keys: Record<'repository' | 'messages', VaultKey>;
}

/**
 * The vault, with the key that wraps the master keys of repositories and the one for message keys. Losing the first would
 * lose every repository without a recovery key at hand: soft delete for 90 days, and purge protection for good.
 */
export class KeyVault extends pulumi.ComponentResource {
  readonly vault: Vault;
  readonly keys: Record<'repository' | 'messages', Key>;

  constructor(name: string, args: KeyVaultArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:KeyVault', name, {}, options);
    const { resourceGroupName, region, tags, tenantId, vaultName } = args;
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
    const key = (use: keyof KeyVaultArgs['keys']) =>
      new Key(
        `${name}-key-${use}`,
        {
          resourceGroupName,
          vaultName: this.vault.name,
          keyName: args.keys[use].name,
          tags,
          properties: { kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] },
        },
        child,
      );
    this.keys = { repository: key('repository'), messages: key('messages') };
    this.registerOutputs();
  }
}
