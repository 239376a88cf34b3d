import { expect, it } from 'vitest';
import { compare, type Demanded, type Granted } from '../leastPrivilege/compare.ts';
import { exceptions } from '../leastPrivilege/exceptions.ts';
import { grantedActions } from '../leastPrivilege/granted.ts';

const granted = (identity: string, role: string, action: string, data = false): Granted => ({
  identity,
  role,
  action,
  data,
});
const demanded = (identity: string, action: string, data = false): Demanded => ({
  identity,
  action,
  data,
  scope: '/s',
});

it('names what is granted in vain, what is missing, and exceptions that excuse nothing', () => {
  const grants = [
    granted('a', 'site', 'X/disks/read'),
    granted('a', 'site', 'X/disks/write'),
    granted('a', 'host', 'X/blobs/*', true),
    granted('b', 'site', 'X/disks/write'),
  ];
  const demands = [
    demanded('a', 'x/disks/READ'),
    demanded('a', 'X/blobs/add/action', true),
    demanded('b', 'X/disks/delete'),
    demanded('b', 'X/blobs/read', true),
  ];
  expect(compare(grants, demands, [])).toEqual({ unused: [grants[1], grants[3]], missing: demands.slice(2), idle: [] });
  const excused = [
    { identity: 'a', role: 'site', action: 'X/disks/write', why: 'because' },
    { identity: 'b', role: 'site', why: 'all of it' },
    { identity: 'a', role: 'host', action: 'X/tables/read', why: 'is not granted any more' },
  ];
  expect(compare(grants, demands, excused)).toMatchObject({ unused: [], idle: [excused[2]] });
});

it('an exception names a role that the identity has', () => {
  const roles = new Set(grantedActions().map(({ identity, role }) => `${identity} ${role}`));
  for (const { identity, role } of exceptions) expect(roles).toContain(`${identity} ${role}`);
});
