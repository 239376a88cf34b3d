import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { driftOf } from '../../../model/site/drift.ts';
import { environmentSchema, placeKey, sitesOf, type Environment } from '../../../model/site/environment.ts';
import { declaredPieces, homePiecesFor, neededPieces, sitePieces } from '../../../model/site/pieces.ts';
import type { Piece } from '../../../model/site/piece.ts';
import { idKey } from '../../../model/resourceId.ts';

const subscriptions = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222'] as const;
const regions = ['westeurope', 'northeurope', 'swedencentral'] as const;
const zoneId = (name: string) =>
  `/subscriptions/${subscriptions[0]}/resourceGroups/hub/providers/Microsoft.Network/privateDnsZones/${name}`;
const zoneIds = Object.fromEntries(
  [
    'privatelink.blob.core.windows.net',
    'privatelink.queue.core.windows.net',
    'privatelink.table.core.windows.net',
    'privatelink.vaultcore.azure.net',
    'privatelink.azurewebsites.net',
    'privatelink.database.windows.net',
  ].map((name) => [name, zoneId(name)]),
);

const place = fc.record({ subscriptionId: fc.constantFrom(...subscriptions), region: fc.constantFrom(...regions) });
const environments: fc.Arbitrary<Environment> = fc
  .record({
    home: place,
    network: fc.constantFrom('private', 'public'),
    dns: fc.constantFrom('own', 'existing', 'policy'),
    sites: fc.uniqueArray(fc.tuple(place, fc.boolean()), {
      selector: ([{ subscriptionId, region }]) => subscriptionId + region,
      maxLength: 5,
    }),
    repositories: fc.uniqueArray(
      fc.record({ name: fc.constantFrom('main', 'far'), region: fc.constantFrom(...regions) }),
      {
        selector: ({ name }) => name,
        minLength: 1,
      },
    ),
    disksInParallel: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ sites, ...rest }) =>
    environmentSchema.parse({
      appliance: 'strongroom',
      zoneIds,
      // The home site is always declared.
      sites: sites.map(([at, declared]) => ({ ...at, declared: declared || placeKey(at) === placeKey(rest.home) })),
      ...rest,
    }),
  );

const inSites = (
  check: (pieces: Piece[], environment: Environment, site: ReturnType<typeof sitesOf>[number]) => void,
) =>
  fc.assert(
    fc.property(environments, (environment) => {
      for (const site of sitesOf(environment)) {
        for (const all of [sitePieces(environment, site), neededPieces(environment, site)])
          check(all, environment, site);
      }
    }),
    { numRuns: 20 },
  );

describe('pieces of any environment', () => {
  test('each stands once, after those that it needs', () => {
    inSites((pieces) => {
      const keys = pieces.map(({ key }) => key);
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(pieces.map(({ id }) => idKey(id))).size).toBe(keys.length);
      pieces.forEach(({ after }, i) => {
        for (const key of after) expect(keys.indexOf(key), key).toBeGreaterThanOrEqual(0);
        for (const key of after) expect(keys.indexOf(key), key).toBeLessThan(i);
      });
    });
  });

  test('VMP-08 VMP-09 a network has one endpoint for a sub-resource of a target, and its own account has blob and queue', () => {
    inSites((pieces, _, site) => {
      const endpoints = pieces.filter(({ kind, key }) => kind === 'privateEndpoint' && !key.startsWith('home:'));
      const targets = endpoints.map(({ target }) => `${idKey(target!.id)} ${target!.group}`);
      expect(new Set(targets).size).toBe(targets.length);
      const [account] = pieces.filter(({ key }) => key === 'account');
      for (const group of ['blob', 'queue']) expect(targets).toContain(`${idKey(account!.id)} ${group}`);
      for (const { settings } of endpoints) expect(settings['location']).toBe(site.region);
    });
  });

  test('where sites share zones no target has two endpoints anywhere', () => {
    fc.assert(
      fc.property(environments, (environment) => {
        fc.pre(environment.dns !== 'own');
        const all = sitesOf(environment).flatMap((site) => sitePieces(environment, site));
        const targets = all.flatMap(({ target }) => (target ? [`${idKey(target.id)} ${target.group}`] : []));
        expect(new Set(targets).size).toBe(targets.length);
      }),
      { numRuns: 40 },
    );
  });

  test('VMP-19 disk accesses bear the comparisons that run at once; the public mode has none', () => {
    inSites((pieces, { network, disksInParallel, exportsPerDiskAccess }) => {
      const count = pieces.filter(({ kind }) => kind === 'diskAccess').length;
      if (network === 'public') return expect(count).toBe(0);
      expect(count * Math.floor(exportsPerDiskAccess / 2)).toBeGreaterThanOrEqual(disksInParallel);
    });
  });

  test('the appliance opens no way out, and Pulumi declares all but what the first session makes', () => {
    inSites((pieces, environment, site) => {
      for (const { kind, owner } of pieces) {
        if (['natGateway', 'publicIPAddress', 'routeTable', 'resourceGroup'].includes(kind))
          expect(owner).toBe('deployer');
      }
      const declared = new Set(declaredPieces(environment, site).map(({ key }) => key));
      if (!site.declared) return expect([...declared]).toEqual(['group']);
      const late = sitesOf(environment).filter((one) => !one.declared);
      const skipped = new Set(late.flatMap((one) => homePiecesFor(environment, one).map(({ key }) => key)));
      const own = sitePieces(environment, site).map(({ key }) => key);
      const isHome = environment.home.region === site.region && environment.home.subscriptionId === site.subscriptionId;
      expect([...declared]).toEqual(isHome ? own.filter((key) => !skipped.has(key)) : own);
    });
  });
});

