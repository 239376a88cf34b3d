import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRepository, folderStore, serveNbd } from '../../../repository/index.ts';
import type { NbdServer } from '../../../repository/index.ts';
import { created, noise, write } from '../fixtures.ts';

const run = promisify(execFile);
const MIB = 1024 * 1024;
const TOOLS = ['mkfs.ext4', 'debugfs', 'e2fsck', 'qemu-img', 'qemu-nbd', 'nbdcopy', 'nbdinfo'];
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` };

const present = await Promise.all(
  TOOLS.map((tool) =>
    run('/bin/sh', ['-c', `command -v ${tool}`], { env }).then(
      () => true,
      () => false,
    ),
  ),
);
const missing = TOOLS.filter((_, i) => !present[i]);
const note = missing.length > 0 ? `: skipped, not installed: ${missing.join(', ')}` : '';

/** Clients that others wrote, on a real file system. */
describe.skipIf(missing.length > 0)(`NBD with the tools of others${note}`, () => {
  let folder: string;
  let server: NbdServer;
  let original: string;
  let image: Buffer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nbd tools '));
    original = join(folder, 'fs.img');
    await mkdir(join(folder, 'files'));
    await writeFile(join(folder, 'files', 'hello.txt'), 'Hello from a restore point.\n');
    await writeFile(join(folder, 'files', 'noise'), noise(3 * MIB, 'noise'));
    await writeFile(original, '');
    await truncate(original, 48 * MIB);
    await run('mkfs.ext4', ['-q', '-d', join(folder, 'files'), original], { env });
    image = await readFile(original);

    const { repository } = await createRepository(folderStore(join(folder, 'repository')), {
      recovery: true,
      now: () => created,
    });
    const writer = await repository.writer();
    const written = await write(writer, image);
    await writer.close();
    const exported = { name: 'os', description: 'a system', image: repository.image(written.image) };
    server = await serveNbd([exported], { listen: { host: '127.0.0.1', port: 0 }, log: () => undefined });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });

  test('qemu-img finds the export and the original identical, and converts it sparsely', async () => {
    const { stdout } = await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', server.uri('os'), original]);
    expect(stdout).toContain('Images are identical.');
    const converted = join(folder, 'converted.img');
    await run('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', server.uri(), converted]);
    expect(image.equals(await readFile(converted))).toBe(true);
    expect((await stat(converted)).blocks * 512).toBeLessThan(12 * MIB);
  });

  test('nbdcopy copies it sparsely; the file system in the copy is whole', async () => {
    const copy = join(folder, 'copy.img');
    await run('nbdcopy', [server.uri('os'), copy]);
    expect(image.equals(await readFile(copy))).toBe(true);
    expect((await stat(copy)).blocks * 512).toBeLessThan(12 * MIB);
    await run('e2fsck', ['-fn', copy], { env });
    const { stdout } = await run('debugfs', ['-R', 'cat /hello.txt', copy], { env });
    expect(stdout).toBe('Hello from a restore point.\n');
  });

  test('nbdinfo and qemu-nbd list it as read-only, with its holes', async () => {
    const { stdout: listed } = await run('nbdinfo', ['--list', '--json', server.uri()]);
    const { exports } = JSON.parse(listed) as { exports: Record<string, unknown>[] };
    expect(exports).toMatchObject([
      { 'export-name': 'os', 'export-size': 48 * MIB, is_read_only: true, can_multi_conn: true },
    ]);
    const { stdout: map } = await run('nbdinfo', ['--map', '--json', server.uri('os')]);
    const extents = JSON.parse(map) as { offset: number; length: number; type: number }[];
    expect(extents.reduce((sum, { length }) => sum + length, 0)).toBe(48 * MIB);
    for (const { offset, length, type } of extents) {
      if (type === 3) expect(image.subarray(offset, offset + length).equals(Buffer.alloc(length))).toBe(true);
    }
    expect(extents.some(({ type }) => type === 3)).toBe(true);
    const { hostname, port } = new URL(server.uri());
    const { stdout: seen } = await run('qemu-nbd', ['--list', '-b', hostname, '-p', port]);
    expect(seen).toMatch(/export: 'os'[\s\S]*readonly/);
  });
});
