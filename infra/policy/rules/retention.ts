import { expecting, valueAt, type Rule } from './rule.ts';

const ACCOUNT = 'azure-native:storage:StorageAccount';

/** Losing a key would lose every repository that it wraps. */
export const purgeProtection = expecting('purge-protection', 'What is deleted from a vault can be had back.', {
  'azure-native:keyvault:Vault': {
    'properties.enablePurgeProtection': [true],
    'properties.enableSoftDelete': [true, undefined],
  },
});

/** Tags of repositories' accounts say what was asked for; version-level immutability can be chosen at creation only. */
export const immutability: Rule = {
  name: 'immutability',
  description: 'Where immutability is asked for (tag strongroom-immutability-days), it is there.',
  check({ type, inputs }) {
    if (type === 'azure-native:storage:BlobContainerImmutabilityPolicy') {
      const days = inputs.immutabilityPeriodSinceCreationInDays;
      return typeof days === 'number' && days >= 1 ? [] : ['immutabilityPeriodSinceCreationInDays must be 1 at least.'];
    }
    const asked = type === ACCOUNT ? valueAt(inputs, 'tags.strongroom-immutability-days') : undefined;
    if (asked === undefined || asked === '0') return [];
    return valueAt(inputs, 'immutableStorageWithVersioning.enabled') === true
      ? []
      : [`immutableStorageWithVersioning.enabled must be true: ${String(asked)} days are asked for.`];
  },
};

/** Zone-redundant accounts have no Archive tier (Azure: "Access tiers for blob data"). */
export const archiveRedundancy: Rule = {
  name: 'archive-redundancy',
  description: 'Archive repositories (tag strongroom-role: archive) are not zone-redundant.',
  check({ type, inputs }) {
    if (type !== ACCOUNT || valueAt(inputs, 'tags.strongroom-role') !== 'archive') return [];
    const sku = String(valueAt(inputs, 'sku.name'));
    return sku.includes('ZRS') ? [`sku ${sku} has no Archive tier; LRS and GRS have.`] : [];
  },
};
