import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openState } from '../../../sandbox/core/state.ts';
import { temporaryFolder } from '../world.ts';
import {
  asGuest,
  expectConforming,
  guest,
  inGroup,
  networkPath,
  operator,
  startWorld,
  subscriptionId,
  type Answer,
  type TestWorld,
} from './world.ts';

const subscription = `/subscriptions/${subscriptionId}`;
const reader = 'acdd72a7-3385-48ef-bd42-f606fba81ae7';
const contributor = 'b24988ac-6180-42a0-ab88-20f7382dd24c';
const subnet = networkPath('virtualNetworks/v/subnets/s');

let world: TestWorld;
let count = 0;
const guid = () => `77777777-0000-4000-8000-${String(++count).padStart(12, '0')}`;

beforeAll(async () => {
  world = await startWorld();
  for (const name of ['rg', 'other']) await world.call('PUT', inGroup('', name), { location: 'westeurope' });
  await world.call('PUT', networkPath('virtualNetworks/v'), {
    location: 'westeurope',
    properties: {
      addressSpace: { addressPrefixes: ['10.0.0.0/16'] },
      subnets: [{ name: 's', properties: { addressPrefix: '10.0.0.0/24' } }],
    },
  });
});
afterAll(async () => {
  await expectConforming(world.exchanges);
  await world.close();
});
/** The guest begins each test without roles. */
beforeEach(() => {
  const { store } = world.arm.world;
  for (const one of store.list({ type: 'Microsoft.Authorization/roleAssignments' })) {
    if (one.properties?.principalId === guest.objectId) store.delete(one.id);
  }
});

const asked = (method: string, path: string, body?: unknown) => world.call(method, path, body, asGuest);
const code = ({ status, body }: Answer) => (body?.error ? `${status} ${body.error.code}` : String(status));

