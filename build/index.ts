/**
 * Builds dist/functions, a folder that a Functions host runs as it stands, dist/cli, the command line without
 * node_modules, and dist/reader, the standalone reader.
 * `--if-changed` skips the work when no source has changed since the last build.
 */
import { createHash } from 'node:crypto';
import { copyFile, glob, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { buildCliFiles } from './cliFiles.ts';
import { buildReaderFile } from './readerFile.ts';
import { buildWorkerFiles } from './workerFiles.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const sources = ['{model,repository,azure,functions,worker,cli,reader,build}/**/*', 'host.json', 'package*.json'];

/** One digest over every source's name and content. */
async function sourceDigest(): Promise<string> {
  const digest = createHash('sha256');
  const files: string[] = [];
  for await (const entry of glob(sources, { cwd: root, withFileTypes: true })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name));
  }
  for (const file of files.sort())
    digest
      .update(file)
      .update('\0')
      .update(await readFile(file));
  return digest.digest('hex');
}

async function buildFunctions(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await bundle(join(root, 'functions/main.ts'), join(folder, 'main.mjs'));
  await copyFile(join(root, 'host.json'), join(folder, 'host.json'));
  const manifest = { name: 'strongroom', version, private: true, type: 'module', main: 'main.mjs' };
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2) + '\n');
  await buildWorkerFiles(root, join(folder, 'worker'));
}

const digest = await sourceDigest();
const stamp = join(dist, 'built-from');
const built = await readFile(stamp, 'utf8').catch(() => '');
if (!(process.argv.includes('--if-changed') && built === digest)) {
  // Built beside and moved into place, so that a running demo never sees half a build.
  const fresh = join(dist, `.building-${process.pid}`);
  await buildFunctions(join(fresh, 'functions'));
  await buildCliFiles(root, join(fresh, 'cli'));
  await buildReaderFile(root, join(fresh, 'reader'));
  for (const folder of ['functions', 'cli', 'reader']) {
    await rm(join(dist, folder), { recursive: true, force: true });
    await rename(join(fresh, folder), join(dist, folder));
  }
  await rm(fresh, { recursive: true, force: true });
  await writeFile(stamp, digest);
  console.log('Built dist/functions, dist/cli and dist/reader');
}
