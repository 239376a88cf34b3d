import * as pulumi from '@pulumi/pulumi';
import { NetworkSecurityGroup } from '@pulumi/azure-native/network/networkSecurityGroup.js';
import { VirtualNetwork } from '@pulumi/azure-native/network/virtualNetwork.js';
import { PrivateZone } from '@pulumi/azure-native/privatedns/privateZone.js';
import { VirtualNetworkLink } from '@pulumi/azure-native/privatedns/virtualNetworkLink.js';
import type { SiteLayout, ZoneKey } from '../../model/site.ts';
import { workerRules } from '../workerRules.ts';

export interface NetworkArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  layout: SiteLayout;
  /** Zones that its endpoints need. A zone draws every name of its kind to itself, so no other is made. */
  zones: ZoneKey[];
  /** NAT gateway of the functions subnet; without it there is no such subnet. */
  natGatewayId?: pulumi.Input<string>;
}

/** A site's network: subnets without default outbound access, the workers' rules, and private zones linked to it alone. */
export class Network extends pulumi.ComponentResource {
  readonly endpointsSubnetId: pulumi.Output<string>;
  readonly functionsSubnetId: pulumi.Output<string>;
  readonly zoneIds: Partial<Record<ZoneKey, pulumi.Output<string>>>;

  constructor(
    name: string,
    { resourceGroupName, region, layout, zones, natGatewayId }: NetworkArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Network', name, {}, options);
    const { tags, subnets, addressPrefixes } = layout;
    const rules = new NetworkSecurityGroup(
      `${name}-worker-rules`,
      {
        resourceGroupName,
        networkSecurityGroupName: layout.networkSecurityGroup.name,
        location: region,
        tags,
        securityRules: workerRules(addressPrefixes.endpoints),
      },
      { parent: this },
    );
    const functions = {
      name: subnets.functions.name,
      addressPrefix: addressPrefixes.functions,
      defaultOutboundAccess: false,
      // Flex Consumption runs in Container Apps environments.
      delegations: [{ name: 'functions', serviceName: 'Microsoft.App/environments' }],
      natGateway: { id: natGatewayId },
    };
    const network = new VirtualNetwork(
      `${name}-network`,
      {
        resourceGroupName,
        virtualNetworkName: layout.network.name,
        location: region,
        tags,
        addressSpace: { addressPrefixes: [layout.network.addressPrefix] },
        subnets: [
          {
            name: subnets.workers.name,
            addressPrefix: addressPrefixes.workers,
            defaultOutboundAccess: false,
            networkSecurityGroup: { id: rules.id },
          },
          {
            name: subnets.endpoints.name,
            addressPrefix: addressPrefixes.endpoints,
            defaultOutboundAccess: false,
            privateEndpointNetworkPolicies: 'Disabled',
          },
          ...(natGatewayId === undefined ? [] : [functions]),
        ],
      },
      { parent: this },
    );
    const linked = zones.map(
      (zone) => [zone, this.linkedZone(`${name}-${zone}`, resourceGroupName, layout, zone, network)] as const,
    );
    this.zoneIds = Object.fromEntries(linked);
    // By way of the network's own id, so that whatever names a subnet waits for it.
    this.endpointsSubnetId = pulumi.interpolate`${network.id}/subnets/${subnets.endpoints.name}`;
    this.functionsSubnetId = pulumi.interpolate`${network.id}/subnets/${subnets.functions.name}`;
    this.registerOutputs({ id: network.id });
  }

  /** The zone's id, known when it is linked: a record nobody can see helps nobody. */
  private linkedZone(
    name: string,
    resourceGroupName: pulumi.Input<string>,
    layout: SiteLayout,
    key: ZoneKey,
    network: VirtualNetwork,
  ): pulumi.Output<string> {
    const zone = new PrivateZone(
      `${name}-zone`,
      { resourceGroupName, privateZoneName: layout.zones[key].name, location: 'global', tags: layout.tags },
      { parent: this },
    );
    const link = new VirtualNetworkLink(
      `${name}-link`,
      {
        resourceGroupName,
        privateZoneName: zone.name,
        virtualNetworkLinkName: layout.network.name,
        location: 'global',
        tags: layout.tags,
        virtualNetwork: { id: network.id },
        registrationEnabled: false,
      },
      { parent: this },
    );
    return pulumi.all([zone.id, link.id]).apply(([id]) => id);
  }
}
