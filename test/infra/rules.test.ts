import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { grantsOf } from '../../infra/grants.ts';
import { stableGuid } from '../../infra/guid.ts';
import { nearest } from '../../infra/nearest.ts';
import { partsOf } from '../../infra/parts.ts';
import { builtInRoles, customRoles, identityNames, type CustomRole, type Identity } from '../../infra/roles.ts';
import { siteAt, sitesOf } from '../../model/site/environment.ts';
import { homeLayout } from '../../model/site/layout.ts';
import { declaredPieces } from '../../model/site/pieces.ts';
import { configWith, home, second } from './values.ts';

const { environment } = configWith({
  sites: [{ subscriptionId: second, region: 'uksouth' }, { region: 'northeurope' }],
  repositories: [
    { name: 'main', immutabilityDays: 30 },
    { name: 'archive', archive: true },
  ],
});
const grants = grantsOf(environment, true);
const layout = homeLayout(environment);
const roles: [string, CustomRole][] = Object.entries(customRoles);
const held = (identity: Identity) =>
  grants.flatMap(({ to, role, scope }) =>
    to === identity && typeof role === 'string' ? [{ role: customRoles[role] as CustomRole, scope }] : [],
  );
const dataActionsOf = (identity: Identity) =>
  new Set(held(identity).flatMap(({ role }) => role.dataActions.map(({ action }) => action)));
const blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs';

