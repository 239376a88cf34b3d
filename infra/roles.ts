/**
 * Who may do what, where and why: the one list from which role definitions and assignments are made. Pure.
 *
 * Sources: permission references of Microsoft.Compute, Microsoft.Network, Microsoft.Storage; built-in role ids from the
 * Azure built-in roles page.
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

const actions = (provider: string, entries: Record<string, string>): Permission[] =>
  Object.entries(entries).map(([action, why]) => ({ action: `${provider}/${action}`, why }));

export const customRoles = {
  protect: {
    title: 'protect',
    description: 'Take, export and remove snapshots of virtual machines. Assigned on protected subscriptions.',
    actions: [
      ...actions('Microsoft.Resources', {
        'subscriptions/resourceGroups/read': 'find the group that a snapshot or disk goes to',
      }),
      ...actions('Microsoft.Compute', {
        'virtualMachines/read': 'read the machine whose disks are backed up',
        'virtualMachines/instanceView/read': 'know whether it runs',
        'disks/read': 'read size, unique id and properties of its disks',
        'disks/beginGetAccess/action': 'linked check: a snapshot of a disk is refused without it',
        'diskEncryptionSets/read': 'linked check: a snapshot of a disk with a customer key is refused without it',
        'snapshots/read': 'find snapshots and the family that a comparison needs',
        'snapshots/write': 'take snapshots, in the group of the machine',
        'snapshots/delete': 'remove snapshots that nothing needs any more',
        'snapshots/beginGetAccess/action': 'grant a worker the export URL',
        'snapshots/endGetAccess/action': 'take it back',
        'locations/operations/read': 'follow long operations on machines',
        'locations/diskOperations/read': 'follow long operations on disks and snapshots',
      }),
    ],
    dataActions: [],
  },
  restore: {
    title: 'restore',
    description: 'Create disks and fill them. Assigned where restores may go.',
    actions: [
      ...actions('Microsoft.Resources', { 'subscriptions/resourceGroups/read': 'check that the target group exists' }),
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
    description: 'Run workers. Assigned on site resource groups only: Run Command is root on a machine.',
    actions: [
      ...actions('Microsoft.Resources', { 'subscriptions/resourceGroups/read': 'check that the site exists' }),
      ...actions('Microsoft.Compute', {
        'virtualMachines/read': 'find workers',
        'virtualMachines/instanceView/read': 'know whether a worker runs',
        'virtualMachines/write': 'create workers',
        'virtualMachines/delete': 'remove workers that failed to start or are obsolete',
        'virtualMachines/start/action': 'start a deallocated worker again',
        'virtualMachines/deallocate/action': 'stop paying for a worker',
        'virtualMachines/runCommands/read': 'see whether a command was created',
        'virtualMachines/runCommands/write': 'hand the worker its bootstrap script',
        'virtualMachines/runCommands/delete': 'remove it, and the message key in its protected parameters',
        'disks/read': 'find the system disks of workers',
        'disks/write': 'created with the worker',
        'disks/delete': 'removed with the worker',
        'diskAccesses/read': 'check the disk accesses of the site',
        'diskAccesses/write': 'linked check: a snapshot or disk that names a disk access',
        'locations/operations/read': 'follow long operations on machines',
      }),
      ...actions('Microsoft.Network', {
        'networkInterfaces/read': 'find the interfaces of workers',
        'networkInterfaces/write': 'created with the worker',
        'networkInterfaces/delete': 'removed with the worker',
        'networkInterfaces/join/action': 'linked check: a worker that names its interface',
        'virtualNetworks/read': 'check the network of the site',
        'virtualNetworks/subnets/read': 'check its subnets',
        'virtualNetworks/subnets/join/action': 'linked check: an interface in the workers subnet',
        'networkSecurityGroups/read': 'check the rules of the workers subnet',
        'networkSecurityGroups/join/action': 'linked check: an interface that names the security group',
        'privateEndpoints/read': 'check that the endpoints of the site are approved',
        'privateDnsZones/read': 'check the zones of the site',
        'privateDnsZones/A/read': 'check that each record names its endpoint',
        'privateDnsZones/virtualNetworkLinks/read': 'check that the zones are linked',
      }),
      ...actions('Microsoft.Storage', { 'storageAccounts/read': 'check the tagged account of the site' }),
      ...actions('Microsoft.ManagedIdentity', {
        'userAssignedIdentities/read': 'check the identity of workers',
        'userAssignedIdentities/assign/action': 'give it to a worker',
      }),
    ],
    dataActions: [],
  },
  writer: {
    title: 'writer',
    description: 'Read and add blobs, never delete one. Assigned to workers on repositories and on the logs container.',
    actions: [],
    dataActions: actions('Microsoft.Storage/storageAccounts/blobServices/containers', {
      'blobs/read': 'read indexes, maps, points and packs; list them',
      'blobs/add/action': 'write new packs, maps and points; append to the log',
      'blobs/write': 'renew the registration of a writer, claim marks by ETag, seal the log',
    }),
  },
  inbox: {
    title: 'inbox',
    description: 'Take messages from queues and keep them while working. Assigned to workers on site accounts.',
    actions: [],
    // The built-in Message Processor may not update a message (Put Message and Update Message: "messages/write").
    dataActions: actions('Microsoft.Storage/storageAccounts/queueServices/queues', {
      'messages/read': 'see a job',
      'messages/process/action': 'take a job, remove it when it is answered',
      'messages/write': 'keep a job hidden from a second start of the worker while it runs',
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

/** Ids of the built-in roles used, by their names in the portal. */
export const builtInRoles = {
  'Storage Blob Data Owner': 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Storage Queue Data Contributor': '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
  'Storage Queue Data Message Sender': 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
  'Storage Table Data Contributor': '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  'Key Vault Crypto Service Encryption User': 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
  'Monitoring Metrics Publisher': '3913510d-42f4-4e42-8a64-420c390055eb',
} as const;

