import { beforeAll, describe, expect, test } from 'vitest';
import { homeLayout, repositoryLayout, siteKey, siteLayout } from '../../model/site/layout.ts';
import { configurations, names, network, sixSites, zoneIds, type Configuration } from './configurations.ts';
import { declare, type Program } from './declared.ts';
import { configWith, home, second, stackConfig, stackWith } from './values.ts';

const programs = {} as Record<Configuration, Program>;

beforeAll(async () => {
  // One after the other: Pulumi's runtime is one per process.
  for (const name of names) programs[name] = await declare(stackWith(configurations[name]));
});

const environmentOf = (name: Configuration) => configWith(configurations[name]).environment;
const layout = homeLayout(environmentOf('home only'));

describe.each(names)('%s', (name) => {
  const declared = () => programs[name];

  test('logical names and names in Azure are unique, and the latter are within Azure’s rules', () => {
    const { resources } = declared();
    const logical = resources.map(({ type, name: given }) => `${type} ${given}`);
    expect(new Set(logical).size).toBe(logical.length);
    const rules: [string, string, RegExp][] = [
      ['storage:StorageAccount', 'accountName', /^[a-z0-9]{3,24}$/],
      ['keyvault:Vault', 'vaultName', /^[a-z][a-z0-9-]{1,22}[a-z0-9]$/],
      ['network:PrivateEndpoint', 'privateEndpointName', /^[A-Za-z0-9][A-Za-z0-9._-]{0,75}[A-Za-z0-9_]$/],
      ['compute:DiskAccess', 'diskAccessName', /^[A-Za-z0-9_-]{1,80}$/],
      ['sql:Server', 'serverName', /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/],
      ['web:WebApp', 'name', /^[a-z0-9][a-z0-9-]{0,58}[a-z0-9]$/],
      ['resources:ResourceGroup', 'resourceGroupName', /^[\w().-]{1,89}[\w()-]$/],
    ];
    for (const [type, input, rule] of rules) {
      for (const inputs of declared().of(type)) expect(inputs[input]).toMatch(rule);
    }
    const accounts = declared()
      .of('storage:StorageAccount')
      .map(({ accountName }) => accountName);
    expect(new Set(accounts).size).toBe(accounts.length);
  });

  test('each target has one endpoint per group in a network, and in zones that sites share one at all', () => {
    const shared = environmentOf(name).dns !== 'own';
    const reached = declared()
      .of('network:PrivateEndpoint')
      .map(({ privateLinkServiceConnections, subnet }) => {
        const [{ groupIds, privateLinkServiceId }] = privateLinkServiceConnections as [
          { groupIds: string[]; privateLinkServiceId: string },
        ];
        const where = shared ? '' : (subnet as { id: string }).id;
        return [where, groupIds, privateLinkServiceId].join(' ').toLowerCase();
      });
    expect(new Set(reached).size).toBe(reached.length);
    const entries = declared().of('network:PrivateDnsZoneGroup');
    expect(entries).toHaveLength(environmentOf(name).dns === 'policy' ? 0 : reached.length);
  });

  test('nothing is open to the public and nothing has a key or password', () => {
    for (const inputs of declared().of('storage:StorageAccount')) {
      expect(inputs).toMatchObject({
        publicNetworkAccess: 'Disabled',
        networkRuleSet: { defaultAction: 'Deny', bypass: 'None' },
        allowSharedKeyAccess: false,
        allowBlobPublicAccess: false,
        minimumTlsVersion: 'TLS1_2',
        enableHttpsTrafficOnly: true,
      });
    }
    for (const { properties } of declared().of('keyvault:Vault')) {
      expect(properties).toMatchObject({
        publicNetworkAccess: 'Disabled',
        networkAcls: { defaultAction: 'Deny', bypass: 'None' },
        enableRbacAuthorization: true,
        enablePurgeProtection: true,
      });
    }
    for (const server of declared().of('sql:Server')) {
      expect(server).toMatchObject({
        publicNetworkAccess: 'Disabled',
        minimalTlsVersion: '1.2',
        administrators: { azureADOnlyAuthentication: true },
      });
      expect(server).not.toHaveProperty('administratorLoginPassword');
    }
    expect(JSON.stringify(declared().resources)).not.toMatch(/AccountKey=|sig=/);
  });

  test('public addresses belong to NAT gateways alone, and security rules let nothing in', () => {
    const behind = declared()
      .of('network:NatGateway')
      .flatMap(({ publicIpAddresses }) =>
        (publicIpAddresses as { id: string }[]).map(({ id }) => id.split('/').at(-1)),
      );
    expect(
      declared()
        .of('network:PublicIPAddress')
        .map(({ publicIpAddressName }) => publicIpAddressName),
    ).toEqual(behind);
    for (const { securityRules } of declared().of('network:NetworkSecurityGroup')) {
      const rules = securityRules as { direction: string; access: string }[];
      expect(rules.filter(({ direction, access }) => direction === 'Inbound' && access === 'Allow')).toEqual([]);
    }
  });

  test('what is in another subscription goes by its provider, everything else by the stack’s own', () => {
    for (const { type, name: logical, inputs, provider } of declared().resources) {
      if (!type.startsWith('azure-native:')) continue;
      const ids = JSON.stringify([inputs.subnet, inputs.networkSecurityGroup, inputs.virtualNetwork]);
      const elsewhere = provider?.includes(`subscription-${second}`) ?? false;
      expect([logical, logical.startsWith('site-') && logical.includes(second)]).toEqual([logical, elsewhere]);
      if (elsewhere) expect(ids).not.toContain(home);
    }
  });
});

