import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { installCoreModule } from '../../../sandbox/functions-host/app/coreModule.ts';
import { loadApp } from '../../../sandbox/functions-host/app/load.ts';

/** What an app's library does at its start, done here by hand. */
interface Core {
  registerFunction(metadata: object, callback: () => void): unknown;
  setProgrammingModel(model: object): void;
}
const directory = mkdtempSync(join(tmpdir(), 'app-'));
afterAll(() => rmSync(directory, { recursive: true }));

const registry = installCoreModule(() => undefined);
const core = createRequire(import.meta.url)('@azure/functions-core') as Core;
const declare = (name: string, type = 'activityTrigger') =>
  core.registerFunction({ name, bindings: { in: { type, direction: 'in', name: 'in' } } }, () => undefined);

test('a name is registered once, with a trigger, and not after the start', async () => {
  declare('one');
  expect(() => declare('one')).toThrow('A function with name "one" has already been registered.');
  expect(() => declare('two', 'blob')).toThrow('Function "two" has no trigger.');

  writeFileSync(join(directory, 'main.mjs'), '');
  const load = (main?: string) => {
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ main }));
    return loadApp(directory, registry);
  };
  await expect(load()).rejects.toThrow('has no "main"');
  await expect(load('none/*.js')).rejects.toThrow('Found zero files matching "none/*.js"');
  await expect(load('main.mjs')).rejects.toThrow('No functions were registered by main.mjs');
  core.setProgrammingModel({ getCapabilities: () => Promise.resolve({ HttpUri: 'http://localhost:1' }) });
  await expect(load('main.mjs')).rejects.toThrow('enableHttpStream: true }) is not supported');
  core.setProgrammingModel({ getCapabilities: () => Promise.resolve({}) });
  await load('*.mjs');
  expect(() => declare('late')).toThrow('A function can only be registered during app startup.');
});
