import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildReaderFile } from '../../build/readerFile.ts';
import { createRepository, folderStore } from '../../repository/index.ts';
import { writeCheckedText } from '../../repository/format/checkedText.ts';
import { GOLDEN } from '../golden/golden.ts';
import type { Golden } from '../golden/golden.ts';
import { created, noise, objectNames, point, POINT_ID, write } from '../repository/fixtures.ts';
import { repack } from '../repository/repack.ts';
import { secretsOf } from '../repository/secretsOf.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const LATER_ID = '20260502T000000Z-00000002';
const BLOCK = 4096;

/** A Node.js of this machine that has no zstd of its own: there the reader brings its own. */
async function nodeWithoutZstd(): Promise<string | undefined> {
  const question =
    'process.stdout.write(String(+process.versions.node.split(".")[0] >= 20 && !("zstdDecompress" in require("zlib"))))';
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const file = join(folder, 'node');
    const answer = await run(file, ['-e', question]).catch(() => undefined);
    if (answer?.stdout === 'true') return file;
  }
  return undefined;
}
const older = await nodeWithoutZstd();
const nodes: [string, string][] = [['this Node.js', process.execPath]];
if (older) nodes.push(['a Node.js without zstd', older]);
const note = older ? '' : ' (with one Node.js only: no second one, from 20 to 22.14, is on the PATH)';

let folder: string;
let repository: string;
let reader: string;
let recoveryKey: string;
let disks: Buffer[];
let later: Buffer;

/** Runs the reader on a copy. */
async function read(copy: string, args: string[], { node = process.execPath as string, key = 'recovery' } = {}) {
  const given = key === 'recovery' ? '--recovery-key-file' : '--passphrase-file';
  const [command = '', ...more] = args;
  return run(node, [reader, command, copy, ...more, given, join(folder, key)]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, stdout, stderr }),
  );
}
const copyOf = async (name: string) => {
  const copy = join(folder, name);
  await cp(repository, copy, { recursive: true });
  return copy;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reader '));
  repository = join(folder, 'repository');
  await buildReaderFile(root, join(folder, 'dist'));
  // Alone in a folder, so that it can have nothing but itself.
  reader = join(folder, 'alone.mjs');
  await cp(join(folder, 'dist/strongroom-reader.mjs'), reader);

  const store = folderStore(repository);
  const made = await createRepository(store, {
    passphrase: 'caf\u00e9 au lait',
    recovery: true,
    now: () => created,
    blockSize: BLOCK,
    fanOut: 4,
  });
  recoveryKey = made.recoveryKey ?? '';
  await writeFile(join(folder, 'recovery'), `${recoveryKey}\n`);
  await writeFile(join(folder, 'passphrase'), 'cafe\u0301 au lait\n');
  await writeFile(join(folder, 'wrong'), 'tea\n');

  const text = Buffer.alloc(40 * BLOCK, 'The quick brown fox jumps over the lazy dog. ');
  for (let block = 0; block < 40; block++) text.writeUInt32LE(block, block * BLOCK);
  const system = Buffer.concat([noise(30 * BLOCK, 'system'), Buffer.alloc(300 * BLOCK), text, noise(1024, 'end')]);
  disks = [system, noise(5 * BLOCK, 'data'), Buffer.alloc(10 * BLOCK)];
  const writer = await made.repository.writer({ packBytes: 60_000 });
  const images = [];
  for (const disk of disks) images.push((await write(writer, disk)).image);
  await writer.commit(point(POINT_ID, ...images));
  later = Buffer.from(system);
  noise(2 * BLOCK, 'later').copy(later, 335 * BLOCK);
  const extents = [{ offset: 335 * BLOCK, length: 2 * BLOCK }];
  await writer.commit(point(LATER_ID, (await write(writer, later, extents, images[0])).image));
  await writer.close();
});
afterAll(() => rm(folder, { recursive: true }));

