import { expect } from 'vitest';
import type { Chain, Step } from '../steps.ts';

const account = 'clistore';
const login = `--account-name ${account} --auth-mode login`;
const withKey = `--account-name ${account} --auth-mode key`;
const vaultRest = (method: string, path: string, body?: string) =>
  `rest --method ${method} --resource https://vault.azure.net --url https://cli-vault.vault.azure.net/${path}?api-version=7.4` +
  (body === undefined ? '' : ` --body '${body}'`);

/** Gives the person a role for the data in a group: the owner of a subscription has none. (`az role` does not work here.) */
const takeRole = (group: string, assignment: string, role: string): Step => {
  const scope = '/subscriptions/{sub}/resourceGroups/' + group;
  const definition = `/subscriptions/{sub}/providers/Microsoft.Authorization/roleDefinitions/${role}`;
  const body = JSON.stringify({
    properties: { roleDefinitionId: definition, principalId: '{me}', principalType: 'User' },
  });
  const url = `${scope}/providers/Microsoft.Authorization/roleAssignments/${assignment}?api-version=2022-04-01`;
  return { az: `rest --method put --url ${url} --body '${body}' --query name`, json: assignment };
};
const NO_ROLE = 'You do not have the required permissions needed to perform this operation.';

/** Storage accounts and what is in them. */
export const storage: Chain = {
  name: 'storage',
  profile: 'latest',
  steps: [
    { az: 'group create -n store -l westeurope', json: { name: 'store' } },
    { az: `storage account check-name -n ${account}`, json: { nameAvailable: true } },
    {
      az: 'storage account create -g store -n Not_a_name',
      error: '(AccountNameInvalid) Not_a_name is not a valid storage account name',
    },
    {
      az: `storage account create -g store -n ${account} --sku Standard_LRS --tags team=red`,
      json: { kind: 'StorageV2', sku: { name: 'Standard_LRS' }, provisioningState: 'Succeeded', tags: { team: 'red' } },
    },
    { az: `storage account check-name -n ${account}`, json: { nameAvailable: false, reason: 'AlreadyExists' } },
    { az: 'storage account list -g store --query [].name', json: [account] },
    {
      az: `storage account show -g store -n ${account} --query primaryEndpoints.blob`,
      json: `https://${account}.blob.core.windows.net/`,
    },
    { az: 'storage account show -g store -n missing', error: 'ResourceNotFound' },
    {
      az: `storage account update -g store -n ${account} --min-tls-version TLS1_2 --query minimumTlsVersion`,
      json: 'TLS1_2',
    },
    { az: `storage account keys list -g store -n ${account} --query [].keyName`, json: ['key1', 'key2'] },
    { az: `storage container create -n box ${login}`, json: { created: true } },
    { az: `storage container create -n box ${login}`, json: { created: false } },
    { az: `storage container create -n Box ${login}`, error: 'InvalidResourceName' },
    { az: `storage container list ${login} --query [].name`, json: ['box'] },
    { az: `storage container exists -n box ${login}`, json: { exists: true } },
    { az: `storage container show -n box ${login} --query properties.lease.state`, json: 'available' },
    { az: `storage container show -n other ${login}`, error: /ContainerNotFound|not found/ },
    { az: `storage blob list -c box ${login}`, error: NO_ROLE },
    // Storage Blob Data Contributor
    takeRole('store', '5d0b6bd5-4f2a-4c1b-9d6f-0a3c5f1e7b21', 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'),
    {
      az: `storage blob upload -c box -n note.txt --data 'from az' ${login}`,
      json: { etag: expect.stringMatching(/^"?0x/) },
    },
    { az: `storage blob upload -c box -n note.txt --data 'from az' ${login}`, error: 'BlobAlreadyExists' },
    { az: `storage blob upload -c other -n note.txt --data 'from az' ${login}`, error: 'ContainerNotFound' },
    { az: `storage blob list -c box ${login} --query [].[name,properties.contentLength]`, json: [['note.txt', 7]] },
    { az: `storage blob show -c box -n note.txt ${login} --query properties.blobTier`, json: 'Hot' },
    { az: `storage blob exists -c box -n other.txt ${login}`, json: { exists: false } },
    { az: `storage blob set-tier -c box -n note.txt --tier Cool ${login}` },
    { az: `storage blob show -c box -n note.txt ${login} --query properties.blobTier`, json: 'Cool' },
    { az: `storage blob download -c box -n note.txt -f {dir}/note.txt ${login} --query properties.contentLength` },
    {
      az: `storage blob upload -c box -n copy.txt -f {dir}/note.txt ${withKey} --query etag`,
      json: expect.stringMatching(/0x/),
    },
    { az: `storage blob list -c box ${withKey} --query [].name`, json: ['copy.txt', 'note.txt'] },
    {
      az: `storage blob list -c box --account-name ${account} --account-key bm9uZQ==`,
      error: 'Authentication failure. This may be caused by either invalid account key',
    },
    { az: `storage blob delete -c box -n copy.txt ${login}` },
    { az: `storage blob show -c box -n copy.txt ${login}`, error: 'BlobNotFound' },
    { az: `storage queue create -n work ${login}`, json: { created: true } },
    { az: `storage queue list ${login} --query [].name`, json: ['work'] },
    { az: `storage container delete -n box ${login}`, json: { deleted: true } },
    { az: `storage account delete -g store -n ${account} -y` },
    { az: 'storage account list -g store', json: [] },
  ],
};

/** Vaults. Keys and secrets go through `rest`: Debian's package lacks the library of azure-cli's own commands. */
export const vaults: Chain = {
  name: 'vaults',
  profile: 'latest',
  steps: [
    { az: 'group create -n safe -l westeurope', json: { name: 'safe' } },
    {
      az: 'keyvault create -g safe -n cli-vault --enable-rbac-authorization true --retention-days 7',
      json: {
        name: 'cli-vault',
        properties: {
          enableRbacAuthorization: true,
          softDeleteRetentionInDays: 7,
          vaultUri: 'https://cli-vault.vault.azure.net/',
        },
      },
    },
    { az: 'keyvault create -g safe -n cli-vault --no-self-perms', error: 'cli-vault already exists' },
    { az: 'keyvault create -g safe -n two--hyphens --no-self-perms', error: 'VaultNameNotValid' },
    { az: 'keyvault list -g safe --query [].name', json: ['cli-vault'] },
    { az: 'keyvault update -n cli-vault --set tags.team=red --query tags', json: { team: 'red' } },
    {
      az: 'keyvault network-rule add -n cli-vault --ip-address 192.0.2.1 --query properties.networkAcls.ipRules[].value',
      json: ['192.0.2.1/32'],
    },
    {
      az: 'keyvault private-link-resource list --vault-name cli-vault --query [].properties.groupId',
      json: expect.anything(),
    },
    { az: vaultRest('get', 'keys'), error: 'ForbiddenByRbac' },
    // Key Vault Administrator
    takeRole('safe', '1f7c2f6e-8f2e-4bb4-8a55-9c1d7be0a613', '00482a5a-887f-4fb3-b363-3b7fe8e74483'),
    {
      az: vaultRest('post', 'keys/k1/create', '{"kty":"RSA","key_size":2048}'),
      json: { key: { kty: 'RSA' }, attributes: { enabled: true } },
    },
    { az: vaultRest('get', 'keys'), json: { value: [{ kid: 'https://cli-vault.vault.azure.net/keys/k1' }] } },
    {
      az: vaultRest('post', 'keys/k1//encrypt', '{"alg":"RSA-OAEP-256","value":"AQID"}'),
      json: { value: expect.any(String) as string },
    },
    { az: vaultRest('get', 'keys/other'), error: 'KeyNotFound' },
    { az: vaultRest('delete', 'keys/k1'), json: { recoveryId: 'https://cli-vault.vault.azure.net/deletedkeys/k1' } },
    { az: vaultRest('post', 'keys/k1/create', '{"kty":"RSA"}'), error: 'ObjectIsDeletedButRecoverable' },
    { az: vaultRest('put', 'secrets/s1', '{"value":"quiet"}'), json: { value: 'quiet' } },
    { az: vaultRest('get', 'secrets/s1'), json: { value: 'quiet', attributes: { recoverableDays: 7 } } },
    { az: vaultRest('delete', 'secrets/s1'), json: { scheduledPurgeDate: expect.any(Number) as number } },
    {
      az: vaultRest('post', 'deletedsecrets/s1/recover'),
      json: { id: expect.stringContaining('/secrets/s1/') as string },
    },
    { az: 'keyvault delete -n cli-vault' },
    { az: 'keyvault show -n cli-vault', error: "The Vault 'cli-vault' not found within subscription." },
    { az: 'keyvault list-deleted --query [].name', json: ['cli-vault'] },
    { az: 'keyvault show-deleted -n cli-vault --query properties.tags', json: { team: 'red' } },
    { az: 'keyvault create -g safe -n cli-vault --no-self-perms', error: /already exists in deleted state|recover/ },
    { az: 'keyvault recover -n cli-vault --query name', json: 'cli-vault' },
    { az: vaultRest('get', 'secrets/s1'), json: { value: 'quiet' } },
    {
      az: 'keyvault update -n cli-vault --enable-purge-protection true --query properties.enablePurgeProtection',
      json: true,
    },
    { az: 'keyvault delete -n cli-vault' },
    { az: 'keyvault purge -n cli-vault', error: "(MethodNotAllowed) Operation 'DeletedVaultPurge' is not allowed." },
    { az: 'identity create -g safe -n someone', json: { name: 'someone', principalId: expect.any(String) as string } },
    { az: 'identity list -g safe --query [].name', json: ['someone'] },
    { az: 'identity show -g safe -n someone --query type', json: 'Microsoft.ManagedIdentity/userAssignedIdentities' },
    { az: 'identity show -g safe -n nobody', error: 'ResourceNotFound' },
    { az: 'identity delete -g safe -n someone' },
  ],
};
