import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleInParts } from './bundle.ts';
import { buildRepositoryFiles } from './repositoryFiles.ts';

/** Makes the command line: a folder that runs where Node.js 24 is, without node_modules. */
export async function buildCliFiles(root: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await bundleInParts(join(root, 'cli/start.ts'), folder);
  await copyFile(join(root, 'cli/strongroom.mjs'), join(folder, 'strongroom.mjs'));
  await buildRepositoryFiles(root, folder);
}
