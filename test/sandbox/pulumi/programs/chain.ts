import * as pulumi from '@pulumi/pulumi';
import { UserAssignedIdentity } from '@pulumi/azure-native/managedidentity/userAssignedIdentity.js';
import { PrivateZone } from '@pulumi/azure-native/privatedns/privateZone.js';
import { ResourceGroup } from '@pulumi/azure-native/resources/resourceGroup.js';
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

const config = new pulumi.Config();
const group = new ResourceGroup('group', { resourceGroupName: config.require('group'), location: 'westeurope' });
const names = new Names('names', group.name);
const identity = new UserAssignedIdentity(
  'identity',
  { resourceGroupName: group.name, resourceName: 'someone', location: group.location },
  { dependsOn: names },
);
const app = new WebApp('app', {
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
});

export const host = app.defaultHostName;
export const who = identity.clientId;
export const answer = config.getNumber('answer');
