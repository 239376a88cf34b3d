import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '../../sandbox/client.ts';
import { control, openRegister, type Status } from '../../sandbox/control/index.ts';

const program = join(import.meta.dirname, '../../demo/sandbox.ts');
const scenario = join(import.meta.dirname, '../../demo/scenarios/branch-office.yaml');
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox command-'));
  // A register of its own: others may run a local Azure on this machine.
  env = { PATH: process.env.PATH, HOME: folder, TMPDIR: folder, XDG_RUNTIME_DIR: folder };
});
afterAll(async () => {
  for (const { pid } of openRegister(folder).list()) process.kill(pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Runs the command to its end. */
async function run(args: string[], more: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ['--', program, ...args], { cwd: folder, env: { ...env, ...more } });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, out, errors };
}

/** The variables of an environment file, as a shell reads them. */
async function source(file: string): Promise<Record<string, string>> {
  const text = await readFile(file, 'utf8');
  return Object.fromEntries([...text.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name, value]) => [name!, value!]));
}

describe('what is wrong on the command line ends with 2 and says why', () => {
  it.each([
    ['an unknown option', ['--colour', 'red'], "Unknown option '--colour'"],
    ['an unknown command', ['walk'], 'There is no command "walk": start, status, stop, clock, faults.'],
    ['an option of another command', ['stop', '--bare'], '--bare is not for "stop".'],
    ['a word too many', ['clock', '+1h', '+2h'], '"+2h" is one word too many'],
    ['no time', ['clock', 'tomorrow'], '"tomorrow" is neither a time such as'],
    ['no number', ['stop', '--pid', 'x'], '--pid: "x" is no number.'],
    ['no scenario', ['--bare', '--scenario', 'none.yaml'], 'none.yaml cannot be read: ENOENT'],
    ['a file that cannot be written', ['--bare', '--record', 'no/where'], '--record: ENOENT'],
  ])('%s', async (_name, args, why) => {
    const { code, errors } = await run(args);
    expect(errors).toContain(why);
    expect(errors).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
  });
});

describe('a world in the background that keeps its state', () => {
  const arguments_ = ['--bare', '--detach', '--state', 'kept', '--scenario', scenario, '--env-file', 'vars'];
  let variables: Record<string, string>;
  let client: Client;
  const group = '/subscriptions/4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10/resourceGroups/branch';
  const signIn = async () =>
    createClient(
      { caller: { id: 'operator', kind: 'operator' }, proxyUrl: variables.HTTPS_PROXY!, env: {} },
      await readFile(variables.CURL_CA_BUNDLE!, 'utf8'),
    );
  const status = async () => (await control(variables.HTTP_PROXY!, 'GET', '/status')) as Status;
  const machine = (name: string) =>
    client.arm(
      'GET',
      `${group}/providers/Microsoft.Compute/virtualMachines/${name}?api-version=2024-07-01&$expand=instanceView`,
    );

  it('is what its scenario says, and found by its environment file', async () => {
    const { code, out, errors } = await run(arguments_);
    expect([code, errors]).toEqual([0, '']);
    expect(out).toMatch(/source vars[^]*In the background: process \d+, log .*npm run sandbox -- stop/);
    variables = await source(join(folder, 'vars'));
    client = await signIn();
    expect(await machine('files')).toMatchObject({
      location: 'northeurope',
      zones: ['1'],
      properties: { storageProfile: { dataDisks: [{ name: 'files-share', diskSizeGB: 32 }] } },
    });
    const codes = (value: unknown) =>
      (value as { properties: { instanceView: { statuses: { code: string }[] } } }).properties.instanceView.statuses;
    expect(codes(await machine('till'))).toContainEqual(expect.objectContaining({ code: 'PowerState/deallocated' }));
    const found = await status();
    expect(found).toMatchObject({ state: join(folder, 'kept'), resourceGroups: 1, faults: [{}, {}, { hits: 0 }] });
    expect(found.time).toMatch(/^2027-03-01T02:/);
    const form = `grant_type=client_credentials&client_id=0f6f6f53-6c1e-4d9c-8a59-0a5f6b1f8d11&client_secret=not-a-secret-outside-this-file&scope=https://management.azure.com/.default`;
    const login = `https://login.microsoftonline.com/${found.tenantId}/oauth2/v2.0/token`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const token = await client.send('POST', login, { text: form, headers });
    expect(token.status).toBe(200);
    const { access_token: bearer } = token.body as { access_token: string };
    const url = `https://management.azure.com${group}?api-version=2025-04-01`;
    const refused = await client.send('GET', url, { headers: { authorization: `Bearer ${bearer}` } });
    expect(refused.status).toBe(403);
  });

  it('status, clock and faults speak with it, also from a shell that is set up for it', async () => {
    await writeFile(join(folder, 'faults.yaml'), '- { host: management.azure.com, drop: true, after: 1000 }');
    const [asked, moved, added, inUse, second] = await Promise.all([
      run(['status'], variables),
      run(['clock', '+26h'], variables),
      run(['faults', 'faults.yaml']),
      run(['--bare', '--state', 'kept']),
      run(['stop', '--state', 'elsewhere']),
    ]);
    expect(asked.out).toMatch(/^process +\d+, since [^]*^state +\/.*\/kept$[^]*^resources +\d+ in 1 resource groups$/m);
    expect(asked.out).toMatch(/^no role +backup-pipeline: .*resourceGroups\/read on \/subscriptions\/.*branch$/m);
    expect(moved.out).toMatch(/^2027-03-02T04:/);
    expect(added.out).toMatch(/^0 hits: .*"every":3[^]*"drop":true/);
    expect(inUse).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/^The state folder \/.*\/kept is in use by another run\./) as string,
    });
    expect(second).toMatchObject({
      code: 1,
      errors: expect.stringMatching(/^None of these is meant:\n {2}--pid \d+: /) as string,
    });
    const proxyOfOther = control(variables.HTTP_PROXY!, 'POST', '/faults', [{ drop: 'yes' }]);
    await expect(proxyOfOther).rejects.toThrow(/drop/);
  });

  it('opens again after kill -9, at the same address and with what was changed; stop ends it', async () => {
    client.close();
    client = await signIn(); // its token is a day old
    await client.arm('PUT', `${group}-2?api-version=2025-04-01`, { location: 'westeurope' });
    const { pid } = await status();
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => openRegister(folder).list(), { timeout: 10_000 }).toEqual([]);
    const { out } = await run(arguments_);
    expect(out).toMatch(/^\/.*\/kept holds a world already/);
    expect(await source(join(folder, 'vars'))).toEqual(variables);
    const found = await status();
    expect(found).toMatchObject({ resourceGroups: 2, faults: [{ hits: 0 }, {}, {}] });
    expect(found.time).toMatch(/^2027-03-02T04:/);
    client.close();
    const stopped = await run(['stop'], variables);
    expect(stopped).toMatchObject({ code: 0, out: expect.stringMatching(/^Ended\. .*\/kept keeps it\.\n$/) as string });
    expect(await run(['status'])).toMatchObject({ code: 1, errors: 'No local Azure of yours runs.\n' });
  });
});
