import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configKeys, readConfig } from '../../infra/config.ts';
import { appSettings } from '../../infra/settings.ts';
import { environmentSchema } from '../../model/site/environment.ts';
import { readSettings } from '../../model/settings.ts';
import { homeLayout } from '../../model/site/layout.ts';
import { configWith, home, second, stackConfig, stackWith } from './values.ts';

const guid = '0c000000-0000-4000-8000-000000000001';
const subnet = (name: string, subscriptionId = home, network = 'spoke') =>
  `/subscriptions/${subscriptionId}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/${network}/subnets/${name}`;

test('defaults stand in for what is absent', () => {
  expect(configWith({})).toMatchObject({
    environment: {
      appliance: 'vault7',
      home: { subscriptionId: home, region: 'westeurope' },
      network: 'private',
      dns: 'own',
      outbound: { natGateway: true },
      sites: [],
      repositories: [{ name: 'main', region: 'westeurope', redundancy: 'GRS', tier: 'Hot', immutabilityDays: 0 }],
      disksInParallel: 8,
    },
    apiAllowedAddresses: [],
    grantOnExisting: true,
    workersPerSite: 2,
    fullReadDays: 30,
  });
});

test('sites and repositories are in the appliance’s subscription and region unless they say otherwise', () => {
  const { environment } = configWith({
    sites: [{ region: 'uksouth' }, { subscriptionId: second, region: 'uksouth', addressSpace: '10.1.0.0/24' }],
    repositories: [{ name: 'main' }, { name: 'far', region: 'northeurope', redundancy: 'LRS' }],
  });
  expect(environment.sites).toMatchObject([
    { subscriptionId: home, region: 'uksouth', addressSpace: '10.64.0.0/22', declared: true },
    { subscriptionId: second, addressSpace: '10.1.0.0/24' },
  ]);
  expect(environment.repositories).toMatchObject([{ region: 'westeurope' }, { region: 'northeurope' }]);
});

test('the sample has every key, with values that are accepted', () => {
  const text = readFileSync(new URL('../../infra/Pulumi.sample.yaml', import.meta.url), 'utf8');
  const { config } = parse(text) as { config: Record<string, unknown> };
  const keys = Object.keys(config).filter((key) => key.startsWith('strongroom:'));
  expect(keys.sort()).toEqual(configKeys.map((key) => `strongroom:${key}`).sort());
  const values = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  expect(readConfig(Object.fromEntries(values) as Record<string, string>).environment.sites).toHaveLength(4);
});

test('everything wrong, missing or unknown is named at once, with its value and what is expected', () => {
  const read = () =>
    readConfig({ 'strongroom:name': 'Vault 7', 'strongroom:regoin': 'westeurope', 'strongroom:dns': 'hub' });
  expect(read).toThrow(/strongroom:name \("Vault 7"\) must be 3 to 12 lower-case letters/);
  expect(read).toThrow(/strongroom:regoin is no key of the configuration: did you mean strongroom:region\?\n/);
  expect(read).toThrow(/strongroom:region is missing/);
  expect(read).toThrow(/azure-native:subscriptionId is missing/);
  expect(read).toThrow(/azure-native:tenantId is missing/);
  expect(read).toThrow(/strongroom:apiClientId is missing: it must be the client id/);
  expect(read).toThrow(/strongroom:dns \("hub"\) must be own, existing or policy/);
  expect(read).toThrow(/Pulumi.sample.yaml explains every key/);
});

const tags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, 'x']));

