import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Applied } from '../../sandbox/pulumi/index.ts';
import { home, second, stackWith } from './values.ts';

interface Exchange {
  method: string;
  url: string;
  status: number;
  request: unknown;
  response: unknown;
}

const types = fileURLToPath(new URL('../../../shared/arm-types/check.mjs', import.meta.url));
let folder: string;
let sandbox: Sandbox;
let applied: Applied;
let exchanges: Exchange[];

const sites = [
  { region: 'westeurope', sqlStaging: true },
  { subscriptionId: second, region: 'northeurope' },
  { subscriptionId: second, region: 'uksouth', declared: false },
];
const stack = { project: 'strongroom', stack: 'test' };
const configuration = (more: object[] = []) =>
  stackWith({
    'azure-native:tenantId': sandbox.tenantId,
    sites: [...sites, ...more],
    repositories: [
      { name: 'main', redundancy: 'ZRS', immutabilityDays: 30 },
      { name: 'archive', redundancy: 'LRS', tier: 'Cold', archive: true },
    ],
    apiAllowedAddresses: ['203.0.113.0/24'],
    tags: { costCentre: '4711' },
    disksInParallel: 2,
  });
const up = (more: object[] = []) =>
  sandbox.apply({
    ...stack,
    program: fileURLToPath(new URL('../../infra/index.ts', import.meta.url)),
    config: configuration(more),
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'infra-'));
  const record = join(folder, 'record.jsonl');
  const subscriptions = [home, second].map((subscriptionId) => ({ subscriptionId, displayName: subscriptionId }));
  sandbox = await startSandbox({ record, subscriptions });
  applied = await up();
  const lines = (await readFile(record, 'utf8')).trim().split('\n');
  exchanges = lines.map((line) => JSON.parse(line) as Exchange);
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

test('every resource of the program exists, and nothing is left to wait for', () => {
  expect(applied.resources.length).toBeGreaterThan(50);
  for (const { id } of applied.resources) {
    if (/\/(containers|queues|keys|managementPolicies)\//.test(id) || /\/resourceGroups\/[^/]+$/i.test(id)) continue;
    expect(sandbox.world.store.get(id), id).toBeDefined();
  }
  const endpoints = sandbox.world.store.list({ type: 'Microsoft.Network/privateEndpoints' });
  expect(endpoints.map(({ properties }) => properties?.provisioningState)).toEqual(endpoints.map(() => 'Succeeded'));
});

test('what the host needs at its start is there before the Functions app', () => {
  const puts = exchanges.filter(({ method }) => method === 'PUT').map(({ url }) => new URL(url).pathname);
  const app = puts.findIndex((path) => /Microsoft\.Web\/sites\/[^/]+$/.test(path));
  const roles = (paths: string[]) => paths.filter((path) => path.includes('/roleAssignments/')).length;
  expect(roles(puts.slice(0, app))).toBe(roles(puts));
  expect(puts.slice(0, app).filter((path) => /host.*\/privateDnsZoneGroups\//.test(path))).toHaveLength(3);
});

test('a second deployment changes nothing and fails at nothing', async () => {
  const again = await up();
  expect(again.outputs).toEqual(applied.outputs);
  const { created, updated, replaced, deleted } = again;
  expect({ created, updated, replaced, deleted }).toEqual({ created: [], updated: [], replaced: [], deleted: [] });
});

test('a site is added by one entry: its pieces, its rights, and the home network’s way to its account', async () => {
  const { created, updated, replaced, deleted } = await up([{ region: 'francecentral' }]);
  const names = (urns: string[]) => urns.map((urn) => urn.split('::').at(-1)!);
  // Its settings hold the environment.
  expect(names([...updated, ...replaced, ...deleted])).toEqual(['functions-app']);
  const elsewhere = names(created).filter(
    (name) => !name.startsWith('site-francecentral') && !/-on-vault7-francecentral$/.test(name),
  );
  expect(elsewhere).toEqual([
    expect.stringMatching(/^site-endpoint-vault7\w{12}-blob$/) as string,
    expect.stringMatching(/^site-records-vault7\w{12}-blob$/) as string,
  ]);
});

test.skipIf(!existsSync(types))('the traffic is what Azure’s published types allow', async () => {
  const { checkExchange } = (await import(pathToFileURL(types).href)) as {
    checkExchange(exchange: Exchange): { errors: string[] };
  };
  expect(exchanges.flatMap((exchange) => checkExchange(exchange).errors)).toEqual([]);
});
