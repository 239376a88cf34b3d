import { WebSiteManagementClient } from '@azure/arm-appservice';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { ManagedServiceIdentityClient } from '@azure/arm-msi';
import { OperationalInsightsManagementClient } from '@azure/arm-operationalinsights';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appSettings, authSettings } from '../../../sandbox/arm/providers/web/siteConfig.ts';
import {
  credential,
  expectConforming,
  inGroup,
  startWorld,
  subscriptionId,
  tenantId,
  type TestWorld,
} from './world.ts';

const location = 'westeurope';
const subscription = `/subscriptions/${subscriptionId}`;
let world: TestWorld;

beforeAll(async () => {
  world = await startWorld();
  world.arm.settings.limits.reads = { bucket: 10_000, perSecond: 10_000 };
  await world.call('PUT', inGroup(''), { location });
});
afterAll(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});

describe('user-assigned identities', () => {
  it('have a principal for life, found by any of their names', async () => {
    const client = new ManagedServiceIdentityClient(credential, subscriptionId, world.sdk);
    const made = await client.userAssignedIdentities.createOrUpdate('rg', 'worker', { location });
    const again = await client.userAssignedIdentities.createOrUpdate('rg', 'worker', { location, tags: { a: 'b' } });
    expect(made).toMatchObject({ tenantId });
    expect(again).toMatchObject({ clientId: made.clientId, principalId: made.principalId, tags: { a: 'b' } });
    const { identities } = world.arm;
    const wanted = { objectId: made.principalId, clientId: made.clientId, resourceId: made.id, name: 'worker' };
    expect(identities.find({ clientId: made.clientId!.toUpperCase() })).toEqual(wanted);
    expect(identities.find({ objectId: made.principalId })).toEqual(wanted);
    expect(identities.find({ resourceId: made.id!.toLowerCase() })).toEqual(wanted);
    expect(identities.find({ clientId: 'x' })).toBeUndefined();
    const names = [];
    for await (const { name } of client.userAssignedIdentities.listBySubscription()) names.push(name);
    expect(names).toEqual(['worker']);
  });
});

describe('roles', () => {
  const reader = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7`;
  const principalId = '55555555-5555-4555-8555-555555555555';
  const name = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`;
  let client: AuthorizationManagementClient;

  beforeAll(() => {
    client = new AuthorizationManagementClient(credential, subscriptionId, world.sdk);
  });

  it('are built in, or made', async () => {
    expect(await client.roleDefinitions.getById(reader)).toMatchObject({
      id: reader,
      roleName: 'Reader',
      roleType: 'BuiltInRole',
    });
    const custom = await client.roleDefinitions.createOrUpdate(subscription, name(1), {
      roleName: 'Custom',
      roleType: 'CustomRole',
      assignableScopes: [subscription],
      permissions: [{ actions: ['Microsoft.Compute/disks/read'] }],
    });
    expect(custom.permissions?.[0]).toMatchObject({ actions: ['Microsoft.Compute/disks/read'], notDataActions: [] });
    const found = [];
    for await (const role of client.roleDefinitions.list(subscription, { filter: "roleName eq 'Custom'" }))
      found.push(role.id);
    expect(found).toEqual([custom.id]);
    await expect(
      client.roleDefinitions.createOrUpdate(subscription, name(2), {
        roleName: 'custom',
        assignableScopes: [subscription],
        permissions: [],
      }),
    ).rejects.toMatchObject({ code: 'RoleDefinitionWithSameNameExists' });
  });

  it('are assigned at any scope, once', async () => {
    const scopes = [
      subscription,
      inGroup(''),
      inGroup('/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker'),
    ];
    const grant = { roleDefinitionId: reader, principalId, principalType: 'ServicePrincipal' as const };
    for (const [i, scope] of scopes.entries()) {
      const made = await client.roleAssignments.create(scope, name(i + 3), grant);
      expect(made).toMatchObject({ scope, principalId, principalType: 'ServicePrincipal' });
    }
    expect((await client.roleAssignments.create(subscription, name(3), grant)).name).toBe(name(3));
    await expect(client.roleAssignments.create(subscription, name(7), grant)).rejects.toMatchObject({
      statusCode: 409,
      code: 'RoleAssignmentExists',
      message: expect.stringContaining(name(3).replaceAll('-', '')),
    });
    await expect(client.roleAssignments.create(subscription, 'no-guid', grant)).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(
      client.roleAssignments.create(subscription, name(8), { ...grant, principalId: 'worker' }),
    ).rejects.toMatchObject({ code: 'InvalidPrincipalId' });
    await expect(
      client.roleAssignments.create(subscription, name(8), {
        ...grant,
        roleDefinitionId: reader.replace(/[^/]+$/, name(9)),
      }),
    ).rejects.toMatchObject({ code: 'RoleDefinitionDoesNotExist' });
    const listed = async (scope: string, filter?: string) => {
      const found = [];
      for await (const { name: found_ } of client.roleAssignments.listForScope(scope, { ...(filter && { filter }) }))
        found.push(found_!);
      return found.sort();
    };
    expect(await listed(inGroup(''), 'atScope()')).toEqual(expect.arrayContaining([name(3), name(4)]));
    expect(await listed(inGroup(''), 'atScope()')).not.toContain(name(5));
    expect(await listed(subscription, `principalId eq '${principalId}'`)).toEqual([name(3), name(4), name(5)]);
    expect((await client.roleAssignments.delete(subscription, name(3)))?.name).toBe(name(3));
  });
});