async function assign(roleId: string, scope = subscription, more = {}): Promise<Answer> {
  const path = `${scope}/providers/Microsoft.Authorization/roleAssignments/${guid()}`;
  const roleDefinitionId = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${roleId}`;
  return world.call('PUT', path, {
    properties: { roleDefinitionId, principalId: guest.objectId, principalType: 'ServicePrincipal', ...more },
  });
}

async function role(permissions: object, assignableScopes = [subscription], id = guid()): Promise<string> {
  const path = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
  const properties = { roleName: `Role ${id}`, assignableScopes, permissions: [permissions] };
  const made = await world.call('PUT', path, { properties });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return id;
}

/** Gives the guest a role of these actions. */
const allow = async (actions: string[], scope = subscription) => assign(await role({ actions }), scope);
const may = (action: string, scope: string, data = false) =>
  world.arm.world.access.permits(guest.objectId, data ? { dataActions: [action] } : { actions: [action] }, scope);

describe('role assignments', () => {
  test('count at their scope and below it, whatever the casing', async () => {
    await assign(reader, inGroup('').toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions'));
    expect(may('microsoft.network/virtualnetworks/READ', subnet)).toBe(true);
    expect(may('Microsoft.Network/virtualNetworks/write', subnet)).toBe(false);
    expect(may('Microsoft.Network/virtualNetworks/read', inGroup('x'))).toBe(false);
    expect(may('Microsoft.Resources/subscriptions/read', subscription)).toBe(false);
  });

  test('grant what one of them grants: what a role leaves out another may give', async () => {
    await assign(await role({ actions: ['Microsoft.Network/*'], notActions: ['Microsoft.Network/*/delete'] }));
    expect(may('Microsoft.Network/virtualNetworks/subnets/join/action', subnet)).toBe(true);
    expect(may('Microsoft.Network/virtualNetworks/delete', subnet)).toBe(false);
    await allow(['Microsoft.Network/virtualNetworks/delete']);
    expect(may('Microsoft.Network/virtualNetworks/delete', subnet)).toBe(true);
    await assign(contributor);
    expect(may('Microsoft.Authorization/roleAssignments/write', subscription)).toBe(false);
  });

  test('grant data actions apart from actions', async () => {
    const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';
    await assign(await role({ actions: ['*'], dataActions: [`${blobs}/*`], notDataActions: [`${blobs}/delete`] }));
    expect([may(`${blobs}/read`, subscription, true), may(`${blobs}/delete`, subscription, true)]).toEqual([
      true,
      false,
    ]);
    expect(may('Microsoft.KeyVault/vaults/secrets/getSecret/action', subscription, true)).toBe(false);
    const { permits } = world.arm.world.access;
    const both = { actions: [`${blobs}/x`], dataActions: [`${blobs}/read`] };
    expect(permits(guest.objectId, both, subscription)).toBe(true);
    expect(permits(operator.objectId, both, subscription)).toBe(false);
  });

  test('and definitions have an effect after their delay, and lose it after the same', async () => {
    const { clock, access } = world.arm.world;
    access.settings.propagationMs = 600_000;
    try {
      const id = await role({ actions: ['*/read'] });
      const { body } = await assign(id);
      const reads = async () => (await asked('GET', inGroup(''))).status;
      expect(await reads()).toBe(403);
      clock.advance(599_000);
      expect(await reads()).toBe(403);
      clock.advance(2_000);
      expect(await reads()).toBe(200);
      await role({ actions: ['*/write'] }, [subscription], id);
      expect(await reads()).toBe(200);
      clock.advance(601_000);
      expect(await reads()).toBe(403);
      await role({ actions: ['*/read'] }, [subscription], id);
      await world.call('DELETE', body.id);
      clock.advance(601_000);
      expect(await reads()).toBe(403);
    } finally {
      access.settings.propagationMs = 0;
    }
  });

  test('keep to the scopes that their role is for', async () => {
    const id = await role({ actions: ['*/read'] }, [inGroup('')]);
    const refused = await assign(id);
    expect(refused.body.error).toEqual({
      code: 'RoleAssignmentScopeNotAssignableToRoleDefinition',
      message: `The role Role ${id} is not available for assignment at the requested scope.`,
    });
    expect((await assign(id, subnet)).status).toBe(201);
    const path = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${id}`;
    const properties = { roleName: 'Moved', assignableScopes: [inGroup('', 'other')], permissions: [] };
    expect(code(await world.call('PUT', path, { properties }))).toBe('400 RoleScopeBeingRemovedContainsAssignments');
    const root = { ...properties, assignableScopes: ['/'] };
    expect(code(await world.call('PUT', path, { properties: root }))).toBe('403 LinkedAuthorizationFailed');
    const none = { ...properties, assignableScopes: [] };
    expect(code(await world.call('PUT', path, { properties: none }))).toBe('400 InvalidAssignableScopes');
  });

  test('come from roles of actions that exist', async () => {
    const path = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid()}`;
    const put = (action: string) => {
      const properties = { roleName: 'Made', assignableScopes: [subscription], permissions: [{ actions: [action] }] };
      return world.call('PUT', path, { properties });
    };
    const { status, body } = await put('Microsoft.Compute/diskAccesses/privateLinkResources/read');
    expect([status, body.error]).toEqual([
      400,
      {
        code: 'InvalidActionOrNotAction',
        message:
          "'Microsoft.Compute/diskAccesses/privateLinkResources/read' does not match any of the actions supported by the providers.",
      },
    ]);
    for (const fine of [
      'microsoft.compute/DISKS/beginGetAccess/action',
      'Microsoft.Compute/diskAccesses/*/read',
      '*',
    ]) {
      expect((await put(fine)).status).toBe(201);
    }
  });

  test('with a condition are refused loudly: nothing here would look at it', async () => {
    const answer = await assign(reader, subscription, { condition: "@Resource[x] StringEquals 'y'" });
    expect(code(answer)).toBe('501 SandboxNotSupported');
    expect((await assign(reader, subscription, { condition: null })).status).toBe(201);
  });

  test('of the owners are there from the start, and again in a world that is opened again', async () => {
    await using folder = await temporaryFolder();
    const owners = async (one: TestWorld) => {
      const { body } = await one.call('GET', `${subscription}/providers/Microsoft.Authorization/roleAssignments`);
      return body.value.map((found: { properties: object }) => found.properties);
    };
    for (let run = 0; run < 2; run++) {
      const state = openState(folder.path);
      const own = await startWorld({ state });
      expect(await owners(own)).toEqual([
        expect.objectContaining({ principalId: operator.objectId, scope: subscription, principalType: 'User' }),
      ]);
      await own.close();
      state.close();
    }
  });
});

