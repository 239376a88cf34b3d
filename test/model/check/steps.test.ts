import { describe, expect, test } from 'vitest';
import type { Finding, ProbeStep } from '../../../model/check/finding.ts';
import { checkError, ownStep, probeJob, stepsOf } from '../../../model/check/steps.ts';
import type { ErrorCode } from '../../../model/errors.ts';
import { faultSchema, type Fault } from '../../../model/reach.ts';
import { environmentSchema, siteAt, type Environment } from '../../../model/site/environment.ts';
import { siteDiskAccesses } from '../../../model/site/endpoints.ts';

const home = { subscriptionId: '11111111-1111-4111-8111-111111111111', region: 'westeurope' };
const away = { subscriptionId: '22222222-2222-4222-8222-222222222222', region: 'northeurope' };
const environmentOf = (more: object = {}): Environment =>
  environmentSchema.parse({
    appliance: 'strongroom',
    home,
    sites: [away],
    repositories: [
      { name: 'main', region: 'westeurope' },
      { name: 'second', region: 'westeurope', redundancy: 'LRS' },
    ],
    ...more,
  });
const environment = environmentOf();
const job = probeJob(environment, away, 's');
const [own, mailbox, vault, repository] = job.hosts as [string, string, string, string];
const diskHost = 'md-abc.z1.blob.storage.azure.net';
const diskAccess = siteDiskAccesses(environment, siteAt(environment, away))[0]!;
const group = '/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/strongroom-northeurope';

const failure = (step: ProbeStep, target: string, fault: Fault): Finding => ({
  step,
  target,
  ok: false,
  seen: 'seen',
  ms: 7,
  fault,
});
const fixOf = (finding: Finding, others: Finding[] = [], of = environment) =>
  stepsOf([finding, ...others], of, away, diskAccess)[0]!.fix!;

test('a worker needs its own account, the mailbox of the home account, the vault and every repository of the site', () => {
  expect(job.hosts).toHaveLength(5);
  expect(own).toMatch(/^strongroom[0-9a-f]{12}\.blob\.core\.windows\.net$/);
  expect(mailbox).toMatch(/^strongroom[0-9a-f]{12}\.queue\.core\.windows\.net$/);
  expect(mailbox.split('.')[0]).not.toBe(own.split('.')[0]);
  expect(vault).toMatch(/\.vault\.azure\.net$/);
  expect(job.repositories.map(({ url }) => new URL(url).host)).toEqual(job.hosts.slice(3));
  const only = environmentOf({ sites: [{ ...away, repositories: ['second'] }] });
  expect(probeJob(only, away, 's').repositories).toEqual([job.repositories[1]]);
  const homeHosts = probeJob(environment, home, 's').hosts;
  expect(homeHosts).toHaveLength(5); // neither the host's account nor the other site's
  expect(homeHosts.slice(0, 2).map((host) => host.split('.')[0])).toEqual([
    mailbox.split('.')[0],
    mailbox.split('.')[0],
  ]);
});

