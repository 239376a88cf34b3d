import type { Row } from '../../contract/armLifeCycle.ts';
import type { Ids, Json } from '../../contract/armPlace.ts';
import { location } from './place.ts';

const network = 'Microsoft.Network/virtualNetworks';
const subnet = `${network}/subnets`;
const zone = 'Microsoft.Network/privateDnsZones';

/** A subnet of 10.0.0.0/24 that has something. */
const subnetWith = (property: string, type: string) => (id: Ids) => ({ properties: { [property]: { id: id(type) } } });
const inUse = (what: string, property: string, type: string) => ({
  by: subnet,
  body: subnetWith(property, type),
  refused: `400 InUse${what}CannotBeDeleted`,
});

const record = (kind: string, records: Json): Row => ({
  type: `${zone}/${kind}`,
  name: 'name',
  body: () => ({ properties: { ttl: 300, ...records } }),
  required: ['properties.ttl'],
  update: { properties: { ttl: 600 } },
});

export const networkRows: Row[] = [
  {
    type: network,
    name: 'net',
    body: () => ({ location, properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] } } }),
    required: ['properties.addressSpace'],
    update: { properties: { dhcpOptions: { dnsServers: ['10.0.0.4'] } } },
    second: () => ({ properties: { addressSpace: { addressPrefixes: ['10.1.0.0/16'] } } }),
    inUse: { by: 'Microsoft.Network/networkInterfaces', refused: '400 InUseSubnetCannotBeDeleted' },
  },
  {
    type: subnet,
    name: 'workers',
    body: () => ({ properties: { addressPrefix: '10.0.0.0/24' } }),
    required: ['properties.addressPrefix'],
    update: { properties: { privateEndpointNetworkPolicies: 'Enabled' } },
    second: () => ({ properties: { addressPrefix: '10.0.1.0/24' } }),
    inUse: { by: 'Microsoft.Network/networkInterfaces', refused: '400 InUseSubnetCannotBeDeleted' },
  },
  {
    type: `${network}/virtualNetworkPeerings`,
    name: 'peering',
    body: (id) => ({ properties: { remoteVirtualNetwork: { id: id(network, 'second') } } }),
    required: ['properties.remoteVirtualNetwork'],
    update: { properties: { allowForwardedTraffic: true } },
    second: 'alone',
  },
  {
    type: 'Microsoft.Network/networkSecurityGroups',
    name: 'rules',
    body: () => ({ location }),
    inUse: inUse('NetworkSecurityGroup', 'networkSecurityGroup', 'Microsoft.Network/networkSecurityGroups'),
  },
  {
    type: 'Microsoft.Network/networkSecurityGroups/securityRules',
    name: 'ssh',
    body: () => ({
      properties: {
        access: 'Allow',
        direction: 'Inbound',
        protocol: 'Tcp',
        priority: 100,
        sourceAddressPrefix: '*',
        sourcePortRange: '*',
        destinationAddressPrefix: '*',
        destinationPortRange: '22',
      },
    }),
    required: ['properties.access', 'properties.direction', 'properties.protocol', 'properties.priority'],
    update: { properties: { priority: 110 } },
    second: () => ({ properties: { priority: 200 } }),
  },
  {
    type: 'Microsoft.Network/networkInterfaces',
    name: 'nic',
    body: (id) => ({
      location,
      properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: id(subnet) } } }] },
    }),
    required: ['properties.ipConfigurations'],
    update: { properties: { dnsSettings: { dnsServers: ['10.0.0.4'] } } },
    inUse: {
      by: 'Microsoft.Compute/virtualMachines',
      body: (id) => ({
        properties: {
          networkProfile: {
            networkInterfaceConfigurations: undefined,
            networkInterfaces: [{ id: id('Microsoft.Network/networkInterfaces') }],
          },
        },
      }),
      refused: '400 NicInUse',
    },
  },
  {
    type: 'Microsoft.Network/publicIPAddresses',
    name: 'address',
    body: () => ({ location, sku: { name: 'Standard' }, properties: { publicIPAllocationMethod: 'Static' } }),
    update: { properties: { idleTimeoutInMinutes: 10 } },
    inUse: {
      by: 'Microsoft.Network/natGateways',
      body: (id) => ({ properties: { publicIpAddresses: [{ id: id('Microsoft.Network/publicIPAddresses') }] } }),
      refused: '400 PublicIPAddressCannotBeDeleted',
    },
  },
  {
    type: 'Microsoft.Network/natGateways',
    name: 'nat',
    body: () => ({ location, sku: { name: 'Standard' }, properties: {} }),
    update: { properties: { idleTimeoutInMinutes: 10 } },
    inUse: inUse('NatGateway', 'natGateway', 'Microsoft.Network/natGateways'),
  },
  {
    type: 'Microsoft.Network/routeTables',
    name: 'routes',
    body: () => ({ location }),
    update: { properties: { disableBgpRoutePropagation: true } },
    inUse: inUse('RouteTable', 'routeTable', 'Microsoft.Network/routeTables'),
  },
  {
    type: 'Microsoft.Network/routeTables/routes',
    name: 'route',
    body: () => ({ properties: { addressPrefix: '192.168.0.0/24', nextHopType: 'VnetLocal' } }),
    required: ['properties.addressPrefix', 'properties.nextHopType'],
    update: { properties: { nextHopType: 'Internet' } },
    second: () => ({ properties: { addressPrefix: '192.168.1.0/24' } }),
  },
  {
    type: 'Microsoft.Network/privateEndpoints',
    name: 'endpoint',
    body: (id) => ({
      location,
      properties: {
        subnet: { id: id(subnet) },
        privateLinkServiceConnections: [
          {
            name: 'link',
            properties: { privateLinkServiceId: id('Microsoft.KeyVault/vaults'), groupIds: ['vault'] },
          },
        ],
      },
    }),
    required: ['properties.subnet', 'properties.privateLinkServiceConnections'],
  },
  {
    type: 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups',
    name: 'default',
    body: (id) => ({
      properties: { privateDnsZoneConfigs: [{ name: 'zone', properties: { privateDnsZoneId: id(zone) } }] },
    }),
    required: ['properties'],
    update: { properties: {} },
    second: 'alone',
  },
  {
    type: zone,
    name: 'zone.example',
    body: () => ({ location: 'global' }),
    inUse: { by: `${zone}/virtualNetworkLinks`, refused: '409 CannotDeleteResource' },
  },
  {
    type: `${zone}/virtualNetworkLinks`,
    name: 'link',
    body: (id) => ({
      location: 'global',
      properties: { virtualNetwork: { id: id(network) }, registrationEnabled: false },
    }),
    required: ['properties.virtualNetwork'],
    second: (id) => ({ properties: { virtualNetwork: { id: id(network, 'second') } } }),
  },
  record('A', { aRecords: [{ ipv4Address: '10.0.0.4' }] }),
  record('AAAA', { aaaaRecords: [{ ipv6Address: 'fd00::4' }] }),
  record('CNAME', { cnameRecord: { cname: 'other.example' } }),
  record('MX', { mxRecords: [{ preference: 10, exchange: 'mail.example' }] }),
  record('PTR', { ptrRecords: [{ ptrdname: 'host.example' }] }),
  record('SRV', { srvRecords: [{ priority: 1, weight: 1, port: 443, target: 'host.example' }] }),
  record('TXT', { txtRecords: [{ value: ['text'] }] }),
];
