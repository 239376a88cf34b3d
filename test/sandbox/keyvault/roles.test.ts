import { afterAll, beforeAll, expect, test } from 'vitest';
import { seedRoles } from '../../../sandbox/arm/access/seed.ts';
import { guidOf } from '../../../sandbox/core/guid.ts';
import type { Principal } from '../../../sandbox/core/types.ts';
import { inGroup, tenantId } from '../arm/world.ts';
import { startVaultWorld, type VaultWorld } from './world.ts';

const vaultId = (name: string) => inGroup(`/providers/Microsoft.KeyVault/vaults/${name}`);
const principal = (name: string): Principal => ({
  objectId: guidOf(name),
  clientId: guidOf(`${name} client`),
  kind: 'ServicePrincipal',
  displayName: name,
});

/** Who holds which role, where. Nobody else holds any. */
const holders: Record<string, [role: string, scope: string]> = {
  owner: ['Owner', inGroup('')],
  administrator: ['Key Vault Administrator', vaultId('roles')],
  reader: ['Key Vault Reader', inGroup('')],
  cryptoOfficer: ['Key Vault Crypto Officer', vaultId('roles')],
  wrapper: ['Key Vault Crypto Service Encryption User', `${vaultId('roles')}/keys/one`],
  secretsOfficer: ['Key Vault Secrets Officer', vaultId('roles')],
  secretsUser: ['Key Vault Secrets User', `${vaultId('roles')}/secrets/one`],
};

let world: VaultWorld;

beforeAll(async () => {
  world = await startVaultWorld();
  const { store, clock } = world.arm.world;
  const seeds = Object.entries(holders).map(([name, [role, scope]]) => ({ to: principal(name), role, scope }));
  seedRoles(store, clock, seeds);
  await world.call('PUT', inGroup(''), { location: 'westeurope' });
  const policy = (name: string, permissions: { keys?: string[]; secrets?: string[] }) => ({
    tenantId,
    objectId: principal(name).objectId,
    permissions,
  });
  const sku = { family: 'A', name: 'standard' } as const;
  const properties = { tenantId, sku, accessPolicies: [policy('owner', { secrets: ['all'] })] };
  await world.management.vaults.createOrUpdate('rg', 'roles', {
    location: 'westeurope',
    properties: { ...properties, enableRbacAuthorization: true },
  });
  await world.management.vaults.createOrUpdate('rg', 'policies', {
    location: 'westeurope',
    properties: {
      ...properties,
      enableRbacAuthorization: false,
      accessPolicies: [
        policy('policyAll', { keys: ['all'], secrets: ['all'] }),
        policy('policyGet', { secrets: ['Get'] }),
        policy('policyWrap', { keys: ['wrapKey'] }),
      ],
    },
  });
  for (const [vault, as] of [
    ['roles', 'administrator'],
    ['policies', 'policyAll'],
  ] as const) {
    for (const name of ['one', 'two']) {
      const key = await world.data(vault, 'POST', `/keys/${name}/create`, { kty: 'RSA' }, principal(as));
      const secret = await world.data(vault, 'PUT', `/secrets/${name}`, { value: name }, principal(as));
      expect([key.status, secret.status]).toEqual([200, 200]);
    }
  }
});
afterAll(() => world.close());

