import { copyFile, cp, mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundleInParts } from './bundle.ts';
import { buildRepositoryFiles } from './repositoryFiles.ts';

const require = createRequire(import.meta.url);
/** Looked for by its name, above the program: what calls the C library (cli/images/holes.ts). */
const addon = `@koromix/koffi-linux-${process.arch}`;

/** Makes the command line: a folder that runs where Node.js 24 is, without node_modules. */
export async function buildCliFiles(root: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await bundleInParts(join(root, 'cli/start.ts'), folder);
  await copyFile(join(root, 'cli/strongroom.mjs'), join(folder, 'strongroom.mjs'));
  await cp(dirname(require.resolve(addon)), join(folder, 'node_modules', addon), { recursive: true });
  await buildRepositoryFiles(root, folder);
}