describe('a request without its action', () => {
  test('is refused with its name, before it is known what is there', async () => {
    const scope = inGroup('/providers/Microsoft.Network/virtualNetworks/none', 'nowhere');
    const { status, headers, body } = await asked('GET', scope);
    expect(status).toBe(403);
    expect(headers.get('x-ms-failure-cause')).toBe('gateway');
    expect(body.error).toEqual({
      code: 'AuthorizationFailed',
      message:
        `The client '${guest.clientId}' with object id '${guest.objectId}' does not have authorization to perform action ` +
        `'Microsoft.Network/virtualNetworks/read' over scope '${scope}' or the scope is invalid. ` +
        'If access was recently granted, please refresh your credentials.',
    });
    const elsewhere = '/subscriptions/99999999-1111-4111-8111-111111111111/resourceGroups/rg';
    expect(code(await asked('GET', elsewhere))).toBe('404 SubscriptionNotFound');
  });

  const authorization = '/providers/Microsoft.Authorization';
  test.each([
    ['GET', inGroup(''), 'Microsoft.Resources/subscriptions/resourceGroups/read', inGroup('')],
    ['HEAD', inGroup(''), undefined, undefined],
    ['PUT', inGroup('', 'new'), 'Microsoft.Resources/subscriptions/resourceGroups/write', inGroup('', 'new')],
    ['DELETE', inGroup(''), 'Microsoft.Resources/subscriptions/resourceGroups/delete', inGroup('')],
    ['GET', subscription, 'Microsoft.Resources/subscriptions/read', subscription],
    ['GET', `${subscription}/locations`, 'Microsoft.Resources/subscriptions/locations/read', subscription],
    ['GET', `${subscription}/tagNames`, 'Microsoft.Resources/subscriptions/tagNames/read', subscription],
    ['GET', `${subscription}/providers`, 'Microsoft.Resources/subscriptions/providers/read', subscription],
    ['POST', `${subscription}/providers/Microsoft.Network/register`, 'Microsoft.Network/register/action', subscription],
    [
      'GET',
      networkPath('virtualNetworks'),
      'Microsoft.Network/virtualNetworks/read',
      inGroup('/providers/Microsoft.Network'),
    ],
    [
      'GET',
      networkPath('virtualNetworks/v/subnets'),
      'Microsoft.Network/virtualNetworks/subnets/read',
      networkPath('virtualNetworks/v'),
    ],
    [
      'PATCH',
      networkPath('virtualNetworks/v'),
      'Microsoft.Network/virtualNetworks/write',
      networkPath('virtualNetworks/v'),
    ],
    [
      'GET',
      networkPath('privateDnsZones/z/A/www'),
      'Microsoft.Network/privateDnsZones/A/read',
      networkPath('privateDnsZones/z/A/www'),
    ],
    [
      'POST',
      inGroup('/providers/Microsoft.Web/sites/s/restart'),
      'Microsoft.Web/sites/restart/action',
      inGroup('/providers/Microsoft.Web/sites/s'),
    ],
    [
      'POST',
      inGroup('/providers/Microsoft.Resources/deployments/d/validate'),
      'Microsoft.Resources/deployments/validate/action',
      inGroup('/providers/Microsoft.Resources/deployments/d'),
    ],
    [
      'GET',
      inGroup('/providers/Microsoft.Resources/deployments/d/operations'),
      'Microsoft.Resources/deployments/operations/read',
      inGroup('/providers/Microsoft.Resources/deployments/d'),
    ],
    [
      'PATCH',
      inGroup('/providers/Microsoft.Resources/tags/default'),
      'Microsoft.Resources/tags/write',
      inGroup('/providers/Microsoft.Resources/tags/default'),
    ],
    [
      'PUT',
      inGroup(`${authorization}/locks/l`),
      'Microsoft.Authorization/locks/write',
      inGroup(`${authorization}/locks/l`),
    ],
    [
      'POST',
      `${subscription}/providers/Microsoft.Storage/checkNameAvailability`,
      'Microsoft.Storage/checkNameAvailability/read',
      `${subscription}/providers/Microsoft.Storage`,
    ],
  ])('%s %s', async (method, path, action, scope) => {
    const { status, body } = await asked(method, path, method === 'GET' || method === 'HEAD' ? undefined : {});
    expect(status).toBe(403);
    if (action === undefined) return;
    const [, named, over] = /perform action '([^']+)' over scope '([^']+)'/.exec(body.error.message) ?? [];
    expect([named, over]).toEqual([action, scope]);
  });

  test('names a condition too where role assignments are written', async () => {
    const { body } = await asked('PUT', `${subscription}${authorization}/roleAssignments/${guid()}`, {
      properties: {},
    });
    expect(body.error.message).toContain(
      "does not have authorization or an ABAC condition not fulfilled to perform action 'Microsoft.Authorization/roleAssignments/write'",
    );
  });

  test('one action dropped from a role is what is missed', async () => {
    const all = ['read', 'write', 'delete'].map((verb) => `Microsoft.Network/networkSecurityGroups/${verb}`);
    const path = networkPath('networkSecurityGroups/n');
    const requests: [string, unknown][] = [
      ['PUT', { location: 'westeurope', properties: {} }],
      ['GET', undefined],
      ['DELETE', undefined],
    ];
    const id = await role({ actions: all });
    await assign(id);
    for (const [method, body] of requests) expect((await asked(method, path, body)).status).toBeLessThan(300);
    await world.call('PUT', path, requests[0]![1]);
    for (const [i, dropped] of ['write', 'read', 'delete'].entries()) {
      await role({ actions: all.filter((action) => !action.endsWith(dropped)) }, [subscription], id);
      const [method, body] = requests[i]!;
      expect((await asked(method, path, body)).body.error.message).toContain(`networkSecurityGroups/${dropped}'`);
    }
  });
});

