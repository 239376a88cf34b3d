import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClock } from '../../sandbox/core/clock.ts';
import { createFaults } from '../../sandbox/core/faults.ts';
import type { CallerPort } from '../../sandbox/core/types.ts';
import { startEdge, type Edge } from '../../sandbox/edge/index.ts';
import { noCurl } from '../curl.ts';

const SAS = 'sv=2025-07-05&sr=c&sig=SECRET%2B%2F%3D';
const KEY = Buffer.alloc(32, 1).toString('base64');
const script = new URL('../../worker/bootstrap.sh', import.meta.url).pathname;

/** Of the account: what each name gives, and what was asked for. */
const files = new Map<string, Buffer>();
let asked: string[] = [];
let root: string;
let edge: Edge;
let port: CallerPort;
let home: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'bootstrap test-'));
  const principalOf = () => undefined;
  edge = await startEdge({ clock: createClock(), faults: createFaults(), dir: root, tenantId: 'none', principalOf });
  edge.use({
    name: 'storage',
    answers: (host) => host === 'site.blob.core.windows.net',
    handle(request, response) {
      const [path, query] = request.url!.split('?');
      asked.push(path!);
      const data = files.get(path!.split('/').at(-1)!);
      if (query !== SAS) response.writeHead(403).end();
      else if (!data) response.writeHead(404).end();
      else response.writeHead(200).end(data);
    },
  });
  port = await edge.open({ id: 'vm:test', kind: 'machine' });
  // systemd-run that runs its program at once, and tells what it was given.
  await mkdir(join(root, 'bin'));
  const stand =
    '#!/bin/bash\nprintf "%s\\n" "$0" "$@" > "$HOME/arguments"\nwhile [[ $1 == --* ]]; do shift; done\nexec "$@"\n';
  await writeFile(join(root, 'bin/systemd-run'), stand, { mode: 0o755 });
});
afterAll(async () => {
  await edge.stop();
  await rm(root, { recursive: true });
});

beforeEach(async () => {
  asked = [];
  home = await mkdtemp(join(root, 'home-'));
  files.clear();
  files.set('node', Buffer.from(`#!/bin/bash\nexec "${process.execPath}" "$@"\n`));
  files.set('blake.node', Buffer.from('native'));
  const program = `import { writeFileSync } from 'node:fs';
    const names = Object.keys(process.env).filter((name) => /^(STRONGROOM|NAPI)_/.test(name));
    writeFileSync(process.env.HOME + '/started', JSON.stringify(Object.fromEntries(names.map((n) => [n, process.env[n]]))));`;
  files.set('worker.mjs', Buffer.from(program));
});

const digest = (algorithm: string, data: Buffer) => createHash(algorithm).update(data).digest('hex');
const manifest = () =>
  [...files].map(([name, data]) => ({
    name,
    size: data.length,
    md5: digest('md5', data),
    sha256: digest('sha256', data),
    executable: name === 'node',
  }));
const folder = () => join(home, '.local/share/strongroom');

/** Runs the script as Run Command does. */
async function bootstrap(overrides: Record<string, string> = {}, list = manifest()) {
  const env = {
    PATH: `${join(root, 'bin')}:/usr/bin:/bin`,
    HOME: home,
    ...edge.guestEnv,
    ...port.env,
    STRONGROOM_FILES: JSON.stringify(list),
    STRONGROOM_FILES_URL: 'https://site.blob.core.windows.net/worker-files/v1',
    STRONGROOM_FILES_SAS: SAS,
    STRONGROOM_ATTEMPT: 'a1',
    STRONGROOM_INBOX_URL: 'https://site.queue.core.windows.net/worker-a1',
    STRONGROOM_MAILBOX_URL: 'https://app.queue.core.windows.net/mailbox',
    STRONGROOM_LOGS_URL: 'https://site.blob.core.windows.net/worker-logs',
    STRONGROOM_NETWORK: 'private',
    STRONGROOM_CLIENT_ID: '33333333-3333-4333-8333-333333333333',
    STRONGROOM_MESSAGE_KEY: KEY,
    ...overrides,
  };
  return new Promise<{ code: number; output: string }>((resolve) => {
    execFile('/bin/bash', [script], { env, cwd: home }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
    );
  });
}

test.skipIf(noCurl)(
  'VMP-14 VMP-15 the files are downloaded through the SAS, installed and started with their settings',
  async () => {
    expect(await bootstrap()).toEqual({ code: 0, output: '' });
    expect(asked.toSorted()).toEqual(['blake.node', 'node', 'worker.mjs'].map((name) => `/worker-files/v1/${name}`));
    const started = JSON.parse(await readFile(join(home, 'started'), 'utf8')) as Record<string, string>;
    expect(started).toMatchObject({
      STRONGROOM_ATTEMPT: 'a1',
      STRONGROOM_MESSAGE_KEY: KEY,
      STRONGROOM_VERSION: 'v1',
    });
    expect(started).not.toHaveProperty('STRONGROOM_FILES_SAS');
    const command = await readFile(join(home, 'arguments'), 'utf8');
    expect(command).toContain('--unit=strongroom-worker-a1');
    expect(command).not.toContain(KEY);
    expect(command).not.toContain('SECRET');
    expect((await stat(join(folder(), 'worker-a1.env'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder(), 'node'))).mode & 0o777).toBe(0o700);
  },
);

test.skipIf(noCurl)(
  'a second start keeps files that are right, fetches what is not, and leaves one settings file',
  async () => {
    await bootstrap();
    await writeFile(join(folder(), 'blake.node'), 'altered');
    asked = [];
    expect(await bootstrap({ STRONGROOM_ATTEMPT: 'a2' })).toMatchObject({ code: 0 });
    expect(asked).toEqual(['/worker-files/v1/blake.node']);
    expect((await readdir(folder())).toSorted()).toEqual(['blake.node', 'node', 'worker-a2.env', 'worker.mjs']);
  },
);

(noCurl ? test.skip : test).each(['md5', 'sha256'] as const)(
  'VMP-12 a file with a wrong %s is named, refused and not started',
  async (sum) => {
    const list = manifest().map((file) =>
      file.name === 'worker.mjs' ? { ...file, [sum]: digest(sum, Buffer.from('x')) } : file,
    );
    const { code, output } = await bootstrap({}, list);
    expect(code).toBe(65);
    expect(output).toMatch(new RegExp(`^BINARY_MISMATCH worker\\.mjs: ${sum}sum is [0-9a-f]+, expected [0-9a-f]+\n$`));
    expect(await readdir(home)).not.toContain('started');
    expect(await readdir(folder())).not.toContain('worker.mjs');
  },
);

test.skipIf(noCurl)('a manifest without files or fields is refused', async () => {
  expect(await bootstrap({ STRONGROOM_FILES: '[]' })).toMatchObject({ code: 64 });
  const { code, output } = await bootstrap({ STRONGROOM_FILES: '[{"name":"node","md5":"1"}]' });
  expect(code).toBe(64);
  expect(output).toContain('no "sha256"');
});

test.skipIf(noCurl)('a state folder that the machine gives is used', async () => {
  const state = join(home, 'state');
  expect(await bootstrap({ STATE_DIRECTORY: state })).toMatchObject({ code: 0 });
  expect(await readdir(state)).toContain('worker.mjs');
});
