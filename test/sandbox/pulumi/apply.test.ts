import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openState } from '../../../sandbox/core/state.ts';
import { applyProgram } from '../../../sandbox/pulumi/index.ts';
import { startEchoArm } from './echoArm.ts';
import type { EchoArm } from './echoArm.ts';

const program = fileURLToPath(new URL('./programs/chain.ts', import.meta.url));
const subscription = '/subscriptions/0c000000-0000-4000-8000-000000000000';
let arm: EchoArm;

beforeAll(async () => {
  arm = await startEchoArm();
});
beforeEach(() => {
  arm.puts.length = 0;
  arm.refuse.clear();
});
afterAll(() => arm.stop());

const apply = (config: Record<string, string> = {}) =>
  applyProgram(
    { env: arm.env, memory: openState().map('stacks') },
    {
      program,
      project: 'chain',
      stack: 'test',
      config: {
        'azure-native:subscriptionId': subscription.split('/')[2]!,
        group: 'rg',
        'chain:answer': '42',
        ...config,
      },
    },
  );
const paths = () =>
  arm.puts.map(({ url }) => new URL(url).pathname.replace(/^.*\/(?:providers|subscriptions\/[^/]+)\//, ''));
const put = (path: string) => arm.puts.find(({ url }) => url.includes(path))!.request;

test('a program reaches ARM in the order of its dependencies, in ARM’s shape', async () => {
  const { outputs, resources } = await apply();
  expect(outputs).toEqual({
    answer: 42,
    host: 'app.azurewebsites.net',
    who: '0c000000-0000-4000-8000-000000000001',
    account: 'chainaccount',
  });
  const order = paths();
  expect(order[0]).toBe('resourcegroups/rg');
  expect(order.indexOf('Microsoft.Network/privateDnsZones/internal.example')).toBeLessThan(
    order.indexOf('Microsoft.ManagedIdentity/userAssignedIdentities/someone'),
  );
  expect(order.at(-1)).toBe('Microsoft.Web/sites/app');
  expect(resources).toHaveLength(order.length);
  expect(resources).toContainEqual({
    urn: 'urn:pulumi:test::chain::test:Names$azure-native:privatedns:PrivateZone::names-zone',
    type: 'azure-native:privatedns:PrivateZone',
    id: `${subscription}/resourceGroups/rg/providers/Microsoft.Network/privateDnsZones/internal.example`,
  });

  // Inputs took ARM's shape: a map of identities, secrets unwrapped, outputs of other resources.
  const { identity, properties } = put('/sites/app') as {
    identity: unknown;
    properties: { siteConfig: { appSettings: unknown } };
  };
  expect(identity).toEqual({
    type: 'UserAssigned',
    userAssignedIdentities: {
      [`${subscription}/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/someone`]: {},
    },
  });
  expect(properties.siteConfig.appSettings).toEqual([
    { name: 'WHO', value: '0c000000-0000-4000-8000-000000000001' },
    { name: 'HIDDEN', value: 's3' },
  ]);
  expect(put('/roleAssignments/')).toMatchObject({ properties: { principalType: 'ServicePrincipal' } });
});

test('a refusal is reported by URN with Azure’s words, and nothing that depends on it is tried', async () => {
  arm.refuse.set('userAssignedIdentities', { status: 409, code: 'Taken', message: 'The name is taken.' });
  await expect(apply()).rejects.toThrow(
    'azure-native:managedidentity:UserAssignedIdentity::identity: 409 Taken: The name is taken.',
  );
  expect(paths()).not.toContain('Microsoft.Web/sites/app');
});

test.concurrent.each([
  ['twice', 'azure-native:resources:ResourceGroup::twin: two resources have this URN'],
  ['dropped', 'azure-native:resources:ResourceGroup::dropped: the SDK did not send sku.'],
  ['broken', 'Error: the program is broken'],
])('a program that goes wrong says so: %s', async (fault, message) => {
  await expect(apply({ fault })).rejects.toThrow(message);
});
