import { describe, expect, test } from 'vitest';
import { linkedNeeds } from '../../../sandbox/arm/access/links.ts';
import { networkLinks } from '../../../sandbox/arm/providers/network/links.ts';
import { webLinks } from '../../../sandbox/arm/providers/web/links.ts';
import type { ArmCall } from '../../../sandbox/arm/types.ts';
import { computeLinks } from '../../../sandbox/compute/provider/links.ts';

const group = '/subscriptions/s/resourceGroups/g';
const at = (type: string, name: string) => `${group}/providers/${type}/${name}`;
const subnetId = at('Microsoft.Network/virtualNetworks', 'v/subnets/s');
const nsgId = at('Microsoft.Network/networkSecurityGroups', 'n');
const identityId = at('Microsoft.ManagedIdentity/userAssignedIdentities', 'i');
const diskId = at('Microsoft.Compute/disks', 'd');
const snapshotId = at('Microsoft.Compute/snapshots', 's');
const accessId = at('Microsoft.Compute/diskAccesses', 'a');
const encryptionId = at('Microsoft.Compute/diskEncryptionSets', 'e');
const nicId = at('Microsoft.Network/networkInterfaces', 'n');

/** What a body needs, as `{action} {name of what is linked}`. */
function needs(type: string, body: unknown): string[] {
  const links = { ...networkLinks, ...webLinks, ...computeLinks }[type]!;
  const path = { subscriptionId: 's', resourceGroup: 'g' };
  return linkedNeeds(links, { body, path } as ArmCall).map(
    ({ action, scope }) => `${action} ${scope.split('/').slice(-2).join('/')}`,
  );
}

const network = (action: string) => `Microsoft.Network/${action}/join/action`;
const rows: [string, unknown, string[]][] = [
  [
    'Microsoft.Network/virtualNetworks/subnets',
    {
      properties: { networkSecurityGroup: { id: nsgId }, natGateway: { id: at('Microsoft.Network/natGateways', 'n') } },
    },
    [`${network('networkSecurityGroups')} networkSecurityGroups/n`, `${network('natGateways')} natGateways/n`],
  ],
  [
    'Microsoft.Network/virtualNetworks',
    {
      properties: {
        subnets: [{ properties: { routeTable: { id: at('Microsoft.Network/routeTables', 'r') } } }, { properties: {} }],
        virtualNetworkPeerings: [
          { properties: { remoteVirtualNetwork: { id: at('Microsoft.Network/virtualNetworks', 'w') } } },
        ],
      },
    },
    [`${network('routeTables')} routeTables/r`, 'Microsoft.Network/virtualNetworks/peer/action virtualNetworks/w'],
  ],
  [
    'Microsoft.Network/networkInterfaces',
    { properties: { ipConfigurations: [1, 2].map(() => ({ properties: { subnet: { id: subnetId } } })) } },
    [`${network('virtualNetworks/subnets')} subnets/s`],
  ],
  [
    'Microsoft.Network/natGateways',
    { properties: { publicIpAddresses: [{ id: at('Microsoft.Network/publicIPAddresses', 'p') }] } },
    [`${network('publicIPAddresses')} publicIPAddresses/p`],
  ],
  [
    'Microsoft.Network/privateEndpoints',
    {
      properties: {
        subnet: { id: subnetId },
        privateLinkServiceConnections: [{ properties: { privateLinkServiceId: accessId } }],
        manualPrivateLinkServiceConnections: [{ properties: { privateLinkServiceId: encryptionId } }],
      },
    },
    [
      `${network('virtualNetworks/subnets')} subnets/s`,
      'Microsoft.Compute/diskAccesses/privateEndpointConnectionsApproval/action diskAccesses/a',
    ],
  ],
  [
    'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
    {
      properties: {
        privateDnsZoneConfigs: [{ properties: { privateDnsZoneId: at('Microsoft.Network/privateDnsZones', 'z') } }],
      },
    },
    [`${network('privateDnsZones')} privateDnsZones/z`],
  ],
  [
    'Microsoft.Network/privateDnsZones/virtualNetworkLinks',
    { properties: { virtualNetwork: { id: at('Microsoft.Network/virtualNetworks', 'v') } } },
    [`${network('virtualNetworks')} virtualNetworks/v`],
  ],
  [
    'Microsoft.Compute/snapshots',
    {
      properties: {
        creationData: { createOption: 'Copy', sourceResourceId: diskId },
        diskAccessId: accessId,
        encryption: { diskEncryptionSetId: encryptionId },
      },
    },
    [
      'Microsoft.Compute/disks/beginGetAccess/action disks/d',
      'Microsoft.Compute/diskEncryptionSets/read diskEncryptionSets/e',
      'Microsoft.Compute/diskAccesses/read diskAccesses/a',
      'Microsoft.Compute/diskAccesses/write diskAccesses/a',
    ],
  ],
  ['Microsoft.Compute/snapshots', { properties: { diskAccessId: null } }, []],
  [
    'Microsoft.Compute/disks',
    { properties: { creationData: { sourceResourceId: snapshotId } } },
    ['Microsoft.Compute/disks/beginGetAccess/action snapshots/s'],
  ],
  [
    'Microsoft.Compute/virtualMachines',
    {
      identity: { userAssignedIdentities: { [identityId]: {} } },
      properties: {
        storageProfile: {
          osDisk: { name: 'os', createOption: 'FromImage' },
          dataDisks: [{ createOption: 'Attach', managedDisk: { id: diskId } }],
        },
        networkProfile: { networkInterfaces: [{ id: nicId }] },
      },
    },
    [
      'Microsoft.Compute/disks/write disks/os',
      'Microsoft.Compute/disks/write disks/d',
      `${network('networkInterfaces')} networkInterfaces/n`,
      'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action userAssignedIdentities/i',
    ],
  ],
  [
    'Microsoft.Compute/virtualMachines',
    {
      properties: {
        networkProfile: {
          networkInterfaceConfigurations: [
            {
              name: 'nic',
              properties: {
                networkSecurityGroup: { id: nsgId },
                ipConfigurations: [{ properties: { subnet: { id: subnetId } } }],
              },
            },
          ],
        },
      },
    },
    [
      'Microsoft.Network/networkInterfaces/write networkInterfaces/nic',
      `${network('networkInterfaces')} networkInterfaces/nic`,
      `${network('virtualNetworks/subnets')} subnets/s`,
      `${network('networkSecurityGroups')} networkSecurityGroups/n`,
    ],
  ],
  [
    'Microsoft.Web/sites',
    { properties: { serverFarmId: at('Microsoft.Web/serverfarms', 'p'), virtualNetworkSubnetId: subnetId } },
    ['Microsoft.Web/serverFarms/join/action serverfarms/p', `${network('virtualNetworks/subnets')} subnets/s`],
  ],
];

describe('what a body names needs an action there', () => {
  test.each(rows)('%s %#', (type, body, expected) => {
    expect(needs(type, body)).toEqual(expected);
  });

  test('bodies of any form are looked at without harm', () => {
    for (const body of [undefined, null, 'text', 1, [], { properties: null }, { properties: { subnets: {} } }]) {
      for (const type of Object.keys({ ...networkLinks, ...computeLinks })) expect(needs(type, body)).toEqual([]);
    }
  });
});
