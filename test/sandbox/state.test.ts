import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, StateError, type Sandbox } from '../../sandbox/index.ts';
import { applyScenario, scenario } from '../../sandbox/scenario/index.ts';
import { temporaryFolder } from './world.ts';

const here = import.meta.dirname;
const siteId =
  '/subscriptions/4b1f1f0e-6c39-4a52-8f0e-2d7f6f1f9a10/resourceGroups/g/providers/Microsoft.Web/sites/greeter';
const output = 'https://greeter.azurewebsites.net/api/output?id=';
const soon = { timeout: 15_000, interval: 50 };
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let state: string;
let app: string;
/** What the killed world said, and its CA. */
let before: { proxy: string; started: { id: string; status: number } };
let ca: string;
let sandbox: Sandbox | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
  state = join(folder.path, 'state');
  app = join(folder.path, 'app');
  await cp(join(here, 'app'), app, { recursive: true });
  await symlink(join(here, '../../node_modules'), join(app, 'node_modules'));
  const child = spawn(process.execPath, [join(here, 'killedWorld.ts'), state, app, siteId, 'hi'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(() => ['null']),
  ])) as [string];
  before = JSON.parse(line) as typeof before;
  ca = await readFile(join(state, 'edge/ca.pem'), 'utf8');
  await expect(startSandbox({ state })).rejects.toThrow(/in use by another run/);
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}, 60_000);
afterAll(async () => {
  await sandbox?.stop();
  await folder[Symbol.asyncDispose]();
});

describe('a state folder whose world was killed', () => {
  it('opens with the same addresses, certificates, time and resources, and its apps go on', async () => {
    sandbox = await startSandbox({ state });
    expect(sandbox.operator.proxyUrl).toBe(before.proxy);
    expect(await readFile(sandbox.caFile, 'utf8')).toBe(ca);
    expect(sandbox.clock.offset).toBe(26 * 3_600_000);
    expect(sandbox.world.store.get(siteId)).toMatchObject({ name: 'greeter' });
    const { client } = sandbox;
    expect(before.started.status).toBe(200);
    const answer = await client.send('GET', output + before.started.id);
    expect(answer.body).toEqual({ output: 'hello you', greeting: 'hi', version: 1 });
  });

  it('an app is deployed again when its package changed, and only then', async () => {
    const { startApp, client } = sandbox!;
    const ask = async () => (await client.send('GET', output + before.started.id)).body;
    await startApp(siteId, app);
    expect(await ask()).toMatchObject({ version: 1 });
    const code = await readFile(join(app, 'index.mjs'), 'utf8');
    await writeFile(join(app, 'index.mjs'), code.replace('version: 1', 'version: 2'));
    await startApp(siteId, app);
    expect(await ask()).toMatchObject({ output: 'hello you', version: 2 });
  });

  it('a fault kills its host, which is started again', async () => {
    const { client, faults } = sandbox!;
    faults.add({ host: 'greeter.azurewebsites.net', kill: 'functions:greeter' });
    const answer = await client.send('GET', output + before.started.id);
    expect(answer.body).toMatchObject({ output: 'hello you' });
    await expect(faults.kill('functions:nobody')).rejects.toThrow('no process of functions:nobody');
  });

  it('a fault kills what runs in a machine, which boots again', async () => {
    const { client, faults, settings, world } = sandbox!;
    const nowhere = { type: 'Microsoft.Compute/disks', name: 'd', resourceGroup: 'none', properties: {} };
    const broken = applyScenario(sandbox!, scenario({ resources: [nowhere] }));
    await expect(broken).rejects.toThrow(/^resources\[0\]: PUT .*ResourceGroupNotFound/);
    const turned = { pageSize: 7, compute: { regionalCores: 12 }, exportRate: 'tier' as const };
    await applyScenario(
      sandbox!,
      scenario({ settings: turned, virtualMachines: [{ name: 'vm', resourceGroup: 'g' }] }),
    );
    expect(settings).toMatchObject({ arm: { pageSize: 7 }, compute: { regionalCores: 12, exportRate: 'tier' } });
    const id = siteId.replace('Microsoft.Web/sites/greeter', 'Microsoft.Compute/virtualMachines/vm');
    const runScript = (script: string[]) =>
      client.arm('POST', `${id}/runCommand?api-version=2024-07-01`, { commandId: 'RunShellScript', script });
    const running = runScript(['touch "$HOME/started"; sleep 600; echo done']);
    const vmId = world.store.get(id)!.properties!.vmId as string;
    await expect.poll(() => existsSync(join(state, 'compute/machines', vmId, 'root/started')), soon).toBe(true);
    await faults.kill(`vm:${id}`);
    expect(JSON.stringify(await running.catch(String))).not.toContain('done');
    expect(JSON.stringify(await runScript(['echo up again']))).toContain('up again');
    await expect(faults.kill('vm:nobody')).rejects.toThrow('no process of vm:nobody');
  });

  it('an app follows its site: settings, stop, start, restart, delete', async () => {
    const { client } = sandbox!;
    const version = '?api-version=2024-11-01';
    const ask = async () => {
      const { status, body } = await client.send('GET', output + before.started.id);
      return status === 200 ? (body as { greeting: string }).greeting : status;
    };
    await client.arm('PUT', `${siteId}/config/appsettings${version}`, { properties: { GREETING: 'moin' } });
    await expect.poll(ask, soon).toBe('moin');
    await client.arm('POST', `${siteId}/stop${version}`);
    await expect.poll(ask, soon).toBe(403);
    await client.arm('POST', `${siteId}/start${version}`);
    await expect.poll(ask, soon).toBe('moin');
    await client.arm('POST', `${siteId}/restart${version}`);
    await expect.poll(ask, soon).toBe('moin');
    expect(existsSync(join(state, 'apps/greeter'))).toBe(true);
    await client.arm('DELETE', `${siteId}${version}`);
    await expect.poll(ask, soon).toBe(404);
    await expect.poll(() => existsSync(join(state, 'apps/greeter')), soon).toBe(false);
  });

  it('stays when the world is stopped; made by a newer version, it is refused', async () => {
    await sandbox!.stop();
    const database = new DatabaseSync(join(state, 'world.db'));
    database.exec('PRAGMA user_version = 99');
    database.close();
    const refused = startSandbox({ state });
    await expect(refused).rejects.toThrow(StateError);
    await expect(refused).rejects.toThrow(/made by a newer version \(format 99/);
  });
});