describe('each failure says what to put right', () => {
  const url = job.repositories[0]!.url;
  const key = job.repositories[0]!.keyId;
  const endpointOf = (host: string) =>
    `${host.split('.')[0]}-${host.endsWith('vault.azure.net') ? 'vault' : host.split('.')[1]}`;
  const cases: [what: string, finding: Finding, words: string[]][] = [
    [
      'no record',
      failure('resolve', own, 'nameUnknown'),
      [
        own,
        endpointOf(own),
        'strongroom-vnet',
        'privatelink.blob.core.windows.net',
        'dns-zone-group list --resource-group strongroom-northeurope',
      ],
    ],
    [
      'no record of the mailbox',
      failure('resolve', mailbox, 'nameUnknown'),
      [endpointOf(mailbox), 'privatelink.queue.core.windows.net'],
    ],
    [
      'no record of the vault',
      failure('resolve', vault, 'nameUnknown'),
      [endpointOf(vault), 'privatelink.vaultcore.azure.net'],
    ],
    [
      'a disk at a public address',
      failure('readDisk', diskHost, 'publicAddress'),
      [diskHost, `${diskAccess.name}-disks`],
    ],
    [
      'dead DNS server',
      failure('resolve', own, 'resolver'),
      ['168.63.129.16', `--ids ${group}/providers/Microsoft.Network/virtualNetworks/strongroom-vnet`],
    ],
    [
      'no connection',
      failure('writeBlob', url, 'unreachable'),
      [endpointOf(repository), 'port 443', '/subnets/workers'],
    ],
    [
      'not approved',
      failure('writeBlob', url, 'firewall'),
      [endpointOf(repository), 'private-endpoint-connection list --id /subscriptions/11111111', 'Approve'],
    ],
    ['a disk access not approved', failure('readDisk', diskHost, 'firewall'), [diskAccess.id]],
    [
      'may not write',
      failure('writeBlob', url, 'role'),
      ['containers/blobs/add/action', 'strongroom-worker', 'Microsoft.Storage/storageAccounts/', 'pulumi up'],
    ],
    ['may not read', failure('readBlob', url, 'role'), ['containers/blobs/read']],
    [
      'may not use the key',
      failure('useKey', key, 'role'),
      ['vaults/keys/wrap/action', 'vaults/keys/unwrap/action', 'Microsoft.KeyVault/vaults/'],
    ],
    ['no identity', failure('useKey', key, 'identity'), ['strongroom-worker', 'az vm identity show']],
    [
      'refused export URL',
      failure('readDisk', diskHost, 'sasRefused'),
      ['networkAccessPolicy', 'strongroom-northeurope'],
    ],
    ['no container', failure('writeBlob', url, 'missing'), ['/storageAccounts/strongrorepo', 'pulumi up']],
    ['no key', failure('useKey', key, 'missing'), ['Microsoft.KeyVault/vaults/', 'recovery key']],
    ['no comparison', failure('compareDisk', diskHost, 'other'), ['in full']],
  ];
  test.each(cases)('%s', (_, finding, words) => {
    const fix = fixOf(finding);
    for (const word of words) expect(fix).toContain(word);
  });

  test('every step has something to say of every fault', () => {
    const steps: [ProbeStep, string][] = [
      ['resolve', own],
      ['readDisk', diskHost],
      ['compareDisk', diskHost],
      ['writeBlob', url],
      ['readBlob', url],
      ['useKey', key],
    ];
    for (const [step, target] of steps)
      for (const fault of faultSchema.options)
        expect(fixOf(failure(step, target, fault)), `${step} ${fault}`).toMatch(/\w.*\./);
  });

  test('what cannot be reached because its name is wrong is put down to the name', () => {
    const name = failure('resolve', repository, 'nameUnknown');
    expect(fixOf(failure('writeBlob', url, 'unreachable'), [name])).toBe(fixOf(name));
    expect(fixOf(failure('writeBlob', url, 'role'), [name])).toContain('add/action');
    expect(fixOf(failure('useKey', key, 'unreachable'), [name])).toContain('port 443');
  });

  test('with zones of the customer the fix names them, with a policy the policy', () => {
    const zone = 'privatelink.blob.core.windows.net';
    const hub = `/subscriptions/${home.subscriptionId}/resourceGroups/hub/providers/Microsoft.Network/privateDnsZones`;
    const names = [
      'blob.core.windows.net',
      'queue.core.windows.net',
      'table.core.windows.net',
      'vaultcore.azure.net',
      'azurewebsites.net',
    ];
    const zoneIds = Object.fromEntries(names.map((name) => [`privatelink.${name}`, `${hub}/privatelink.${name}`]));
    const finding = failure('resolve', own, 'nameUnknown');
    expect(fixOf(finding, [], environmentOf({ dns: 'existing', zoneIds }))).toContain(`${hub}/${zone}`);
    expect(fixOf(finding, [], environmentOf({ dns: 'policy' }))).toContain('Azure Policy');
  });
});

test('a step that is well has no fix; a site is well when all are', () => {
  const ok: Finding = { step: 'resolve', target: own, ok: true, seen: '10.64.2.4', ms: 3 };
  expect(stepsOf([ok], environment, away, null)).toEqual([
    { name: `resolve ${own}`, ok: true, seen: '10.64.2.4', ms: 3 },
  ]);
  expect(checkError(stepsOf([ok], environment, away, null))).toBeUndefined();
  const url = job.repositories[0]!.url;
  const bad = [failure('resolve', repository, 'nameUnknown'), failure('writeBlob', url, 'unreachable')];
  const one = checkError(stepsOf([ok, ...bad], environment, away, null))!;
  expect(one).toMatchObject({ code: 'CHECK_FAILED', retryable: false });
  expect(one.message).toMatch(/^The site failed 2 of 3 steps\. resolve [^;]*; write a blob in [^:]*:.*: seen\. /);
  expect(one.message.split('has no record')).toHaveLength(2); // one fix, said once
  const many = [own, mailbox, vault, repository].map((host) => failure('resolve', host, 'nameUnknown'));
  expect(checkError(stepsOf(many, environment, away, null))!.message).toMatch(
    /There is more: see the steps of the session\.$/,
  );
});

test("a step of the appliance's own that fails has a way out: Azure's code tells it, or what failed", () => {
  const failed = (code: ErrorCode, azure: string, retryable = false) =>
    ownStep(
      {
        name: 'x',
        seen: '',
        ms: 5,
        error: { code, message: 'said', retryable, details: { status: '403', code: azure } },
      },
      environment,
      away,
    );
  expect(ownStep({ name: 'x', seen: 'two', ms: 5 }, environment, away)).toEqual({
    name: 'x',
    ok: true,
    seen: 'two',
    ms: 5,
  });
  expect(failed('AZURE_REFUSED', 'RequestDisallowedByPolicy')).toMatchObject({ ok: false, seen: 'said', ms: 5 });
  expect(failed('AZURE_REFUSED', 'RequestDisallowedByPolicy').fix).toContain('Azure Policy');
  expect(failed('AZURE_REFUSED', 'AuthorizationFailed').fix).toContain('pulumi up');
  expect(failed('AZURE_REFUSED', 'SomethingElse').fix).toContain('GET /api/sites');
  expect(failed('AZURE_UNAVAILABLE', 'ServerBusy', true).fix).toContain('Check again');
  const silent = failed('WORKER_LOST', '', true).fix;
  expect(silent).toContain(own);
  expect(silent).toContain(mailbox);
});
