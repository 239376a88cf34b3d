import { beforeEach, expect, test } from 'vitest';
import { home, memoryArm, other, wanted } from './memoryArm.ts';

let arm: ReturnType<typeof memoryArm>;
beforeEach(() => {
  arm = memoryArm();
});

const type = 'azure-native:memory:box';
const id = `/subscriptions/${home}/boxes/a`;
const parent = wanted({ name: 'c', type: 'test:Component', custom: false });
const provider = wanted({ name: 'p', type: 'pulumi:providers:azure-native', inputs: { subscriptionId: other } });
/** As ARM has it, with what nobody wrote. */
const found = {
  id,
  location: 'westeurope',
  properties: { size: 1, rules: [{ name: 'r', properties: { way: 'in' } }], filledIn: true },
};

test('what is imported is unchanged when Azure has what the program states', async () => {
  arm.there.set(id, found);
  const imported = await arm.import({
    resources: [
      { type: 'test:Component', name: 'c', component: true },
      {
        type,
        name: 'x',
        logicalName: 'a',
        id: id.toUpperCase().replace('/SUBSCRIPTIONS', '/subscriptions').replace('BOXES/A', 'boxes/a'),
        parent: 'c',
      },
    ],
  });
  const box = wanted({
    name: 'a',
    parent: parent.urn,
    inputs: { location: 'West Europe', size: 1, rules: [{ name: 'r', way: 'in' }] },
  });
  expect(imported).toEqual([parent.urn, box.urn]);
  expect(await arm.up(parent, box)).toMatchObject({ unchanged: [box.urn], created: [], updated: [] });
  expect(arm.requests).toEqual([]);
  // From then on the program's word is what is compared.
  expect(await arm.up(parent, { ...box, inputs: { ...box.inputs, size: 2 } })).toMatchObject({ updated: [box.urn] });
});

test('what differs is updated, or replaced where it must be, and refused there when it is protected', async () => {
  arm.there.set(id, found);
  await arm.import({ resources: [{ type, name: 'a', id }] });
  expect(arm.stack.get(wanted({ name: 'a' }).urn)?.protect).toBe(true);
  const box = (inputs: object, options = {}) => wanted({ name: 'a', inputs: { ...inputs }, options });
  await expect(arm.up(box({ location: 'northeurope' }, { protect: true }))).rejects.toThrow('unable to replace');
  expect(await arm.up(box({ location: 'westeurope', size: 3 }))).toMatchObject({ updated: [box({}).urn] });
});

test('a tag that the program does not state goes', async () => {
  arm.there.set(id, { ...found, tags: { ours: 'a', another: 'b' } });
  await arm.import({ resources: [{ type, name: 'a', id }] });
  const box = (tags: object) => wanted({ name: 'a', inputs: { tags } });
  expect(await arm.up(box({ ours: 'a' }))).toMatchObject({ updated: [box({}).urn] });
  expect(await arm.up(box({ ours: 'a' }))).toMatchObject({ updated: [] });
});

test('a value that is added below an input that cannot be changed is an update', async () => {
  arm.there.set(id, { ...found, properties: { ...found.properties, kind: { id: 'k' } } });
  await arm.import({ resources: [{ type, name: 'a', id }] }, false);
  const box = (kind: object) => wanted({ name: 'a', inputs: { kind } });
  expect(await arm.up(box({ id: 'k', more: 'default' }))).toMatchObject({ updated: [box({}).urn], replaced: [] });
  expect(await arm.up(box({ id: 'other', more: 'default' }))).toMatchObject({ replaced: [box({}).urn] });
});

test('an import into another subscription needs its provider in the stack', async () => {
  const there = `/subscriptions/${other}/boxes/a`;
  arm.there.set(there, { ...found, id: there });
  const file = { nameTable: { p: provider.urn }, resources: [{ type, name: 'a', id: there, provider: 'p' }] };
  await expect(arm.import(file)).rejects.toThrow(`unknown provider '${provider.urn}'`);
  await arm.up(provider);
  await arm.import(file, false);
  const box = wanted({ name: 'a', provider: provider.urn });
  expect(await arm.up(provider, box)).toMatchObject({ unchanged: [box.urn] });
});

test('nothing is taken when one of them cannot be, and each is named', async () => {
  arm.there.set(id, found);
  const file = {
    resources: [
      { type, name: 'a', id },
      { type, name: 'gone', id: `/subscriptions/${home}/boxes/gone` },
      { type, name: 'odd', id: '/elsewhere' },
      { type, name: 'lost', id, parent: 'nobody' },
      { type, name: 'nothing' },
    ],
  };
  const message = await arm.import(file).then(String, (error: Error) => error.message);
  expect(message).toContain(`gone: resource '/subscriptions/${home}/boxes/gone' does not exist`);
  expect(message).toContain("odd: failed to parse '/elsewhere' against the path");
  expect(message).toContain("lost: the parent 'nobody' of resource 'lost' has no entry in 'nameTable'");
  expect(message).toContain("nothing: resource 'nothing' has no id");
  expect(arm.stack.size).toBe(0);
  await arm.import({ resources: [{ type, name: 'a', id }] });
  await expect(arm.import({ resources: [{ type, name: 'a', id }] })).rejects.toThrow('already exists');
});
