import type { Row } from '../../contract/armLifeCycle.ts';
import type { Ids } from '../../contract/armPlace.ts';
import { entra } from '../sql/world.ts';
import { location } from './place.ts';

const account = 'Microsoft.Storage/storageAccounts';
const containers = `${account}/blobServices/containers`;
const vault = 'Microsoft.KeyVault/vaults';
const tenantId = '7a1c7c7e-3f0b-4d0e-9b57-5d1f0a6f2c11';
const server = 'Microsoft.Sql/servers';
const instance = 'Microsoft.Sql/managedInstances';

const service = (kind: string): Row => ({
  type: `${account}/${kind}`,
  name: 'default',
  body: () => ({ properties: {} }),
  update: { properties: { cors: { corsRules: [] } } },
  second: 'alone',
  lacks: ['delete'],
});

/** Both views of the Entra administrator that a server or instance has. */
const administrators = (owner: string): Row[] => [
  {
    type: `${owner}/administrators`,
    name: 'ActiveDirectory',
    body: () => ({ properties: { administratorType: 'ActiveDirectory', login: 'dba', sid: entra.sid } }),
    required: ['properties.administratorType', 'properties.login', 'properties.sid'],
    update: { properties: { login: 'other' } },
    second: 'alone',
  },
  {
    type: `${owner}/azureADOnlyAuthentications`,
    name: 'Default',
    body: () => ({ properties: { azureADOnlyAuthentication: false } }),
    required: ['properties.azureADOnlyAuthentication'],
    update: { properties: { azureADOnlyAuthentication: true } },
    second: 'alone',
    lacks: ['delete'],
  },
];
const login = {
  administratorLogin: 'owner',
  administratorLoginPassword: 'Not-used-1',
  administrators: { ...entra, azureADOnlyAuthentication: false },
};

const password: [string, string] = ['properties.administratorLoginPassword', 'Password'];

const storage: Row[] = [
  {
    type: account,
    name: 'store#',
    body: () => ({ location, kind: 'StorageV2', sku: { name: 'Standard_LRS' } }),
    required: ['kind', 'sku', 'sku.name'],
    update: { properties: { minimumTlsVersion: 'TLS1_2' } },
  },
  ...['blobServices', 'fileServices', 'queueServices', 'tableServices'].map(service),
  {
    type: containers,
    name: 'container',
    body: () => ({ properties: {} }),
    update: { properties: { publicAccess: 'None', metadata: { kept: 'yes' } } },
  },
  {
    type: `${containers}/immutabilityPolicies`,
    name: 'default',
    body: () => ({ properties: { immutabilityPeriodSinceCreationInDays: 1 } }),
    required: [
      ['properties', 'immutabilityPeriodSinceCreationInDays'],
      'properties.immutabilityPeriodSinceCreationInDays',
    ],
    update: { properties: { immutabilityPeriodSinceCreationInDays: 2 } },
    second: 'alone',
    lacks: ['list'],
    deleteHeaders: (etag) => ({ 'if-match': etag }),
  },
  {
    type: `${account}/queueServices/queues`,
    name: 'queue',
    body: () => ({ properties: {} }),
    update: { properties: { metadata: { kept: 'yes' } } },
  },
  { type: `${account}/tableServices/tables`, name: 'table', body: () => ({ properties: {} }), update: {} },
  {
    type: `${account}/managementPolicies`,
    name: 'default',
    body: () => ({
      properties: {
        policy: {
          rules: [
            {
              name: 'old',
              enabled: true,
              type: 'Lifecycle',
              definition: {
                filters: { blobTypes: ['blockBlob'] },
                actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 30 } } },
              },
            },
          ],
        },
      },
    }),
    required: ['properties.policy', 'properties.policy.rules'],
    update: {},
    second: 'alone',
    lacks: ['list'],
  },
];

const keyVault: Row[] = [
  {
    type: vault,
    name: 'vault-#',
    body: () => ({
      location,
      properties: { tenantId, sku: { family: 'A', name: 'standard' }, enableRbacAuthorization: true },
    }),
    required: [
      ['properties', 'sku'],
      'properties.tenantId',
      'properties.sku',
      'properties.sku.name',
      'properties.sku.family',
    ],
    update: { properties: { enabledForDeployment: true } },
  },
  {
    type: `${vault}/keys`,
    name: 'key',
    body: () => ({ properties: { kty: 'EC' } }),
    required: [['properties', 'kty'], 'properties.kty'],
    update: {},
    lacks: ['delete'],
  },
  {
    type: `${vault}/secrets`,
    name: 'secret',
    body: () => ({ properties: { contentType: 'text/plain', value: 'v' } }),
    required: [['properties', 'value'], 'properties.value'],
    update: {},
    lacks: ['delete'],
  },
];

const sql: Row[] = [
  {
    type: server,
    name: 'server-#',
    body: () => ({ location, properties: login }),
    required: [password],
    update: { properties: { publicNetworkAccess: 'Disabled' } },
  },
  ...administrators(server),
  {
    type: `${server}/firewallRules`,
    name: 'office',
    body: () => ({ properties: { startIpAddress: '10.0.0.1', endIpAddress: '10.0.0.9' } }),
    required: ['properties.startIpAddress', 'properties.endIpAddress'],
    update: { properties: { endIpAddress: '10.0.0.10' } },
  },
  { type: `${server}/databases`, name: 'app', body: () => ({ location }) },
  {
    type: `${server}/databases/backupShortTermRetentionPolicies`,
    name: 'default',
    body: () => ({ properties: { retentionDays: 7 } }),
    update: { properties: { retentionDays: 14 } },
    second: 'alone',
    lacks: ['delete'],
  },
  {
    type: `${server}/elasticPools`,
    name: 'pool',
    body: () => ({ location, sku: { name: 'StandardPool', tier: 'Standard', capacity: 50 } }),
    required: [['sku.name', 'sku']],
    inUse: {
      by: `${server}/databases`,
      body: (id: Ids) => ({ properties: { elasticPoolId: id(`${server}/elasticPools`) } }),
      refused: '400 ElasticPoolNotEmpty',
    },
  },
  {
    type: instance,
    name: 'instance-#',
    body: (id) => ({ location, properties: { subnetId: id('Microsoft.Network/virtualNetworks/subnets'), ...login } }),
    required: ['properties.subnetId', password],
    update: { properties: { publicDataEndpointEnabled: true } },
  },
  ...administrators(instance),
  { type: `${instance}/databases`, name: 'app', body: () => ({ location }) },
];

export const dataRows: Row[] = [...storage, ...keyVault, ...sql];
