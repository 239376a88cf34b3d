import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStackFile } from '../../demo/stackFile.ts';
import { readConfig } from '../../infra/config.ts';
import type { Finding } from '../../model/site/finding.ts';
import { siteAt } from '../../model/site/environment.ts';
import { sitePieces } from '../../model/site/pieces.ts';
import { siteView } from '../../model/site/view.ts';
import { documentedZones } from '../../model/site/zones.ts';
import type { ImportFile } from '../../sandbox/pulumi/index.ts';
import { run } from './command.ts';

const home = '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10';
const second = '8c1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a20';
let folder: string;
let stack: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adopt-'));
  stack = join(folder, 'Pulumi.test.yaml');
  await writeFile(
    stack,
    `config:
  azure-native:subscriptionId: ${home}
  azure-native:tenantId: 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a11
  strongroom:region: westeurope
  strongroom:apiClientId: 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a12
  strongroom:disksInParallel: 2
  strongroom:sites:
    - { region: uksouth, subscriptionId: ${second}, declared: false }
`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const error = { code: 'PERMISSION_MISSING', message: 'AuthorizationFailed', retryable: false } as const;

/** What GET /api/sites/{subscription}/{region} answers, in a file. */
async function answer(name: string, stateOf: (key: string) => Finding['state'], region = 'uksouth'): Promise<string> {
  const { environment } = readConfig(await readStackFile(stack));
  const site = siteAt(environment, { subscriptionId: second, region: 'uksouth' });
  const findings = sitePieces(environment, site).map(({ key, kind, id, owner }): Finding => ({
    ...{ key, kind, id, owner, state: stateOf(key), made: null, drift: [] },
    ...(stateOf(key) === 'unreadable' && { error }),
  }));
  const inspection = { findings, zones: documentedZones, ready: [], otherAccounts: [] };
  const view = { ...siteView(environment, site, inspection, '2026-11-22T04:30:00.000Z'), tried: null };
  const file = join(folder, name);
  await writeFile(file, JSON.stringify({ ...view, region }));
  return file;
}

describe('what is wrong ends with 2 and says why', () => {
  it.concurrent.each([
    ['no words', [], '"" is no subscription id such as'],
    ['a subscription’s name', ['prod', 'uksouth'], '"prod" is no subscription id such as'],
    ['a region as the portal shows it', [second, 'UK South'], '"UK South" is no region such as westeurope.'],
    ['a word too many', [second, 'uksouth', 'now'], '"now" is one word too many.'],
    ['a site that is nowhere', [second, 'ukwest'], 'strongroom:sites has no site in ukwest of subscription'],
    ['the appliance’s own site', [home, 'westeurope'], "the appliance's own site, which Pulumi always declares"],
    [
      'no folder for the file',
      [second, 'uksouth', '--out', 'no/where.json'],
      '--out no/where.json: there is no folder no.',
    ],
    ['a file that is there', [second, 'uksouth', '--out', 'package.json'], '--out package.json is there already'],
    ['no answer', [second, 'uksouth', '--found', 'none.json'], '--found: ENOENT'],
    ['another answer', [second, 'uksouth', '--found', 'package.json'], 'this is not what GET /api/sites/'],
  ])('%s', async (_, args, says) => {
    const { code, out, errors } = await run('adopt.ts', [...args, '--stack', stack]);
    expect(errors).toContain(says);
    expect(errors).not.toMatch(/^ {4}at /m);
    expect([code, out]).toEqual([2, '']);
  });

  it.concurrent('an answer about another site', async () => {
    const found = await answer('other.json', () => 'present', 'ukwest');
    const { code, errors } = await run('adopt.ts', [second, 'uksouth', '--stack', stack, '--found', found]);
    expect([code, errors]).toEqual([2, `--found ${found} is about the site in ukwest of subscription ${second}.\n`]);
  });

  it.concurrent('an answer that leaves a piece open', async () => {
    const found = await answer('open.json', (key) => (key === 'account' ? 'unreadable' : 'present'));
    const { code, errors } = await run('adopt.ts', [second, 'uksouth', '--stack', stack, '--found', found]);
    expect(errors).toMatch(/the appliance could not look at storage account strongroom\w{12}\. Ask/);
    expect(code).toBe(2);
  });

  it.concurrent('sites that are no list', async () => {
    const wrong = join(folder, 'Pulumi.wrong.yaml');
    await writeFile(wrong, (await readFile(stack, 'utf8')).replace(/sites:\n.*\n/, 'sites: uksouth\n'));
    const { code, errors } = await run('adopt.ts', [second, 'uksouth', '--stack', wrong]);
    expect([code, errors.split(';')[0]]).toEqual([2, 'strongroom:sites is no list of sites']);
  });
});

it('writes what pulumi import takes: what is there, under names that the file or the stack knows', async () => {
  const found = await answer('found.json', (key) => (key.includes('disk-access-1') ? 'missing' : 'present'));
  const out = join(folder, 'site.json');
  const { code, errors } = await run('adopt.ts', [
    second.toUpperCase(),
    'uksouth',
    '--stack',
    stack,
    '--found',
    found,
    '--out',
    out,
  ]);
  expect(code, errors).toBe(0);
  const { nameTable = {}, resources = [] } = JSON.parse(await readFile(out, 'utf8')) as ImportFile;
  const ids = resources.flatMap(({ id }) => id ?? []);
  expect(errors).toContain(`${ids.length} resources of the site in uksouth. Next, in infra/:`);
  expect(errors).toContain(`pulumi import --stack test --file ${out} --generate-code=false`);
  expect(ids.length).toBeGreaterThan(15);
  expect(ids.filter((id) => /diskAccesses/.test(id))).toEqual([]);
  // The group is the stack's already.
  expect(ids.filter((id) => /\/resourceGroups\/[^/]+$/.test(id))).toEqual([]);
  const known = new Set([...Object.keys(nameTable), ...resources.map(({ name }) => name)]);
  expect(known.size).toBe(Object.keys(nameTable).length + resources.length);
  for (const { id, component, type, parent, provider } of resources) {
    expect(type).toMatch(/^[\w-]+:[\w:]+$/);
    expect(!!id).toBe(!component);
    for (const name of [parent, provider]) if (name !== undefined) expect(known).toContain(name);
  }
  for (const urn of Object.values(nameTable)) expect(urn).toMatch(/^urn:pulumi:test::strongroom::/);
});
