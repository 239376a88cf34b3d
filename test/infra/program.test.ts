import * as pulumi from '@pulumi/pulumi';
import { beforeAll, expect, test } from 'vitest';
import { applianceLayout, repositoryLayout } from '../../model/site.ts';
import { site, stackConfig } from './values.ts';

/** What the program declares, seen through Pulumi's mocks. */
interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}
const declared: Declared[] = [];
const of = (type: string) => declared.filter((resource) => resource.type === `azure-native:${type}`);
const layout = applianceLayout(site);
let outputs: Record<string, unknown>;

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        declared.push({ type, name, inputs: inputs as Record<string, unknown> });
        const state = {
          clientId: '0c000000-0000-4000-8000-000000000001',
          principalId: name,
          connectionString: 'c',
          ...inputs,
        };
        return { id: `/${name}`, state: { name: inputs.accountName ?? name, ...state } };
      },
      call: ({ token }) => {
        throw new Error(`the program asks Azure: ${token}`);
      },
    },
    'strongroom',
    'test',
  );
  pulumi.runtime.setAllConfig(stackConfig);
  outputs = (await pulumi.runtime.runInPulumiStack(async () => ({
    ...(await import('../../infra/index.ts')),
  }))) as typeof outputs;
  await pulumi.runtime.disconnect();
});

test('outputs name what an operator needs', () => {
  expect(outputs).toMatchObject({
    apiUrl: layout.functionApp.url,
    apiAudience: `api://${stackConfig['strongroom:apiClientId']}`,
    functionAppId: layout.functionApp.id,
    repositoryUrl: repositoryLayout(site).url,
    keyId: layout.keys.repository.url,
  });
});

test('names of resources are unique and those that Azure sees come from the layout', () => {
  const names = declared.map(({ type, name }) => `${type} ${name}`);
  expect(new Set(names).size).toBe(names.length);
  expect(
    of('storage:StorageAccount')
      .map(({ inputs }) => inputs.accountName)
      .sort(),
  ).toEqual([layout.account.name, layout.hostAccount.name, repositoryLayout(site).account.name].sort());
  expect(of('compute:DiskAccess').map(({ inputs }) => inputs.diskAccessName)).toEqual(
    layout.diskAccesses.map(({ name }) => name),
  );
});

test('every account is closed to the public and has no key', () => {
  expect(of('storage:StorageAccount')).toHaveLength(3);
  for (const { inputs } of of('storage:StorageAccount')) {
    expect(inputs).toMatchObject({
      publicNetworkAccess: 'Disabled',
      networkRuleSet: { defaultAction: 'Deny', bypass: 'None' },
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      minimumTlsVersion: 'TLS1_2',
      enableHttpsTrafficOnly: true,
    });
  }
});

test('the vault is closed, goes by roles and cannot be purged; its keys only wrap', () => {
  expect(of('keyvault:Vault')[0]!.inputs.properties).toMatchObject({
    publicNetworkAccess: 'Disabled',
    networkAcls: { defaultAction: 'Deny' },
    enableRbacAuthorization: true,
    enableSoftDelete: true,
    enablePurgeProtection: true,
  });
  expect(of('keyvault:Key').map(({ inputs }) => inputs.keyName)).toEqual(['repository', 'messages']);
  for (const { inputs } of of('keyvault:Key')) {
    expect(inputs.properties).toEqual({ kty: 'RSA', keySize: 3072, keyOps: ['wrapKey', 'unwrapKey'] });
  }
});

test('the appliance’s network reaches what design section 4 lists, each through one endpoint', () => {
  const reached = of('network:PrivateEndpoint').map(({ inputs }) => {
    const [connection] = inputs.privateLinkServiceConnections as { groupIds: string[] }[];
    const name = inputs.privateEndpointName as string;
    expect(name.endsWith(`-${connection!.groupIds[0]}`)).toBe(true);
    return name;
  });
  const { account, hostAccount, vault, functionApp, diskAccesses } = layout;
  expect(reached.sort()).toEqual(
    [
      `${account.name}-blob`,
      `${account.name}-queue`,
      `${hostAccount.name}-blob`,
      `${hostAccount.name}-queue`,
      `${hostAccount.name}-table`,
      `${vault.name}-vault`,
      `${functionApp.name}-sites`,
      `${repositoryLayout(site).account.name}-blob`,
      ...diskAccesses.map(({ name }) => `${name}-disks`),
    ].sort(),
  );
  expect(of('network:PrivateDnsZoneGroup')).toHaveLength(reached.length);
  expect(of('privatedns:VirtualNetworkLink')).toHaveLength(of('privatedns:PrivateZone').length);
});

test('the only public address is the NAT gateway’s, and only the functions subnet has a way out', () => {
  expect(of('network:PublicIPAddress').map(({ inputs }) => inputs.publicIpAddressName)).toEqual([
    layout.natGateway.publicIp,
  ]);
  const subnets = of('network:VirtualNetwork')[0]!.inputs.subnets as Record<string, unknown>[];
  expect(
    subnets.map(({ name, defaultOutboundAccess, natGateway }) => [
      name,
      defaultOutboundAccess,
      natGateway !== undefined,
    ]),
  ).toEqual([
    ['workers', false, false],
    ['endpoints', false, false],
    ['functions', false, true],
  ]);
  expect(subnets[0]).toMatchObject({ networkSecurityGroup: { id: '/site-network-worker-rules' } });
  expect(subnets[2]).toMatchObject({ delegations: [{ serviceName: 'Microsoft.App/environments' }] });
});

test('the Functions app runs on Node 24 in the network, keyless, behind Entra', () => {
  const { inputs } = of('web:WebApp')[0]!;
  expect(inputs).toMatchObject({
    publicNetworkAccess: 'Disabled',
    httpsOnly: true,
    functionAppConfig: {
      runtime: { name: 'node', version: '24' },
      deployment: { storage: { authentication: { type: 'UserAssignedIdentity' } } },
    },
  });
  const settings = (inputs.siteConfig as { appSettings: { name: string; value: string }[] }).appSettings;
  expect(settings.map(({ value }) => value).join('\n')).not.toMatch(/AccountKey=|sig=/);
  expect(of('web:WebAppAuthSettingsV2')[0]!.inputs).toMatchObject({
    globalValidation: {
      requireAuthentication: true,
      unauthenticatedClientAction: 'Return401',
      excludedPaths: ['/api/health'],
    },
  });
});

test('roles are assigned to the two identities alone, by stable names', () => {
  const assignments = of('authorization:RoleAssignment');
  expect(new Set(assignments.map(({ inputs }) => inputs.principalId))).toEqual(
    new Set(['appliance-orchestrator', 'site-worker']),
  );
  expect(new Set(assignments.map(({ inputs }) => inputs.roleAssignmentName)).size).toBe(assignments.length);
  for (const { inputs } of assignments) expect(inputs.principalType).toBe('ServicePrincipal');
});
