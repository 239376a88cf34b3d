import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../infra/config.ts';
import { stableGuid } from '../../infra/guid.ts';
import { builtInRoles, customRoles, grants } from '../../infra/roles.ts';
import { appSettings } from '../../infra/settings.ts';
import { workerRules } from '../../infra/workerRules.ts';
import { readSettings } from '../../model/settings.ts';
import { applianceLayout, endpointName, repositoryLayout, siteLayout } from '../../model/site.ts';
import { site, stackConfig } from './values.ts';

const lookup =
  (values: Record<string, string>) =>
  (key: string, namespace = 'strongroom') =>
    values[`${namespace}:${key}`];
const guid = '0c000000-0000-4000-8000-000000000001';

describe('configuration', () => {
  test('defaults stand in for what is absent', () => {
    expect(readConfig(lookup(stackConfig))).toMatchObject({
      name: 'vault7',
      addressSpace: '10.64.0.0/22',
      apiAllowedAddresses: [],
      repositoryRedundancy: 'ZRS',
    });
  });

  test('everything wrong or missing is named at once', () => {
    const read = () => readConfig(lookup({ 'strongroom:name': 'Vault 7', 'strongroom:apiAllowedAddresses': 'home' }));
    expect(read).toThrow(/name must be 3 to 12/);
    expect(read).toThrow(/region is missing/);
    expect(read).toThrow(/subscriptionId must be .*azure-native:subscriptionId/);
    expect(read).toThrow(/apiAllowedAddresses must be a JSON list/);
  });

  test('the sample has every key, with values that are accepted', () => {
    const sample = parse(readFileSync(new URL('../../infra/Pulumi.sample.yaml', import.meta.url), 'utf8')) as {
      config: Record<string, unknown>;
    };
    const values = Object.fromEntries(Object.entries(sample.config).map(([key, value]) => [key, String(value)]));
    const asked = new Set<string>();
    readConfig((key, namespace = 'strongroom') => {
      asked.add(`${namespace}:${key}`);
      return values[`${namespace}:${key}`];
    });
    expect(Object.keys(values).sort()).toEqual([...asked].sort());
  });
});

describe('settings of the Functions app', () => {
  const layout = applianceLayout(site);
  const values = {
    orchestratorClientId: guid,
    workerClientId: guid,
    repositoryUrl: repositoryLayout(site).url,
    insightsConnectionString: 'InstrumentationKey=x',
  };

  test('the appliance accepts them, and none is left to its default', () => {
    const settings = appSettings(readConfig(lookup(stackConfig)), layout, values);
    const own = Object.keys(settings).filter((name) => /^STRONGROOM_[A-Z_]+$/.test(name) && !name.includes('__'));
    expect(own.sort()).toEqual(Object.keys(readSettings(settings)).sort());
    expect(settings).toMatchObject({
      AzureWebJobsStorage__queueServiceUri: layout.hostAccount.queueUrl,
      AzureWebJobsStorage__clientId: guid,
      STRONGROOM_MAILBOX__queueServiceUri: layout.account.queueUrl,
      STRONGROOM_MAILBOX__credential: 'managedidentity',
    });
  });

  test('a wrong value is refused before it is deployed', () => {
    const config = readConfig(lookup({ ...stackConfig, 'strongroom:sasSeconds': '60' }));
    expect(() => appSettings(config, layout, values)).toThrow(/STRONGROOM_SAS_SECONDS/);
  });
});

