import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { AnalyzeRequest, AnalyzerResourceOptions } from '@pulumi/pulumi/proto/analyzer_pb.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { rules, violationsOf } from '../../infra/policy/rules/index.ts';
import { previewProgram } from '../../sandbox/pulumi/preview.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const { resolve } = createRequire(import.meta.url);
/** Of Pulumi's own choice: the pack's server and this client speak through it. */
const pulumi = createRequire(resolve('@pulumi/pulumi/package.json'));
const grpc = pulumi('@grpc/grpc-js') as { credentials: { createInsecure(): unknown } };
const { AnalyzerClient } = pulumi('@pulumi/pulumi/proto/analyzer_grpc_pb.js') as {
  AnalyzerClient: new (address: string, credentials: unknown) => Analyzer;
};
const { Struct } = pulumi('google-protobuf/google/protobuf/struct_pb.js') as {
  Struct: { fromJavaScript(value: object): NonNullable<ReturnType<AnalyzeRequest['getProperties']>> };
};
const { Empty } = pulumi('google-protobuf/google/protobuf/empty_pb.js') as { Empty: new () => unknown };

type Answer<T> = (error: Error | null, answer: T) => void;
interface Analyzer {
  getAnalyzerInfo(
    request: unknown,
    answer: Answer<{ toObject(): { name: string; policiesList: { name: string }[] } }>,
  ): void;
  analyze(
    request: AnalyzeRequest,
    answer: Answer<{
      toObject(): { diagnosticsList: { policyname: string; message: string; enforcementlevel: number }[] };
    }>,
  ): void;
  close(): void;
}

let host: ChildProcess;
let client: Analyzer;

/** As the Pulumi CLI starts a policy pack: in its folder, with the address of an engine. */
beforeAll(async () => {
  const runner = resolve('@pulumi/pulumi/cmd/run-policy-pack');
  host = spawn(process.execPath, [runner, '127.0.0.1:1', '.'], {
    cwd: file('../../infra/policy'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface({ input: host.stdout! }), 'line')) as [string];
  client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
});
afterAll(async () => {
  client?.close();
  const ended = once(host, 'exit');
  host.kill();
  await ended;
});

test('Pulumi loads the pack, and it refuses what a rule forbids', async () => {
  const info = await new Promise<{ name: string; policiesList: { name: string }[] }>((done, fail) =>
    client.getAnalyzerInfo(new Empty(), (error, answer) => (error ? fail(error) : done(answer.toObject()))),
  );
  expect(info.name).toBe('strongroom');
  expect(info.policiesList.map(({ name }) => name)).toEqual(rules.map(({ name }) => name));

  const request = new AnalyzeRequest();
  request.setType('azure-native:resources:ResourceGroup');
  request.setName('group');
  request.setUrn('urn:pulumi:test::strongroom::azure-native:resources:ResourceGroup::group');
  request.setOptions(new AnalyzerResourceOptions());
  request.setProperties(Struct.fromJavaScript({ resourceGroupName: 'group', location: 'westeurope' }));
  const diagnostics = await new Promise<{ policyname: string; message: string; enforcementlevel: number }[]>(
    (done, fail) =>
      client.analyze(request, (error, answer) => (error ? fail(error) : done(answer.toObject().diagnosticsList))),
  );
  expect(diagnostics).toMatchObject([{ policyname: 'tags-present', enforcementlevel: 1 }]);
  expect(diagnostics[0]!.message).toContain('tag "strongroom" is missing');
});

test('everything that the program declares passes, with every key of the configuration set', async () => {
  const { config } = parse(readFileSync(file('../../infra/Pulumi.sample.yaml'), 'utf8')) as {
    config: Record<string, unknown>;
  };
  const texts = Object.entries(config).map(([key, value]) => [
    key,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const { resources } = await previewProgram({
    program: file('../../infra/index.ts'),
    project: 'strongroom',
    stack: 'sample',
    config: Object.fromEntries(texts) as Record<string, string>,
  });
  expect(resources.length).toBeGreaterThan(100);
  const violations = resources.flatMap((resource) =>
    violationsOf(resource).map(({ rule, message }) => `${resource.name}: ${rule}: ${message}`),
  );
  expect(violations).toEqual([]);

  // A program that broke a promise about repositories would be refused: their tags say what was asked for.
  const refused = (name: string, change: object) => {
    const found = resources.find((resource) => resource.name === name)!;
    return violationsOf({ ...found, inputs: { ...found.inputs, ...change } }).map(({ rule }) => rule);
  };
  expect(refused('repository-main-account', { immutableStorageWithVersioning: undefined })).toEqual(['immutability']);
  expect(refused('repository-archive-account', { sku: { name: 'Standard_ZRS' } })).toEqual(['archive-redundancy']);
  expect(refused('repository-main-account', { tags: {} })).toEqual(['tags-present']);
});
