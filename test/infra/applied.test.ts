import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyProgram } from '../../sandbox/pulumi/index.ts';
import type { Applied } from '../../sandbox/pulumi/index.ts';
import { startEchoArm } from '../sandbox/pulumi/echoArm.ts';
import type { EchoArm } from '../sandbox/pulumi/echoArm.ts';
import { stackConfig } from './values.ts';

const types = fileURLToPath(new URL('../../../shared/arm-types/check.mjs', import.meta.url));
let arm: EchoArm;
let applied: Applied;

beforeAll(async () => {
  arm = await startEchoArm();
  const program = fileURLToPath(new URL('../../infra/index.ts', import.meta.url));
  applied = await applyProgram({ program, project: 'strongroom', stack: 'test', config: stackConfig, env: arm.env });
});
afterAll(() => arm.stop());

test('every resource of the program reaches ARM with all of its inputs', () => {
  expect(applied.resources).toHaveLength(arm.puts.length);
  expect(arm.puts.length).toBeGreaterThan(50);
  expect(applied.outputs.apiUrl).toMatch(/^https:\/\/vault7-.*\.azurewebsites\.net$/);
});

test('what the host needs at its start is there before the Functions app', () => {
  const order = arm.puts.map(({ url }) => new URL(url).pathname);
  const app = order.findIndex((path) => /Microsoft\.Web\/sites\/[^/]+$/.test(path));
  const before = order.slice(0, app);
  expect(before.filter((path) => path.includes('/roleAssignments/')).length).toBe(
    order.filter((path) => path.includes('/roleAssignments/')).length,
  );
  expect(before.filter((path) => path.includes('/privateDnsZoneGroups/')).length).toBeGreaterThan(3);
});

test.skipIf(!existsSync(types))('requests are what Azure’s published types allow', async () => {
  interface Exchange {
    method: string;
    url: string;
    status: number;
    request: unknown;
    response: unknown;
  }
  const { checkExchange } = (await import(pathToFileURL(types).href)) as {
    checkExchange(exchange: Exchange): { errors: string[]; warnings: string[] };
  };
  const findings = arm.puts.map((put) => checkExchange({ ...put, status: 200, response: null }));
  expect(findings.flatMap(({ errors }) => errors)).toEqual([]);
  // No types for resource groups are published there; nothing read-only may be sent anywhere.
  const warnings = findings.flatMap((finding) => finding.warnings).filter((text) => !text.includes('resourcegroups@'));
  expect(warnings).toEqual([]);
});