describe('web apps', () => {
  const siteId = inGroup('/providers/Microsoft.Web/sites/app');
  let client: WebSiteManagementClient;
  let serverFarmId: string;

  beforeAll(async () => {
    client = new WebSiteManagementClient(credential, subscriptionId, world.sdk);
    const plan = await client.appServicePlans.createOrUpdate('rg', 'plan', {
      location,
      kind: 'functionapp',
      reserved: true,
      sku: { name: 'FC1', tier: 'FlexConsumption' },
    });
    serverFarmId = plan.id!;
  });

  const site = (settings: Record<string, string>) => ({
    location,
    kind: 'functionapp,linux',
    serverFarmId,
    httpsOnly: true,
    functionAppConfig: { runtime: { name: 'node' as const, version: '24' } },
    siteConfig: {
      minTlsVersion: '1.2' as const,
      appSettings: Object.entries(settings).map(([name, value]) => ({ name, value })),
    },
  });

  it('have host names and identities, and never show their settings', async () => {
    const identity = inGroup('/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker');
    const made = await client.webApps.createOrUpdate('rg', 'app', {
      ...site({ SECRET: 'hidden' }),
      identity: { type: 'UserAssigned', userAssignedIdentities: { [identity]: {} } },
    });
    expect(made).toMatchObject({ defaultHostName: 'app.azurewebsites.net', state: 'Running', sku: 'FlexConsumption' });
    expect(made.identity?.userAssignedIdentities?.[identity]).toMatchObject({
      clientId: world.arm.identities.find({ resourceId: identity })!.clientId,
    });
    expect(made.hostNameSslStates?.map(({ name }) => name)).toEqual([
      'app.azurewebsites.net',
      'app.scm.azurewebsites.net',
    ]);
    expect(JSON.stringify((await world.call('GET', siteId)).body)).not.toContain('hidden');
    expect((await world.call('GET', `${siteId}/config/appsettings`)).status).toBe(405);
    expect((await client.webApps.listApplicationSettings('rg', 'app')).properties).toEqual({ SECRET: 'hidden' });
    expect(appSettings(world.arm.world.store, siteId)).toEqual({ SECRET: 'hidden' });
    await expect(
      client.webApps.createOrUpdate('rg', 'other', { ...site({}), serverFarmId: `${serverFarmId}x` }),
    ).rejects.toMatchObject({ statusCode: 404 });
  });

  it('take settings and authentication', async () => {
    await client.webApps.updateApplicationSettings('rg', 'app', { properties: { A: '1' } });
    expect(appSettings(world.arm.world.store, siteId)).toEqual({ A: '1' });
    await client.webApps.createOrUpdate('rg', 'app', { ...site({}), siteConfig: { ftpsState: 'Disabled' } });
    expect(appSettings(world.arm.world.store, siteId)).toEqual({ A: '1' });
    expect(await client.webApps.getConfiguration('rg', 'app')).toMatchObject({
      minTlsVersion: '1.2',
      ftpsState: 'Disabled',
    });
    await client.webApps.updateAuthSettingsV2('rg', 'app', {
      platform: { enabled: true },
      globalValidation: { requireAuthentication: true, unauthenticatedClientAction: 'Return401' },
    });
    expect((await client.webApps.getAuthSettingsV2('rg', 'app')).platform?.enabled).toBe(true);
    expect(authSettings(world.arm.world.store, siteId)).toMatchObject({ platform: { enabled: true } });
    await expect(
      client.webApps.updateApplicationSettings('rg', 'app', { properties: { FUNCTIONS_WORKER_RUNTIME: 'node' } }),
    ).rejects.toMatchObject({ statusCode: 400 });
  });

  it('restart, stop, start, and go with their settings', async () => {
    await client.webApps.stop('rg', 'app');
    expect((await client.webApps.get('rg', 'app')).state).toBe('Stopped');
    await client.webApps.start('rg', 'app');
    await client.webApps.restart('rg', 'app');
    await client.webApps.updateFtpAllowed('rg', 'app', { allow: false });
    expect((await client.webApps.getFtpAllowed('rg', 'app')).allow).toBe(false);
    await expect(client.appServicePlans.delete('rg', 'plan')).rejects.toMatchObject({ statusCode: 409 });
    await client.webApps.delete('rg', 'app');
    expect(world.arm.world.store.under(siteId)).toEqual([]);
    await client.appServicePlans.delete('rg', 'plan');
  });
});

describe('monitoring', () => {
  it('has workspaces and components', async () => {
    const logs = new OperationalInsightsManagementClient(credential, subscriptionId, world.sdk);
    const workspace = await logs.workspaces.createOrUpdate('rg', 'logs', {
      location,
      sku: { name: 'PerGB2018' },
      retentionInDays: 30,
    });
    expect(workspace.provisioningState).toBe('Succeeded');
    const path = inGroup('/providers/Microsoft.Insights/components/insights?api-version=2020-02-02');
    const properties = { Application_Type: 'web', WorkspaceResourceId: workspace.id };
    const component = await world.call('PUT', path, { location, kind: 'web', properties });
    expect(component.status).toBe(201);
    const { ConnectionString, InstrumentationKey } = component.body.properties;
    expect(ConnectionString).toContain(`InstrumentationKey=${InstrumentationKey}`);
    await logs.workspaces.delete('rg', 'logs');
  });
});

describe('throttling', () => {
  it('counts requests, refuses with 429 and Retry-After, and refills', async () => {
    world.arm.settings.limits.deletes = { bucket: 2, perSecond: 1 };
    const gone = inGroup('/providers/Microsoft.Network/routeTables/none');
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await world.call('DELETE', gone));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 429]);
    expect(answers[2]).toMatchObject({ body: { error: { code: 'SubscriptionRequestsThrottled' } } });
    expect(answers[2]?.headers.get('retry-after')).toBe('1');
    world.arm.world.clock.advance(5_000);
    expect((await world.call('DELETE', gone)).headers.get('x-ms-ratelimit-remaining-subscription-deletes')).toBe('1');
  });
});
