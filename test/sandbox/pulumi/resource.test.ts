import { expect, test } from 'vitest';
import { operation } from '../../../sandbox/pulumi/operation.ts';
import { createResource, deleteResource, importResource, operationOf } from '../../../sandbox/pulumi/resource.ts';

/** Azure says 404. */
const absent = () => Promise.reject(Object.assign(new Error('absent'), { statusCode: 404 }));
const subscriptionId = '0c000000-0000-4000-8000-000000000000';
const echo = (get: () => Promise<unknown> = absent) =>
  operation('/subscriptions/{subscriptionId}/groups/{group}/echoes/{name}', {
    put: (at, body: object) => Promise.resolve({ id: `/${at.join('/')}`, ...body }),
    get,
    delete: absent,
  });

test('inputs that are path segments do not enter the body', async () => {
  expect(await createResource(echo(), { group: 'g', name: 'n' }, subscriptionId)).toEqual({
    id: '/g/n',
    state: { id: '/g/n' },
  });
});

test('a type without an operation is refused', () => {
  expect(() => operationOf({}, 'azure-native:echo:Other')).toThrow('no SDK operation is known');
});

test('a missing name is not made up', async () => {
  await expect(createResource(echo(), { group: 'g' }, subscriptionId)).rejects.toThrow('input name is missing');
});

test('an input that was not sent fails the resource', async () => {
  const inputs = { group: 'g', name: 'n', size: { gigabytes: 1 } };
  await expect(createResource(echo(), inputs, subscriptionId)).rejects.toThrow('the SDK did not send size');
});

test('what exists is not adopted, unless it is what Azure made with its parent', async () => {
  const found = echo(() => Promise.resolve({ id: 'x' }));
  const inputs = { group: 'g', name: 'n' };
  await expect(createResource(found, inputs, subscriptionId)).rejects.toThrow(
    `cannot create already existing resource '/subscriptions/${subscriptionId}/groups/g/echoes/n'`,
  );
  await expect(createResource({ ...found, isDefault: () => true }, inputs, subscriptionId)).resolves.toBeDefined();
});

test('what is gone is deleted, what ARM cannot delete is not', async () => {
  const id = `/subscriptions/${subscriptionId}/groups/g/echoes/n`;
  await expect(deleteResource(echo(), id)).resolves.toBeUndefined();
  await expect(deleteResource({ ...echo(), delete: undefined }, id)).rejects.toThrow('ARM cannot delete it');
});

test('an import names an id that does not exist or is of another type', async () => {
  await expect(importResource(echo(), `/SUBSCRIPTIONS/${subscriptionId}/groups/g/echoes/n`)).rejects.toThrow(
    'does not exist',
  );
  await expect(importResource(echo(), '/elsewhere')).rejects.toThrow("failed to parse '/elsewhere' against the path");
});