describe('rights', () => {
  const held = (identity: string) =>
    grants
      .filter(({ to }) => to === identity)
      .flatMap(({ role }) => ('custom' in role ? [customRoles[role.custom]] : []));

  test('no custom role writes role assignments, and none has a wildcard', () => {
    for (const role of Object.values(customRoles)) {
      for (const { action, why } of [...role.actions, ...role.dataActions]) {
        expect(action).not.toMatch(/Microsoft\.Authorization|\*/);
        expect(why).not.toBe('');
      }
    }
  });

  test('a worker cannot delete a blob', () => {
    const data = held('worker').flatMap((role) => role.dataActions.map(({ action }) => action));
    expect(data).toContain('Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action');
    expect(data.filter((action) => action.endsWith('/delete'))).toEqual([]);
    const builtIn = grants.flatMap(({ to, role }) =>
      to === 'worker' && 'builtIn' in role ? [role.builtIn as string] : [],
    );
    expect(builtIn.filter((role) => role.startsWith('Storage Blob'))).toEqual([]);
  });

  test('a worker puts secrets and neither reads nor deletes one; it may keep a message that it works on', () => {
    const data = held('worker').flatMap((role) => role.dataActions.map(({ action }) => action));
    expect(data.filter((action) => /vaults\/secrets/.test(action))).toEqual([
      'Microsoft.KeyVault/vaults/secrets/setSecret/action',
    ]);
    expect(grants.filter(({ role }) => 'builtIn' in role && role.builtIn.startsWith('Key Vault Secrets'))).toEqual([]);
    // Update Message (REST) asks for it; the built-in Message Processor does not have it.
    expect(data).toContain('Microsoft.Storage/storageAccounts/queueServices/queues/messages/write');
  });

  test('the appliance cannot unwrap a master key, nor a worker a message key: each may use its own key only', () => {
    const wraps = grants.filter(({ role }) => 'builtIn' in role && role.builtIn.startsWith('Key Vault'));
    expect(wraps.map(({ to, on }) => [to, on])).toEqual([
      ['orchestrator', 'messagesKey'],
      ['worker', 'repositoryKey'],
    ]);
  });

  test('Run Command is granted on site groups only', () => {
    for (const { role, on } of grants) {
      if (!('custom' in role)) continue;
      const runs = customRoles[role.custom].actions.some(({ action }) => /runCommand/i.test(action));
      expect(runs).toBe(on === 'siteGroup');
    }
  });

  test('ids of built-in roles are GUIDs, each its own', () => {
    const ids = Object.values(builtInRoles);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });
});

test('workers: nothing in, out to the endpoints alone', () => {
  const rules = workerRules('10.0.2.0/24');
  expect(rules.filter(({ direction }) => direction === 'Inbound').map(({ access }) => access)).toEqual(['Deny']);
  const allowed = rules.filter(({ access }) => access === 'Allow');
  expect(allowed.map((rule) => rule.destinationAddressPrefix)).toEqual(['10.0.2.0/24']);
  expect(Math.max(...allowed.map(({ priority }) => priority))).toBeLessThan(
    Math.min(
      ...rules.filter(({ access, direction }) => access === 'Deny' && direction === 'Outbound').map((r) => r.priority),
    ),
  );
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

describe('layout', () => {
  test('names keep to Azure’s lengths and letters, whatever the appliance is called', () => {
    for (const appliance of ['abc', 'abcdefghijkl', 'strongroom']) {
      const layout = applianceLayout({ ...site, appliance });
      const repository = repositoryLayout({ ...site, appliance });
      for (const { name } of [layout.account, layout.hostAccount, repository.account])
        expect(name).toMatch(/^[a-z0-9]{3,24}$/);
      expect(layout.vault.name).toMatch(/^[a-z][a-z0-9-]{1,22}[a-z0-9]$/);
      expect(endpointName(layout.functionApp.name, 'sites').length).toBeLessThanOrEqual(76);
    }
  });

  test('subnets cut a network into parts that neither overlap nor leave it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 16, max: 24 }), fc.nat(255), (bits, second) => {
        const { addressPrefixes } = siteLayout({ ...site, addressSpace: `10.${second}.0.0/${bits}` });
        const ranges = Object.values(addressPrefixes)
          .map(range)
          .sort((a, b) => a[0] - b[0]);
        const whole = range(`10.${second}.0.0/${bits}`);
        expect(ranges[0]![0]).toBe(whole[0]);
        expect(ranges.at(-1)![1]).toBe(whole[1]);
        for (const [i, [start]] of ranges.slice(1).entries()) expect(start).toBe(ranges[i]![1] + 1);
      }),
    );
  });

  test.each(['10.0.0.0/25', '10.0.0.1/24', '10.0.0.0', '300.0.0.0/24', '10.0.1.0/22'])(
    '%s is refused as an address space',
    (addressSpace) => {
      expect(() => siteLayout({ ...site, addressSpace })).toThrow(addressSpace);
    },
  );
});

function range(prefix: string): [number, number] {
  const [address, bits] = prefix.split('/');
  const first = address!.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  return [first, first + 2 ** (32 - Number(bits)) - 1];
}