describe('rights', () => {
  test('no custom role writes role assignments, none has a wildcard but for reading, and each action has its reason', () => {
    for (const [, role] of roles) {
      const all = [...role.actions, ...role.dataActions];
      expect(new Set(all.map(({ action }) => action)).size).toBe(all.length);
      for (const { action, why } of all) {
        expect(action).toMatch(/^Microsoft\.\w+\/([\w/]+\/(read|write|delete|action)|diskAccesses\/\*\/read)$/);
        expect(action).not.toMatch(/Microsoft\.Authorization/);
        expect(why).not.toBe('');
      }
    }
  });

  test('every role is assigned somewhere in some environment, and every identity holds one', () => {
    const used = new Set(grants.map(({ role }) => (typeof role === 'string' ? role : role.builtIn)));
    const hub = Object.keys(customRoles).filter((role) => role.startsWith('hub'));
    expect([...used, ...hub].sort()).toEqual([...Object.keys(customRoles), ...Object.keys(builtInRoles)].sort());
    expect(new Set(grants.map(({ to }) => to))).toEqual(new Set(identityNames));
  });

  test('no assignment is made twice', () => {
    const keys = grants.map(({ to, role, scope }) => JSON.stringify([to, role, scope.toLowerCase()]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('nobody but the pruner deletes a blob in a repository, and nobody deletes a version', () => {
    for (const identity of identityNames) {
      const deleting = [...dataActionsOf(identity)].filter((action) => /blobs\/.*delete/i.test(action));
      expect(deleting).toEqual(identity === 'pruner' ? [`${blobs}/delete`] : []);
    }
    const onBlobs = grants.filter(({ role }) => typeof role !== 'string' && role.builtIn.startsWith('Storage Blob'));
    expect(onBlobs.map(({ to, scope }) => [to, scope])).toEqual([['orchestrator', layout.hostAccount.id]]);
  });

  test('a worker locks blobs in repositories with immutability, and nobody else does anywhere', () => {
    const lock = `${blobs}/immutableStorage/runAsSuperUser/action`;
    expect(customRoles.lock.dataActions.map(({ action }) => action)).toEqual([lock]);
    const onMain = grants.filter(({ role }) => role === 'writer').map(({ scope }) => scope)[0];
    expect(grants.filter(({ role }) => role === 'lock')).toMatchObject([{ to: 'worker', scope: onMain }]);
    for (const identity of identityNames) expect(dataActionsOf(identity).has(lock)).toBe(identity === 'worker');
  });

  test('the appliance has no data right on a repository, and no right at all beyond connections', () => {
    const there = grants.filter(
      ({ to, scope }) => to === 'orchestrator' && scope.startsWith(layout.repositoriesGroup.id),
    );
    expect(there.map(({ role }) => role)).toEqual(['connect', 'connect']);
    expect(customRoles.connect.dataActions).toEqual([]);
    const above = grants.filter(({ scope }) => `${layout.repositoriesGroup.id}/`.startsWith(`${scope}/`));
    expect(above.map(({ role }) => role)).toEqual(['protect', 'restore']);
  });

  test('a worker adds to its log and cannot replace a file that other workers run', () => {
    expect(customRoles.log.dataActions.map(({ action }) => action)).toEqual([`${blobs}/add/action`]);
    const writing = held('worker').filter(({ role }) =>
      role.dataActions.some(({ action }) => /blobs\/write/.test(action)),
    );
    for (const { scope } of writing) expect(scope).toContain(layout.repositoriesGroup.id);
  });

  test('a worker puts secrets and neither reads nor deletes one; it may keep a message that it works on', () => {
    const data = [...dataActionsOf('worker')];
    expect(data.filter((action) => /vaults\/secrets/.test(action))).toEqual([
      'Microsoft.KeyVault/vaults/secrets/setSecret/action',
    ]);
    // Update Message (REST) asks for it; the built-in Message Processor does not have it.
    expect(data).toContain('Microsoft.Storage/storageAccounts/queueServices/queues/messages/write');
  });

  test('the appliance cannot unwrap a master key, nor a worker a message key: each may use its own key only', () => {
    const wraps = grants.filter(({ role }) => role === 'crypto');
    expect(wraps.map(({ to, scope }) => [to, scope])).toEqual([
      ['orchestrator', layout.keys.messages.id],
      ['worker', layout.keys.repository.id],
      ['pruner', layout.keys.repository.id],
    ]);
  });

  test('Run Command is granted on site groups only, and only the workers’ identity can be given to a machine', () => {
    for (const { role, scope } of grants) {
      if (typeof role !== 'string') continue;
      const held: CustomRole = customRoles[role];
      if (held.actions.some(({ action }) => /runCommand/i.test(action)))
        expect(scope).toMatch(/\/resourceGroups\/[^/]+$/);
      if (held.actions.some(({ action }) => /assign\/action/.test(action)))
        expect(scope).toBe(layout.workerIdentity.id);
    }
  });

  test('each site’s group has its rights, also of a site on demand; each subscription with a site the right to protect', () => {
    const on = (role: string) => grants.filter((grant) => grant.role === role).map(({ scope }) => scope);
    expect(on('site')).toHaveLength(3);
    expect(on('protect')).toEqual([`/subscriptions/${home}`, `/subscriptions/${second}`]);
  });

  test('ids of built-in roles are GUIDs, each its own', () => {
    const ids = Object.values(builtInRoles);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

test('pieces are told apart by what must be there first; an endpoint’s records go with it', () => {
  for (const site of sitesOf(environment)) {
    const { own, outward } = partsOf(declaredPieces(environment, site));
    const ids = new Set(own.map(({ id }) => id.toLowerCase()));
    for (const { target } of own) if (target) expect(ids).toContain(target.id.toLowerCase());
    expect(outward.length % 2).toBe(0);
    for (const { kind } of outward) expect(kind).toMatch(/^privateEndpoint$|^privateDnsZoneGroup$/);
  }
  const { outward } = partsOf(declaredPieces(environment, siteAt(environment, environment.home)));
  expect(outward.filter(({ key }) => key.endsWith(`${layout.functionApp.name}-sites`))).toHaveLength(2);
});

test('the nearest word is the one that a slip meant', () => {
  const words = ['region', 'repositories', 'redundancy', 'sites'];
  expect(nearest('regoin', words)).toBe('region');
  expect(nearest('Repository', words)).toBe('repositories');
  fc.assert(fc.property(fc.constantFrom(...words), (word) => nearest(word, words) === word));
});

test('a stable GUID is a version 5 UUID that depends on each word', () => {
  const words = fc.array(fc.stringMatching(/^[a-z0-9/]{1,9}$/), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(words, words, (a, b) => {
      expect(stableGuid(...a)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect(stableGuid(...a) === stableGuid(...b)).toBe(JSON.stringify(a) === JSON.stringify(b));
    }),
  );
});
