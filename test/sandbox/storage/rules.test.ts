import { describe, expect, it } from 'vitest';
import type { ArmResource } from '../../../sandbox/arm/types.ts';
import { mayReach } from '../../../sandbox/storage/front/firewall.ts';
import { isDataAction } from '../../../sandbox/storage/front/operation.ts';
import { operationOf } from '../../../sandbox/storage/front/operations.ts';
import { checkLifecycle, outcomeOf, type Candidate, type Rule } from '../../../sandbox/storage/lifecycle/policy.ts';

describe('firewall', () => {
  const SUBNET = '/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/a';
  const account = (properties: Record<string, unknown>): ArmResource => ({
    id: '/a',
    name: 'a',
    type: 't',
    properties,
  });
  const denying = (rules: object) =>
    account({ publicNetworkAccess: 'Enabled', networkAcls: { defaultAction: 'Deny', ...rules } });
  const person = { address: '203.0.113.10' };
  const through = (link: object) => ({
    address: '10.0.0.4',
    privateLink: { targetId: '/A', groupId: 'blob', approved: true, ...link },
  });
  const inSubnet = { address: '198.51.100.10', subnetId: SUBNET };

  it.each([
    ['open', account({}), person, true],
    ['public access disabled', account({ publicNetworkAccess: 'Disabled' }), person, false],
    ['a perimeter', account({ publicNetworkAccess: 'SecuredByPerimeter' }), person, false],
    ['denied by default', denying({}), person, false],
    ['an address', denying({ ipRules: [{ value: '203.0.113.10' }] }), person, true],
    ['a range', denying({ ipRules: [{ value: '203.0.113.0/28' }] }), person, true],
    ['another range', denying({ ipRules: [{ value: '203.0.113.16/28' }] }), person, false],
    ['a subnet', denying({ virtualNetworkRules: [{ id: SUBNET.toUpperCase() }] }), inSubnet, true],
    ['another subnet', denying({ virtualNetworkRules: [{ id: `${SUBNET}b` }] }), inSubnet, false],
    ['ranges are not for subnets', denying({ ipRules: [{ value: '198.51.100.0/24' }] }), inSubnet, false],
    ['a private endpoint', account({ publicNetworkAccess: 'Disabled' }), through({}), true],
    ['one that is not approved', account({}), through({ approved: false }), false],
    ["another account's", account({}), through({ targetId: '/b' }), false],
    ["another service's", account({}), through({ groupId: 'queue' }), false],
  ])('%s', (_name, at, origin, expected) => {
    expect(mayReach(at, 'blob', origin)).toBe(expected);
  });
});