describe('what needs no role', () => {
  const own = ({ id }: { id: string }) => !id.includes('networkSecurityGroups');
  const idsIn = (found: { id: string }[]) => found.filter(own).map(({ id }) => id);
  const ids = (answer: Answer): string[] => idsIn(answer.body.value);

  test('lists show what may be read', async () => {
    const query = (text: string) =>
      asked('POST', '/providers/Microsoft.ResourceGraph/resources?api-version=2024-04-01', { query: text });
    const lists = async () => [
      ids(await asked('GET', '/subscriptions')),
      ids(await asked('GET', `${subscription}/resourceGroups`)),
      ids(await asked('GET', `${subscription}/resources`)),
      ids(await asked('GET', inGroup('/resources'))),
      idsIn((await query('resources | project id')).body.data),
      idsIn((await query('resourcecontainers | project id')).body.data),
    ];
    const nobodys = [
      '/subscriptions',
      `${subscription}/resourceGroups`,
      `${subscription}/resources`,
      inGroup('/resources'),
    ];
    const [all, ...refused] = await Promise.all(nobodys.map((path) => asked('GET', path)));
    expect(ids(all!)).toEqual([]);
    expect(refused.map(({ body }) => body.error.message as string)).toEqual([
      expect.stringContaining(
        `'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '${subscription}' or`,
      ),
      expect.stringContaining(`'Microsoft.Resources/subscriptions/resources/read' over scope '${subscription}' or`),
      expect.stringContaining(
        `'Microsoft.Resources/subscriptions/resourceGroups/resources/read' over scope '${inGroup('')}' or`,
      ),
    ]);
    expect((await query('resources | project id')).body.data).toEqual([]);
    expect((await query('resourcecontainers | project id')).body.data).toEqual([]);
    await assign(reader, inGroup(''));
    const network = networkPath('virtualNetworks/v');
    expect(await lists()).toEqual([
      [subscription],
      [inGroup('')],
      [network],
      [network],
      [network],
      [subscription, inGroup('')],
    ]);
    expect(code(await asked('GET', `${subscription}/providers/Microsoft.Network/virtualNetworks`))).toBe(
      '403 AuthorizationFailed',
    );
  });

  test('the tenant and what is the same for everybody', async () => {
    for (const path of ['/tenants', '/providers', `/providers/Microsoft.Authorization/roleDefinitions/${reader}`]) {
      expect((await asked('GET', path)).status).toBe(200);
    }
  });
});

