import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ProgrammingModel, Registry } from './coreModule.ts';

/**
 * Imports the files that package.json's `main` names (a path or a glob), runs the `appStart` hooks and closes the
 * registration.
 * @throws Error when there is nothing to run
 */
export async function loadApp(directory: string, registry: Registry): Promise<ProgrammingModel> {
  const file = join(directory, 'package.json');
  const { main } = JSON.parse(readFileSync(file, 'utf8')) as { main?: string };
  if (!main) throw new Error(`${file} has no "main"`);
  const found = globSync(main, { cwd: directory }).sort();
  if (found.length === 0) throw new Error(`Found zero files matching "${main}" in ${directory}`);
  for (const path of found) await import(pathToFileURL(resolve(directory, path)).href);

  const hookData = {};
  for (const hook of registry.hooks('appStart'))
    await hook({ hookData, appHookData: hookData, functionAppDirectory: directory });
  const model = registry.model();
  if (!model || registry.functions.size === 0) throw new Error(`No functions were registered by ${found.join(', ')}`);
  const capabilities = await model.getCapabilities({});
  if (capabilities.HttpUri) throw new Error('app.setup({ enableHttpStream: true }) is not supported by this host');
  registry.close();
  return model;
}
