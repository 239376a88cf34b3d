import * as pulumi from '@pulumi/pulumi';
import { RoleAssignment } from '@pulumi/azure-native/authorization/roleAssignment.js';
import { UserAssignedIdentity } from '@pulumi/azure-native/managedidentity/userAssignedIdentity.js';
import { PrivateZone } from '@pulumi/azure-native/privatedns/privateZone.js';
import { ResourceGroup } from '@pulumi/azure-native/resources/resourceGroup.js';
import { StorageAccount } from '@pulumi/azure-native/storage/storageAccount.js';
import { WebApp } from '@pulumi/azure-native/web/webApp.js';

/** A program for the applier's tests: Output dependencies, dependsOn a component, a user-assigned identity, a secret. */
class Names extends pulumi.ComponentResource {
  constructor(name: string, resourceGroupName: pulumi.Input<string>) {
    super('test:Names', name);
    new PrivateZone(
      `${name}-zone`,
      { resourceGroupName, privateZoneName: 'internal.example', location: 'global' },
      { parent: this },
    );
    this.registerOutputs();
  }
}

/** A resource without a class of its own. */
class Raw extends pulumi.CustomResource {}

const config = new pulumi.Config();
const group = new ResourceGroup('group', { resourceGroupName: config.require('group'), location: 'westeurope' });
const names = new Names('names', group.name);
const identity = new UserAssignedIdentity(
  'identity',
  { resourceGroupName: group.name, resourceName: 'someone', location: group.location },
  { dependsOn: names },
);
const storage = new StorageAccount('storage', {
  resourceGroupName: group.name,
  accountName: 'chainaccount',
  kind: 'StorageV2',
  sku: { name: 'Standard_LRS' },
  networkRuleSet: { defaultAction: 'Deny' },
  enableHttpsTrafficOnly: true,
});
const assignment = new RoleAssignment('assignment', {
  scope: storage.id,
  roleAssignmentName: '0c000000-0000-4000-8000-0000000000bb',
  roleDefinitionId: '/providers/Microsoft.Authorization/roleDefinitions/0c000000-0000-4000-8000-0000000000cc',
  principalId: identity.principalId,
  principalType: 'ServicePrincipal',
});
const app = new WebApp(
  'app',
  {
    resourceGroupName: group.name,
    name: 'app',
    kind: 'functionapp,linux',
    identity: { type: 'UserAssigned', userAssignedIdentities: [identity.id] },
    siteConfig: {
      appSettings: [
        { name: 'WHO', value: identity.clientId },
        { name: 'HIDDEN', value: pulumi.secret('s3') },
      ],
    },
  },
  { dependsOn: assignment },
);

/** Ways of going wrong, on demand. */
const faults: Record<string, () => unknown> = {
  twice: () => [1, 2].map(() => new ResourceGroup('twin', { resourceGroupName: 'twin' })),
  dropped: () =>
    new Raw('azure-native:resources:ResourceGroup', 'dropped', {
      resourceGroupName: 'dropped',
      location: 'westeurope',
      sku: { name: 'none such' },
    }),
  broken: () => {
    throw new Error('the program is broken');
  },
};
faults[config.get('fault') ?? '']?.();

export const host = app.defaultHostName;
export const who = identity.clientId;
export const answer = config.getNumber('answer');
export const account = storage.name;
