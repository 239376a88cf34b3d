import * as pulumi from '@pulumi/pulumi';
import { Server } from '@pulumi/azure-native/sql/server.js';
import type { Named } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';

export interface SqlStagingArgs {
  server: Named;
  resourceGroup: Named;
  region: string;
  tags: Record<string, string>;
  tenantId: string;
  /** Whoever may log in: the workers' identity. */
  administrator: { name: string; clientId: pulumi.Input<string> };
  made: Made;
}

/** A server that copies of databases are made on for their export. No password exists, and it is reached through its endpoint only. */
export class SqlStaging extends pulumi.ComponentResource {
  constructor(name: string, args: SqlStagingArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:SqlStaging', name, {}, options);
    const { server, resourceGroup, region, tags, tenantId, administrator, made } = args;
    const staging = new Server(
      `${name}-server`,
      {
        resourceGroupName: resourceGroup.name,
        serverName: server.name,
        location: region,
        tags,
        version: '12.0',
        minimalTlsVersion: '1.2',
        publicNetworkAccess: 'Disabled',
        administrators: {
          administratorType: 'ActiveDirectory',
          azureADOnlyAuthentication: true,
          principalType: 'Application',
          login: administrator.name,
          // Of applications the client id, of users and groups the object id (az sql server create, --external-admin-sid).
          sid: administrator.clientId,
          tenantId,
        },
      },
      { parent: this, dependsOn: made.at([resourceGroup.id]) },
    );
    made.note(server.id, `${name}-server`, staging);
    this.registerOutputs();
  }
}
