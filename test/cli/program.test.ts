import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeWorld, noise } from './commandLine.ts';
import type { World } from './commandLine.ts';

const program = join(import.meta.dirname, '../../cli/strongroom.mjs');
let world: World;
const begun: ChildProcessByStdio<Writable, Readable, Readable>[] = [];
beforeAll(async () => {
  world = await makeWorld();
  await writeFile(world.path('disk.img'), noise(4 * 1024 * 1024, 'disk'));
  await world.run(['repo', 'backup', world.path('disk.img'), '--source', 'web']);
});
afterAll(async () => {
  for (const child of begun) child.kill('SIGKILL');
  await world.remove();
});

function start(
  args: string[],
  command: string[] = [process.execPath],
): ChildProcessByStdio<Writable, Readable, Readable> {
  const env = { ...process.env, STRONGROOM_REPO: world.path('repo') };
  const key = args[0] === 'repo' ? ['--recovery-key-file', world.path('key')] : [];
  const [file = '', ...before] = command;
  const child = spawn(file, [...before, program, ...args, ...key], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  begun.push(child);
  return child;
}

async function ended(child: ChildProcessByStdio<Writable, Readable, Readable>) {
  const [stderr, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { stderr, code: code as number | null, signal: signal as string | null };
}

const folder = async (name: string): Promise<string[]> => readdir(world.path(`repo/${name}`));
const registrations = async (): Promise<string[]> =>
  Promise.all((await folder('writers')).map((name) => readFile(world.path(`repo/writers/${name}`), 'utf8')));

/** A Node.js that is too old, if there is one beside the project's own. */
const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
  try {
    return Number(/^v(\d+)/.exec(execFileSync(path, ['--version']).toString())?.[1]) < 24;
  } catch {
    return false;
  }
});

describe('the program', () => {
  it('says its version, and nothing else', async () => {
    const child = start(['--version']);
    const [out, { code, stderr }] = await Promise.all([text(child.stdout), ended(child)]);
    expect([out, stderr, code]).toEqual(['0.1.0\n', '', 0]);
  });

  it.skipIf(!oldNode)('runs on Node.js 24 although an older one was asked to run it', async () => {
    const child = start(['repo', 'points', '--json'], [oldNode!]);
    const [out, { code }] = await Promise.all([text(child.stdout), ended(child)]);
    expect(out).toContain('"source":"web"');
    expect(code).toBe(0);
  });

  for (const [what, node] of [
    ['', process.execPath],
    [', also through an older Node.js', oldNode],
  ] as const) {
    it.skipIf(!node)(`ends a backup cleanly when it is interrupted${what}`, async () => {
      const points = await folder('points');
      const before = (await registrations()).length;
      const child = start(['repo', 'backup', '-', '--source', 'stopped'], [node!]);
      child.stdin.write(noise(1024, 'begin'));
      await vi.waitFor(async () => expect(await registrations()).toHaveLength(before + 1), { timeout: 20_000 });
      child.kill('SIGINT');
      expect(await ended(child)).toEqual({ stderr: 'strongroom: Interrupted.\n', code: 130, signal: null });
      expect((await registrations()).filter((each) => each.includes('"state":"live"'))).toEqual([]);
      expect(await folder('points')).toEqual(points);
    });
  }

  it('ends quietly when nobody reads its output any longer', async () => {
    const child = start(['repo', 'restore', 'latest', '--source', 'web', '--to', '-']);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await ended(child)).toEqual({ stderr: '', code: 141, signal: null });
  });

  it('says so when its output cannot be written for another reason', async () => {
    const to = world.path('redirected.img');
    const limited = ['sh', '-c', `ulimit -f 1024; exec "$0" "$@" >'${to}'`, process.execPath];
    const failed = await ended(start(['repo', 'restore', 'latest', '--source', 'web', '--to', '-'], limited));
    expect(failed).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('Standard output cannot be written') as string,
    });
  });

  it.skipIf(!existsSync('/dev/full'))('says so when its last words could not be written', async () => {
    const full = ['sh', '-c', 'exec "$0" "$@" >/dev/full', process.execPath];
    const failed = await ended(start(['repo', 'points'], full));
    expect(failed).toMatchObject({ code: 7, stderr: expect.stringContaining('no space is left (ENOSPC)') as string });
  });

  it('serves a point until it is interrupted, and says so when the port is taken', async () => {
    const child = start(['repo', 'serve', 'latest', '--source', 'web', '--port', '0', '--json']);
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const { exports } = JSON.parse(line.toString()) as { exports: { uri: string; size: number }[] };
    expect(exports[0]?.size).toBe(4 * 1024 * 1024);
    const { port } = new URL(exports[0]!.uri);
    const socket = connect(Number(port), '127.0.0.1');
    const [greeting] = (await once(socket, 'data')) as [Buffer];
    expect(greeting.toString('latin1', 0, 8)).toBe('NBDMAGIC');
    const second = await world.run(['repo', 'serve', 'latest', '--port', port]);
    expect(second).toMatchObject({ code: 9, error: expect.stringContaining('is taken') as string });
    child.kill('SIGINT');
    expect(await ended(child)).toMatchObject({ code: 0, stderr: '' });
    socket.destroy();
  });
});

describe('a repository', () => {
  it('that takes no more is said to be full; nothing half written stays', async () => {
    await writeFile(world.path('more.img'), noise(2 * 1024 * 1024, 'more'));
    const points = await folder('points');
    const limited = ['sh', '-c', 'ulimit -f 1024; exec "$0" "$@"', process.execPath];
    const failed = await ended(start(['repo', 'backup', world.path('more.img'), '--source', 'full'], limited));
    expect(failed.stderr).toMatch(/cannot be written: a file may not get that large \(EFBIG\)\. Make room/);
    expect(failed.code).toBe(7);
    expect(await folder('.scratch')).toEqual([]);
    expect(await folder('points')).toEqual(points);
  });

  it('and a target that cannot get that large is told likewise, and leaves nothing in the way', async () => {
    const to = world.path('small.img');
    const limited = ['sh', '-c', 'ulimit -f 1024; exec "$0" "$@"', process.execPath];
    const failed = await ended(start(['repo', 'restore', 'latest', '--source', 'web', '--to', to], limited));
    expect(failed.code).toBe(7);
    expect(failed.stderr).toContain(`${to} cannot be written: a file may not get that large`);
    const again = await world.run(['repo', 'restore', 'latest', '--source', 'web', '--to', to]);
    expect(again.code).toBe(0);
    expect(await readFile(to)).toEqual(await readFile(world.path('disk.img')));
  });

  // A superuser may write everywhere.
  it.skipIf(process.getuid?.() === 0)('that may not be written is said to be read-only', async () => {
    await mkdir(world.path('closed'), { mode: 0o555 });
    const made = await world.runBare([
      ...['repo', 'init', world.path('closed/repo'), '--passphrase-file', world.path('pass')],
    ]);
    expect(made).toMatchObject({ code: 7, error: expect.stringContaining('this user may not (EACCES)') as string });
    await chmod(world.path('closed'), 0o755);
  });
});
