import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import type { KeyCreateParameters, VaultCreateOrUpdateParameters } from '@azure/arm-keyvault';
import { inGroup, operation, poll } from '../operation.ts';
import type { Arm, Operations } from '../operation.ts';

const vault = inGroup('Microsoft.KeyVault/vaults/{vaultName}');

export function keyvault({ credential, subscriptionId, options }: Arm): Operations {
  const client = new KeyVaultManagementClient(credential, subscriptionId, options);
  return {
    'azure-native:keyvault:Vault': operation(vault, {
      put: (at, body: VaultCreateOrUpdateParameters) => client.vaults.createOrUpdate(...at, body, poll),
      get: (at) => client.vaults.get(...at),
      delete: (at) => client.vaults.delete(...at),
    }),
    // ARM creates keys and reads them; only the vault's own API deletes them.
    'azure-native:keyvault:Key': operation(`${vault}/keys/{keyName}`, {
      put: (at, body: KeyCreateParameters) => client.keys.createIfNotExist(...at, body),
      get: (at) => client.keys.get(...at),
    }),
  };
}
