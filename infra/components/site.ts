import * as pulumi from '@pulumi/pulumi';
import { DiskAccess } from '@pulumi/azure-native/compute/diskAccess.js';
import { UserAssignedIdentity } from '@pulumi/azure-native/managedidentity/userAssignedIdentity.js';
import { ResourceGroup } from '@pulumi/azure-native/resources/resourceGroup.js';
import type { SiteLayout, ZoneKey } from '../../model/site.ts';
import { Endpoint } from './endpoint.ts';
import type { EndpointNetwork } from './endpoint.ts';
import { Network } from './network.ts';
import { Outbound } from './outbound.ts';
import { PrivateAccount } from './privateAccount.ts';

export interface SiteArgs {
  layout: SiteLayout;
  region: string;
  /** Zones of the site's own endpoints and of those that others put into its network. */
  zones: ZoneKey[];
  /** The appliance's own site: names of the way out for the functions subnet, and queues of its tagged account. */
  appliance?: { outbound: { name: string; publicIp: string }; queues: string[] };
}

/** A place in which workers run: group, network, tagged account, disk accesses, and the identity that workers carry. */
export class Site extends pulumi.ComponentResource {
  readonly group: ResourceGroup;
  readonly network: EndpointNetwork;
  readonly functionsSubnetId: pulumi.Output<string>;
  readonly account: PrivateAccount;
  readonly workerIdentity: UserAssignedIdentity;

  constructor(name: string, { layout, region, zones, appliance }: SiteArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Site', name, {}, options);
    const { tags } = layout;
    const child = { parent: this };
    this.group = new ResourceGroup(
      `${name}-group`,
      { resourceGroupName: layout.resourceGroup, location: region, tags },
      child,
    );
    const place = { resourceGroupName: this.group.name, region, tags };

    const outbound = appliance && new Outbound(`${name}-outbound`, { ...place, names: appliance.outbound }, child);
    const network = new Network(
      `${name}-network`,
      { ...place, layout, zones, natGatewayId: outbound?.natGatewayId },
      child,
    );
    this.network = { ...place, subnetId: network.endpointsSubnetId, zoneIds: network.zoneIds };
    this.functionsSubnetId = network.functionsSubnetId;

    this.account = new PrivateAccount(
      `${name}-account`,
      {
        ...place,
        accountName: layout.account.name,
        // Files, logs and messages that can be made again: zone redundancy would buy nothing.
        redundancy: 'LRS',
        containers: [layout.workerFilesContainer, layout.workerLogsContainer],
        queues: appliance?.queues,
      },
      child,
    );
    const target = { name: layout.account.name, id: this.account.account.id };
    for (const group of ['blob', 'queue'] as const) {
      new Endpoint(`${name}-${group}`, { network: this.network, target, group }, child);
    }
    layout.diskAccesses.forEach(({ name: diskAccessName }, index) => {
      const diskAccess = new DiskAccess(
        `${name}-disk-access-${index + 1}`,
        { resourceGroupName: this.group.name, diskAccessName, location: region, tags },
        child,
      );
      const exported = { name: diskAccessName, id: diskAccess.id };
      new Endpoint(`${name}-disks-${index + 1}`, { network: this.network, target: exported, group: 'disks' }, child);
    });
    this.workerIdentity = new UserAssignedIdentity(
      `${name}-worker`,
      { resourceGroupName: this.group.name, resourceName: layout.workerIdentity.name, location: region, tags },
      child,
    );
    this.registerOutputs({ resourceGroupName: this.group.name });
  }
}