test('workers of a site whose endpoints are partly in the home network may reach what is connected', () => {
  const [first, second] = regions.map((region) => ({ subscriptionId: subscriptions[0], region }));
  const reached = (dns: string) => {
    const environment = environmentSchema.parse({
      appliance: 'strongroom',
      home: first,
      sites: [second],
      repositories: [{ name: 'main', region: first!.region }],
      dns,
      zoneIds,
    });
    return sitesOf(environment).map((site) => {
      const rules = sitePieces(environment, site).find(({ key }) => key === 'worker-rules')!.settings['securityRules'];
      return (rules as { name: string; destinationAddressPrefix: string }[]).find(
        ({ name }) => name === 'allow-endpoints',
      )!.destinationAddressPrefix;
    });
  };
  expect(reached('own')).toEqual(['10.64.2.0/24', '10.64.2.0/24']);
  expect(reached('existing')).toEqual(['10.64.2.0/24', 'VirtualNetwork']);
});

describe('drift', () => {
  const settings = (pieces: Piece[]) => pieces.map((piece) => piece.settings);

  test('what is as its piece says has none, whatever else it has', () => {
    fc.assert(
      fc.property(environments, fc.dictionary(fc.string(), fc.string()), (environment, more) => {
        const [site] = sitesOf(environment);
        for (const each of settings(sitePieces(environment, site!)))
          expect(driftOf(each, { ...more, ...each })).toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  test.each<[string, Record<string, unknown>, object, unknown]>([
    ['ids without case', { subnet: { id: '/A/b' } }, { subnet: { id: '/a/B' } }, []],
    ['lists without order', { groups: ['a', 'b'] }, { groups: ['b', 'a', 'c'] }, []],
    ['a list that lacks one', { groups: ['a'] }, { groups: [] }, [{ path: 'groups', expected: 'a', actual: [] }]],
    [
      'things with names by name',
      { subnets: [{ name: 'workers', prefix: '1' }] },
      { subnets: [{ name: 'x' }, { name: 'workers', prefix: '2' }] },
      [{ path: 'subnets[workers].prefix', expected: '1', actual: '2' }],
    ],
    [
      'a thing that is not there',
      { subnets: [{ name: 'workers' }] },
      {},
      [{ path: 'subnets[workers]', expected: 'workers', actual: undefined }],
    ],
    [
      'rules of a firewall that nobody asked for',
      { securityRules: [{ name: 'deny-all', access: 'Deny' }] },
      {
        securityRules: [
          { name: 'Deny-All', access: 'Deny' },
          { name: 'allow-internet', access: 'Allow' },
        ],
        defaultSecurityRules: [{ name: 'AllowVnetOutBound', access: 'Allow' }],
      },
      [{ path: 'securityRules[allow-internet]', expected: undefined, actual: 'allow-internet' }],
    ],
    [
      'addresses that somebody let in',
      { networkRuleSet: { ipRules: [] } },
      { networkRuleSet: { ipRules: [{ iPAddressOrRange: '203.0.113.7' }], resourceAccessRules: [{ tenantId: 't' }] } },
      [{ path: 'networkRuleSet.ipRules', expected: undefined, actual: { iPAddressOrRange: '203.0.113.7' } }],
    ],
    ['locations without spaces', { location: 'westeurope' }, { location: 'West Europe' }, []],
    ['a switch', { allowed: false }, { allowed: true }, [{ path: 'allowed', expected: false, actual: true }]],
  ])('compares %s', (_, expected, actual, drift) => {
    expect(driftOf(expected, actual)).toEqual(drift);
  });
});
