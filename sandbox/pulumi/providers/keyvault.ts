import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import type { KeyCreateParameters, VaultCreateOrUpdateParameters } from '@azure/arm-keyvault';
import { poll, put } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

export function keyvault({ credential, subscriptionId, options }: Arm): Operations {
  const client = new KeyVaultManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:keyvault:Vault': put(['resourceGroupName', 'vaultName'], (at, body: VaultCreateOrUpdateParameters) =>
      client.vaults.createOrUpdate(...at, body, poll),
    ),
    'azure-native:keyvault:Key': put(['resourceGroupName', 'vaultName', 'keyName'], (at, body: KeyCreateParameters) =>
      client.keys.createIfNotExist(...at, body),
    ),
  };
}
