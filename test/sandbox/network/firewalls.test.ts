import { describe, expect, it } from 'vitest';
import type { ArmResource, ResourceStore } from '../../../sandbox/arm/types.ts';
import type { Origin } from '../../../sandbox/core/types.ts';
import { requireExport } from '../../../sandbox/compute/disks/exportAccess.ts';
import { forbiddenOrigin } from '../../../sandbox/functions-host/accessRestrictions.ts';
import { firewallGate } from '../../../sandbox/keyvault/firewall.ts';

const person = { address: '203.0.113.10' };
const subnet = { address: '10.0.0.4', subnetId: '/subnets/a' };
const through = (targetId: string, approved = true) => ({
  address: '10.0.0.4',
  privateLink: { targetId, groupId: 'any', approved },
});

describe('vaults', () => {
  const principal = { objectId: 'o', clientId: 'c', kind: 'User', displayName: 'P' } as const;
  const refuse = firewallGate('tenant');
  const vault = (properties: object): ArmResource => ({
    id: '/v',
    name: 'v',
    type: 't',
    location: 'westeurope',
    properties: { ...properties },
  });
  const denying = (more: object = {}) =>
    vault({ networkAcls: { bypass: 'AzureServices', defaultAction: 'Deny', ...more } });
  const closed = vault({ publicNetworkAccess: 'Disabled' });

  it.each([
    ['open', vault({}), person, undefined],
    ['public access disabled', closed, person, 'ForbiddenByConnection'],
    ['its private endpoint', closed, through('/V'), undefined],
    ['one that is not approved', vault({}), through('/v', false), 'ForbiddenByConnection'],
    ["another vault's", vault({}), through('/w'), 'ForbiddenByConnection'],
    ['denied by default', denying(), person, 'ForbiddenByFirewall'],
    ['an address', denying({ ipRules: [{ value: '203.0.113.0/24' }] }), person, undefined],
    ['a subnet', denying({ virtualNetworkRules: [{ id: '/subnets/A' }] }), subnet, undefined],
    ['another subnet', denying({ virtualNetworkRules: [{ id: '/subnets/b' }] }), subnet, 'ForbiddenByFirewall'],
  ])('%s', (_name, at, origin, code) => {
    expect(refuse(at, origin, principal)?.inner).toBe(code);
  });

  it('say what Key Vault says', () => {
    const said = (at: ArmResource) => refuse(at, person, principal)?.message;
    expect(said(denying())).toBe(
      'Client address is not authorized and caller is not a trusted service.\r\nClient address: 203.0.113.10\r\n' +
        'Caller: appid=c;oid=o;iss=https://sts.windows.net/tenant/\r\nVault: v;location=westeurope',
    );
    expect(said(closed)).toMatch(/^Connection is not an approved private link and caller was ignored because bypass/);
    expect(said(vault({ publicNetworkAccess: 'disabled', networkAcls: { bypass: 'AzureServices' } }))).toMatch(
      /^Public network access is disabled and request is not from a trusted service nor via an approved private link\./,
    );
  });
});

describe('web apps', () => {
  const site = (publicNetworkAccess = 'Enabled'): ArmResource => ({
    id: '/s',
    name: 's',
    type: 't',
    properties: { publicNetworkAccess },
  });
  const asked = (origin: Origin, config: object = {}, at = site(), connections: object[] = []) =>
    forbiddenOrigin(
      {
        get: () => ({ id: '', name: 'web', type: '', properties: config }),
        list: () => connections,
      } as unknown as ResourceStore,
      at,
      origin,
    );
  const rules = (...ipSecurityRestrictions: object[]) => ({ ipSecurityRestrictions });
  const allow = { priority: 100, action: 'Allow', ipAddress: '203.0.113.0/24' };

  it.each([
    ['open', person, {}, undefined],
    ['an address that is allowed', person, rules(allow), undefined],
    ['the rest, once there are rules', { address: '198.51.100.1' }, rules(allow), '198.51.100.1'],
    [
      'the rest, where it is allowed',
      { address: '198.51.100.1' },
      { ...rules(allow), ipSecurityRestrictionsDefaultAction: 'Allow' },
      undefined,
    ],
    [
      'the first rule decides',
      person,
      rules(allow, { priority: 50, action: 'Deny', ipAddress: 'Any' }),
      '203.0.113.10',
    ],
    ['a subnet', subnet, rules({ priority: 1, action: 'Allow', vnetSubnetResourceId: '/subnets/A' }), undefined],
    [
      'a service tag is nobody here',
      person,
      rules({ priority: 1, action: 'Allow', tag: 'ServiceTag', ipAddress: 'AzureCloud' }),
      '203.0.113.10',
    ],
    ['denied without rules', person, { ipSecurityRestrictionsDefaultAction: 'Deny' }, '203.0.113.10'],
  ])('%s', (_name, origin, config, expected) => {
    expect(asked(origin, config)).toBe(expected);
  });

  it('let private endpoints in, past rules and without public access', () => {
    expect(asked(person, {}, site('Disabled'))).toBe('203.0.113.10');
    expect(asked(through('/S'), rules(allow), site('Disabled'))).toBeUndefined();
    expect(asked(through('/S', false), {}, site())).toBe('10.0.0.4');
    expect(asked(through('/other'), {}, site())).toBe('10.0.0.4');
  });

  it('are closed to the public by a private endpoint, unless they say that they are public', () => {
    const [unsaid, connections] = [{ ...site(), properties: {} }, [{}]];
    expect(asked(person, {}, unsaid)).toBeUndefined();
    expect(asked(person, {}, unsaid, connections)).toBe('203.0.113.10');
    expect(asked(through('/s'), {}, unsaid, connections)).toBeUndefined();
    expect(asked(person, {}, site('Enabled'), connections)).toBeUndefined();
  });
});

describe('exports of disks', () => {
  const policy = (networkAccessPolicy: string, publicNetworkAccess = 'Enabled') => ({
    networkAccessPolicy,
    publicNetworkAccess,
    diskAccessId: '/da',
  });

  it.each([
    ['AllowAll', policy('AllowAll'), person, true],
    ['AllowAll without public access', policy('AllowAll', 'Disabled'), person, false],
    ['AllowPrivate from outside', policy('AllowPrivate'), person, false],
    ['AllowPrivate by its disk access', policy('AllowPrivate', 'Disabled'), through('/DA'), true],
    ['AllowPrivate by another one', policy('AllowPrivate'), through('/db'), false],
    ['AllowPrivate, not approved', policy('AllowPrivate'), through('/da', false), false],
    ['DenyAll', policy('DenyAll'), through('/da'), false],
  ])('%s', (_name, given, origin, allowed) => {
    const ask = () => requireExport(given, origin);
    if (allowed) expect(ask).not.toThrow();
    else expect(ask).toThrow('This request is not authorized to perform this operation.');
  });
});
