import * as pulumi from '@pulumi/pulumi';
import { UserAssignedIdentity } from '@pulumi/azure-native/managedidentity/userAssignedIdentity.js';
import type { ApplianceLayout } from '../../model/site.ts';
import type { InfraConfig } from '../config.ts';
import { appSettings } from '../settings.ts';
import { Access } from './access.ts';
import { Endpoint } from './endpoint.ts';
import { FunctionApp } from './functionApp.ts';
import { KeyVault } from './keyVault.ts';
import { Monitoring } from './monitoring.ts';
import { PrivateAccount } from './privateAccount.ts';
import type { Repository } from './repository.ts';
import type { Site } from './site.ts';

export interface ApplianceArgs {
  config: InfraConfig;
  layout: ApplianceLayout;
  /** The appliance's own site. */
  site: Site;
  repository: Repository;
}

/** What runs the backups: Functions app, its host account, Key Vault, telemetry, identities and their rights. */
export class Appliance extends pulumi.ComponentResource {
  readonly apiUrl: pulumi.Output<string>;
  readonly keyId: pulumi.Output<string>;
  readonly orchestratorIdentity: UserAssignedIdentity;

  constructor(
    name: string,
    { config, layout, site, repository }: ApplianceArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Appliance', name, {}, options);
    const child = { parent: this };
    const { network } = site;
    const place = { resourceGroupName: site.group.name, region: config.region, tags: layout.tags };

    const host = new PrivateAccount(
      `${name}-host`,
      { ...place, accountName: layout.hostAccount.name, redundancy: 'LRS', containers: [layout.packageContainer] },
      child,
    );
    const vault = new KeyVault(
      `${name}-vault`,
      {
        ...place,
        tenantId: config.tenantId,
        vaultName: layout.vault.name,
        keys: layout.keys,
      },
      child,
    );
    const monitoring = new Monitoring(
      `${name}-monitoring`,
      { ...place, workspaceName: layout.workspace.name, insightsName: layout.insights.name },
      child,
    );
    const identity = new UserAssignedIdentity(
      `${name}-orchestrator`,
      {
        resourceGroupName: site.group.name,
        resourceName: layout.orchestratorIdentity.name,
        location: config.region,
        tags: layout.tags,
      },
      child,
    );
    const access = new Access(
      `${name}-access`,
      {
        appliance: config.name,
        subscriptionId: config.subscriptionId,
        principals: { orchestrator: identity.principalId, worker: site.workerIdentity.principalId },
        scopes: {
          subscription: `/subscriptions/${config.subscriptionId}`,
          siteGroup: site.group.id,
          siteAccount: site.account.account.id,
          mailbox: site.account.queues[layout.mailbox]!.id,
          workerLogs: site.account.containers[layout.workerLogsContainer]!.id,
          hostAccount: host.account.id,
          repository: repository.container.id,
          vault: vault.vault.id,
          repositoryKey: vault.keys.repository.id,
          messagesKey: vault.keys.messages.id,
          insights: monitoring.insights.id,
        },
      },
      child,
    );

    const hostTarget = { name: layout.hostAccount.name, id: host.account.id };
    const reached = [
      ...(['blob', 'queue', 'table'] as const).map(
        (group) => new Endpoint(`${name}-host-${group}`, { network, target: hostTarget, group }, child),
      ),
      new Endpoint(
        `${name}-vault`,
        { network, target: { name: layout.vault.name, id: vault.vault.id }, group: 'vault' },
        child,
      ),
    ];
    const { app } = new FunctionApp(
      `${name}-functions`,
      {
        ...place,
        planName: layout.plan.name,
        appName: layout.functionApp.name,
        identityId: identity.id,
        subnetId: site.functionsSubnetId,
        packageUrl: host.containers[layout.packageContainer]!.id.apply(
          () => `${layout.hostAccount.blobUrl}/${layout.packageContainer}`,
        ),
        settings: pulumi
          .all([identity.clientId, site.workerIdentity.clientId, repository.url, monitoring.insights.connectionString])
          .apply(([orchestratorClientId, workerClientId, repositoryUrl, insightsConnectionString]) =>
            appSettings(config, layout, {
              orchestratorClientId,
              workerClientId,
              repositoryUrl,
              insightsConnectionString,
            }),
          ),
        allowedAddresses: config.apiAllowedAddresses,
        auth: { tenantId: config.tenantId, clientId: config.apiClientId },
      },
      // The host reads its account as soon as it starts: its rights and its way there come first.
      { ...child, dependsOn: [access, ...reached] },
    );
    new Endpoint(
      `${name}-api`,
      { network, target: { name: layout.functionApp.name, id: app.id }, group: 'sites' },
      child,
    );

    this.orchestratorIdentity = identity;
    this.apiUrl = app.id.apply(() => layout.functionApp.url);
    this.keyId = vault.keys.repository.id.apply(() => layout.keys.repository.url);
    this.registerOutputs({ apiUrl: this.apiUrl });
  }
}
