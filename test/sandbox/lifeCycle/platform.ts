import type { Row } from '../../contract/armLifeCycle.ts';
import { GROUPS } from '../../contract/armPlace.ts';
import { location } from './place.ts';

const identity = 'Microsoft.ManagedIdentity/userAssignedIdentities';
const plan = 'Microsoft.Web/serverfarms';
const site = 'Microsoft.Web/sites';
const principalId = '33333333-3333-4333-8333-333333333333';
const reader = '/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7';
const template = {
  $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#',
  contentVersion: '1.0.0.0',
  resources: [],
};

export const platformRows: Row[] = [
  {
    type: GROUPS,
    name: 'group-#',
    scope: 'subscription',
    gone: '404 ResourceGroupNotFound',
    body: () => ({ location }),
  },
  {
    type: 'Microsoft.Resources/deployments',
    name: 'deployment',
    body: () => ({ properties: { mode: 'Incremental', template } }),
    required: ['properties', 'properties.mode', 'properties.template'],
  },
  {
    type: 'Microsoft.Resources/tags',
    name: 'default',
    body: () => ({ properties: { tags: { a: 'b' } } }),
    required: ['properties.tags'],
    update: { properties: { tags: { a: 'c' } } },
    second: 'alone',
    lacks: ['end'],
  },
  {
    type: 'Microsoft.Authorization/locks',
    name: 'lock',
    body: () => ({ properties: { level: 'CanNotDelete' } }),
    required: ['properties.level'],
    update: { properties: { notes: 'why' } },
    holdsGroup: true,
  },
  {
    type: 'Microsoft.Authorization/roleAssignments',
    name: 'aaaaaaaa-0000-4000-8000-00000000000?',
    body: () => ({ properties: { principalId, roleDefinitionId: reader } }),
    required: ['properties', 'properties.principalId', 'properties.roleDefinitionId'],
    update: { properties: { description: 'why' } },
    second: () => ({ properties: { principalId: principalId.replace('3', '4') } }),
  },
  {
    type: 'Microsoft.Authorization/roleDefinitions',
    name: 'bbbbbbbb-0000-4000-8000-00000000000?',
    scope: 'subscription',
    body: (id) => ({
      properties: { roleName: 'Look', permissions: [{ actions: ['*/read'] }], assignableScopes: [id(GROUPS)] },
    }),
    required: ['properties.roleName', 'properties.permissions', 'properties.assignableScopes'],
    update: { properties: { description: 'why' } },
    second: () => ({ properties: { roleName: 'Look again' } }),
  },
  { type: identity, name: 'identity', body: () => ({ location }) },
  {
    type: `${identity}/federatedIdentityCredentials`,
    name: 'workload',
    body: () => ({ properties: { issuer: 'https://issuer.example', subject: 'me', audiences: ['api://here'] } }),
    required: ['properties.issuer', 'properties.subject', 'properties.audiences'],
    update: { properties: { subject: 'you' } },
    second: () => ({ properties: { subject: 'them' } }),
  },
  {
    type: 'Microsoft.Insights/components',
    name: 'insights',
    body: () => ({ location, kind: 'web', properties: { Application_Type: 'web' } }),
    required: ['kind', 'properties.Application_Type'],
    update: { properties: { RetentionInDays: 60 } },
  },
  {
    type: 'Microsoft.OperationalInsights/workspaces',
    name: 'workspace',
    body: () => ({ location }),
    update: { properties: { retentionInDays: 60 } },
  },
  {
    type: plan,
    name: 'plan',
    body: () => ({ location, sku: { name: 'B1' } }),
    required: ['sku'],
    inUse: { by: site, refused: '409 Conflict' },
  },
  {
    type: site,
    name: 'site-#',
    body: (id) => ({ location, properties: { serverFarmId: id(plan) } }),
    required: ['properties.serverFarmId'],
    update: { properties: { httpsOnly: true } },
  },
  {
    type: `${site}/config`,
    name: 'web',
    body: () => ({ properties: { alwaysOn: false } }),
    update: { properties: { alwaysOn: true } },
    second: 'alone',
    lacks: ['delete'],
  },
  {
    type: `${site}/basicPublishingCredentialsPolicies`,
    name: 'ftp',
    body: () => ({ properties: { allow: true } }),
    required: ['properties.allow'],
    update: { properties: { allow: false } },
    second: 'alone',
    lacks: ['delete'],
  },
];
