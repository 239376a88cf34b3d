import * as pulumi from '@pulumi/pulumi';
import { PrivateDnsZoneGroup } from '@pulumi/azure-native/network/privateDnsZoneGroup.js';
import { PrivateEndpoint } from '@pulumi/azure-native/network/privateEndpoint.js';
import { endpointName, endpointZones } from '../../model/site.ts';
import type { EndpointGroup, ZoneKey } from '../../model/site.ts';

/** The network that an endpoint stands in; a {@link Site} is one. */
export interface EndpointNetwork {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  subnetId: pulumi.Input<string>;
  zoneIds: Partial<Record<ZoneKey, pulumi.Input<string>>>;
}

export interface EndpointArgs {
  network: EndpointNetwork;
  /** What it leads to, which may lie in another region (disk accesses excepted). */
  target: { name: string; id: pulumi.Input<string> };
  group: EndpointGroup;
}

/** A private endpoint to one sub-resource of a target, and its record in the network's private zone. */
export class Endpoint extends pulumi.ComponentResource {
  constructor(name: string, { network, target, group }: EndpointArgs, options?: pulumi.ComponentResourceOptions) {
    super('strongroom:Endpoint', name, {}, options);
    const { resourceGroupName, region, tags, subnetId } = network;
    const privateEndpointName = endpointName(target.name, group);
    const zone = endpointZones[group];
    const privateDnsZoneId = network.zoneIds[zone];
    if (privateDnsZoneId === undefined)
      throw new Error(`The network of endpoint ${privateEndpointName} has no ${zone} zone.`);
    const endpoint = new PrivateEndpoint(
      `${name}-endpoint`,
      {
        resourceGroupName,
        privateEndpointName,
        location: region,
        tags,
        subnet: { id: subnetId },
        customNetworkInterfaceName: `${privateEndpointName}-nic`,
        privateLinkServiceConnections: [{ name: group, privateLinkServiceId: target.id, groupIds: [group] }],
      },
      { parent: this },
    );
    new PrivateDnsZoneGroup(
      `${name}-zones`,
      {
        resourceGroupName,
        privateEndpointName: endpoint.name,
        privateDnsZoneGroupName: 'default',
        privateDnsZoneConfigs: [{ name: zone, privateDnsZoneId }],
      },
      { parent: this },
    );
    this.registerOutputs({ id: endpoint.id });
  }
}
