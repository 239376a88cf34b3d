/** A built-in role: name, GUID and permissions as Azure publishes them (built-in roles reference). */
export interface BuiltInRole {
  id: string;
  roleName: string;
  actions?: string[];
  notActions?: string[];
  dataActions?: string[];
  notDataActions?: string[];
}

const common = [
  'Microsoft.Authorization/*/read',
  'Microsoft.Insights/alertRules/*',
  'Microsoft.ResourceHealth/availabilityStatuses/read',
  'Microsoft.Resources/deployments/*',
  'Microsoft.Resources/subscriptions/resourceGroups/read',
  'Microsoft.Support/*',
];
const blob = 'Microsoft.Storage/storageAccounts/blobServices';
const queue = 'Microsoft.Storage/storageAccounts/queueServices';
const table = 'Microsoft.Storage/storageAccounts/tableServices';
const vault = 'Microsoft.KeyVault/vaults';
const vaultManagement = [
  ...common,
  'Microsoft.KeyVault/checkNameAvailability/read',
  'Microsoft.KeyVault/deletedVaults/read',
  'Microsoft.KeyVault/locations/*/read',
  `${vault}/*/read`,
  'Microsoft.KeyVault/operations/read',
];

export const builtInRoles: BuiltInRole[] = [
  { id: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635', roleName: 'Owner', actions: ['*'] },
  {
    id: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
    roleName: 'Contributor',
    actions: ['*'],
    notActions: [
      'Microsoft.Authorization/*/Delete',
      'Microsoft.Authorization/*/Write',
      'Microsoft.Authorization/elevateAccess/Action',
      'Microsoft.Blueprint/blueprintAssignments/write',
      'Microsoft.Blueprint/blueprintAssignments/delete',
      'Microsoft.Compute/galleries/share/action',
      'Microsoft.Purview/consents/write',
      'Microsoft.Purview/consents/delete',
      'Microsoft.Resources/deploymentStacks/manageDenySetting/action',
    ],
  },
  { id: 'acdd72a7-3385-48ef-bd42-f606fba81ae7', roleName: 'Reader', actions: ['*/read'] },
  {
    id: '18d7d88d-d35e-4fb5-a5c3-7773c20a72d9',
    roleName: 'User Access Administrator',
    actions: ['*/read', 'Microsoft.Authorization/*', 'Microsoft.Support/*'],
  },
  {
    id: 'f58310d9-a9f6-439a-9e8d-f62e7b41a168',
    roleName: 'Role Based Access Control Administrator',
    actions: [
      'Microsoft.Authorization/roleAssignments/write',
      'Microsoft.Authorization/roleAssignments/delete',
      '*/read',
      'Microsoft.Support/*',
    ],
  },
  {
    id: '17d1049b-9a84-46fb-8f53-869881c3d3ab',
    roleName: 'Storage Account Contributor',
    actions: [
      ...common,
      'Microsoft.Insights/diagnosticSettings/*',
      'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action',
      'Microsoft.Storage/storageAccounts/*',
    ],
  },
  {
    id: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
    roleName: 'Storage Blob Data Owner',
    actions: [`${blob}/containers/*`, `${blob}/generateUserDelegationKey/action`],
    dataActions: [`${blob}/containers/blobs/*`],
  },
  {
    id: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
    roleName: 'Storage Blob Data Contributor',
    actions: [
      `${blob}/containers/delete`,
      `${blob}/containers/read`,
      `${blob}/containers/write`,
      `${blob}/generateUserDelegationKey/action`,
    ],
    dataActions: ['delete', 'read', 'write', 'move/action', 'add/action'].map((a) => `${blob}/containers/blobs/${a}`),
  },
  {
    id: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
    roleName: 'Storage Blob Data Reader',
    actions: [`${blob}/containers/read`, `${blob}/generateUserDelegationKey/action`],
    dataActions: [`${blob}/containers/blobs/read`],
  },
  {
    id: 'db58b8e5-c6ad-4a2a-8342-4190687cbf4a',
    roleName: 'Storage Blob Delegator',
    actions: [`${blob}/generateUserDelegationKey/action`],
  },
  {
    id: '974c5e8b-45b9-4653-ba55-5f855dd0fb88',
    roleName: 'Storage Queue Data Contributor',
    actions: [`${queue}/queues/delete`, `${queue}/queues/read`, `${queue}/queues/write`],
    dataActions: ['delete', 'read', 'write', 'process/action'].map((a) => `${queue}/queues/messages/${a}`),
  },
  {
    id: '8a0f0c08-91a1-4084-bc3d-661d67233fed',
    roleName: 'Storage Queue Data Message Processor',
    dataActions: [`${queue}/queues/messages/read`, `${queue}/queues/messages/process/action`],
  },
  {
    id: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a',
    roleName: 'Storage Queue Data Message Sender',
    dataActions: [`${queue}/queues/messages/add/action`],
  },
  {
    id: '19e7f393-937e-4f77-808e-94535e297925',
    roleName: 'Storage Queue Data Reader',
    actions: [`${queue}/queues/read`],
    dataActions: [`${queue}/queues/messages/read`],
  },
  {
    id: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
    roleName: 'Storage Table Data Contributor',
    actions: [`${table}/tables/read`, `${table}/tables/write`, `${table}/tables/delete`],
    dataActions: ['read', 'write', 'delete', 'add/action', 'update/action'].map((a) => `${table}/tables/entities/${a}`),
  },
  {
    id: '76199698-9eea-4c19-bc75-cec21354c6b6',
    roleName: 'Storage Table Data Reader',
    actions: [`${table}/tables/read`],
    dataActions: [`${table}/tables/entities/read`],
  },
  {
    id: 'f25e0fa2-a7c8-4377-a976-54943a77a395',
    roleName: 'Key Vault Contributor',
    actions: [...common, 'Microsoft.KeyVault/*'],
    notActions: [
      'Microsoft.KeyVault/locations/deletedVaults/purge/action',
      'Microsoft.KeyVault/hsmPools/*',
      'Microsoft.KeyVault/managedHsms/*',
    ],
  },
  {
    id: '00482a5a-887f-4fb3-b363-3b7fe8e74483',
    roleName: 'Key Vault Administrator',
    actions: vaultManagement,
    dataActions: [`${vault}/*`],
  },
  {
    id: '21090545-7ca7-4776-b22c-e363652d74d2',
    roleName: 'Key Vault Reader',
    actions: vaultManagement,
    dataActions: [`${vault}/*/read`, `${vault}/secrets/readMetadata/action`],
  },
  {
    id: '14b46e9e-c2b7-41b4-b07b-48a6ebf60603',
    roleName: 'Key Vault Crypto Officer',
    actions: vaultManagement,
    dataActions: [`${vault}/keys/*`, `${vault}/keyrotationpolicies/*`],
  },
  {
    id: '12338af0-0e69-4776-bea7-57ae8d297424',
    roleName: 'Key Vault Crypto User',
    dataActions: [
      'read',
      'update/action',
      'backup/action',
      'encrypt/action',
      'decrypt/action',
      'wrap/action',
      'unwrap/action',
      'sign/action',
      'verify/action',
    ].map((a) => `${vault}/keys/${a}`),
  },
  {
    id: 'e147488a-f6f5-4113-8e2d-b22465e65bf6',
    roleName: 'Key Vault Crypto Service Encryption User',
    actions: [
      'Microsoft.EventGrid/eventSubscriptions/write',
      'Microsoft.EventGrid/eventSubscriptions/read',
      'Microsoft.EventGrid/eventSubscriptions/delete',
    ],
    dataActions: [`${vault}/keys/read`, `${vault}/keys/wrap/action`, `${vault}/keys/unwrap/action`],
  },
  {
    id: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
    roleName: 'Key Vault Secrets Officer',
    actions: vaultManagement,
    dataActions: [`${vault}/secrets/*`],
  },
  {
    id: '4633458b-17de-408a-b874-0445c86b69e6',
    roleName: 'Key Vault Secrets User',
    dataActions: [`${vault}/secrets/getSecret/action`, `${vault}/secrets/readMetadata/action`],
  },
  {
    id: '4d97b98b-1d4f-4787-a291-c67834d212e7',
    roleName: 'Network Contributor',
    actions: [...common, 'Microsoft.Network/*'],
  },
  {
    id: 'b12aa53e-6015-4669-85d0-8515ebb3ae7f',
    roleName: 'Private DNS Zone Contributor',
    actions: [
      ...common,
      'Microsoft.Network/privateDnsZones/*',
      'Microsoft.Network/privateDnsOperationResults/*',
      'Microsoft.Network/privateDnsOperationStatuses/*',
      'Microsoft.Network/virtualNetworks/read',
      'Microsoft.Network/virtualNetworks/join/action',
    ],
  },
  {
    id: '9980e02c-c2be-4d73-94e8-173b1dc7cf3c',
    roleName: 'Virtual Machine Contributor',
    actions: [
      ...common,
      'Microsoft.Compute/availabilitySets/*',
      'Microsoft.Compute/locations/*',
      'Microsoft.Compute/virtualMachines/*',
      'Microsoft.Compute/virtualMachineScaleSets/*',
      'Microsoft.Compute/cloudServices/*',
      'Microsoft.Compute/disks/write',
      'Microsoft.Compute/disks/read',
      'Microsoft.Compute/disks/delete',
      'Microsoft.Network/networkInterfaces/*',
      'Microsoft.Network/networkSecurityGroups/join/action',
      'Microsoft.Network/networkSecurityGroups/read',
      'Microsoft.Network/publicIPAddresses/join/action',
      'Microsoft.Network/publicIPAddresses/read',
      'Microsoft.Network/virtualNetworks/read',
      'Microsoft.Network/virtualNetworks/subnets/join/action',
      'Microsoft.Storage/storageAccounts/listKeys/action',
      'Microsoft.Storage/storageAccounts/read',
    ],
  },
  {
    id: '3e5e47e6-65f7-47ef-90b5-e5dd4d455f24',
    roleName: 'Disk Backup Reader',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Compute/disks/read',
      'Microsoft.Compute/disks/beginGetAccess/action',
    ],
  },
  {
    id: '7efff54f-a5b4-42b5-a1c5-5411624893ce',
    roleName: 'Disk Snapshot Contributor',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      ...['delete', 'write', 'read', 'beginGetAccess/action', 'endGetAccess/action'].map(
        (a) => `Microsoft.Compute/snapshots/${a}`,
      ),
      'Microsoft.Compute/disks/beginGetAccess/action',
    ],
  },
  {
    id: 'b50d9833-a0cb-478e-945f-707fcc997c13',
    roleName: 'Disk Restore Operator',
    actions: [
      'Microsoft.Authorization/*/read',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
      'Microsoft.Compute/disks/write',
      'Microsoft.Compute/disks/read',
    ],
  },
  {
    id: '959f8984-c045-4866-89c7-12bf9737be2e',
    roleName: 'Data Operator for Managed Disks',
    dataActions: ['disks/download', 'disks/upload', 'snapshots/download', 'snapshots/upload'].map(
      (a) => `Microsoft.Compute/${a}/action`,
    ),
  },
  {
    id: 'f1a07417-d97a-45cb-824c-7a7467783830',
    roleName: 'Managed Identity Operator',
    actions: [
      ...common,
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/read',
      'Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action',
    ],
  },
  {
    id: 'e40ec5ca-96e0-45a2-b4ff-59039f2c2b59',
    roleName: 'Managed Identity Contributor',
    actions: [
      ...common,
      ...['read', 'write', 'delete'].map((a) => `Microsoft.ManagedIdentity/userAssignedIdentities/${a}`),
    ],
  },
  {
    id: 'de139f84-1756-47ae-9be6-808fbbe84772',
    roleName: 'Website Contributor',
    actions: [
      ...common,
      'Microsoft.Insights/components/*',
      'Microsoft.Web/certificates/*',
      'Microsoft.Web/listSitesAssignedToHostName/read',
      'Microsoft.Web/serverFarms/join/action',
      'Microsoft.Web/serverFarms/read',
      'Microsoft.Web/sites/*',
    ],
  },
  {
    id: '3913510d-42f4-4e42-8a64-420c390055eb',
    roleName: 'Monitoring Metrics Publisher',
    actions: [
      'Microsoft.Insights/Register/Action',
      'Microsoft.Support/*',
      'Microsoft.Resources/subscriptions/resourceGroups/read',
    ],
    dataActions: ['Microsoft.Insights/Metrics/Write', 'Microsoft.Insights/Telemetry/Write'],
  },
  {
    id: '43d0d8ad-25c7-4714-9337-8ba259a9fe05',
    roleName: 'Monitoring Reader',
    actions: ['*/read', 'Microsoft.OperationalInsights/workspaces/search/action', 'Microsoft.Support/*'],
  },
  {
    id: '73c42c96-874c-492b-b04d-ab87d138a893',
    roleName: 'Log Analytics Reader',
    actions: [
      '*/read',
      'Microsoft.OperationalInsights/workspaces/analytics/query/action',
      'Microsoft.OperationalInsights/workspaces/search/action',
      'Microsoft.Support/*',
    ],
    notActions: ['Microsoft.OperationalInsights/workspaces/sharedKeys/read'],
  },
];
