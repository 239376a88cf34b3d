import { expect, test } from 'vitest';
import { createResource } from '../../../sandbox/pulumi/create.ts';
import { put } from '../../../sandbox/pulumi/operation.ts';

const operations = {
  'azure-native:echo:Echo': put(['group', 'name'], (at, body: object) =>
    Promise.resolve({ id: `/${at.join('/')}`, ...body }),
  ),
};

test('inputs that are path segments do not enter the body', async () => {
  expect(await createResource(operations, 'azure-native:echo:Echo', { group: 'g', name: 'n' })).toEqual({
    id: '/g/n',
    state: { id: '/g/n' },
  });
});

test('a type without an operation is refused', async () => {
  await expect(createResource(operations, 'azure-native:echo:Other', {})).rejects.toThrow('no SDK operation is known');
});

test('a missing name is not made up', async () => {
  await expect(createResource(operations, 'azure-native:echo:Echo', { group: 'g' })).rejects.toThrow(
    'input name is missing',
  );
});

test('an input that was not sent fails the resource', async () => {
  const inputs = { group: 'g', name: 'n', size: { gigabytes: 1 } };
  await expect(createResource(operations, 'azure-native:echo:Echo', inputs)).rejects.toThrow(
    'the SDK did not send size',
  );
});
