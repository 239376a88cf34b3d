/**
 * What each role may do and why: the one list from which role definitions are made. Who holds them where: grants.ts. Pure.
 *
 * Sources: permission references of Microsoft.Compute, Microsoft.Network, Microsoft.Storage, Microsoft.KeyVault; the
 * "Permissions" section of each Blob and Queue operation; Azure built-in roles.
 */

/** An action (or data action) of a custom role and the step of the product that cannot do without it. */
export interface Permission {
  action: string;
  why: string;
}

export interface CustomRole {
  title: string;
  description: string;
  actions: Permission[];
  dataActions: Permission[];
}

/**
 * Who acts: the Functions app; the workers of all sites; what removes from repositories what no restore point needs any
 * more, the only one that deletes there.
 */
export const identityNames = ['orchestrator', 'worker', 'pruner'] as const;
export type Identity = (typeof identityNames)[number];

const actions = (provider: string, entries: Record<string, string>): Permission[] =>
  Object.entries(entries).map(([action, why]) => ({ action: `${provider}/${action}`, why }));

const blobService = 'Microsoft.Storage/storageAccounts/blobServices';
const queueService = 'Microsoft.Storage/storageAccounts/queueServices';
const containers = `${blobService}/containers`;
const queues = `${queueService}/queues`;