describe('what is refused', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'a name too long for a storage account',
      { name: 'averylongname' },
      'strongroom:name ("averylongname") must be 3 to 12',
    ],
    [
      'a region as the portal shows it',
      { region: 'West Europe' },
      'strongroom:region ("West Europe") must be a region name',
    ],
    [
      'a site twice',
      { sites: [{ region: 'uksouth' }, { region: 'uksouth' }] },
      'strongroom:sites[1] ({"region":"uksouth"}) is a second site',
    ],
    [
      'the home site on demand',
      { sites: [{ region: 'westeurope', declared: false }] },
      'sites[0].declared (false) must be true',
    ],
    [
      'an address space too small',
      { sites: [{ region: 'uksouth', addressSpace: '10.0.0.0/25' }] },
      'sites[0].addressSpace ("10.0.0.0/25") must be an IPv4 network such as 10.64.0.0/22, /16 to /24.',
    ],
    [
      'an address space that begins elsewhere',
      { sites: [{ region: 'uksouth', addressSpace: '10.0.1.0/22' }] },
      "must begin with the network's first address: 10.0.0.0/22.",
    ],
    [
      'an address that is none',
      { sites: [{ region: 'uksouth', addressSpace: '300.0.0.0/24' }] },
      'must be an IPv4 network',
    ],
    [
      'an address space of public addresses',
      { sites: [{ region: 'uksouth', addressSpace: '8.8.0.0/22' }] },
      'sites[0].addressSpace ("8.8.0.0/22") must lie in 10.0.0.0/8, 172.16.0.0/12',
    ],
    [
      'an unknown key of a site',
      { sites: [{ region: 'uksouth', adressSpace: '10.0.0.0/24' }] },
      'strongroom:sites[0] has the unknown key "adressSpace"; its keys are subscriptionId, region, addressSpace, declared,',
    ],
    [
      'an unknown key of a repository',
      { repositories: [{ name: 'main', subscriptionId: second }] },
      'repositories[0] has the unknown key "subscriptionId"; its keys are name, region, redundancy, tier, immutabilityDays, archive.',
    ],
    [
      'sites that are no list',
      { sites: { region: 'uksouth' } },
      'strongroom:sites ({"region":"uksouth"}) must be a list',
    ],
    ['sites that are no JSON', { sites: '[{' }, 'strongroom:sites ("[{") must be a list'],
    ['a site that is a word', { sites: ['uksouth'] }, 'strongroom:sites[0] ("uksouth") must be an entry with keys'],
    [
      'a site without a repository',
      { sites: [{ region: 'uksouth', repositories: [] }] },
      'sites[0].repositories ([]) must name one repository at least; leave it out for all',
    ],
    [
      'a site that backs up into an archive',
      {
        sites: [{ region: 'uksouth', repositories: ['a'] }],
        repositories: [{ name: 'main' }, { name: 'a', archive: true }],
      },
      'names "a", an archive, which no backup goes to',
    ],
    [
      'a site that names no repository',
      { sites: [{ region: 'uksouth', repositories: ['mian'] }] },
      'names "mian", which is none of the repositories',
    ],
    [
      'a network of two sites',
      {
        sites: ['uksouth', 'ukwest'].map((region) => ({
          region,
          subnets: { workers: subnet('a'), endpoints: subnet('b') },
        })),
      },
      'are in the network of the site in uksouth; a site has its own',
    ],
    [
      'a subnet that is none',
      { sites: [{ region: 'uksouth', subnets: { workers: 'workers', endpoints: subnet('b') } }] },
      'sites[0].subnets.workers ("workers") must be the ARM id of a subnet',
    ],
    [
      'one subnet for two purposes',
      { sites: [{ region: 'uksouth', subnets: { workers: subnet('a'), endpoints: subnet('a') } }] },
      'must be different subnets',
    ],
    [
      'subnets of two networks',
      { sites: [{ region: 'uksouth', subnets: { workers: subnet('a'), endpoints: subnet('b', home, 'other') } }] },
      'must belong to one network',
    ],
    [
      'subnets of another subscription',
      { sites: [{ region: 'uksouth', subnets: { workers: subnet('a', second), endpoints: subnet('b', second) } }] },
      `must be in the site's subscription ${home}`,
    ],
    [
      'the home site without a subnet for the app',
      { sites: [{ region: 'westeurope', subnets: { workers: subnet('a'), endpoints: subnet('b') } }] },
      'lack "functions"',
    ],
    [
      'a subnet for the app elsewhere',
      {
        sites: [
          { region: 'uksouth', subnets: { workers: subnet('a'), endpoints: subnet('b'), functions: subnet('c') } },
        ],
      },
      'name "functions", which only the home site has',
    ],
    [
      'a redundancy that Strongroom has not',
      { repositories: [{ name: 'main', redundancy: 'GZRS' }] },
      'repositories[0].redundancy ("GZRS") must be GRS, LRS or ZRS',
    ],
    [
      'an archive with ZRS',
      { repositories: [{ name: 'main' }, { name: 'a', archive: true, redundancy: 'ZRS' }] },
      'repositories[1].redundancy ("ZRS") an archive cannot be zone-redundant',
    ],
    ['archives only', { repositories: [{ name: 'a', archive: true }] }, 'are all archives; one must take backups'],
    ['no repository', { repositories: [] }, 'strongroom:repositories ([]) must name at least one repository'],
    [
      'a repository twice',
      { repositories: [{ name: 'main' }, { name: 'main' }] },
      'repositories[1].name ("main") "main" is the name of another repository',
    ],
    [
      'a repository’s name',
      { repositories: [{ name: 'Main Vault' }] },
      'repositories[0].name ("Main Vault") must be up to 16 lower-case letters',
    ],
    [
      'a tier of single blobs',
      { repositories: [{ name: 'main', tier: 'Archive' }] },
      'repositories[0].tier ("Archive") must be Hot, Cool or Cold',
    ],
    [
      'days below none',
      { repositories: [{ name: 'main', immutabilityDays: -1 }] },
      'repositories[0].immutabilityDays (-1) must be at least 0',
    ],
    [
      'existing zones without ids',
      { dns: 'existing' },
      'strongroom:zoneIds lack the ARM id of privatelink.blob.core.windows.net, privatelink.queue',
    ],
    [
      'the id of another zone',
      { zoneIds: { 'privatelink.blob.core.windows.net': subnet('a') } },
      'must be the ARM id of a private DNS zone of that name: …/privateDnsZones/privatelink.blob.core.windows.net',
    ],
    [
      'a next hop that is a name',
      { outbound: { nextHop: 'firewall' } },
      'strongroom:outbound.nextHop ("firewall") must be the IPv4 address of a firewall',
    ],
    [
      'a next hop in the site’s own network',
      { outbound: { nextHop: '10.64.0.4' } },
      'strongroom:outbound.nextHop ("10.64.0.4") lies in the network of the site in westeurope',
    ],
    [
      'an allow list with a name',
      { apiAllowedAddresses: ['home'] },
      'strongroom:apiAllowedAddresses[0] ("home") must be an address range such as 203.0.113.0/24',
    ],
    [
      'an allow list with one address',
      { apiAllowedAddresses: ['203.0.113.7'] },
      'apiAllowedAddresses[0] ("203.0.113.7") must be an address range such as 203.0.113.0/24; of a single address 203.0.113.7/32',
    ],
    [
      'an allow list for everybody',
      { apiAllowedAddresses: ['0.0.0.0/0'] },
      'apiAllowedAddresses[0] ("0.0.0.0/0") lets everybody in',
    ],
    [
      'an allow list that is a text',
      { apiAllowedAddresses: '203.0.113.0/24' },
      'strongroom:apiAllowedAddresses ("203.0.113.0/24") must be a list',
    ],
    [
      'a truth that is a word',
      { grantOnExisting: 'maybe' },
      'strongroom:grantOnExisting ("maybe") must be true or false',
    ],
    [
      'a number as a tag',
      { tags: { costCentre: 4711 } },
      'strongroom:tags.costCentre (4711) must be a text: put quotes around it',
    ],
    ['too many tags', { tags: tags(14) }, 'are 14; at most '],
    [
      'a tag of the appliance’s own',
      { tags: { Strongroom: 'x' } },
      'strongroom:tags.Strongroom ("x") is a name of the appliance’s own',
    ],
    ['a tag of Azure’s own', { tags: { azureCost: 'x' } }, 'begins with a word that Azure keeps for itself'],
    ['a tag with a forbidden letter', { tags: { 'a/b': 'x' } }, 'must have a name without < > % &'],
    [
      'a tag’s name too long for a storage account',
      { tags: { ['n'.repeat(129)]: 'x' } },
      'must have a name of 1 to 128 characters',
    ],
    ['a tag’s value too long', { tags: { a: 'v'.repeat(257) } }, 'must have a value of 256 characters at most'],
    ['a tag twice', { tags: { owner: 'a', Owner: 'b' } }, 'is there twice'],
    ['no disk at once', { disksInParallel: 0 }, 'strongroom:disksInParallel (0) must be at least 1'],
    ['a network mode', { network: 'hybrid' }, 'strongroom:network ("hybrid") must be private or public'],
    ['an export URL that lives too short', { sasSeconds: 60 }, 'strongroom:sasSeconds (60) must be at least 3600'],
    ['half a disk', { disksInParallel: 1.5 }, 'strongroom:disksInParallel (1.5) must be a whole number'],
    [
      'a size of shirts',
      { workerSize: 'M' },
      'strongroom:workerSize ("M") must be a size of machines such as Standard_',
    ],
    [
      'a subscription’s name',
      { 'azure-native:subscriptionId': 'prod' },
      'wrong:\n  azure-native:subscriptionId ("prod") must be a subscription id such as 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10.\nPulumi',
    ],
    [
      'a project that is almost this one',
      { 'strongrom:network': 'public' },
      'strongrom:network is not read: did you mean strongroom:network?',
    ],
    ['too many workers', { workersPerSite: 51 }, 'strongroom:workersPerSite (51) must be at most 50'],
  ])('%s', (_, values, message) => {
    expect(() => configWith(values)).toThrow(message);
  });
});