describe(`the standalone reader${note}`, () => {
  test('is one small file with the licences of what is in it', async () => {
    const text = await readFile(reader, 'utf8');
    expect(text.length).toBeLessThan(150_000);
    for (const notice of ['@noble/hashes', 'Paul Miller', 'fzstd', 'Arjun Barrett', 'Permission is hereby granted']) {
      expect(text).toContain(notice);
    }
    const imports = [...text.matchAll(/^(?:import|export) .*from "(.*)"/gm)].map(([, from]) => from);
    expect(imports.filter((from) => !from?.startsWith('node:'))).toEqual([]);
    expect(imports.length).toBeGreaterThan(3);
    expect(text).not.toMatch(/\brequire\(|import\(/);
  });

  test.each(nodes)('%s restores every disk of a copied repository, byte by byte, with holes', async (_, node) => {
    const copy = await copyOf(`copy of ${node.length}`);
    const listed = await read(copy, ['list'], { node, key: 'passphrase' });
    expect(listed.stdout.trim().split('\n').map((line) => line.slice(0, 25))).toEqual([POINT_ID, LATER_ID]); // prettier-ignore
    for (const [i, key] of ['os', 'lun0', 'lun1'].entries()) {
      const target = join(folder, `${key} ${node.length}`);
      const { code } = await read(copy, ['restore', POINT_ID, '--disk', key, '--to', target], { node });
      expect([code, disks[i]!.equals(await readFile(target))]).toEqual([0, true]);
      if (key === 'os') expect((await stat(target)).blocks * 512).toBeLessThan(100 * BLOCK);
    }
    const target = join(folder, `later ${node.length}`);
    await read(copy, ['restore', 'latest', '--to', target], { node });
    expect(later.equals(await readFile(target))).toBe(true);
    expect((JSON.parse((await read(copy, ['show', LATER_ID])).stdout) as { id: string }).id).toBe(LATER_ID);
  });

  test('blocks and pages that were moved are found by their forwards, moved twice too', async () => {
    const copy = await copyOf('moved');
    const store = folderStore(copy);
    const secrets = await secretsOf(store, recoveryKey);
    for (const kind of ['data', 'maps'] as const) {
      for (const name of await objectNames(store, `${kind}/`)) {
        const pack = name.slice(kind.length + 1);
        const second = await repack(store, secrets, kind, pack);
        await repack(store, secrets, kind, second);
        await store.delete(name);
        await store.delete(`${kind}/${second}`);
      }
    }
    const target = join(folder, 'from moved');
    expect(await read(copy, ['restore', POINT_ID, '--disk', 'os', '--to', target])).toMatchObject({ code: 0 });
    expect(disks[0]!.equals(await readFile(target))).toBe(true);
  });

  test('a damaged block is named and ends the restore; asked to, the reader goes on and says what it left out', async () => {
    const copy = await copyOf('damaged');
    const store = folderStore(copy);
    const packs = await objectNames(store, 'data/');
    for (const name of packs) {
      const { data } = await store.get(name);
      data[32 + 100]! ^= 1; // In the first block of each.
      await store.put(name, [data]);
    }
    const target = join(folder, 'from damaged');
    const failed = await read(copy, ['restore', LATER_ID, '--to', target]);
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringMatching(/data\/[0-9a-f]{32} is not/) as string });
    for (const path of [target, `${target}.partial`])
      await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });

    const skipped = await read(copy, ['restore', LATER_ID, '--to', target, '--skip-damaged']);
    const left = [...skipped.stderr.matchAll(/^Zeros instead of 4096 bytes at (\d+): data\//gm)].map(([, at]) =>
      Number(at),
    );
    expect([skipped.code, left.length > 0, left.length <= packs.length]).toEqual([3, true, true]);
    const expected = Buffer.from(later);
    for (const offset of left) expected.fill(0, offset, offset + BLOCK);
    expect(expected.equals(await readFile(target))).toBe(true);

    await store.delete(`points/${LATER_ID}`);
    await store.put(`points/${LATER_ID}`, [Buffer.from('damaged')]);
    const listed = await read(copy, ['list']);
    expect([listed.code, listed.stdout.split('\n')[1]]).toEqual([3, expect.stringContaining('damaged')]);
  });

  test('without its key objects the heads of the points give the key', async () => {
    const copy = await copyOf('headless');
    await rm(join(copy, 'keys'), { recursive: true });
    expect((await read(copy, ['list'])).stdout.trim().split('\n')).toHaveLength(2);
    await rm(join(copy, 'points'), { recursive: true });
    expect(await read(copy, ['list'])).toMatchObject({ code: 1, stderr: expect.stringMatching(/keys\//) as string });
  });

  test.each(['ordinary', 'repacked'])('the newest point of the golden repository "%s" restores', async (name) => {
    const golden = JSON.parse(await readFile(join(GOLDEN, `${name}.json`), 'utf8')) as Golden;
    await writeFile(join(folder, 'golden'), golden.recoveryKey);
    const target = join(folder, `golden ${name}`);
    const key = ['--recovery-key-file', join(folder, 'golden')];
    await run(process.execPath, [reader, 'restore', join(GOLDEN, name), 'latest', '--to', target, ...key]);
    const bytes = await readFile(target);
    const [expected] = Object.values(golden.points).at(-1) ?? [];
    expect({ size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }).toEqual(expected);
  });

  test('a wrong key, a folder that is none, a newer version, an existing target and wrong use are told apart', async () => {
    const copy = await copyOf('told apart');
    const target = join(folder, 'taken');
    await writeFile(target, 'mine');
    const told = async (args: string[], options = {}) => {
      const { code, stderr } = await read(copy, args, options);
      return `${code} ${stderr}`;
    };
    expect(await told(['list'], { key: 'wrong' })).toMatch(/^1 .*passphrase is wrong/);
    expect(await told(['list', 'more'])).toMatch(/^2 /);
    expect(await told(['frobnicate'])).toMatch(/^2 .*no command frobnicate/);
    expect(await told(['restore', POINT_ID, '--to', target])).toMatch(/^2 .*os, lun0, lun1: say --disk/);
    expect(await told(['restore', LATER_ID, '--to', target])).toMatch(/^1 .*taken exists/);
    expect(await readFile(target, 'utf8')).toBe('mine');
    expect(await told(['restore', LATER_ID, '--to', target, '--overwrite'])).toMatch(/^0 /);
    expect(later.equals(await readFile(target))).toBe(true);
    expect(await told(['restore', LATER_ID, '--to', folder, '--overwrite'])).toMatch(/^1 .*is no file/);
    expect(await told(['restore', '../strongroom.json', '--to', target])).toMatch(/^1 .*no point/);

    await writeFile(join(folder, 'recovery typo'), `${recoveryKey.slice(0, -1)}${recoveryKey.endsWith('7') ? 8 : 7}\n`);
    const typo = await run(process.execPath, [reader, 'list', copy, '--recovery-key-file', join(folder, 'recovery typo')])
      .catch((error: { stderr: string }) => error); // prettier-ignore
    expect(typo.stderr).toContain('mistyped');
    await writeFile(join(copy, 'strongroom.json'), writeCheckedText({ format: 'strongroom-repository', version: 2 }));
    expect(await told(['list'])).toMatch(/^1 .*version 2/);
    await writeFile(join(copy, 'strongroom.json'), 'nonsense');
    expect(await told(['list'])).toMatch(/^1 .*altered or truncated/);
    await rm(join(copy, 'strongroom.json'));
    expect(await told(['list'])).toMatch(/^1 .*is no repository/);
    const { stdout } = await run(process.execPath, [reader, '--help']);
    expect(stdout).toContain('--skip-damaged');
  });
});