test('outputs name what an operator needs', () => {
  expect(programs['home only'].outputs).toMatchObject({
    apiUrl: layout.functionApp.url,
    apiAudience: `api://${stackConfig['strongroom:apiClientId']}`,
    functionAppId: layout.functionApp.id,
    keyId: layout.keys.repository.url,
    identityIds: { orchestrator: { principalId: expect.any(String) as string }, worker: {}, pruner: {} },
    repositoryUrls: { main: expect.stringMatching(/^https:.*\/repository$/) as string },
    siteSummaries: [{ region: 'westeurope', declared: true, repositories: ['main'], diskAccesses: { length: 4 } }],
  });
  const roles = programs['3 regions, 2 subscriptions'].outputs.roleDefinitionIds as Record<string, object>;
  expect(Object.keys(roles.site!).sort()).toEqual([home, second]);
  expect(Object.keys(roles.writer!)).toEqual([home]);
});

test('the home network reaches what design section 4 lists, each through one endpoint', () => {
  const { of } = programs['home only'];
  const { account, hostAccount, vault, functionApp } = layout;
  const environment = environmentOf('home only');
  const repository = repositoryLayout(siteKey(environment, environment.home), { name: 'main' });
  expect(
    of('network:PrivateEndpoint')
      .map(({ privateEndpointName }) => privateEndpointName)
      .sort(),
  ).toEqual(
    [
      `${account.name}-blob`,
      `${account.name}-queue`,
      `${hostAccount.name}-blob`,
      `${hostAccount.name}-queue`,
      `${hostAccount.name}-table`,
      `${vault.name}-vault`,
      `${functionApp.name}-sites`,
      `${repository.account.name}-blob`,
      ...[1, 2, 3, 4].map((i) => `vault7-disk-access-${i}-disks`),
    ].sort(),
  );
  expect(of('privatedns:VirtualNetworkLink')).toHaveLength(of('privatedns:PrivateZone').length);
});

test('every site reaches its account, the home queue, the vault, the repositories and its disk accesses; the home site every account', () => {
  const environment = environmentOf('3 regions, 2 subscriptions');
  const place = { subscriptionId: second, region: 'uksouth' };
  const site = siteLayout(siteKey(environment, place));
  const endpoints = programs['3 regions, 2 subscriptions'].of('network:PrivateEndpoint');
  const inGroup = (group: string, subscriptionId: string) =>
    endpoints
      .filter(({ resourceGroupName, subnet }) => {
        return resourceGroupName === group && (subnet as { id: string }).id.includes(subscriptionId);
      })
      .map(({ privateEndpointName }) => privateEndpointName as string);
  const repository = repositoryLayout(siteKey(environment, environment.home), { name: 'main' });
  expect(inGroup(site.resourceGroup.name, second).sort()).toEqual(
    [
      `${site.account.name}-blob`,
      `${site.account.name}-queue`,
      `${layout.account.name}-queue`,
      `${layout.vault.name}-vault`,
      `${repository.account.name}-blob`,
      ...[1, 2, 3, 4].map((i) => `vault7-disk-access-${i}-disks`),
    ].sort(),
  );
  const accounts = sixSites.map((one) => `${siteLayout(siteKey(environment, one)).account.name}-blob`);
  expect(inGroup(layout.resourceGroup.name, home)).toEqual(expect.arrayContaining(accounts));
});