const wrap = ['POST', '/keys/one/wrapkey', { alg: 'RSA-OAEP', value: 'AAAA' }] as const;
const cases: [as: string, vault: string, method: string, path: string, body: unknown, expected: string][] = [
  ['nobody', 'roles', 'GET', '/secrets/one', undefined, '403 ForbiddenByRbac'],
  ['owner', 'roles', 'GET', '/secrets/one', undefined, '403 ForbiddenByRbac'],
  ['owner', 'roles', 'GET', '/keys', undefined, '403 ForbiddenByRbac'],
  ['reader', 'roles', 'GET', '/keys', undefined, '200'],
  ['reader', 'roles', 'GET', '/keys/one', undefined, '200'],
  ['reader', 'roles', 'GET', '/secrets', undefined, '200'],
  ['reader', 'roles', 'GET', '/secrets/one', undefined, '403 ForbiddenByRbac'],
  ['reader', 'roles', ...wrap, '403 ForbiddenByRbac'],
  ['wrapper', 'roles', ...wrap, '200'],
  ['wrapper', 'roles', 'POST', '/keys/two/wrapkey', wrap[2], '403 ForbiddenByRbac'],
  ['wrapper', 'roles', 'GET', '/keys', undefined, '403 ForbiddenByRbac'],
  ['wrapper', 'roles', 'POST', '/keys/one/sign', { alg: 'RS256', value: 'AAAA' }, '403 ForbiddenByRbac'],
  ['wrapper', 'roles', 'GET', '/keys/one/rotationpolicy', undefined, '403 ForbiddenByRbac'],
  ['cryptoOfficer', 'roles', 'GET', '/keys/one/rotationpolicy', undefined, '200'],
  ['cryptoOfficer', 'roles', 'GET', '/secrets', undefined, '403 ForbiddenByRbac'],
  ['secretsUser', 'roles', 'GET', '/secrets/one', undefined, '200'],
  ['secretsUser', 'roles', 'GET', '/secrets/two', undefined, '403 ForbiddenByRbac'],
  ['secretsUser', 'roles', 'PUT', '/secrets/one', { value: 'x' }, '403 ForbiddenByRbac'],
  ['secretsOfficer', 'roles', 'DELETE', '/secrets/two', undefined, '200'],
  ['secretsOfficer', 'roles', 'DELETE', '/keys/two', undefined, '403 ForbiddenByRbac'],
  ['administrator', 'policies', 'GET', '/secrets/one', undefined, '403 AccessDenied'],
  ['policyAll', 'policies', 'GET', '/secrets/one', undefined, '200'],
  ['policyAll', 'policies', 'DELETE', '/secrets/two', undefined, '200'],
  ['policyAll', 'policies', 'DELETE', '/deletedsecrets/two', undefined, '403 ForbiddenByPolicy'],
  ['policyAll', 'policies', 'POST', '/deletedsecrets/two/recover', undefined, '200'],
  ['policyGet', 'policies', 'GET', '/secrets/one', undefined, '200'],
  ['policyGet', 'policies', 'GET', '/secrets', undefined, '403 ForbiddenByPolicy'],
  ['policyGet', 'policies', 'GET', '/keys/one', undefined, '403 ForbiddenByPolicy'],
  ['policyWrap', 'policies', ...wrap, '200'],
  ['policyWrap', 'policies', 'POST', '/keys/one/unwrapkey', wrap[2], '403 ForbiddenByPolicy'],
];

test.each(cases)('%s at %s: %s %s', async (as, vault, method, path, body, expected) => {
  const answer = await world.data(vault, method, path, body, principal(as));
  const { error } = (answer.body ?? {}) as { error?: { innererror?: { code: string } } };
  expect([answer.status, error?.innererror?.code].filter(Boolean).join(' ')).toBe(expected);
});

test('a refusal by roles names caller, action and resource, as the service words it', async () => {
  const { clientId, objectId } = principal('wrapper');
  const answer = await world.data('roles', 'PUT', '/secrets/New', { value: 'x' }, principal('wrapper'));
  expect(answer.body).toEqual({
    error: {
      code: 'Forbidden',
      message: [
        'Caller is not authorized to perform action on resource.',
        'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
        `Caller: appid=${clientId};oid=${objectId};iss=https://sts.windows.net/${tenantId}/`,
        "Action: 'Microsoft.KeyVault/vaults/secrets/setSecret/action'",
        `Resource: '${vaultId('roles').toLowerCase()}/secrets/new'`,
        'Assignment: (not found)',
        'DenyAssignmentId: null',
        "DecisionReason: 'DeniedWithNoValidRBAC' ",
        'Vault: roles;location=westeurope',
        '',
      ].join('\r\n'),
      innererror: { code: 'ForbiddenByRbac' },
    },
  });
});

test('a refusal by access policies names the permission', async () => {
  const { clientId, objectId } = principal('nobody');
  const answer = await world.data('policies', ...wrap, principal('nobody'));
  expect(answer.body).toEqual({
    error: {
      code: 'Forbidden',
      message:
        `The user, group or application 'appid=${clientId};oid=${objectId};iss=https://sts.windows.net/${tenantId}/' does ` +
        "not have keys wrapKey permission on key vault 'policies;location=westeurope'. For help resolving this issue, " +
        'please see https://go.microsoft.com/fwlink/?linkid=2125287',
      innererror: { code: 'AccessDenied' },
    },
  });
});

test('a role that was taken away grants nothing any more', async () => {
  const { store } = world.arm.world;
  const { objectId } = principal('secretsUser');
  const assignment = store.under(vaultId('roles')).find(({ properties }) => properties?.principalId === objectId)!;
  store.delete(assignment.id);
  const answer = await world.data('roles', 'GET', '/secrets/one', undefined, principal('secretsUser'));
  expect(answer.status).toBe(403);
});
