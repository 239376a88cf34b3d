import { describe, expect, it, test } from 'vitest';
import { evaluate } from '../../../sandbox/arm/templates/evaluate.ts';
import { TemplateError } from '../../../sandbox/arm/templates/expression.ts';
import { pureFunctions } from '../../../sandbox/arm/templates/functions.ts';
import { idFunctions } from '../../../sandbox/arm/templates/ids.ts';
import { parameterValues } from '../../../sandbox/arm/templates/parameters.ts';
import { dependencies } from '../../../sandbox/arm/templates/dependencies.ts';
import { plan } from '../../../sandbox/arm/templates/template.ts';

const scope = { subscriptionId: 'S', resourceGroup: 'g' };
const functions = { ...pureFunctions, ...idFunctions(scope), parameters: (name: unknown) => `<${String(name)}>` };
const value = (text: string) => evaluate(text, functions);

describe('expressions', () => {
  it.each([
    ['plain', 'plain'],
    ['[[not an expression]', '[not an expression]'],
    ["[concat('it''s', ' ', 'so')]", "it's so"],
    ["[concat('a', string(-3), parameters('p'))]", 'a-3<p>'],
    ["[createObject('a', createArray(1, 2)).a[add(0, 1)]]", 2],
    ["[createObject('Name', 'x').name]", 'x'],
    ["[createObject('a', 1).?b]", null],
    ["[if(equals('a', 'b'), div(1, 0), 'other')]", 'other'],
    ["[format('{0}-{1:x4}', 'vm', 255)]", 'vm-00ff'],
    ["[substring('abcdef', 2, 3)]", 'cde'],
    ["[last(split('a/b;c', createArray('/', ';')))]", 'c'],
    ["[join(createArray('a', 'b'), '+')]", 'a+b'],
    ["[padLeft('7', 3, '0')]", '007'],
    [
      "[union(createObject('a', createObject('x', 1)), createObject('a', createObject('y', 2)))]",
      { a: { x: 1, y: 2 } },
    ],
    ['[intersection(createArray(1, 2, 3), createArray(2, 3, 4))]', [2, 3]],
    ["[contains('abc', 'b')]", true],
    ["[coalesce(null(), 'x')]", 'x'],
    ["[empty(json('{}'))]", true],
    ['[min(range(3, 4))]', 3],
    ["[toUpper(base64ToString(base64('abc')))]", 'ABC'],
    [
      "[guid('a', 'b')]",
      expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    ],
    ["[length(uniqueString('a'))]", 13],
    [
      "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]",
      '/subscriptions/S/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/s',
    ],
    [
      "[resourceId('T', 'other', 'Microsoft.Compute/disks', 'd')]",
      '/subscriptions/T/resourceGroups/other/providers/Microsoft.Compute/disks/d',
    ],
    ["[subscriptionResourceId('Microsoft.X/y', 'z')]", '/subscriptions/S/providers/Microsoft.X/y/z'],
  ])('%s is %o', (text, wanted) => {
    expect(value(text)).toEqual(wanted);
  });

  it.each([
    ["[concat('a']", "expected ',', found 'end'"],
    ["[concat('a') b]", "expected the end, found 'b'"],
    ['[concat(#)]', 'unexpected text'],
    ['[nonsense()]', "The template function 'nonsense' is not valid"],
    ["[createObject('a', 1).b]", "property 'b' doesn't exist"],
    ["[int('x')]", "'x' cannot be converted"],
    ["[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v')]", 'incorrect segment lengths'],
    ['[constructor()]', "The template function 'constructor' is not valid"],
  ])('%s is refused: %s', (text, why) => {
    expect(() => value(text)).toThrow(why);
  });
});

test('copy in an object makes an array property; copyIndex knows its loop', () => {
  const part = {
    copy: [{ name: 'disks', count: "[length('ab')]", input: { lun: "[copyIndex('disks', 5)]", copyTag: 'x' } }],
  };
  expect(evaluate(part, functions)).toEqual({
    disks: [
      { lun: 5, copyTag: 'x' },
      { lun: 6, copyTag: 'x' },
    ],
  });
});

describe('parameters', () => {
  const definitions = {
    size: { type: 'int', minValue: 1, maxValue: 3 },
    kind: { type: 'string', allowedValues: ['a', 'b'], defaultValue: "[if(equals(parameters('size'), 1), 'a', 'b')]" },
    list: { type: 'array', defaultValue: [], maxLength: 1 },
  };
  const values = (given: Record<string, unknown>) =>
    parameterValues(
      definitions,
      Object.fromEntries(Object.entries(given).map(([name, one]) => [name, { value: one }])),
      pureFunctions,
    );

  it('have defaults that may name others', () => {
    expect(values({ SIZE: 2 }).get('kind')).toBe('b');
  });
  it.each([
    [{}, "parameter 'size' is not provided"],
    [{ size: 'x' }, "expected a value of type 'int'"],
    [{ size: 4 }, 'is 4, which is not within 1 and 3'],
    [{ size: 1, kind: 'c' }, "'c' is not part of the allowed value(s): 'a,b'"],
    [{ size: 1, list: [1, 2] }, 'has length 2'],
    [{ size: 1, more: 1 }, "parameter 'more' is not found in the template"],
  ])('%o is refused: %s', (given, why) => {
    expect(() => values(given)).toThrow(why);
  });
});

describe('a plan', () => {
  const disk = (name: string, more = {}) => ({ type: 'Microsoft.Compute/disks', apiVersion: '1', name, ...more });
  const planned = (...resources: object[]) => plan({ resources: resources as never }, scope, functions);

  it('unrolls loops, leaves out what its condition forbids, and sets children beside their parents', () => {
    const all = planned(
      disk("[concat('d', copyIndex(1))]", { copy: { name: 'loop', count: 2 } }),
      disk('no', { condition: '[equals(1, 2)]' }),
      {
        type: 'Microsoft.Network/virtualNetworks',
        apiVersion: '1',
        name: 'v',
        resources: [{ type: 'subnets', apiVersion: '1', name: 's', dependsOn: ['loop'] }],
      },
    );
    expect(all.map(({ type, name }) => `${type} ${name}`)).toEqual([
      'Microsoft.Compute/disks d1',
      'Microsoft.Compute/disks d2',
      'Microsoft.Network/virtualNetworks v',
      'Microsoft.Network/virtualNetworks/subnets v/s',
    ]);
    const waits = dependencies(all);
    expect(waits.get(all[3]!)!.map(({ name }) => name)).toEqual(['d1', 'd2', 'v']);
  });
  it.each([
    [[disk('a', { dependsOn: ['b'] }), disk('b', { dependsOn: ['a'] })], 'Circular dependency'],
    [[disk('a'), disk('A')], 'defined multiple times'],
    [[{ type: 'Microsoft.Compute/disks', name: 'a' }], 'no apiVersion'],
    [[{ name: 'a' }], 'no type'],
  ])('refuses %o: %s', (resources, why) => {
    expect(() => dependencies(planned(...resources))).toThrow(why);
    expect(() => dependencies(planned(...resources))).toThrow(TemplateError);
  });
});