describe('permissions of operations', () => {
  const needs = (method: string, path: string, headers: Record<string, string> = {}) => {
    const url = new URL(`https://${path}`);
    const kind = url.host.split('.')[0] as 'blob' | 'queue' | 'table';
    const { name, anyOf, creation, container } = operationOf({ kind, method, url, headers });
    const short = (all: string[]) => all.map((action) => action.split('Services/')[1]).join(' + ');
    const made = creation ? [`${creation.only ? 'only new' : 'new'}: ${short(creation.needs)}`] : [];
    return [name, [...anyOf.map(short), ...made].join(' | '), container ?? ''];
  };

  it.each([
    ['GET', 'blob.h/?comp=list', {}, ['List Containers', 'containers/read', '']],
    [
      'POST',
      'blob.h/?restype=service&comp=userdelegationkey',
      {},
      ['Get User Delegation Key', 'generateUserDelegationKey/action', ''],
    ],
    ['PUT', 'blob.h/c?restype=container', {}, ['Create Container', 'containers/write', 'c']],
    ['DELETE', 'blob.h/c?restype=container', {}, ['Delete Container', 'containers/delete', 'c']],
    ['GET', 'blob.h/c?restype=container&comp=list', {}, ['List Blobs', 'containers/blobs/read', 'c']],
    ['PUT', 'blob.h/c/a/b', {}, ['Put Blob', 'containers/blobs/write | new: containers/blobs/add/action', 'c']],
    [
      'PUT',
      'blob.h/c/a/b',
      { 'if-none-match': '*' },
      ['Put Blob', 'containers/blobs/write | only new: containers/blobs/add/action', 'c'],
    ],
    ['PUT', 'blob.h/c/a/b?comp=blocklist', {}, ['Put Block List', 'containers/blobs/write', 'c']],
    [
      'PUT',
      'blob.h/c/b',
      { 'x-ms-immutability-policy-until-date': 'x' },
      [
        'Put Blob',
        'containers/blobs/write + containers/blobs/immutableStorage/runAsSuperUser/action | new: containers/blobs/add/action + containers/blobs/immutableStorage/runAsSuperUser/action',
        'c',
      ],
    ],
    ['PUT', 'blob.h/c/b?comp=block&blockid=A', {}, ['Put Block', 'containers/blobs/write', 'c']],
    ['PUT', 'blob.h/c/b?comp=tier', {}, ['Set Blob Tier', 'containers/blobs/write', 'c']],
    ['DELETE', 'blob.h/c/b', {}, ['Delete Blob', 'containers/blobs/delete', 'c']],
    ['DELETE', 'blob.h/c/b?versionid=v', {}, ['Delete Blob', 'containers/blobs/deleteBlobVersion/action', 'c']],
    [
      'PUT',
      'blob.h/c/b?comp=legalhold',
      {},
      ['Set Blob Legal Hold', 'containers/blobs/immutableStorage/runAsSuperUser/action', 'c'],
    ],
    ['POST', 'queue.h/q/messages', {}, ['Put Message', 'queues/messages/add/action | queues/messages/write', 'q']],
    [
      'GET',
      'queue.h/q/messages',
      {},
      ['Get Messages', 'queues/messages/process/action | queues/messages/delete + queues/messages/read', 'q'],
    ],
    [
      'DELETE',
      'queue.h/q/messages/1?popreceipt=x',
      {},
      ['Delete Message', 'queues/messages/process/action | queues/messages/delete', 'q'],
    ],
    ['POST', 'table.h/Tables', {}, ['Create Table', 'tables/write', '']],
    ['GET', "table.h/t(PartitionKey='a',RowKey='b')", {}, ['Query Entities', 'tables/entities/read', 't']],
    [
      'PUT',
      "table.h/t(PartitionKey='a',RowKey='b')",
      {},
      [
        'Insert Or Update Entity',
        'tables/entities/write | tables/entities/add/action + tables/entities/update/action',
        't',
      ],
    ],
  ] as [string, string, Record<string, string>, string[]][])('%s %s', (method, path, headers, expected) => {
    expect(needs(method, path, headers)).toEqual(expected);
  });

  it('those of blobs, messages and entities are data actions', () => {
    expect(isDataAction('Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read')).toBe(true);
    expect(isDataAction('Microsoft.Storage/storageAccounts/blobServices/containers/read')).toBe(false);
  });
});

describe('lifecycle rules', () => {
  const DAY = 86_400_000;
  const rule = (actions: Rule['definition']['actions'], filters: object = {}): Rule => ({
    name: 'r',
    type: 'Lifecycle',
    definition: { actions, filters: { blobTypes: ['blockBlob'], ...filters } },
  });
  const blob = (more: Partial<Candidate>): Candidate => ({
    kind: 'baseBlob',
    container: 'c',
    name: 'a/b',
    blobType: 'blockBlob',
    created: 0,
    modified: 0,
    tier: 'Hot',
    tierChanged: undefined,
    ...more,
  });
  const tiers = {
    tierToCool: { daysAfterModificationGreaterThan: 1 },
    tierToArchive: { daysAfterModificationGreaterThan: 3 },
    delete: { daysAfterModificationGreaterThan: 9 },
  };

  it('the cheapest action that is due is taken, and a blob never becomes warmer', () => {
    const after = (days: number, more: Partial<Candidate> = {}) =>
      outcomeOf([rule({ baseBlob: tiers })], blob(more), days * DAY + 1);
    expect([0, 1, 3, 9].map((days) => after(days))).toEqual([undefined, 'Cool', 'Archive', 'delete']);
    expect(after(2, { tier: 'Cold' })).toBeUndefined();
    expect(after(4, { blobType: 'appendBlob' })).toBeUndefined();
  });

  it('rules are for their prefixes and kinds', () => {
    const old = { version: { delete: { daysAfterCreationGreaterThan: 5 } } };
    const at = (filters: object, more: Partial<Candidate>) => outcomeOf([rule(old, filters)], blob(more), 6 * DAY);
    expect(at({}, { kind: 'version' })).toBe('delete');
    expect(at({}, {})).toBeUndefined();
    expect(at({ prefixMatch: ['c/x'] }, { kind: 'version' })).toBeUndefined();
    expect(at({ prefixMatch: ['c/a'] }, { kind: 'version' })).toBe('delete');
  });

  it('what cannot be executed is refused', () => {
    const check =
      (...rules: Rule[]) =>
      () =>
        checkLifecycle({ policy: { rules } });
    expect(check(rule({ baseBlob: tiers }))).not.toThrow();
    expect(check(rule({ baseBlob: { enableAutoTierToHotFromCool: {} } as object }))).toThrow(/does not execute/);
    expect(check(rule({ baseBlob: tiers }), rule({ baseBlob: tiers }))).toThrow(/not unique/);
    expect(check(rule({}))).toThrow(/no action/);
  });
});
