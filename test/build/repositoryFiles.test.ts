import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { bundle } from '../../build/bundle.ts';
import { buildRepositoryFiles } from '../../build/repositoryFiles.ts';

const root = join(import.meta.dirname, '../..');
const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

test('a bundled program finds its threads and the native hash beside itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bundle test-'));
  folders.push(folder);
  const beside = await buildRepositoryFiles(root, folder);
  expect((await readdir(folder)).sort()).toEqual(beside.sort());

  await writeFile(
    join(folder, 'entry.ts'),
    `import { lanesFor } from ${JSON.stringify(join(root, 'repository/lanes/lanes.ts'))};
     const run = new SharedArrayBuffer(8192);
     new Uint8Array(run).fill(7, 4096);
     const task = { run, length: 8192, blockSize: 4096, blockKey: new Uint8Array(32) };
     const inline = await lanesFor(0).run('hash', task);
     const threads = await lanesFor(Infinity).run('hash', task);
     console.log(JSON.stringify([inline, threads].map(({ zeros, identities }) => [[...zeros], Buffer.from(identities).toString('hex')])));`,
  );
  await bundle(join(folder, 'entry.ts'), join(folder, 'program.mjs'));
  await rm(join(folder, 'entry.ts'));
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'program.mjs')]);
  const [inline, threads] = JSON.parse(stdout) as [[number[], string], [number[], string]];
  expect(inline[0]).toEqual([1, 0]);
  expect(threads).toEqual(inline);
});
