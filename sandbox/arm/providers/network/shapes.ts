import { REFERENCE } from '../../shape.ts';
import type { Shape } from '../../types.ts';

const NETWORK = 'Microsoft.Network';
const prefixes = { addressPrefix: 'string', addressPrefixes: ['string'] } as const;
const endpoints = { subnet: REFERENCE, publicIPAddress: REFERENCE } as const;

const subnet: Shape = {
  ...prefixes,
  networkSecurityGroup: REFERENCE,
  routeTable: REFERENCE,
  natGateway: REFERENCE,
  serviceEndpoints: [{ service: 'string' }],
  delegations: [{ name: 'string', properties: { serviceName: 'string' } }],
  defaultOutboundAccess: 'boolean',
  privateEndpointNetworkPolicies: 'string',
  privateLinkServiceNetworkPolicies: 'string',
};
const rule: Shape = {
  access: 'string',
  direction: 'string',
  protocol: 'string',
  priority: 'number',
  sourceAddressPrefix: 'string',
  sourceAddressPrefixes: ['string'],
  sourcePortRange: 'string',
  sourcePortRanges: ['string'],
  destinationAddressPrefix: 'string',
  destinationAddressPrefixes: ['string'],
  destinationPortRange: 'string',
  destinationPortRanges: ['string'],
};
const route: Shape = { addressPrefix: 'string', nextHopType: 'string', nextHopIpAddress: 'string' };
const connections: Shape = [
  { name: 'string', properties: { privateLinkServiceId: 'string', groupIds: ['string'], requestMessage: 'string' } },
];
const named = (properties: Shape): Shape => [{ name: 'string', properties }];

const records: Record<string, Shape> = {
  A: { aRecords: [{ ipv4Address: 'string' }] },
  AAAA: { aaaaRecords: [{ ipv6Address: 'string' }] },
  CNAME: { cnameRecord: { cname: 'string' } },
  MX: { mxRecords: [{ preference: 'number', exchange: 'string' }] },
  PTR: { ptrRecords: [{ ptrdname: 'string' }] },
  SOA: { soaRecord: {} },
  SRV: { srvRecords: [{ priority: 'number', weight: 'number', port: 'number', target: 'string' }] },
  TXT: { txtRecords: [{ value: ['string'] }] },
};

const properties: Record<string, Shape> = {
  virtualNetworks: {
    addressSpace: { addressPrefixes: ['string'] },
    dhcpOptions: { dnsServers: ['string'] },
    subnets: named(subnet),
  },
  'virtualNetworks/subnets': subnet,
  'virtualNetworks/virtualNetworkPeerings': {
    remoteVirtualNetwork: REFERENCE,
    allowVirtualNetworkAccess: 'boolean',
    allowForwardedTraffic: 'boolean',
    allowGatewayTransit: 'boolean',
    useRemoteGateways: 'boolean',
  },
  networkSecurityGroups: { securityRules: named(rule) },
  'networkSecurityGroups/securityRules': rule,
  networkInterfaces: {
    ipConfigurations: named({ ...endpoints, privateIPAddress: 'string', privateIPAllocationMethod: 'string' }),
    networkSecurityGroup: REFERENCE,
    dnsSettings: { dnsServers: ['string'] },
  },
  publicIPAddresses: { publicIPAllocationMethod: 'string', publicIPAddressVersion: 'string', ipAddress: 'string' },
  natGateways: { publicIpAddresses: [REFERENCE], publicIpPrefixes: [REFERENCE], idleTimeoutInMinutes: 'number' },
  routeTables: { routes: named(route), disableBgpRoutePropagation: 'boolean' },
  'routeTables/routes': route,
  privateEndpoints: {
    subnet: REFERENCE,
    privateLinkServiceConnections: connections,
    manualPrivateLinkServiceConnections: connections,
    customNetworkInterfaceName: 'string',
    ipConfigurations: named({ groupId: 'string', memberName: 'string', privateIPAddress: 'string' }),
  },
  'privateEndpoints/privateDnsZoneGroups': { privateDnsZoneConfigs: named({ privateDnsZoneId: 'string' }) },
  'privateDnsZones/virtualNetworkLinks': {
    virtualNetwork: REFERENCE,
    registrationEnabled: 'boolean',
    resolutionPolicy: 'string',
  },
  ...Object.fromEntries(
    Object.entries(records).map(([kind, shape]): [string, Shape] => [
      `privateDnsZones/${kind}`,
      { ttl: 'number', metadata: {}, ...(shape as object) },
    ]),
  ),
};

/** What is read of the bodies of Microsoft.Network. */
export const networkShapes = Object.fromEntries(
  Object.entries(properties).map(([type, shape]): [string, Shape] => [`${NETWORK}/${type}`, { properties: shape }]),
);
