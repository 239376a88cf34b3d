import { expect, test } from 'vitest';
import { rules, violationsOf } from '../../infra/policy/rules/index.ts';

const tags = { strongroom: 'vault7' };

/** A good resource of each type, and what makes it bad: the rule that speaks up, and words that it uses. */
const cases: {
  type: string;
  good: Record<string, unknown>;
  bad: [rule: string, inputs: Record<string, unknown>, says: string][];
}[] = [
  {
    type: 'storage:StorageAccount',
    good: {
      tags: { ...tags, 'strongroom-role': 'archive', 'strongroom-immutability-days': '30' },
      sku: { name: 'Standard_GRS' },
      publicNetworkAccess: 'Disabled',
      networkRuleSet: { defaultAction: 'Deny', bypass: 'None' },
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      minimumTlsVersion: 'TLS1_2',
      enableHttpsTrafficOnly: true,
      immutableStorageWithVersioning: { enabled: true },
    },
    bad: [
      ['no-public-network-access', { publicNetworkAccess: 'Enabled' }, 'must be "Disabled"; it is "Enabled"'],
      ['no-public-network-access', { publicNetworkAccess: undefined }, 'it is not set'],
      ['no-public-network-access', { networkRuleSet: { defaultAction: 'Allow', bypass: 'None' } }, 'defaultAction'],
      ['no-public-network-access', { networkRuleSet: { defaultAction: 'Deny', bypass: 'AzureServices' } }, 'bypass'],
      ['no-public-blobs', { allowBlobPublicAccess: true }, 'allowBlobPublicAccess'],
      ['no-shared-keys', { allowSharedKeyAccess: undefined }, 'allowSharedKeyAccess must be false'],
      ['encrypted-transport', { minimumTlsVersion: 'TLS1_1' }, '"TLS1_2" or "TLS1_3"'],
      ['encrypted-transport', { enableHttpsTrafficOnly: false }, 'enableHttpsTrafficOnly'],
      ['archive-redundancy', { sku: { name: 'Standard_ZRS' } }, 'Standard_ZRS has no Archive tier'],
      ['archive-redundancy', { sku: { name: 'Standard_RAGZRS' } }, 'no Archive tier'],
      ['immutability', { immutableStorageWithVersioning: undefined }, '30 days are asked for'],
      ['tags-present', { tags: {} }, 'tag "strongroom" is missing'],
    ],
  },
  {
    type: 'storage:BlobContainer',
    good: { publicAccess: 'None' },
    bad: [['no-public-blobs', { publicAccess: 'Blob' }, 'publicAccess must be "None"; it is "Blob"']],
  },
  {
    type: 'storage:BlobContainerImmutabilityPolicy',
    good: { immutabilityPeriodSinceCreationInDays: 30 },
    bad: [['immutability', { immutabilityPeriodSinceCreationInDays: 0 }, 'must be 1 at least']],
  },
  {
    type: 'keyvault:Vault',
    good: {
      tags,
      properties: {
        publicNetworkAccess: 'Disabled',
        networkAcls: { defaultAction: 'Deny', bypass: 'None' },
        enableRbacAuthorization: true,
        enablePurgeProtection: true,
      },
    },
    bad: [
      ['no-public-network-access', { properties: {} }, 'properties.publicNetworkAccess'],
      ['no-shared-keys', { properties: { enableRbacAuthorization: false } }, 'enableRbacAuthorization must be true'],
      ['purge-protection', { properties: { enableSoftDelete: false } }, 'enablePurgeProtection must be true'],
    ],
  },
  {
    type: 'web:WebApp',
    good: {
      tags,
      publicNetworkAccess: 'Disabled',
      httpsOnly: true,
      siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.3', ftpsState: 'Disabled' },
    },
    bad: [
      ['api-allow-list', { publicNetworkAccess: 'Enabled' }, 'must be "Disabled", or'],
      ['api-allow-list', { publicNetworkAccess: undefined }, 'must be "Disabled", or'],
      [
        'api-allow-list',
        {
          publicNetworkAccess: 'Enabled',
          siteConfig: {
            ipSecurityRestrictionsDefaultAction: 'Deny',
            ipSecurityRestrictions: [{ name: 'all', action: 'Allow', ipAddress: '0.0.0.0/0' }],
          },
        },
        '"all" (0.0.0.0/0) lets everybody in',
      ],
      ['encrypted-transport', { httpsOnly: false }, 'httpsOnly'],
      ['encrypted-transport', { siteConfig: { minTlsVersion: '1.0' } }, 'siteConfig.minTlsVersion'],
      ['no-shared-keys', { siteConfig: { ftpsState: 'AllAllowed' } }, 'ftpsState'],
    ],
  },
  {
    type: 'sql:Server',
    good: {
      tags,
      publicNetworkAccess: 'Disabled',
      minimalTlsVersion: '1.2',
      administrators: { azureADOnlyAuthentication: true },
    },
    bad: [
      ['no-public-network-access', { publicNetworkAccess: undefined }, 'publicNetworkAccess'],
      ['no-shared-keys', { administratorLoginPassword: 's' }, 'administratorLoginPassword'],
      ['encrypted-transport', { minimalTlsVersion: 'None' }, 'minimalTlsVersion'],
    ],
  },
  {
    type: 'compute:Snapshot',
    good: { tags, publicNetworkAccess: 'Disabled', networkAccessPolicy: 'DenyAll' },
    bad: [
      ['disk-exports', { networkAccessPolicy: 'AllowAll' }, '"AllowPrivate" or "DenyAll"'],
      ['no-public-network-access', { publicNetworkAccess: 'Enabled' }, 'publicNetworkAccess'],
    ],
  },
  {
    type: 'network:PublicIPAddress',
    good: { tags, publicIpAddressName: 'vault7-nat-ip' },
    bad: [['no-public-address', { publicIpAddressName: 'jump-box' }, '"jump-box" is no address of a NAT gateway']],
  },
  { type: 'network:NatGateway', good: { tags, publicIpAddresses: [{ id: '/nat-ip' }] }, bad: [] },
  {
    type: 'network:NetworkInterface',
    good: { ipConfigurations: [{ name: 'a', publicIPAddress: null }] },
    bad: [['no-public-address', { ipConfigurations: [{ publicIPAddress: { id: '/ip' } }] }, 'must not have a public']],
  },
  {
    type: 'network:NetworkSecurityGroup',
    good: {
      tags,
      securityRules: [
        { name: 'in', direction: 'Inbound', access: 'Deny' },
        { name: 'out', direction: 'Outbound', access: 'Allow' },
      ],
    },
    bad: [
      [
        'no-inbound-rule',
        { securityRules: [{ name: 'ssh', direction: 'Inbound', access: 'Allow' }] },
        'rule "ssh" lets inbound traffic pass',
      ],
    ],
  },
  {
    type: 'network:SecurityRule',
    good: { securityRuleName: 'in', direction: 'Inbound', access: 'Deny' },
    bad: [['no-inbound-rule', { access: 'Allow' }, 'rule "in" lets']],
  },
  {
    type: 'network:VirtualNetwork',
    good: { tags, subnets: [{ name: 'a', defaultOutboundAccess: false }] },
    bad: [['no-default-outbound', { subnets: [{ name: 'b' }] }, 'subnet "b" must have defaultOutboundAccess false']],
  },
  {
    type: 'network:Subnet',
    good: { subnetName: 'a', defaultOutboundAccess: false },
    bad: [['no-default-outbound', { defaultOutboundAccess: true }, 'subnet "a" must have']],
  },
  {
    type: 'authorization:RoleAssignment',
    good: { roleDefinitionId: '/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4' },
    bad: [
      ...(
        [
          ['8e3af657-a8ff-443c-a75c-2fe8c4bcb635', 'Owner'],
          ['b24988ac-6180-42a0-ab88-20f7382dd24c', 'Contributor'],
          ['18D7D88D-d35e-4fb5-a5c3-7773c20a72d9', 'User Access Administrator'],
        ] as const
      ).map(([id, title]): [string, Record<string, unknown>, string] => [
        'least-privilege',
        { roleDefinitionId: `/providers/Microsoft.Authorization/roleDefinitions/${id}` },
        `the role ${title} must not be assigned`,
      ]),
    ],
  },
  {
    type: 'authorization:RoleDefinition',
    good: { permissions: [{ actions: ['Microsoft.Compute/disks/read', 'Microsoft.Compute/diskAccesses/*/read'] }] },
    bad: [
      ...['*', '*/read', 'Microsoft.Compute/*', 'Microsoft.Compute/*/read', 'Microsoft.Compute/disks/*'].map(
        (action): [string, Record<string, unknown>, string] => [
          'least-privilege',
          { permissions: [{ actions: [action] }] },
          `action ${action} is more than`,
        ],
      ),
      [
        'least-privilege',
        { permissions: [{ actions: ['Microsoft.Authorization/roleAssignments/write'] }] },
        'roleAssignments/write is more than',
      ],
    ],
  },
];

