import { describe, expect, test } from 'vitest';
import type { Finding } from '../../../model/site/finding.ts';
import { notReady, verdictOf } from '../../../model/site/verdict.ts';

const group = '/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/strongroom-westeurope';
const network = `${group}/providers/Microsoft.Network`;

function finding(kind: Finding['kind'], id: string, more: Partial<Finding> = {}): Finding {
  return { key: kind, kind, id, owner: 'strongroom', state: 'missing', made: null, drift: [], ...more };
}
const judged = (one: Finding, made: string[] = []) =>
  verdictOf({ findings: [one], zones: {} as never, ready: [], otherAccounts: [] }, new Set(made));

describe('a piece that the appliance may not make', () => {
  test('stops a session and names the way out', () => {
    const { refusals } = judged(finding('resourceGroup', group, { owner: 'deployer' }));
    expect(refusals).toMatchObject([{ code: 'SITE_INCOMPLETE', details: { resource: group } }]);
    expect(refusals[0]!.message).toMatch(/^Resource group strongroom-westeurope \(.*\) is missing\..*Run pulumi up/);
    const theirs = judged(finding('virtualNetwork', `${network}/virtualNetworks/hub`, { owner: 'customer' }));
    expect(theirs.refusals[0]!.message).toMatch(/Virtual network hub .*It is yours.*strongroom:sites/);
  });

  test('is a warning when it is the way out of the functions subnet: who looks has one', () => {
    const { refusals, warnings } = judged(finding('natGateway', `${network}/natGateways/nat`, { owner: 'deployer' }));
    expect([refusals, warnings]).toEqual([[], [expect.stringMatching(/NAT gateway nat is missing/)]]);
  });

  test('is waited for when a policy of the customer writes it, then named', () => {
    const id = `${network}/privateEndpoints/acc-blob/privateDnsZoneGroups/default`;
    const records = [{ name: 'acc.blob.core.windows.net', expected: ['10.0.0.4'], actual: [] }];
    const entry = finding('privateDnsZoneGroup', id, { owner: 'customer', records });
    expect(judged(entry)).toMatchObject({ refusals: [], missing: [], awaited: [entry] });
    expect(notReady(entry, 15)).toMatchObject({
      code: 'SITE_INCOMPLETE',
      message: expect.stringMatching(
        /private endpoint acc-blob within 15 minutes: acc\.blob\.core\.windows\.net \(10\.0\.0\.4\)\. With dns: policy/,
      ) as string,
    });
  });
});

test('a piece whose last change failed is not put anew where that could take away what others did', () => {
  const drift = [{ path: 'location', expected: 'a', actual: 'b' }];
  for (const failed of [
    finding('virtualNetwork', `${network}/virtualNetworks/vnet`, { state: 'failed' }),
    finding('networkSecurityGroup', `${network}/networkSecurityGroups/nsg`, { state: 'failed' }),
    finding('privateEndpoint', `${network}/privateEndpoints/acc-blob`, { state: 'failed', drift }),
  ]) {
    const { refusals, missing } = judged(failed);
    expect(missing).toEqual([]);
    expect(refusals[0]!.message).toMatch(/provisioning state is Failed.*Put it right, or delete it/);
  }
});

test('drift of the tagged account stops a session, but for tags and entries of a firewall that is shut anyway', () => {
  const at = (path: string) =>
    judged(
      finding('storageAccount', `${group}/providers/Microsoft.Storage/storageAccounts/acc`, {
        state: 'drifted',
        drift: [{ path, expected: 'nothing', actual: 'x' }],
      }),
    );
  for (const path of ['allowBlobPublicAccess', 'networkRuleSet.defaultAction'])
    expect(at(path)).toMatchObject({ refusals: [{ code: 'SITE_DRIFTED' }], warnings: [] });
  for (const path of ['tags.team', 'networkRuleSet.ipRules'])
    expect(at(path)).toMatchObject({ refusals: [], warnings: [expect.stringContaining(path)] });
});

describe('a piece that was just made', () => {
  const id = `${network}/privateEndpoints/acc-blob`;

  test('may have a connection that is not approved yet, and may take its time', () => {
    const young = finding('privateEndpoint', id, { state: 'present', connection: 'Pending' });
    expect(judged(young, ['privateEndpoint'])).toMatchObject({ refusals: [], awaited: [young] });
    expect(judged(young).refusals[0]!.message).toMatch(/is Pending, expected Approved. Approve it/);
    expect(judged(finding('privateEndpoint', id), ['privateEndpoint'])).toMatchObject({ missing: [] });
  });

  test('is made again once when Azure gave up on it, and named the second time', () => {
    const failed = finding('privateEndpoint', id, { state: 'failed' });
    expect(judged(failed)).toMatchObject({ refusals: [], missing: [failed] });
    expect(judged(failed, ['privateEndpoint']).refusals[0]!.message).toMatch(
      /provisioning state is Failed.*activity log/,
    );
  });
});

test('a permission that is missing is waited for, since it may be new; the last word has action and way out', () => {
  const message =
    "read virtual network a: AuthorizationFailed: no authorization to perform action 'x/read' over scope 's'";
  const error = {
    code: 'PERMISSION_MISSING' as const,
    message,
    retryable: false,
    details: { code: 'AuthorizationFailed' },
  };
  const blind = finding('virtualNetwork', `${network}/virtualNetworks/a`, { state: 'unreadable', error });
  expect(judged(blind)).toMatchObject({ refusals: [], awaited: [blind] });
  expect(notReady(blind, 5).message).toMatch(/action 'x\/read' over scope 's'.*Run pulumi up, which assigns the roles/);
});
