import { expect } from 'vitest';
import type { Chain } from '../steps.ts';

const identity =
  '/subscriptions/{sub}/resourceGroups/things/providers/Microsoft.ManagedIdentity/userAssignedIdentities/one';

/** Accounts, groups, resources in general, locks, tags and providers. */
export const resources: Chain = {
  name: 'resources',
  profile: 'latest',
  steps: [
    { az: 'account show --query [state,user.type]', json: ['Enabled', 'servicePrincipal'] },
    { az: 'account list --query [].name', json: ['Local subscription'] },
    { az: `account list-locations --query "[?name=='westeurope'].displayName"`, json: ['West Europe'] },
    { az: 'group create -n things -l westeurope --tags team=red', json: { tags: { team: 'red' } } },
    { az: 'group create -n things -l northeurope', error: 'InvalidResourceGroupLocation' },
    { az: 'group create -n bad* -l westeurope', error: 'bad*' },
    { az: 'group create -n far -l atlantis', error: 'LocationNotAvailableForResourceGroup' },
    { az: 'group update -n things --set tags.cost=7 --query tags', json: { team: 'red', cost: '7' } },
    { az: 'group list --tag cost=7 --query [].name', json: ['things'] },
    { az: 'group exists -n things', json: true },
    { az: 'group show -n nothing', error: "(ResourceGroupNotFound) Resource group 'nothing' could not be found." },
    { az: 'identity create -g things -n one --tags kind=a --query name', json: 'one' },
    {
      az: 'resource list -g things --query [].[name,type]',
      json: [['one', 'Microsoft.ManagedIdentity/userAssignedIdentities']],
    },
    { az: 'resource list --tag kind=a --query [].name', json: ['one'] },
    { az: 'resource list --resource-type Microsoft.Compute/disks -g things', json: [] },
    { az: `resource show --ids ${identity} --query tags`, json: { kind: 'a' } },
    { az: `resource tag --tags kind=b --ids ${identity} --query tags`, json: { kind: 'b' } },
    {
      az: `tag update --resource-id ${identity} --operation Merge --tags more=c --query properties.tags`,
      json: { kind: 'b', more: 'c' },
    },
    { az: `resource show --ids ${identity}x`, error: 'ResourceNotFound' },
    {
      az: `resource create -g things -n two --resource-type Microsoft.ManagedIdentity/userAssignedIdentities -p '{}' --query name`,
      json: 'two',
    },
    { az: 'lock create -n keep --lock-type CanNotDelete -g things --query level', json: 'CanNotDelete' },
    { az: 'lock list -g things --query [].name', json: ['keep'] },
    { az: 'identity delete -g things -n one', error: 'ScopeLocked' },
    { az: 'group delete -n things -y', error: 'ScopeLocked' },
    { az: 'lock delete -n keep -g things' },
    { az: `resource delete --ids ${identity}` },
    {
      az: 'provider list --query [].namespace',
      json: expect.arrayContaining(['Microsoft.Compute', 'Microsoft.KeyVault']),
    },
    { az: 'provider show -n Microsoft.Compute --query registrationState', json: 'Registered' },
    { az: 'provider register -n Microsoft.Storage' },
    { az: 'provider show -n Microsoft.Nothing', error: 'InvalidResourceNamespace' },
    { az: 'tag list', json: expect.anything() },
    {
      az: `rest --method get --url /subscriptions/{sub}/resourceGroups/things?api-version=2021-04-01 --query name`,
      json: 'things',
    },
    { az: 'rest --method get --url /subscriptions/{sub}/resourceGroups/things', error: 'MissingApiVersionParameter' },
    {
      az: 'rest --method get --url /subscriptions/{sub}/providers/Microsoft.Compute/disks?api-version=1999-01-01',
      error: '1999-01-01',
    },
    {
      az: 'rest --method get --url /subscriptions/{sub}/providers/Microsoft.Unknown/things?api-version=2021-04-01',
      error: /SandboxNotSupported|InvalidResourceNamespace/,
    },
    {
      az: `rest --method put --url /subscriptions/{sub}/resourceGroups/things?api-version=2021-04-01 --headers Content-Type=application/json --body '{"location":'`,
      error: 'InvalidRequestContent',
    },
    { az: 'group delete -n things -y' },
    { az: 'group show -n things', error: 'ResourceGroupNotFound' },
  ],
};
