/** What a storage account of the appliance is made with. */
export interface AccountOptions {
  location: string;
  tags: Record<string, string>;
  redundancy: 'GRS' | 'LRS' | 'ZRS';
  /** Access tier; Hot when absent. */
  tier?: 'Hot' | 'Cool' | 'Cold';
}

/**
 * A storage account that is reached through private endpoints only and has no key: Entra identities, TLS 1.2, no public
 * blobs. Infrastructure encryption and the copy scope can be chosen at creation only.
 */
export function accountSettings({ location, tags, redundancy, tier = 'Hot' }: AccountOptions) {
  const service = { enabled: true, keyType: 'Account' } as const;
  return {
    location,
    tags,
    kind: 'StorageV2',
    sku: { name: `Standard_${redundancy}` },
    accessTier: tier,
    publicNetworkAccess: 'Disabled' as const,
    networkRuleSet: {
      defaultAction: 'Deny' as const,
      bypass: 'None' as const,
      // Defender for Storage writes itself into resourceAccessRules: those are left as they are.
      ipRules: [],
      virtualNetworkRules: [],
    },
    allowSharedKeyAccess: false,
    defaultToOAuthAuthentication: true,
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    // Copies may come only from accounts that this one shares a private link with.
    allowedCopyScope: 'PrivateLink',
    minimumTlsVersion: 'TLS1_2' as const,
    enableHttpsTrafficOnly: true,
    encryption: {
      keySource: 'Microsoft.Storage' as const,
      requireInfrastructureEncryption: true,
      services: { blob: { ...service }, queue: { ...service }, table: { ...service } },
    },
  };
}