describe('linked resources', () => {
  const nic = networkPath('networkInterfaces/n');
  const body = {
    location: 'westeurope',
    properties: {
      ipConfigurations: [{ name: 'one', properties: { subnet: { id: subnet } } }],
      networkSecurityGroup: { id: networkPath('networkSecurityGroups/none') },
    },
  };

  test('are named together, with the action that each misses', async () => {
    await allow(['Microsoft.Network/networkInterfaces/write']);
    const { status, body: answer } = await asked('PUT', nic, body);
    expect(status).toBe(403);
    expect(answer.error).toEqual({
      code: 'LinkedAuthorizationFailed',
      message:
        `The client '${guest.clientId}' with object id '${guest.objectId}' has permission to perform action ` +
        `'Microsoft.Network/networkInterfaces/write' on scope '${nic}'; however, it does not have permission to perform ` +
        "action(s) 'Microsoft.Network/virtualNetworks/subnets/join/action,Microsoft.Network/networkSecurityGroups/join/action' " +
        `on the linked scope(s) '${subnet},${networkPath('networkSecurityGroups/none')}' (respectively) or the linked ` +
        'scope(s) are invalid.',
    });
  });

  test('may be used with the action where they are', async () => {
    await allow(['Microsoft.Network/networkInterfaces/write'], inGroup(''));
    await allow(['Microsoft.Network/virtualNetworks/subnets/join/action'], subnet);
    const { networkSecurityGroup: _, ...properties } = body.properties;
    expect((await asked('PUT', nic, { ...body, properties })).status).toBe(201);
  });

  test('endpoints ask the owner of what they lead to, in the short form', async () => {
    await allow(['Microsoft.Network/privateEndpoints/write', 'Microsoft.Network/virtualNetworks/subnets/join/action']);
    const target = inGroup('/providers/Microsoft.Storage/storageAccounts/a');
    const connections = [{ name: 'c', properties: { privateLinkServiceId: target, groupIds: ['blob'] } }];
    const put = (properties: object) =>
      asked('PUT', networkPath('privateEndpoints/e'), {
        location: 'westeurope',
        properties: { subnet: { id: subnet }, ...properties },
      });
    expect((await put({ privateLinkServiceConnections: connections })).body.error.message).toContain(
      `does not have permission to perform action(s) 'PrivateEndpointConnectionsApproval/action' on the linked scope(s) '${target}'`,
    );
    expect(world.arm.world.access.demanded()).toContainEqual(
      expect.objectContaining({
        action: 'Microsoft.Storage/storageAccounts/privateEndpointConnectionsApproval/action',
        granted: false,
      }),
    );
    const manual = await put({ manualPrivateLinkServiceConnections: connections });
    expect(code(manual)).not.toBe('403 LinkedAuthorizationFailed');
  });
});

