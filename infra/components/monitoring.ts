import * as pulumi from '@pulumi/pulumi';
import { Component } from '@pulumi/azure-native/applicationinsights/component.js';
import { Workspace } from '@pulumi/azure-native/operationalinsights/workspace.js';
import type { ApplianceLayout } from '../../model/site/layout.ts';
import type { Made } from '../made.ts';

export interface MonitoringArgs {
  layout: ApplianceLayout;
  region: string;
  tags: Record<string, string>;
  made: Made;
}

/** Logs and telemetry. Local authentication is off: the connection string only says where, an identity says who. */
export class Monitoring extends pulumi.ComponentResource {
  readonly connectionString: pulumi.Output<string>;

  constructor(name: string, { layout, region, tags, made }: MonitoringArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Monitoring', name, {}, options);
    const resourceGroupName = layout.resourceGroup.name;
    const workspace = new Workspace(
      `${name}-workspace`,
      {
        resourceGroupName,
        workspaceName: layout.workspace.name,
        location: region,
        tags,
        sku: { name: 'PerGB2018' },
        retentionInDays: 30,
        features: { disableLocalAuth: true },
      },
      { parent: this, dependsOn: made.at([layout.resourceGroup.id]) },
    );
    const insights = new Component(
      `${name}-insights`,
      {
        resourceGroupName,
        resourceName: layout.insights.name,
        location: region,
        tags,
        kind: 'web',
        applicationType: 'web',
        workspaceResourceId: workspace.id,
        disableLocalAuth: true,
      },
      { parent: this },
    );
    made.note(layout.insights.id, `${name}-insights`, insights);
    this.connectionString = insights.connectionString;
    this.registerOutputs();
  }
}
