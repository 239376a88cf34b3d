import * as pulumi from '@pulumi/pulumi';
import { Component } from '@pulumi/azure-native/applicationinsights/component.js';
import { Workspace } from '@pulumi/azure-native/operationalinsights/workspace.js';

export interface MonitoringArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  workspaceName: string;
  insightsName: string;
}

/** Logs and telemetry. Local authentication is off: the connection string only says where, an identity says who. */
export class Monitoring extends pulumi.ComponentResource {
  readonly insights: Component;

  constructor(
    name: string,
    { resourceGroupName, region, tags, workspaceName, insightsName }: MonitoringArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Monitoring', name, {}, options);
    const workspace = new Workspace(
      `${name}-workspace`,
      {
        resourceGroupName,
        workspaceName,
        location: region,
        tags,
        sku: { name: 'PerGB2018' },
        retentionInDays: 30,
        features: { disableLocalAuth: true },
      },
      { parent: this },
    );
    this.insights = new Component(
      `${name}-insights`,
      {
        resourceGroupName,
        resourceName: insightsName,
        location: region,
        tags,
        kind: 'web',
        applicationType: 'web',
        workspaceResourceId: workspace.id,
        disableLocalAuth: true,
      },
      { parent: this },
    );
    this.registerOutputs({ id: this.insights.id });
  }
}