const resource = (type: string, inputs: Record<string, unknown>) => ({
  type: `azure-native:${type}`,
  name: 'r',
  inputs,
});

test.each(cases)('a good $type passes all rules', ({ type, good }) => {
  expect(violationsOf(resource(type, good))).toEqual([]);
});

test.each(
  cases.flatMap(({ type, good, bad }) =>
    bad.map(([rule, inputs, says]) => ({ type, rule, says, inputs: { ...good, ...inputs } })),
  ),
)('a bad $type is named by $rule: $says', ({ type, rule, says, inputs }) => {
  const messages = violationsOf(resource(type, inputs)).filter((violation) => violation.rule === rule);
  expect(messages.map(({ message }) => message).join('\n')).toContain(says);
});

test('an API with an allow list is fine', () => {
  const [rule] = rules.filter(({ name }) => name === 'api-allow-list');
  const siteConfig = {
    ipSecurityRestrictionsDefaultAction: 'Deny',
    ipSecurityRestrictions: [{ name: 'office', action: 'Allow', ipAddress: '203.0.113.0/24' }],
  };
  expect(rule!.check(resource('web:WebApp', { publicNetworkAccess: 'Enabled', siteConfig }))).toEqual([]);
});

test('what is required can be configured', () => {
  const rule = (name: string) => rules.find((each) => each.name === name)!;
  const group = resource('resources:ResourceGroup', { tags: { Owner: 'me', empty: '' } });
  expect(rule('tags-present').check(group, { requiredTags: ['owner', 'empty', 'other'] })).toEqual([
    'tag "empty" is missing.',
    'tag "other" is missing.',
  ]);
  const address = resource('network:PublicIPAddress', { publicIpAddressName: 'way-out' });
  expect(rule('no-public-address').check(address, { natAddressSuffix: '-out' })).toEqual([]);
});

test('every rule has cases, and names are unique', () => {
  const covered = new Set(cases.flatMap(({ bad }) => bad.map(([rule]) => rule)));
  expect(new Set(rules.map(({ name }) => name))).toEqual(covered);
  expect(covered.size).toBe(rules.length);
});
