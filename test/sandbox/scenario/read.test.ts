import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, test } from 'vitest';
import { parseMove, readFaults, readScenario, ScenarioError } from '../../../sandbox/scenario/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'scenario-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'world.yaml');
const write = (text: string) => writeFileSync(file, text);
const mistakes = async (text: string, read: (file: string) => Promise<unknown> = readScenario) => {
  write(text);
  const error = await read(file).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ScenarioError);
  return (error as Error).message.replaceAll(file, 'world.yaml').split('\n');
};

describe('a scenario with mistakes', () => {
  it('names place, part and what is allowed, in the order of the file', async () => {
    const text = `location: westeurope
colour: red
clock: yesterday
virtualMachines:
  - name: web
    resourceGroup: shop
    sise: 3
    power: on fire
    osDisk: { sizeGiB: 1, data: 2 GiB }
    dataDisks:
      - data: 12 parsecs
      - image: x
        sizeGiB: 4
resources:
  - type: Microsoft.Network/virtualNetworks/subnets
    name: d
settings:
  pageSize: 0
`;
    expect(await mistakes(text)).toEqual([
      expect.stringMatching(/^world.yaml:2:1: colour is unknown here; known are subscriptions, location, clock, /),
      expect.stringMatching(/^world.yaml:3:1: clock "yesterday" is neither a time such as /),
      expect.stringMatching(/^world.yaml:7:5: virtualMachines\[0\]\.sise is unknown here; known are name, .*\bsize\b/),
      expect.stringMatching(/^world.yaml:8:5: virtualMachines\[0\]\.power: .*"deallocated" \(found "on fire"\)$/),
      'world.yaml:9:27: virtualMachines[0].osDisk.data is more than the disk holds',
      expect.stringMatching(/^world.yaml:11:9: .*dataDisks\[0\]\.data must be a number of bytes, .*not "12 parsecs"$/),
      'world.yaml:13:9: virtualMachines[0].dataDisks[1].sizeGiB comes from the image',
      'world.yaml:16:5: resources[0].name must have 2 parts, as Microsoft.Network/virtualNetworks/subnets has',
      expect.stringMatching(/^world.yaml:18:3: settings.pageSize: .*>=1 \(found 0\)$/),
    ]);
  });

  it('faults say what does not go together', async () => {
    const text = `faults:
  - { drop: true, lost: true }
  - { host: x }
  - { point: nowhere }
  - { point: compute.allocate, host: x }
  - { where: { id: x }, drop: true }
  - { kill: everything }
`;
    expect(await mistakes(text)).toEqual([
      expect.stringMatching(/^world.yaml:2:19: faults\[0\]\.lost cannot be together with drop/),
      expect.stringMatching(/^world.yaml:3:5: faults\[1\] says nothing to happen: name one of drop, /),
      expect.stringMatching(/^world.yaml:4:7: faults\[2\]\.point: .*"compute.allocate"\|.*\(found "nowhere"\)$/),
      expect.stringMatching(/^world.yaml:5:32: faults\[3\]\.host is for requests/),
      expect.stringMatching(/^world.yaml:6:7: faults\[4\]\.where goes with `point` only/),
      expect.stringMatching(/^world.yaml:7:7: faults\[5\]\.kill: must be caller, functions:<site>/),
    ]);
    expect(await mistakes('- { drop: 3 }', readFaults)).toEqual([expect.stringContaining('world.yaml:1:5: [0].drop')]);
  });

  it('what is no YAML, and what is not there', async () => {
    expect(await mistakes('a: [1\nb: 2')).toEqual([expect.stringMatching(/^world.yaml:2:1: Flow sequence/)]);
    expect(await mistakes('a: 1\na: 2')).toEqual([expect.stringMatching(/^world.yaml:2:1: Map keys must be unique/)]);
    await expect(readScenario(join(folder, 'none.yaml'))).rejects.toThrow(/none\.yaml cannot be read: ENOENT/);
  });
});

test('sizes, spans and defaults', async () => {
  write('virtualMachines: [{ name: a, resourceGroup: g, osDisk: { data: 1.5 MiB } }]\nclock: +1d2h30m');
  const { value } = await readScenario(file);
  expect(value.virtualMachines[0]).toMatchObject({ osDisk: { data: 1_572_864 }, dataDisks: [], power: 'running' });
  expect([value.location, value.clock]).toEqual(['westeurope', { byMs: 95_400_000 }]);
  expect(parseMove('2027-01-01')).toEqual({ to: '2027-01-01' });
  for (const wrong of ['26h', '+', '+3', '2027-13-01', 'soon']) expect(() => parseMove(wrong)).toThrow(RangeError);
});

test('the scenarios beside the demo are sound', async () => {
  const scenarios = join(import.meta.dirname, '../../../demo/scenarios');
  for (const name of readdirSync(scenarios)) await readScenario(join(scenarios, name));
});
