import { describe, expect, test } from 'vitest';
import { faultOf, reachHint, type Fault } from '../../model/reach.ts';
import { isPrivateAddress } from '../../model/privateAddress.ts';
import type { ErrorCode } from '../../model/errors.ts';

const cases: [code: ErrorCode, status: string, azure: string, fault: Fault][] = [
  ['AZURE_UNAVAILABLE', '', 'ENOTFOUND', 'nameUnknown'],
  ['AZURE_UNAVAILABLE', '', 'EAI_AGAIN', 'resolver'],
  ['NETWORK_OPEN', '', '', 'publicAddress'],
  ['AZURE_UNAVAILABLE', '', 'ETIMEDOUT', 'unreachable'],
  ['AZURE_UNAVAILABLE', '', 'REQUEST_SEND_ERROR', 'unreachable'],
  ['AZURE_UNAVAILABLE', '504', 'unknown', 'unreachable'],
  ['AZURE_REFUSED', '403', 'AuthorizationFailure', 'firewall'],
  ['KEY_REFUSED', '403', 'ForbiddenByConnection', 'firewall'],
  ['KEY_REFUSED', '403', 'ForbiddenByFirewall', 'firewall'],
  ['AZURE_REFUSED', '403', 'AuthorizationPermissionMismatch', 'role'],
  ['KEY_REFUSED', '403', 'ForbiddenByRbac', 'role'],
  ['KEY_REFUSED', '403', 'Forbidden', 'role'],
  ['AZURE_UNAVAILABLE', '', 'CredentialUnavailableError', 'identity'],
  ['SAS_EXPIRED', '403', 'AuthenticationFailed', 'sasRefused'],
  ['NOT_FOUND', '404', 'ContainerNotFound', 'missing'],
  ['KEY_REFUSED', '404', 'KeyNotFound', 'missing'],
  ['AZURE_UNAVAILABLE', '503', 'ServerBusy', 'other'],
  ['AZURE_REFUSED', '409', 'PreviousSnapshotNotFound', 'other'],
];

describe('an error is put down to a fault', () => {
  test.each(cases)('%s %s %s: %s', (code, status, azure, fault) => {
    expect(faultOf({ code, details: { status, code: azure } })).toBe(fault);
  });
});

test('what the network or a role refuses says which host and where to look', () => {
  const told = (['nameUnknown', 'unreachable', 'firewall', 'role'] as const).map((fault) => reachHint(fault, 'a.b'));
  for (const hint of told) expect(hint).toMatch(/a\.b.*\/api\/sites/);
  expect(reachHint('missing', 'a.b')).toBe('');
});

test('private addresses are those of RFC 1918, RFC 6598 and RFC 4193', () => {
  const inside = [
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    'fd00::1',
    '::ffff:10.0.0.1',
  ];
  const outside = [
    '9.255.255.255',
    '172.32.0.1',
    '192.169.0.1',
    '100.128.0.1',
    '20.60.1.2',
    '169.254.169.254',
    '127.0.0.1',
    '2603:1020::1',
    '::ffff:20.60.1.2',
    'x',
    '',
  ];
  expect(inside.filter((address) => !isPrivateAddress(address))).toEqual([]);
  expect(outside.filter(isPrivateAddress)).toEqual([]);
});