export type Identity = 'orchestrator' | 'worker';

/** Where a role is assigned. */
export type Scope =
  | 'subscription'
  | 'siteGroup'
  | 'siteAccount'
  | 'mailbox'
  | 'workerLogs'
  | 'hostAccount'
  | 'repository'
  | 'vault'
  | 'repositoryKey'
  | 'messagesKey'
  | 'insights';

export interface Grant {
  to: Identity;
  role: { custom: keyof typeof customRoles } | { builtIn: keyof typeof builtInRoles };
  on: Scope;
  why: string;
}

export const grants: Grant[] = [
  { to: 'orchestrator', role: { custom: 'protect' }, on: 'subscription', why: 'back up the machines in it' },
  { to: 'orchestrator', role: { custom: 'restore' }, on: 'subscription', why: 'restore into the groups in it' },
  { to: 'orchestrator', role: { custom: 'site' }, on: 'siteGroup', why: 'run workers there' },
  {
    to: 'orchestrator',
    role: { builtIn: 'Storage Blob Data Owner' },
    on: 'hostAccount',
    why: 'the host keeps its locks, the package and large Durable messages there',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Storage Queue Data Contributor' },
    on: 'hostAccount',
    why: 'Durable work queues',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Storage Table Data Contributor' },
    on: 'hostAccount',
    why: 'Durable history; sessions, ledger and the index of points',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Storage Blob Data Contributor' },
    on: 'siteAccount',
    why: 'upload worker files, sign their SAS with a user delegation key, read worker logs',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Storage Queue Data Contributor' },
    on: 'siteAccount',
    why: 'create, fill and remove worker inboxes; read the mailbox',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Key Vault Crypto Service Encryption User' },
    on: 'messagesKey',
    why: 'wrap and unwrap the message keys of attempts, and nothing of a repository',
  },
  {
    to: 'orchestrator',
    role: { builtIn: 'Monitoring Metrics Publisher' },
    on: 'insights',
    why: 'telemetry without an instrumentation key',
  },
  { to: 'worker', role: { custom: 'writer' }, on: 'repository', why: 'write restore points' },
  { to: 'worker', role: { custom: 'writer' }, on: 'workerLogs', why: 'write its log' },
  { to: 'worker', role: { custom: 'inbox' }, on: 'siteAccount', why: 'take jobs from its inbox' },
  {
    to: 'worker',
    role: { builtIn: 'Storage Queue Data Message Sender' },
    on: 'mailbox',
    why: 'report to the appliance',
  },
  {
    to: 'worker',
    role: { builtIn: 'Key Vault Crypto Service Encryption User' },
    on: 'repositoryKey',
    why: 'wrap and unwrap the master key of repositories',
  },
  { to: 'worker', role: { custom: 'escrow' }, on: 'vault', why: 'put the recovery key of a new repository in escrow' },
];
