import { expect, test } from 'vitest';
import { people } from '../../../sandbox/edge/index.ts';
import { startSandbox } from '../../../sandbox/index.ts';
import { applyScenario } from '../../../sandbox/scenario/apply.ts';
import { scenario } from '../../../sandbox/scenario/read.ts';

const read = { dataActions: ['Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read'] };

test('roles are given to people at the start, to applications by a scenario, and to nobody else', async () => {
  await using stack = new AsyncDisposableStack();
  const sandbox = await startSandbox({ grants: [{ to: 'operator', role: 'Storage Blob Data Reader' }] });
  stack.defer(() => sandbox.stop());
  const { access } = sandbox.world;
  const subscription = `/subscriptions/${sandbox.subscriptionId}`;
  const group = `${subscription}/resourceGroups/g`;
  await applyScenario(
    sandbox,
    scenario({
      applications: [
        {
          name: 'pipeline',
          clientId: '0f6f6f53-6c1e-4d9c-8a59-0a5f6b1f8d11',
          roles: [
            { role: 'Reader' },
            { role: 'Key Vault Crypto User', scope: '/subscriptions/{subscriptionId}/resourceGroups/g' },
          ],
        },
        { name: 'other', clientId: '0f6f6f53-6c1e-4d9c-8a59-0a5f6b1f8d12' },
      ],
      settings: { access: { propagationMs: 1000 } },
    }),
  );
  expect(sandbox.settings.access.propagationMs).toBe(1000);
  sandbox.clock.advance(2000);

  type Assignments = { value: { properties: { principalId: string; scope: string } }[] };
  const path = `${subscription}/providers/Microsoft.Authorization/roleAssignments?api-version=2022-04-01`;
  const { value } = (await sandbox.client.arm('GET', path)) as Assignments;
  const nameOf = (objectId: string) => sandbox.world.principal(objectId)?.displayName;
  const held = value.map(({ properties: { principalId, scope } }) => `${nameOf(principalId)} ${scope}`);
  const everywhere = ['Deployer', 'Operator', 'Operator', 'pipeline'].map((name) => `${name} ${subscription}`);
  expect(held.sort()).toEqual([...everywhere, `pipeline ${group}`]);
  const pipeline = value.find(({ properties }) => nameOf(properties.principalId) === 'pipeline')!.properties
    .principalId;
  const { operator, deployer } = people;
  const readers = [operator.objectId, deployer.objectId, pipeline].filter((one) => access.grants(one, read, group));
  expect(readers).toEqual([operator.objectId]);
  expect(access.grants(pipeline, { actions: ['Microsoft.Compute/disks/read'] }, group)).toBe(true);
  expect(access.grants(pipeline, { dataActions: ['Microsoft.KeyVault/vaults/keys/wrap/action'] }, group)).toBe(true);
  const unknown = scenario({ applications: [{ name: 'x', clientId: operator.clientId, roles: [{ role: 'King' }] }] });
  await expect(applyScenario(sandbox, unknown)).rejects.toThrow("There is no built-in role 'King' here");
});
