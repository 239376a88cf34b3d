import { beforeEach, expect, test } from 'vitest';
import { home, memoryArm, other, wanted } from './memoryArm.ts';

let arm: ReturnType<typeof memoryArm>;
beforeEach(() => {
  arm = memoryArm();
});

const box = (inputs: Record<string, unknown> = {}, options = {}, name = 'a') => wanted({ name, inputs, options });
const urn = (name: string) => box({}, {}, name).urn;
const idOf = (name: string, subscription = home) => `/subscriptions/${subscription}/boxes/${name}`;

test('what is new is created, what is the same is not asked for', async () => {
  expect(await arm.up(box({ size: 1 }))).toMatchObject({ created: [urn('a')] });
  expect(arm.requests).toEqual(['PUT a']);
  expect(await arm.up(box({ size: 1, none: null }))).toMatchObject({ created: [], unchanged: [urn('a')] });
  expect(arm.requests).toEqual([]);
});

test('what changed is updated in place, with subresources that the program leaves unsaid', async () => {
  await arm.up(box({ size: 1, location: 'West Europe' }));
  arm.there.get(idOf('a'))!.contents = ['of others'];
  expect(await arm.up(box({ size: 2, location: 'westeurope' }))).toMatchObject({ updated: [urn('a')] });
  expect(arm.requests).toEqual(['PUT a']);
  expect(arm.there.get(idOf('a'))).toMatchObject({ size: 2, contents: ['of others'] });
});

test.each([
  ['its name', { boxName: 'b' }, {}],
  ['its location', { location: 'northeurope' }, {}],
  ['what azure-native lists', { kind: 'wide' }, {}],
  ['what the program lists', { size: 2 }, { replaceOnChanges: ['size'] }],
])('a change of %s replaces: first the old one goes', async (_, inputs, options) => {
  const before = { location: 'westeurope', kind: 'deep', size: 1 };
  await arm.up(box(before));
  expect(await arm.up(box({ ...before, ...inputs }, options))).toMatchObject({ replaced: [urn('a')], deleted: [] });
  expect(arm.requests).toEqual(['DELETE a', `PUT ${'boxName' in inputs ? 'b' : 'a'}`]);
  expect(arm.there.size).toBe(1);
});

test('deleteBeforeReplace: false creates the new one first, which a name that is taken forbids', async () => {
  await arm.up(box());
  expect(await arm.up(box({ boxName: 'b' }, { deleteBeforeReplace: false }))).toMatchObject({ replaced: [urn('a')] });
  expect(arm.requests).toEqual(['PUT b', 'DELETE a']);
  await expect(arm.up(box({ boxName: 'b', kind: 'wide' }, { deleteBeforeReplace: false }))).rejects.toThrow(
    `cannot create already existing resource '${idOf('b')}'`,
  );
});

test('what gets an unchangeable input from a replaced resource is replaced with it, before it', async () => {
  const program = (boxName: string) => [
    box({ boxName }),
    wanted({
      ...{ name: 'in', type: 'item', inputs: { boxName, itemName: 'i' }, dependsOn: [urn('a')] },
      propertyDependencies: { boxName: [urn('a')] },
    }),
    wanted({
      name: 'beside',
      inputs: { seen: boxName },
      dependsOn: [urn('a')],
      propertyDependencies: { seen: [urn('a')] },
    }),
  ];
  await arm.up(...program('a'));
  const { replaced, updated } = await arm.up(...program('b'));
  expect(arm.requests).toEqual(['DELETE a/items/i', 'DELETE a', 'PUT b', 'PUT b/items/i', 'PUT beside']);
  expect(replaced).toEqual([urn('a'), wanted({ name: 'in', type: 'item' }).urn]);
  expect(updated).toEqual([urn('beside')]);
});

