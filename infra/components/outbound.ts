import * as pulumi from '@pulumi/pulumi';
import { NatGateway } from '@pulumi/azure-native/network/natGateway.js';
import { PublicIPAddress } from '@pulumi/azure-native/network/publicIPAddress.js';

export interface OutboundArgs {
  resourceGroupName: pulumi.Input<string>;
  region: string;
  tags: Record<string, string>;
  names: { name: string; publicIp: string };
}

/** The only way out of a site: a NAT gateway for the functions subnet, which must reach ARM and Entra. Nothing comes in through it. */
export class Outbound extends pulumi.ComponentResource {
  readonly natGatewayId: pulumi.Output<string>;

  constructor(
    name: string,
    { resourceGroupName, region, tags, names }: OutboundArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('strongroom:Outbound', name, {}, options);
    const address = new PublicIPAddress(
      `${name}-address`,
      {
        resourceGroupName,
        publicIpAddressName: names.publicIp,
        location: region,
        tags,
        sku: { name: 'Standard' },
        publicIPAllocationMethod: 'Static',
        publicIPAddressVersion: 'IPv4',
      },
      { parent: this },
    );
    const gateway = new NatGateway(
      `${name}-gateway`,
      {
        resourceGroupName,
        natGatewayName: names.name,
        location: region,
        tags,
        sku: { name: 'Standard' },
        publicIpAddresses: [{ id: address.id }],
        idleTimeoutInMinutes: 4,
      },
      { parent: this },
    );
    this.natGatewayId = gateway.id;
    this.registerOutputs({ natGatewayId: this.natGatewayId });
  }
}
