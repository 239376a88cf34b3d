import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const product = ['model', 'repository', 'azure', 'functions', 'worker', 'infra'];

/** Files of the product, prose apart. */
const files = product
  .flatMap((folder) => globSync(`${folder}/**/*`, { cwd: root }))
  .filter((file) => !file.endsWith('.md') && statSync(join(root, file)).isFile());

describe('the product', () => {
  it('has no branch for the local Azure: no folder of it mentions one, or a loopback address', () => {
    expect(files.length).toBeGreaterThan(100);
    const found = files.filter((file) =>
      /sandbox|azurite|127\.0\.0\.1|localhost/i.test(readFileSync(join(root, file), 'utf8')),
    );
    expect(found).toEqual([]);
  });

  it('is unknown to the local Azure', () => {
    const sandbox = globSync('sandbox/**/*.{ts,sh,mjs}', { cwd: root });
    expect(sandbox.length).toBeGreaterThan(100);
    expect(sandbox.filter((file) => /strongroom/i.test(readFileSync(join(root, file), 'utf8')))).toEqual([]);
  });

  it('names every setting in local.settings.sample.json', () => {
    const sample = readFileSync(join(root, 'local.settings.sample.json'), 'utf8');
    const names = readFileSync(join(root, 'model/settings.ts'), 'utf8').match(/STRONGROOM_[A-Z_]+(?=:)/g)!;
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(sample).toContain(`"${name}"`);
  });
});

describe('dist/functions', () => {
  const dist = join(root, 'dist/functions');

  it('is what a Functions host runs: host.json, package.json with main, no dependencies to install', () => {
    const { main, dependencies, devDependencies } = JSON.parse(
      readFileSync(join(dist, 'package.json'), 'utf8'),
    ) as Record<string, string>;
    expect(existsSync(join(dist, main!))).toBe(true);
    expect([dependencies, devDependencies]).toEqual([undefined, undefined]);
    expect(existsSync(join(dist, 'host.json'))).toBe(true);
    expect(existsSync(join(dist, 'node_modules'))).toBe(false);
  });

  it("has the worker's files, self-contained", () => {
    const { files: shipped } = JSON.parse(readFileSync(join(dist, 'worker/manifest.json'), 'utf8')) as {
      files: { name: string; size: number }[];
    };
    for (const { name, size } of shipped) expect(statSync(join(dist, 'worker', name)).size, name).toBe(size);
    expect(shipped.map(({ name }) => name).sort()).toEqual([
      `blake.linux-${process.arch}-gnu.node`,
      'laneThread.mjs',
      'node',
      'worker.mjs',
    ]);
  });

  it.each(['main.mjs', 'worker/worker.mjs', 'worker/laneThread.mjs'])(
    '%s imports nothing but Node itself and the host',
    (file) => {
      const imported = [
        ...readFileSync(join(dist, file), 'utf8').matchAll(/^import .*? from ["']([^"']+)["'];?$/gm),
      ].map((match) => match[1]!);
      expect(imported.length).toBeGreaterThan(3);
      const builtin = (name: string) => process.getBuiltinModule(name) !== undefined;
      expect(imported.filter((name) => !builtin(name))).toEqual([]);
    },
  );
});
