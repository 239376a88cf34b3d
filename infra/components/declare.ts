import type * as pulumi from '@pulumi/pulumi';
import { DiskAccess } from '@pulumi/azure-native/compute/diskAccess.js';
import { NatGateway } from '@pulumi/azure-native/network/natGateway.js';
import { NetworkSecurityGroup } from '@pulumi/azure-native/network/networkSecurityGroup.js';
import { PrivateDnsZoneGroup } from '@pulumi/azure-native/network/privateDnsZoneGroup.js';
import { PrivateEndpoint } from '@pulumi/azure-native/network/privateEndpoint.js';
import { PublicIPAddress } from '@pulumi/azure-native/network/publicIPAddress.js';
import { RouteTable } from '@pulumi/azure-native/network/routeTable.js';
import { VirtualNetwork } from '@pulumi/azure-native/network/virtualNetwork.js';
import { PrivateZone } from '@pulumi/azure-native/privatedns/privateZone.js';
import { VirtualNetworkLink } from '@pulumi/azure-native/privatedns/virtualNetworkLink.js';
import { ResourceGroup } from '@pulumi/azure-native/resources/resourceGroup.js';
import { BlobContainer } from '@pulumi/azure-native/storage/blobContainer.js';
import { Queue } from '@pulumi/azure-native/storage/queue.js';
import { StorageAccount } from '@pulumi/azure-native/storage/storageAccount.js';
import type { Piece, PieceKind } from '../../model/site/piece.ts';
import type { Made } from '../made.ts';

/** How a kind of piece is declared: its class, and which of the ARM types in its id names which input. */
interface Declaration {
  resource: new (name: string, args: never, options?: pulumi.CustomResourceOptions) => pulumi.CustomResource;
  names: Record<string, string>;
}

const group = { resourceGroupName: 'resourceGroups' };
const account = { ...group, accountName: 'storageAccounts' };
const zone = { ...group, privateZoneName: 'privateDnsZones' };
const endpoint = { ...group, privateEndpointName: 'privateEndpoints' };

const declarations: Record<PieceKind, Declaration> = {
  resourceGroup: { resource: ResourceGroup, names: group },
  networkSecurityGroup: {
    resource: NetworkSecurityGroup,
    names: { ...group, networkSecurityGroupName: 'networkSecurityGroups' },
  },
  publicIPAddress: { resource: PublicIPAddress, names: { ...group, publicIpAddressName: 'publicIPAddresses' } },
  natGateway: { resource: NatGateway, names: { ...group, natGatewayName: 'natGateways' } },
  routeTable: { resource: RouteTable, names: { ...group, routeTableName: 'routeTables' } },
  virtualNetwork: { resource: VirtualNetwork, names: { ...group, virtualNetworkName: 'virtualNetworks' } },
  privateDnsZone: { resource: PrivateZone, names: zone },
  virtualNetworkLink: {
    resource: VirtualNetworkLink,
    names: { ...zone, virtualNetworkLinkName: 'virtualNetworkLinks' },
  },
  storageAccount: { resource: StorageAccount, names: account },
  blobContainer: { resource: BlobContainer, names: { ...account, containerName: 'containers' } },
  queue: { resource: Queue, names: { ...account, queueName: 'queues' } },
  diskAccess: { resource: DiskAccess, names: { ...group, diskAccessName: 'diskAccesses' } },
  privateEndpoint: { resource: PrivateEndpoint, names: endpoint },
  privateDnsZoneGroup: {
    resource: PrivateDnsZoneGroup,
    names: { ...endpoint, privateDnsZoneGroupName: 'privateDnsZoneGroups' },
  },
};

/** Pieces of one site to declare. */
export interface PiecesArgs {
  /** What the logical names begin with; the pieces' keys are their ends. */
  prefix: string;
  pieces: readonly Piece[];
  made: Made;
}

/**
 * Declares pieces, each after those that it needs and after what it leads to, and notes them in `made`. Pieces of the
 * customer's are none of Pulumi's.
 */
export function declarePieces({ prefix, pieces, made }: PiecesArgs, options: pulumi.CustomResourceOptions): void {
  for (const { key, kind, id, after, target, settings } of pieces.filter(({ owner }) => owner !== 'customer')) {
    const { resource, names } = declarations[kind];
    const name = `${prefix}-${key}`;
    const dependsOn = [
      ...made.named(after.map((other) => `${prefix}-${other}`)),
      ...made.at(target ? [target.id] : []),
    ];
    made.note(id, name, new resource(name, { ...namesIn(id, names), ...settings } as never, { ...options, dependsOn }));
  }
}

/** The inputs that the segments of an ARM id give. */
function namesIn(id: string, names: Record<string, string>): Record<string, string> {
  const segments = id.split('/');
  return Object.fromEntries(
    Object.entries(names).map(([input, type]) => [input, segments[segments.indexOf(type) + 1]!]),
  );
}
