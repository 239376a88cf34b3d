import { expecting, listAt, valueAt, type Rule } from './rule.ts';

const closed = ['Disabled'];

/** Nothing answers on a public address, the API with an allow list excepted ({@link apiAllowList}). */
export const noPublicNetworkAccess = expecting(
  'no-public-network-access',
  'Accounts, vaults, servers, disks and snapshots are reached through private endpoints only.',
  {
    'azure-native:storage:StorageAccount': {
      publicNetworkAccess: closed,
      'networkRuleSet.defaultAction': ['Deny'],
      'networkRuleSet.bypass': ['None'],
    },
    'azure-native:keyvault:Vault': {
      'properties.publicNetworkAccess': closed,
      'properties.networkAcls.defaultAction': ['Deny'],
      'properties.networkAcls.bypass': ['None'],
    },
    'azure-native:sql:Server': { publicNetworkAccess: closed },
    'azure-native:compute:Disk': { publicNetworkAccess: closed },
    'azure-native:compute:Snapshot': { publicNetworkAccess: closed },
  },
);

export const noPublicBlobs = expecting('no-public-blobs', 'No blob can be read without a sign-in.', {
  'azure-native:storage:StorageAccount': { allowBlobPublicAccess: [false] },
  'azure-native:storage:BlobContainer': { publicAccess: ['None', undefined] },
});

/** Whoever may call the API over its public address is on a list that denies everybody else. */
export const apiAllowList: Rule = {
  name: 'api-allow-list',
  description: 'The API is private, or public with an allow list that denies everybody else.',
  check({ type, inputs }) {
    if (type !== 'azure-native:web:WebApp') return [];
    if (valueAt(inputs, 'publicNetworkAccess') === 'Disabled') return [];
    const violations: string[] = [];
    if (valueAt(inputs, 'siteConfig.ipSecurityRestrictionsDefaultAction') !== 'Deny') {
      violations.push(
        'publicNetworkAccess must be "Disabled", or siteConfig.ipSecurityRestrictionsDefaultAction "Deny" with the ranges that may call.',
      );
    }
    const open = listAt(inputs, 'siteConfig.ipSecurityRestrictions').filter(
      ({ action, ipAddress }) => action !== 'Deny' && (ipAddress === 'Any' || String(ipAddress).endsWith('/0')),
    );
    for (const { name, ipAddress } of open) {
      violations.push(`siteConfig.ipSecurityRestrictions: "${String(name)}" (${String(ipAddress)}) lets everybody in.`);
    }
    return violations;
  },
};
