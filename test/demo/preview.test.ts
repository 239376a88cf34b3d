import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declaredWith, policy, type ViolationsOf } from '../../demo/declared.ts';
import { plain, render } from '../../demo/preview/render.ts';
import { leavesOf, totalsOf, treeOf } from '../../demo/preview/tree.ts';
import { wrapped } from '../../demo/preview/wrapped.ts';
import { readStackFile } from '../../demo/stackFile.ts';
import type { Preview } from '../../sandbox/pulumi/preview.ts';
import { run } from './command.ts';

const subscription = '4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10';
const second = '8c1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a20';
/** The four keys that a stack needs. */
const needed = `config:
  azure-native:subscriptionId: ${subscription}
  azure-native:tenantId: 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a11
  strongroom:region: westeurope
  strongroom:apiClientId: 4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a12
`;
const sites = `  strongroom:sites:
    - region: northeurope
    - { region: westeurope, subscriptionId: ${second} }
    - { region: uksouth, subscriptionId: ${second}, declared: false }
`;
let folder: string;
let declared: Preview;
let violationsOf: ViolationsOf;

const stackFile = async (text: string, name = 'Pulumi.test.yaml') => {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'preview-'));
  violationsOf = await policy();
  declared = await declaredWith(await readStackFile(await stackFile(needed + sites)), 'test');
});
afterAll(() => rm(folder, { recursive: true }));

describe('the command', () => {
  it.concurrent('shows the sample without colours to what is no terminal, and takes being hung up on', async () => {
    const { code, out, errors } = await run('preview.ts', [], 3);
    expect(out).toMatch(/^What infra\/Pulumi\.sample\.yaml declares\n\nBeside the components\n/);
    expect(out).not.toContain('\u001b');
    expect([code, errors]).toEqual([0, '']);
  });

  it.concurrent('says as JSON what a stack of four keys declares', async () => {
    const { code, out, errors } = await run('preview.ts', [
      '--stack',
      await stackFile(needed, 'Pulumi.four.yaml'),
      '--json',
    ]);
    expect([code, errors]).toEqual([0, '']);
    const { components, totals, outputs } = JSON.parse(out) as Record<string, unknown>;
    expect(components).toContainEqual(expect.objectContaining({ component: 'Site', name: 'site', note: '' }));
    expect(totals).toContainEqual(expect.objectContaining({ component: 'Site', name: 'site', endpoints: 12 }));
    expect(outputs).toMatchObject({ apiUrl: expect.stringMatching(/^https:/) as string });
  });

  it.concurrent('names each mistake of a configuration on a line, and ends with 2', async () => {
    const text = needed.replace('westeurope', 'West Europe') + '  strongroom:netwrok: public\n';
    const { code, out, errors } = await run('preview.ts', ['--stack', await stackFile(text, 'Pulumi.wrong.yaml')]);
    expect([code, out]).toEqual([2, '']);
    expect(errors.split('\n')).toEqual([
      "The stack's configuration is wrong:",
      '  strongroom:netwrok is no key of the configuration: did you mean strongroom:network?',
      '  strongroom:region ("West Europe") must be a region name such as westeurope.',
      'Pulumi.sample.yaml explains every key.',
      '',
    ]);
  });

  it.concurrent.each([
    ['an unknown option', ['--stak', 'x'], "Unknown option '--stak'"],
    ['no such file', ['--stack', 'none.yaml'], 'There is no stack file none.yaml.'],
  ])('%s ends with 2', async (_, args, says) => {
    const { code, errors } = await run('preview.ts', args);
    expect(errors).toContain(says);
    expect(errors).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
  });
});

describe('a stack’s file', () => {
  it.each([
    ['no configuration', 'name: x\n', 'has no "config:"'],
    ['no YAML', 'config: [\n', 'is no YAML'],
    ['a key twice', `${needed}  strongroom:region: uksouth\n`, 'is no YAML: Map keys must be unique'],
    ['a key without a value', `${needed}  strongroom:dns:\n`, 'strongroom:dns has no value'],
    ['a key without a project', `${needed}  dns: own\n`, 'dns lacks its project; write strongroom:dns.'],
    ['an encrypted value', `${needed}  strongroom:name:\n    secure: v1:x\n`, 'strongroom:name is encrypted'],
  ])('with %s is refused', async (_, text, says) => {
    await expect(readStackFile(await stackFile(text, 'Pulumi.bad.yaml'))).rejects.toThrow(says);
  });
});