test('only the functions subnet has a way out: a NAT gateway, or the route to the next hop', () => {
  const subnetsOf = (name: Configuration) =>
    programs[name].of('network:VirtualNetwork')[0]!.subnets as Record<string, unknown>[];
  const out = (name: Configuration) =>
    subnetsOf(name).map(({ name: subnet, natGateway, routeTable, defaultOutboundAccess }) => [
      subnet,
      natGateway !== undefined,
      routeTable !== undefined,
      defaultOutboundAccess,
    ]);
  expect(out('home only')).toEqual([
    ['workers', false, false, false],
    ['endpoints', false, false, false],
    ['functions', true, false, false],
  ]);
  expect(out('an archive, next hop').at(-1)).toEqual(['functions', false, true, false]);
  expect(programs['an archive, next hop'].of('network:RouteTable')[0]!.routes).toMatchObject([
    { addressPrefix: '0.0.0.0/0', nextHopType: 'VirtualAppliance', nextHopIpAddress: '10.0.0.4' },
  ]);
  expect(programs['an archive, next hop'].of('network:PublicIPAddress')).toEqual([]);
});

const allowing = (destinationAddressPrefix: string): unknown =>
  expect.objectContaining({ name: 'allow-endpoints', access: 'Allow', destinationAddressPrefix });

test('a customer’s network and zones are used and not declared', () => {
  const { of } = programs['existing network'];
  for (const type of ['VirtualNetwork', 'NatGateway', 'RouteTable']) expect(of(`network:${type}`)).toEqual([]);
  expect(of('privatedns:PrivateZone')).toEqual([]);
  // Workers have rules of their own there, too: endpoints may be in a network that is peered with it.
  expect(of('network:NetworkSecurityGroup')).toMatchObject([
    { securityRules: expect.arrayContaining([allowing('VirtualNetwork')]) as unknown },
  ]);
  const subnets = new Set(of('network:PrivateEndpoint').map(({ subnet }) => (subnet as { id: string }).id));
  expect([...subnets]).toEqual([`${network('spoke')}/subnets/b`]);
  expect(of('web:WebApp')[0]).toMatchObject({ virtualNetworkSubnetId: `${network('spoke')}/subnets/c` });
  const scopes = of('authorization:RoleAssignment').map(({ scope }) => scope);
  expect(scopes).toEqual(expect.arrayContaining([network('spoke'), ...Object.values(zoneIds)]));
});

test('of a site on demand only the group and the rights in it are declared', () => {
  const { resources, of } = programs['a site on demand, a staging server'];
  const there = resources.filter(({ name }) => name.startsWith(`site-uksouth-${second}-`));
  expect(there.map(({ type }) => type)).toEqual(['azure-native:resources:ResourceGroup']);
  const group = siteLayout({ appliance: 'vault7', subscriptionId: second, region: 'uksouth' }).resourceGroup.id;
  expect(of('authorization:RoleAssignment').filter(({ scope }) => scope === group)).not.toHaveLength(0);
  const summaries = programs['a site on demand, a staging server'].outputs.siteSummaries as { declared: boolean }[];
  expect(summaries.map(({ declared }) => declared)).toEqual([true, false, true]);
});

test('in the public mode no disk access is declared, and workers beside a repository have a way out', () => {
  const { of } = programs['public mode'];
  expect(of('compute:DiskAccess')).toEqual([]);
  const workers = of('network:VirtualNetwork').map(({ subnets }) => (subnets as { natGateway?: unknown }[])[0]);
  expect(workers.map((subnet) => subnet!.natGateway !== undefined)).toEqual([true, true]);
});

