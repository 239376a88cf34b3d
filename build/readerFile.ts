import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';

/** What is bundled with the reader, under the MIT licence: its notice goes with it. */
const LIBRARIES = ['@noble/hashes', 'fzstd'];

/** Makes the standalone reader: one file that runs wherever Node.js 20 or later does. */
export async function buildReaderFile(root: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const notices = await Promise.all(
    LIBRARIES.map(async (library) => {
      const at = join(root, 'node_modules', library);
      const { version } = JSON.parse(await readFile(join(at, 'package.json'), 'utf8')) as { version: string };
      return `This file contains ${library} ${version}:\n\n${(await readFile(join(at, 'LICENSE'), 'utf8')).trim()}`;
    }),
  );
  const about = 'The standalone reader of Strongroom repositories: node strongroom-reader.mjs --help';
  const lines = [about, ...notices].join('\n\n').replaceAll('*/', '').split(/\r?\n/);
  const banner = `#!/usr/bin/env node\n/*!\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */`;
  await bundle(join(root, 'reader/main.ts'), join(folder, 'strongroom-reader.mjs'), banner);
}
