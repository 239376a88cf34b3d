/** A rule of a network security group, as azure-native takes it. */
export interface SecurityRule {
  name: string;
  description: string;
  priority: number;
  direction: 'Inbound' | 'Outbound';
  access: 'Allow' | 'Deny';
  protocol: '*' | 'Tcp';
  sourceAddressPrefix: string;
  sourcePortRange: string;
  destinationAddressPrefix: string;
  destinationPortRange: string;
}

/**
 * What workers may reach: the private endpoints of their site, and in the public network mode the storage of Azure, where
 * snapshots are exported. Azure's own 168.63.129.16 and 169.254.169.254 pass by the rules.
 * @param endpoints address prefix of the endpoints' subnet, or a service tag
 */
export function workerRules(endpoints: string, publicStorage: boolean): SecurityRule[] {
  const any = { protocol: '*', sourceAddressPrefix: '*', sourcePortRange: '*', destinationPortRange: '*' } as const;
  return [
    {
      ...any,
      name: 'deny-inbound',
      description: 'Nothing connects to a worker, not even from its own network.',
      priority: 4096,
      direction: 'Inbound',
      access: 'Deny',
      destinationAddressPrefix: '*',
    },
    {
      ...any,
      name: 'allow-endpoints',
      description: 'Storage, disks and Key Vault through private endpoints.',
      priority: 100,
      direction: 'Outbound',
      access: 'Allow',
      protocol: 'Tcp',
      destinationAddressPrefix: endpoints,
      destinationPortRange: '443',
    },
    ...(publicStorage ? [{ ...any, ...storageRule }] : []),
    {
      ...any,
      name: 'deny-internet',
      description: 'Workers have no way out.',
      priority: 4095,
      direction: 'Outbound',
      access: 'Deny',
      destinationAddressPrefix: 'Internet',
    },
    {
      ...any,
      name: 'deny-outbound',
      description: 'Nor into the rest of the network or what it is connected to.',
      priority: 4096,
      direction: 'Outbound',
      access: 'Deny',
      destinationAddressPrefix: '*',
    },
  ];
}

const storageRule = {
  name: 'allow-storage',
  description: 'Snapshots that are exported over public addresses.',
  priority: 200,
  direction: 'Outbound',
  access: 'Allow',
  protocol: 'Tcp',
  destinationAddressPrefix: 'Storage',
  destinationPortRange: '443',
} as const;