test('what the program no longer has is deleted, dependents and children first; what is to be retained stays', async () => {
  const parent = wanted({ name: 'c', type: 'test:Component', custom: false });
  const child = wanted({ name: 'child', parent: parent.urn });
  await arm.up(
    parent,
    child,
    box({}, { retainOnDelete: true }, 'kept'),
    wanted({ name: 'last', dependsOn: [child.urn] }),
    wanted({ name: 'under', parent: child.urn }),
  );
  const { deleted } = await arm.up();
  expect(deleted.at(-1)).toBe(child.urn);
  expect(deleted).toHaveLength(3);
  expect([...arm.there.keys()]).toEqual([idOf('kept')]);
  expect(arm.stack.size).toBe(0);
});

test('what is protected is neither deleted nor replaced, and nothing else is deleted then', async () => {
  await arm.up(box({}, { protect: true }), box({}, {}, 'free'));
  await expect(arm.up()).rejects.toThrow(
    `resource "${urn('a')}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the`,
  );
  await expect(arm.up(box({ kind: 'wide' }, { protect: true }))).rejects.toThrow(
    `unable to replace resource "${urn('a')}"`,
  );
  expect(arm.requests).toEqual([]);
  // The flag goes first, then the resource.
  await arm.up(box(), box({}, {}, 'free'));
  await arm.up();
  expect(arm.there.size).toBe(0);
});

test('ignored changes stay as they were, whatever else changes', async () => {
  const options = { ignoreChanges: ['tags.owner', 'list[1]', 'gone'] };
  await arm.up(box({ size: 1, tags: { owner: 'a', of: 'b' }, list: [1, 2] }, options));
  const now = { tags: { owner: 'z', of: 'b' }, list: [1, 3], gone: 'new' };
  expect(await arm.up(box({ size: 1, ...now }, options))).toMatchObject({ unchanged: [urn('a')] });
  await arm.up(box({ size: 2, ...now }, options));
  expect(arm.there.get(idOf('a'))).toMatchObject({ size: 2, tags: { owner: 'a', of: 'b' }, list: [1, 2] });
  await expect(arm.up(box({ size: 3 }, { ignoreChanges: ['tags.*'] }))).rejects.toThrow(
    'path "tags.*" of ignoreChanges',
  );
});

test('a resource that exists is not adopted; the refusal says how to import it', async () => {
  arm.there.set(idOf('a'), { id: idOf('a') });
  await expect(arm.up(box())).rejects.toThrow(
    `cannot create already existing resource '${idOf('a')}'\n` +
      `To take it into the stack: pulumi import 'azure-native:memory:box' 'a' '${idOf('a')}'`,
  );
  expect(arm.stack.size).toBe(0);
});

test('an explicit provider decides the subscription; another one makes another resource', async () => {
  const provider = wanted({ name: 'p', type: 'pulumi:providers:azure-native', inputs: { subscriptionId: other } });
  await arm.up(provider, { ...box(), provider: provider.urn });
  expect([...arm.there.keys()]).toEqual([idOf('a', other)]);
  expect(await arm.up(box())).toMatchObject({ replaced: [urn('a')], deleted: [] });
  expect([...arm.there.keys()]).toEqual([idOf('a')]);
  const odd = (type: string, inputs: object) => arm.up(wanted({ name: 'q', type, inputs: { ...inputs } }));
  await expect(odd('pulumi:providers:azure-native', { clientSecret: 's' })).rejects.toThrow(
    'clientSecret is not supported',
  );
  await expect(odd('pulumi:providers:random', {})).rejects.toThrow('only providers of azure-native');
});

test('a deployment that broke off is gone on with', async () => {
  arm.there.set(idOf('b'), { id: idOf('b') });
  await expect(arm.up(box(), box({}, {}, 'b'))).rejects.toThrow('already existing');
  arm.there.delete(idOf('b'));
  expect(await arm.up(box(), box({}, {}, 'b'))).toMatchObject({ unchanged: [urn('a')], created: [urn('b')] });
});
