import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { buildRepositoryFiles } from './repositoryFiles.ts';

/** One file that a worker downloads. Checksums are lower-case hexadecimal. */
interface WorkerFile {
  name: string;
  size: number;
  md5: string;
  sha256: string;
  executable: boolean;
}

/**
 * Makes the worker's self-contained set of files: Node itself, the program and what lies beside it, with a manifest named
 * by content. The set is for the architecture of the building machine: build on x64 for the default worker size.
 */
export async function buildWorkerFiles(root: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await bundle(join(root, 'worker/main.ts'), join(folder, 'worker.mjs'));
  await copyFile(join(root, `node_modules/node-linux-${process.arch}/bin/node`), join(folder, 'node'));
  const beside = await buildRepositoryFiles(root, folder);
  await chmod(join(folder, 'node'), 0o755);
  const files: WorkerFile[] = [];
  for (const name of [...beside, 'node', 'worker.mjs']) {
    const data = await readFile(join(folder, name));
    const hash = (algorithm: string) => createHash(algorithm).update(data).digest('hex');
    files.push({ name, size: data.length, md5: hash('md5'), sha256: hash('sha256'), executable: name === 'node' });
  }
  const version = createHash('sha256')
    .update(files.map((f) => `${f.name} ${f.sha256}\n`).join(''))
    .digest('hex');
  await writeFile(join(folder, 'manifest.json'), JSON.stringify({ version, files }, null, 2) + '\n');
  await copyFile(join(root, 'worker/bootstrap.sh'), join(folder, 'bootstrap.sh'));
}
