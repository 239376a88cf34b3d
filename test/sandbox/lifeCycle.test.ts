import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Exchange } from '../../sandbox/edge/record.ts';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { armEndpointContract } from '../contract/armEndpoints.ts';
import { armLifeCycleContract } from '../contract/armLifeCycle.ts';
import type { ArmUnderTest } from '../contract/armPlace.ts';
import { expectConforming } from './arm/world.ts';
import { computeRows } from './lifeCycle/compute.ts';
import { dataRows } from './lifeCycle/data.ts';
import { networkRows } from './lifeCycle/network.ts';
import { location } from './lifeCycle/place.ts';
import { platformRows } from './lifeCycle/platform.ts';
import { temporaryFolder } from './world.ts';

const rows = [...platformRows, ...networkRows, ...computeRows, ...dataRows];

/** What private endpoints can lead to, and by which group id. */
const targets = {
  'Microsoft.Compute/diskAccesses': 'disks',
  'Microsoft.KeyVault/vaults': 'vault',
  'Microsoft.Sql/servers': 'sqlServer',
  'Microsoft.Sql/managedInstances': 'managedInstance',
  'Microsoft.Storage/storageAccounts': 'blob',
  'Microsoft.Web/sites': 'sites',
};

/** Types without a life of their own, and why. */
const elsewhere: Record<string, string> = {
  'Microsoft.Resources/subscriptions': 'there from the start; nothing in ARM makes or ends one here (core.test.ts)',
  'Microsoft.Resources/deployments/operations': 'a deployment leaves them behind (deployments.test.ts)',
  'Microsoft.Network/networkSecurityGroups/defaultSecurityRules': 'the service makes them (network.test.ts)',
  'Microsoft.Network/networkInterfaces/ipConfigurations': 'part of the interface, read-only (network.test.ts)',
  'Microsoft.Network/privateDnsZones/SOA': 'as long there as its zone (networkParts.test.ts)',
  'Microsoft.Network/privateDnsZones/ALL': 'the list of all record sets (networkParts.test.ts)',
  'Microsoft.Compute/restorePointCollections/restorePoints/diskRestorePoints':
    'part of its point (restorePoints.test.ts)',
  'Microsoft.KeyVault/vaults/accessPolicies': 'an update of the vault: add, replace, remove (keyvault.test.ts)',
  'Microsoft.KeyVault/vaults/privateLinkResources': 'says what an endpoint can lead to (keyvault.test.ts)',
  'Microsoft.KeyVault/vaults/keys/versions': 'a key makes them (keyvault.test.ts)',
  'Microsoft.KeyVault/deletedVaults': 'the deletion of a vault makes them (keyvault.test.ts)',
  'Microsoft.KeyVault/locations/deletedVaults': 'the deletion of a vault makes them (keyvault.test.ts)',
  'Microsoft.KeyVault/managedHSMs': 'an empty list: none can be made here',
  'Microsoft.KeyVault/deletedManagedHSMs': 'an empty list: none can be made here',
  'Microsoft.Sql/servers/restorableDroppedDatabases': 'the deletion of a database makes them (databases.test.ts)',
  'Microsoft.Sql/managedInstances/restorableDroppedDatabases':
    'the deletion of a database makes them (instances.test.ts)',
};

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let sandbox: Sandbox;
let world: ArmUnderTest;
const versions = new Map<string, string>();

beforeAll(async () => {
  folder = await temporaryFolder();
  sandbox = await startSandbox({ record: `${folder.path}/record.jsonl` });
  const { arm, sql } = sandbox.settings;
  for (const limit of Object.values(arm.limits)) limit.bucket = 1e6;
  Object.assign(sql, { copySeconds: 0, restoreSeconds: 0, instanceSeconds: 0 });
  const management = 'https://management.azure.com';
  world = {
    subscriptionId: sandbox.subscriptionId,
    location,
    async call(method, path, sent = {}) {
      const url = path.startsWith(management) ? path : management + path;
      return sandbox.client.send(method, url, { ...sent, resource: `${management}/` });
    },
    version: (type) => versions.get(type.toLowerCase())!,
    setPageSize: (size) => (arm.pageSize = size),
  };
  const { body } = await world.call('GET', `/subscriptions/${world.subscriptionId}/providers?api-version=2025-04-01`);
  for (const { namespace, resourceTypes } of body.value) {
    for (const { resourceType, apiVersions } of resourceTypes) {
      const stable = apiVersions.find((version: string) => !version.includes('preview')) ?? apiVersions[0];
      versions.set(`${namespace}/${resourceType}`.toLowerCase(), stable);
    }
  }
});

afterAll(async () => {
  await sandbox.stop();
  await folder[Symbol.asyncDispose]();
});

test('every registered type has a row, or a reason', () => {
  const connections = Object.keys(targets).map((type) => `${type}/privateEndpointConnections`);
  const types = [...rows.map(({ type }) => type), ...connections, ...Object.keys(elsewhere)];
  const known = types.map((type) => type.toLowerCase());
  expect([...versions.keys()].filter((type) => !known.includes(type))).toEqual([]);
  expect(known.filter((type) => !versions.has(type))).toEqual([]);
});

armLifeCycleContract(rows, () => world);
armEndpointContract(targets, rows, () => world);

test('everything that was said is as Azure publishes it', async () => {
  const lines = (await readFile(`${folder.path}/record.jsonl`, 'utf8')).split('\n');
  await expectConforming(lines.filter(Boolean).map((line) => JSON.parse(line) as Exchange));
});
