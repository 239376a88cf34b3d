import * as pulumi from '@pulumi/pulumi';
import { AppServicePlan } from '@pulumi/azure-native/web/appServicePlan.js';
import { WebApp } from '@pulumi/azure-native/web/webApp.js';
import { WebAppAuthSettingsV2 } from '@pulumi/azure-native/web/webAppAuthSettingsV2.js';
import type { ApplianceLayout } from '../../model/site/layout.ts';

export interface FunctionAppArgs {
  layout: ApplianceLayout;
  region: string;
  tags: Record<string, string>;
  identityId: pulumi.Input<string>;
  subnetId: pulumi.Input<string>;
  settings: pulumi.Input<Record<string, string>>;
  /** Address ranges that may call the API from outside; none: private endpoint only. */
  allowedAddresses: string[];
  auth: { tenantId: string; clientId: string };
}

/** Memory of an instance, MB: one of 512, 2048, 4096 (Flex Consumption). */
const INSTANCE_MEMORY = 2048;
/** The smallest limit that Flex Consumption takes. */
const MAXIMUM_INSTANCES = 40;

/** The Functions app on Flex Consumption: in the network, without keys, behind Entra sign-in. */
export class FunctionApp extends pulumi.ComponentResource {
  readonly app: WebApp;

  constructor(name: string, args: FunctionAppArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:FunctionApp', name, {}, options);
    const { layout, region, tags, identityId, allowedAddresses, auth } = args;
    const resourceGroupName = layout.resourceGroup.name;
    const child = { parent: this };
    // Components do not hand on what they depend on.
    const first = { ...child, dependsOn: options?.dependsOn };
    const plan = new AppServicePlan(
      `${name}-plan`,
      {
        resourceGroupName,
        name: layout.plan.name,
        location: region,
        tags,
        kind: 'functionapp',
        reserved: true, // Linux
        sku: { name: 'FC1', tier: 'FlexConsumption' },
      },
      first,
    );
    this.app = new WebApp(
      `${name}-app`,
      {
        resourceGroupName,
        name: layout.functionApp.name,
        location: region,
        tags,
        kind: 'functionapp,linux',
        serverFarmId: plan.id,
        httpsOnly: true,
        publicNetworkAccess: allowedAddresses.length > 0 ? 'Enabled' : 'Disabled',
        virtualNetworkSubnetId: args.subnetId,
        identity: { type: 'UserAssigned', userAssignedIdentities: [identityId] },
        keyVaultReferenceIdentity: identityId,
        functionAppConfig: {
          runtime: { name: 'node', version: '24' },
          deployment: {
            storage: {
              type: 'blobContainer',
              value: `${layout.hostAccount.blobUrl}/${layout.packageContainer}`,
              authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identityId },
            },
          },
          scaleAndConcurrency: {
            instanceMemoryMB: INSTANCE_MEMORY,
            maximumInstanceCount: MAXIMUM_INSTANCES,
            // Durable's own scale group: without an instance at hand a timer or a queue message waits for a cold start.
            alwaysReady: [{ name: 'durable', instanceCount: 1 }],
          },
        },
        siteConfig: {
          minTlsVersion: '1.2',
          scmMinTlsVersion: '1.2',
          ftpsState: 'Disabled',
          appSettings: pulumi
            .output(args.settings)
            .apply((settings) => Object.entries(settings).map(([key, value]) => ({ name: key, value }))),
          ...(allowedAddresses.length > 0 && {
            ipSecurityRestrictionsDefaultAction: 'Deny',
            ipSecurityRestrictions: allowedAddresses.map((ipAddress, index) => ({
              name: `allowed-${index + 1}`,
              priority: 100 + index,
              action: 'Allow',
              ipAddress,
            })),
          }),
        },
      },
      first,
    );
    new WebAppAuthSettingsV2(
      `${name}-auth`,
      {
        resourceGroupName,
        name: this.app.name,
        platform: { enabled: true },
        httpSettings: { requireHttps: true },
        globalValidation: {
          requireAuthentication: true,
          unauthenticatedClientAction: 'Return401',
          excludedPaths: ['/api/health'], // what a load balancer asks; it says nothing but that the host answers
        },
        identityProviders: {
          azureActiveDirectory: {
            enabled: true,
            registration: {
              clientId: auth.clientId,
              openIdIssuer: `https://login.microsoftonline.com/${auth.tenantId}/v2.0`,
            },
            // Version 2 tokens carry the client id as audience, version 1 tokens the application's URI.
            validation: { allowedAudiences: [auth.clientId, `api://${auth.clientId}`] },
          },
        },
        login: { tokenStore: { enabled: false } },
      },
      child,
    );
    this.registerOutputs({ id: this.app.id });
  }
}