export const customRoles = {
  protect: {
    title: 'protect',
    description: 'Take, export and remove snapshots of virtual machines. Assigned on subscriptions that have a site.',
    actions: [
      ...actions('Microsoft.Compute', {
        'virtualMachines/read': 'read the machine whose disks are backed up, and whether it runs',
        'disks/read': 'read size, unique id and properties of its disks',
        'disks/beginGetAccess/action': 'linked check: a snapshot of a disk is refused without it',
        'diskEncryptionSets/read': 'linked check: a snapshot of a disk with a customer key is refused without it',
        'snapshots/read': 'find snapshots and the family that a comparison needs',
        'snapshots/write': 'take snapshots in the group of the machine; open and close their export',
        'snapshots/delete': 'remove snapshots that nothing needs any more',
        'snapshots/beginGetAccess/action': 'grant a worker the export URL',
        'snapshots/endGetAccess/action': 'take it back',
        'locations/diskOperations/read': 'follow long operations on snapshots',
      }),
    ],
    dataActions: [],
  },
  restore: {
    title: 'restore',
    description: 'Create disks and fill them. Assigned where restores may go.',
    actions: [
      ...actions('Microsoft.Compute', {
        'disks/read': 'see whether the name is free and the upload done',
        'disks/write': 'create the disk that a restore fills',
        'disks/delete': 'remove a disk whose restore failed half way',
        'disks/beginGetAccess/action': 'grant a worker the upload URL',
        'disks/endGetAccess/action': 'take it back, which makes the disk usable',
        'locations/diskOperations/read': 'follow long operations on disks',
      }),
    ],
    dataActions: [],
  },
  site: {
    title: 'site',
    description:
      'Make what a site lacks and run workers. Assigned on site resource groups only: Run Command is root on a machine.',
    actions: [
      ...actions('Microsoft.Compute', {
        'virtualMachines/read': 'find workers, and whether they run',
        'virtualMachines/write': 'create workers',
        'virtualMachines/delete': 'remove workers that failed to start or are obsolete',
        'virtualMachines/start/action': 'start a deallocated worker again',
        'virtualMachines/deallocate/action': 'stop paying for a worker',
        'virtualMachines/runCommands/read': 'see whether a command was created',
        'virtualMachines/runCommands/write': 'hand the worker its bootstrap script',
        'virtualMachines/runCommands/delete': 'remove it, and the message key in its protected parameters',
        'disks/read': 'find the system disks of workers, and the disk of a check',
        'disks/write': 'created with the worker; the tiny disk of a check',
        'disks/delete': 'removed with the worker, or after the check',
        'disks/beginGetAccess/action': 'linked check: the snapshots of a check are taken of its disk',
        'snapshots/read': 'find the snapshots of a check',
        'snapshots/write': 'take two snapshots of a check’s disk, which a comparison needs',
        'snapshots/delete': 'remove them',
        'snapshots/beginGetAccess/action': 'grant the check’s worker their export URLs',
        'snapshots/endGetAccess/action': 'take them back',
        'diskAccesses/read': 'check the disk accesses of the site',
        'diskAccesses/write': 'create those that it lacks; linked check of a snapshot or disk that names one',
        // Azure's reference lists no action for their private link resources: only a pattern can name it.
        'diskAccesses/*/read': 'learn which zones their endpoints need',
        'diskAccesses/privateEndpointConnectionsApproval/action': 'the endpoint to a disk access is approved at once',
        'locations/operations/read': 'follow long operations on workers',
        'locations/diskOperations/read': 'follow long operations on disk accesses and on what a check makes',
      }),
      ...actions('Microsoft.Network', {
        'networkInterfaces/read': 'find the interfaces of workers; the addresses of endpoints',
        'networkInterfaces/write': 'created with the worker',
        'networkInterfaces/delete': 'removed with the worker',
        'networkInterfaces/join/action': 'linked check: a worker that names its interface',
        'virtualNetworks/read': 'check the network of the site and its subnets',
        'virtualNetworks/write': 'create it with its subnets where it is missing',
        'virtualNetworks/join/action': 'linked check: a zone link that names the network',
        'virtualNetworks/subnets/join/action': 'linked check: an interface or endpoint in a subnet',
        'networkSecurityGroups/read': 'check the rules of the workers subnet',
        'networkSecurityGroups/write': 'create them where they are missing',
        'networkSecurityGroups/join/action': 'linked check: a subnet or interface that names the security group',
        'natGateways/join/action': 'linked check: a network whose subnet names the way out (public network mode)',
        'routeTables/join/action': 'linked check: the same with a next hop',
        'natGateways/read': 'check the way out',
        'publicIPAddresses/read': 'check its address',
        'routeTables/read': 'check the route to the next hop',
        'privateEndpoints/read': 'check the endpoints of the site and their connections',
        'privateEndpoints/write': 'create those that are missing',
        'privateEndpoints/privateDnsZoneGroups/read': 'check that an endpoint writes its records',
        'privateEndpoints/privateDnsZoneGroups/write': 'make it write them',
        'privateDnsZones/read': 'check the zones of the site',
        'privateDnsZones/write': 'create those that are missing',
        'privateDnsZones/join/action': 'linked check: records that an endpoint writes into a zone',
        'privateDnsZones/A/read': 'wait until each record names its endpoint',
        'privateDnsZones/virtualNetworkLinks/read': 'check that the zones are linked',
        'privateDnsZones/virtualNetworkLinks/write': 'link those that are not',
        'locations/operations/read': 'follow long operations on networks and endpoints',
      }),
      ...actions('Microsoft.Storage', {
        'storageAccounts/read': 'check the tagged account of the site',
        'storageAccounts/write': 'create it where it is missing',
        'storageAccounts/privateLinkResources/read': 'learn which zones its endpoints need',
        'storageAccounts/PrivateEndpointConnectionsApproval/action': 'endpoints to it are approved at once',
        'storageAccounts/blobServices/containers/read': 'check its containers',
        'storageAccounts/blobServices/containers/write': 'create those that are missing',
        'storageAccounts/queueServices/queues/read': 'check the queue that workers report to',
        'storageAccounts/queueServices/queues/write': 'create it where it is missing',
      }),
    ],
    dataActions: [],
  },
  employ: {
    title: 'employ',
    description: 'Give the workers’ identity to a machine. Assigned on that identity alone, never on another.',
    actions: actions('Microsoft.ManagedIdentity', {
      'userAssignedIdentities/assign/action': 'give it to a worker',
    }),
    dataActions: [],
  },
  connect: {
    title: 'connect',
    description: 'Private endpoints that the appliance creates are approved at once. Assigned on what they lead to.',
    actions: [
      ...actions('Microsoft.Storage', {
        'storageAccounts/PrivateEndpointConnectionsApproval/action': 'an endpoint to a repository',
      }),
      ...actions('Microsoft.KeyVault', {
        'vaults/PrivateEndpointConnectionsApproval/action': 'an endpoint to the vault',
      }),
      ...actions('Microsoft.Web', {
        'sites/privateEndpointConnectionsApproval/action': 'the endpoint to the API',
      }),
      ...actions('Microsoft.Sql', {
        'servers/privateEndpointConnectionsApproval/action': 'an endpoint to a staging server',
      }),
    ],
    dataActions: [],
  },
  hubZone: {
    title: 'hub zone',
    description: 'Write records of private endpoints into a zone that is not ours. Assigned on that zone.',
    actions: actions('Microsoft.Network', {
      'privateDnsZones/read': 'check that the zone is there',
      'privateDnsZones/join/action': 'linked check: records that an endpoint writes into it',
      'privateDnsZones/A/read': 'wait until each record names its endpoint',
    }),
    dataActions: [],
  },
  hubNetwork: {
    title: 'hub network',
    description: 'Put workers and endpoints into a network that is not ours. Assigned on that network.',
    actions: actions('Microsoft.Network', {
      'virtualNetworks/read': 'check that the network and the subnets are there',
      'virtualNetworks/subnets/join/action': 'linked check: an interface or endpoint in a subnet',
    }),
    dataActions: [],
  },
  files: {
    title: 'files',
    description:
      'Keep the workers’ files and read their logs. Assigned to the appliance on the tagged accounts of sites.',
    actions: actions(blobService, {
      'generateUserDelegationKey/action': 'sign the SAS by which a worker fetches its files; no account key exists',
    }),
    dataActions: actions(containers, {
      'blobs/read': 'see which files are there with the right checksums; a SAS gives no more than its signer has',
      'blobs/write': 'upload files, also anew where a checksum does not fit',
    }),
  },
  writer: {
    title: 'writer',
    description: 'Read and add blobs, never delete one. Assigned to workers on repositories.',
    actions: [],
    dataActions: actions(containers, {
      'blobs/read': 'read indexes, maps, points and packs; list them',
      'blobs/write': 'write packs in blocks; renew the registration of a writer, claim marks by ETag',
    }),
  },
  lock: {
    title: 'lock',
    description:
      'Keep blobs from being lost before a time. Assigned to workers on repositories with immutability. Whoever holds it ' +
      'can also shorten a policy as long as it is not locked, but not delete.',
    actions: [],
    dataActions: actions(containers, {
      // Its name is that of hierarchical accounts; Set Blob Immutability Policy asks for it everywhere.
      'blobs/immutableStorage/runAsSuperUser/action':
        'lock what a new restore point needs for the days of its repository',
    }),
  },
  prune: {
    title: 'prune',
    description: 'Remove what no restore point needs. Assigned to the pruner, and nobody else, on repositories.',
    actions: [],
    dataActions: actions(containers, {
      'blobs/read': 'read points and maps, which say what is needed',
      'blobs/write': 'write marks and the index anew',
      'blobs/delete': 'remove packs; versions stay until they are neither immutable nor young',
    }),
  },
  log: {
    title: 'log',
    description: 'Add blobs and append to them, never replace or read one. Assigned to workers for their logs.',
    actions: [],
    dataActions: actions(containers, {
      'blobs/add/action': 'begin a log and append to it; files of workers cannot be replaced by it',
    }),
  },
  dispatch: {
    title: 'dispatch',
    description: 'Create, fill and remove the queues of workers, and take their reports. Assigned to the appliance.',
    actions: actions(queueService, {
      'queues/read': 'see how long the queue of reports is: the Functions host scales by it',
      'queues/write': 'create the inbox of a worker',
      'queues/delete': 'remove it when the worker’s attempt is over',
    }),
    dataActions: actions(queues, {
      'messages/read': 'see whether reports wait: the host peeks',
      'messages/add/action': 'send a job; put a report that cannot be read aside',
      'messages/process/action': 'take reports, and remove them once they are merged',
      'messages/write': 'keep a report hidden while it is being merged',
    }),
  },
  inbox: {
    title: 'inbox',
    description:
      'Take messages from queues and keep them while working. Assigned to workers on the home site’s account.',
    actions: [],
    // The built-in Message Processor may not update a message (Update Message: "messages/write").
    dataActions: actions(queues, {
      'messages/process/action': 'take a job, remove it when it is answered',
      'messages/write': 'keep a job hidden from a second start of the worker while it runs',
    }),
  },
  report: {
    title: 'report',
    description: 'Send messages, never see one. Assigned to workers on the queue of reports.',
    actions: [],
    dataActions: actions(queues, { 'messages/add/action': 'report to the appliance' }),
  },
  crypto: {
    title: 'crypto',
    description: 'Wrap and unwrap with a key. Assigned on one key each: neither side can open what is the other’s.',
    actions: [],
    dataActions: actions('Microsoft.KeyVault/vaults', {
      'keys/read': 'learn the newest version of the key',
      'keys/wrap/action': 'wrap master keys of repositories (workers) or keys of messages (the appliance)',
      'keys/unwrap/action': 'open them again',
    }),
  },
  escrow: {
    title: 'escrow',
    description: 'Put secrets into a vault, never read or delete one. Assigned to workers on the vault.',
    actions: [],
    dataActions: actions('Microsoft.KeyVault/vaults', {
      'secrets/setSecret/action': 'keep the recovery key of a new repository',
    }),
  },
} satisfies Record<string, CustomRole>;
export type RoleKey = keyof typeof customRoles;

/** Ids of the built-in roles used, by their names in the portal: what Microsoft demands for its own host and telemetry. */
export const builtInRoles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
} as const;
export type BuiltInRole = keyof typeof builtInRoles;