describe('settings of the Functions app', () => {
  const config = configWith({ sites: [{ subscriptionId: second, region: 'uksouth' }], tags: { a: 'b' } });
  const layout = homeLayout(config.environment);
  const settings = appSettings(config, layout, {
    orchestratorClientId: guid,
    workerClientId: guid,
    insightsConnectionString: 'InstrumentationKey=x',
  });

  test('the appliance accepts them, and none is left to its default', () => {
    const own = Object.keys(settings).filter((name) => /^STRONGROOM_[A-Z_]+$/.test(name) && !name.includes('__'));
    expect(own.sort()).toEqual(Object.keys(readSettings(settings)).sort());
    expect(settings).toMatchObject({
      AzureWebJobsStorage__queueServiceUri: layout.hostAccount.queueUrl,
      AzureWebJobsStorage__clientId: guid,
      STRONGROOM_MAILBOX__queueServiceUri: layout.account.queueUrl,
      STRONGROOM_MAILBOX__credential: 'managedidentity',
    });
  });

  test('the environment arrives as the program has it', () => {
    expect(readSettings(settings).STRONGROOM_ENVIRONMENT).toEqual(config.environment);
    expect(environmentSchema.parse(config.environment)).toEqual(config.environment);
  });
});

test('a stack of a dozen lines is a whole configuration', () => {
  expect(Object.keys(stackWith({})).length).toBeLessThan(12);
  expect(() => readConfig(stackConfig)).not.toThrow();
});