describe('operations', () => {
  const path = networkPath('publicIPAddresses/p');
  const body = {
    location: 'westeurope',
    sku: { name: 'Standard' },
    properties: { publicIPAllocationMethod: 'Static' },
  };
  const begun = async () => {
    const { headers } = await asked('PUT', path, body);
    return headers.get('azure-asyncoperation')!;
  };

  test('are followed with the action of operations, where they work', async () => {
    await allow(
      ['Microsoft.Network/publicIPAddresses/write', 'Microsoft.Network/locations/operations/read'],
      inGroup(''),
    );
    expect((await asked('GET', await begun())).body.status).toBe('Succeeded');
  });

  test('are followed by nobody else', async () => {
    await allow(['Microsoft.Network/publicIPAddresses/write'], inGroup(''));
    const url = await begun();
    const { status, body: answer } = await asked('GET', url);
    expect(status).toBe(403);
    expect(answer.error.message).toContain(
      `perform action 'Microsoft.Network/locations/operations/read' over scope '${new URL(url).pathname}'`,
    );
  });
});

test('a deployment is refused whole when one of its resources may not be written', async () => {
  await allow(['Microsoft.Resources/deployments/*', 'Microsoft.Network/routeTables/*'], inGroup(''));
  const resource = (type: string) => ({ type, apiVersion: '2024-05-01', name: 'deployed', location: 'westeurope' });
  const template = (types: string[]) => ({
    properties: { mode: 'Incremental', template: { resources: types.map(resource) } },
  });
  const path = inGroup('/providers/Microsoft.Resources/deployments/d');
  const both = await asked('PUT', path, template(['Microsoft.Network/routeTables', 'Microsoft.Network/natGateways']));
  expect(both.status).toBe(403);
  expect(both.body.error).toEqual({
    code: 'InvalidTemplateDeployment',
    message:
      "The template deployment failed with error: 'Authorization failed for template resource 'deployed' of type " +
      `'Microsoft.Network/natGateways'. The client '${guest.clientId}' with object id '${guest.objectId}' does not have ` +
      "permission to perform action 'Microsoft.Network/natGateways/write' at scope " +
      `'${networkPath('natGateways/deployed')}'.'.`,
  });
  expect((await world.call('GET', networkPath('routeTables/deployed'))).status).toBe(404);
  const one = await asked('PUT', path, template(['Microsoft.Network/routeTables']));
  expect((await asked('GET', one.headers.get('azure-asyncoperation')!)).body.status).toBe('Succeeded');
});

test('what was demanded is recorded, each kind once, also in a file', async () => {
  await using folder = await temporaryFolder();
  const demands = join(folder.path, 'demands.jsonl');
  const own = await startWorld({ demands });
  try {
    for (const name of ['a', 'b']) await own.call('PUT', inGroup('', name), { location: 'westeurope' });
    await own.call('GET', inGroup('', 'a'), undefined, asGuest);
    const write = { principalId: operator.objectId, principal: 'Operator', scopeType: 'resourceGroup', data: false };
    const expected = [
      {
        ...write,
        action: 'Microsoft.Resources/subscriptions/resourceGroups/write',
        scope: inGroup('', 'a'),
        granted: true,
      },
      {
        ...write,
        principalId: guest.objectId,
        principal: 'Guest',
        action: 'Microsoft.Resources/subscriptions/resourceGroups/read',
        scope: inGroup('', 'a'),
        granted: false,
      },
    ];
    expect(own.arm.world.access.demanded()).toEqual(expected);
    const lines = readFileSync(demands, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
  } finally {
    await own.close();
  }
});