test('the Functions app runs on Node 24 in the network, keyless, behind Entra', () => {
  const { of } = programs['home only'];
  expect(of('web:WebApp')[0]).toMatchObject({
    publicNetworkAccess: 'Disabled',
    httpsOnly: true,
    functionAppConfig: {
      runtime: { name: 'node', version: '24' },
      deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } },
    },
  });
  expect(of('web:WebAppAuthSettingsV2')[0]).toMatchObject({
    globalValidation: {
      requireAuthentication: true,
      unauthenticatedClientAction: 'Return401',
      excludedPaths: ['/api/health'],
    },
  });
});

test('keys of the vault only wrap', () => {
  expect(programs['home only'].of('keyvault:Key').map(({ keyName }) => keyName)).toEqual(['messages', 'repository']);
  for (const { properties } of programs['home only'].of('keyvault:Key')) {
    expect(properties).toEqual({ kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] });
  }
});

test('AB-01 repositories: many in one subscription, each an account of its own apart from sites, kept against removal', () => {
  const { of, resources } = programs['an archive, next hop'];
  const accounts = of('storage:StorageAccount').filter(
    ({ resourceGroupName }) => resourceGroupName === 'vault7-repositories',
  );
  expect(accounts).toHaveLength(2);
  expect(of('authorization:ManagementLockByScope').map(({ level }) => level)).toEqual(['CanNotDelete', 'CanNotDelete']);
  expect(of('storage:BlobServiceProperties')).toEqual([
    expect.objectContaining({ isVersioningEnabled: true, containerDeleteRetentionPolicy: { enabled: true, days: 14 } }),
    expect.objectContaining({ isVersioningEnabled: true, deleteRetentionPolicy: { enabled: true, days: 14 } }),
  ]);
  const ages = of('storage:ManagementPolicy').map(({ policy }) => {
    const { rules } = policy as { rules: { definition: { actions: { version: { delete: object } } } }[] };
    return rules[0]!.definition.actions.version.delete;
  });
  expect(ages).toEqual([{ daysAfterCreationGreaterThan: 7 }, { daysAfterCreationGreaterThan: 30 }]);
  // Version-level immutability where days are asked, from the account's creation.
  expect(accounts.map(({ immutableStorageWithVersioning }) => immutableStorageWithVersioning)).toEqual([
    undefined,
    { enabled: true },
  ]);
  expect(of('storage:BlobContainerImmutabilityPolicy')).toMatchObject([{ immutabilityPeriodSinceCreationInDays: 30 }]);
  expect(resources.some(({ name }) => name === 'repositories')).toBe(true);
});

test('AB-02 the redundancy of a repository is chosen; GRS unless another is; an archive is never zone-redundant', () => {
  const skus = (program: Program) =>
    program
      .of('storage:StorageAccount')
      .filter(({ resourceGroupName }) => resourceGroupName === 'vault7-repositories')
      .map(({ sku, accessTier }) => [(sku as { name: string }).name, accessTier]);
  expect(skus(programs['home only'])).toEqual([['Standard_GRS', 'Hot']]);
  expect(skus(programs['an archive, next hop'])).toEqual([
    ['Standard_GRS', 'Cold'],
    ['Standard_ZRS', 'Hot'],
  ]);
  expect(() =>
    configWith({ repositories: [{ name: 'main' }, { name: 'a', archive: true, redundancy: 'ZRS' }] }),
  ).toThrow(/strongroom:repositories\[1\]\.redundancy \("ZRS"\) an archive cannot be zone-redundant/);
});

test('roles are assigned to the identities alone, by stable names', () => {
  const assignments = programs['3 regions, 2 subscriptions'].of('authorization:RoleAssignment');
  expect(new Set(assignments.map(({ principalId }) => principalId))).toEqual(
    new Set(['orchestrator', 'worker', 'pruner'].map((name) => `appliance-identities-${name}`)),
  );
  expect(new Set(assignments.map(({ roleAssignmentName }) => roleAssignmentName)).size).toBe(assignments.length);
  for (const { principalType } of assignments) expect(principalType).toBe('ServicePrincipal');
});