describe('what is shown', () => {
  const tree = () => treeOf(declared, violationsOf);

  it('each resource once, with its ARM type and what matters of it', () => {
    const shown = render(tree(), plain);
    const azure = declared.resources.filter(({ id }) => id !== '');
    expect(tree().flatMap(leavesOf)).toHaveLength(azure.length);
    for (const says of [
      /Microsoft\.Network\/privateEndpoints +strongroom\w{12}-queue {2}→ strongroom\w{12} queue, costs: fixed/,
      /Microsoft\.Storage\/storageAccounts +strongrorepo\w{12} {2}westeurope, GRS, Hot, private, protected, costs: by use/,
      /Microsoft\.Network\/natGateways +strongroom-nat {2}costs: fixed/,
      /orchestrator: Strongroom site on group strongroom-uksouth of 8c1f1f0e-\S+ {2}run workers there/,
      /orchestrator: Storage Blob Data Owner on strongrohost/,
      /Microsoft\.Web\/sites +\S+ {2}node 24, in subnet functions, private, 1 always ready, costs: fixed/,
      /^Site site-uksouth-8c1f\S+ {2}uksouth 8c1f\S+ the first session there makes the rest$/m,
      /^Fixed here: .*1 NAT gateway.*\d+ private endpoints/m,
      /resources; the policy pack finds nothing wrong\.$/,
    ]) {
      expect(shown).toMatch(says);
    }
    expect(shown).not.toMatch(/undefined|\[object|NaN/);
  });

  it('sums that add up', () => {
    const totals = totalsOf(tree());
    const all = totals.reduce((sum, { resources }) => sum + resources, 0);
    expect(all).toBe(tree().flatMap(leavesOf).length);
    for (const { resources, costs } of totals) {
      expect(Object.values(costs).reduce((sum, number) => sum + number, 0)).toBe(resources);
    }
    const sums = /^Totals\n(?:.*\n)*?All +(\d+)/m.exec(render(tree(), plain));
    expect(Number(sums?.[1])).toBe(all);
  });

  it('the same in a narrow terminal, where only words that are longer stand out', () => {
    const narrow = render(tree(), { ...plain, width: 80 }).split('\n');
    const wide = narrow.filter((line) => line.length > 80);
    for (const line of wide) expect(line.trim()).toMatch(/^(\S+( ← refused)?|\w+: .* on .*)$/);
    const words = (text: string) => text.replace(/\s+/g, ' ').replace(/,/g, '').trim();
    expect(words(narrow.join(' '))).toBe(words(render(tree(), plain)));
  });

  it('what the policy pack refuses, at its place and at the end', () => {
    const open = (resource: Preview['resources'][number]) =>
      /-account$/.test(resource.name) ? { ...resource.inputs, publicNetworkAccess: 'Enabled' } : resource.inputs;
    const bad = { ...declared, resources: declared.resources.map((each) => ({ ...each, inputs: open(each) })) };
    const shown = render(treeOf(bad, violationsOf), plain);
    expect(shown).toMatch(/strongrorepo\w{12} .*public.* ← refused$/m);
    expect(shown).toMatch(
      /The policy pack refuses \d+ of \d+ resources:\n(.*\n)* +Microsoft\.Storage\/storageAccounts strongrorepo\w{12}: publicNetworkAccess must be "Disabled"; it is "Enabled"\. \(no-public-network-access\)/,
    );
  });
});

it('words fill lines', () => {
  expect(wrapped(['one', 'two', 'three', 'overlong'], ', ', '  ', 11)).toEqual([
    '  one, two,',
    '  three,',
    '  overlong',
  ]);
  expect(wrapped([], ' ', '', 10)).toEqual([]);
});
