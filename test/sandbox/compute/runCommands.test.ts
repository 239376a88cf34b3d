import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codes, createMachine, expectTypes } from './machine.ts';
import { GROUP, LOCATION, startWorld } from './world.ts';
import type { ComputeWorld } from './world.ts';

let world: ComputeWorld;
const MACHINE = `${GROUP}/providers/Microsoft.Compute/virtualMachines/vm`;

/** A blob service as far as append blobs go: what was written, by path. */
const blobs = new Map<string, string>();
const requests: string[] = [];
const storage = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const url = new URL(request.url!, 'http://x');
    const appending = url.searchParams.get('comp') === 'appendblock';
    requests.push(`${request.method} ${url.search} ${String(request.headers['x-ms-blob-type'] ?? '')}`);
    if (url.pathname.includes('missing')) return void response.writeHead(404).end();
    const before = appending ? (blobs.get(url.pathname) ?? '') : '';
    blobs.set(url.pathname, before + Buffer.concat(chunks).toString());
    response.writeHead(201).end();
  });
});

beforeAll(async () => {
  await new Promise<void>((done) => storage.listen(0, '127.0.0.1', done));
  world = await startWorld();
  await createMachine(world, 'vm');
});
afterAll(async () => {
  await world.stop();
  storage.close();
});

const blob = (path: string) => `http://127.0.0.1:${(storage.address() as AddressInfo).port}/${path}?sig=secret`;
const command = (name: string, more: object) =>
  world.sdk.virtualMachineRunCommands.createOrUpdate('rg', 'vm', name, { location: LOCATION, ...more });
const view = async (name: string) =>
  (await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', 'vm', name, { expand: 'instanceView' }))
    .instanceView!;
const action = (...script: string[]) =>
  world.sdk.virtualMachines.runCommand('rg', 'vm', { commandId: 'runshellscript', script });

test('one action at a time; its answer holds the last 4,096 bytes', async () => {
  const slow = action('head -c 5000 /dev/zero | tr "\\\\0" a; echo; while [ ! -e "$HOME/go" ]; do sleep 0.02; done');
  await slow.submitted();
  await expect(action('true')).rejects.toMatchObject({
    code: 'Conflict',
    message: expect.stringContaining('Run command extension execution is in progress') as string,
  });
  await command('go', { source: { script: 'touch "$HOME/go"' } });
  const [{ message = '' }] = (await slow).value as [{ message?: string }];
  expect(/\[stdout\]\n(a*)\n/.exec(message)![1]).toHaveLength(4095);
  const failed = await action('echo why >&2; exit 3');
  expect(failed.value![0]!.message).toBe(
    'Enable failed: command terminated with exit status=3: \n[stdout]\n\n[stderr]\nwhy\n',
  );
  await expect(
    world.sdk.virtualMachines.runCommand('rg', 'vm', { commandId: 'RunPowerShellScript', script: ['x'] }),
  ).rejects.toMatchObject({ statusCode: 501 });
});

test('the whole output goes to append blobs, written by the machine; a blob that cannot be written is told', async () => {
  await command('blobs', {
    source: { script: 'for i in $(seq 3000); do echo "line $i"; done; echo problem >&2' },
    outputBlobUri: blob('out'),
    errorBlobUri: blob('err'),
  });
  expect(blobs.get('/out')!.split('\n')).toHaveLength(3001);
  expect(blobs.get('/err')).toBe('problem\n');
  expect(requests.slice(0, 2)).toEqual(['PUT ?sig=secret AppendBlob', 'PUT ?sig=secret&comp=appendblock ']);
  expect(await view('blobs')).toMatchObject({ executionState: 'Succeeded', executionMessage: 'Execution completed' });
  const shown = await world.sdk.virtualMachineRunCommands.getByVirtualMachine('rg', 'vm', 'blobs');
  expect(shown.outputBlobUri).toMatch(/\/out$/);
  await command('lost', { source: { script: 'true' }, outputBlobUri: blob('missing') });
  expect((await view('lost')).executionMessage).toMatch(/The output blob could not be written: .*404/);
  await expect(command('user', { source: { script: 'id' }, runAsUser: 'someone' })).rejects.toMatchObject({
    statusCode: 501,
  });
});

test('a script that takes too long ends when its time is over on the clock of the world', async () => {
  const slow = command('slow', { source: { script: 'echo begun; sleep 4730.5' }, timeoutInSeconds: 600 });
  await slow.submitted();
  await expect.poll(async () => (await view('slow')).output, { timeout: 20_000 }).toBe('begun\n');
  world.clock.advance(600_000);
  await slow;
  expect(await view('slow')).toMatchObject({ executionState: 'TimedOut', output: 'begun\n' });
});

test('a command that runs and never reports stays Running; whoever waits for it hears of a timeout', async () => {
  const { faults } = world;
  faults.add({ point: 'runCommand.report', where: { id: MACHINE, name: 'silent' } });
  await command('silent', { source: { script: 'echo done > "$HOME/done"' }, asyncExecution: true });
  await command('look', { source: { script: 'while [ ! -s "$HOME/done" ]; do sleep 0.02; done; cat "$HOME/done"' } });
  expect((await view('look')).output).toBe('done\n');
  expect(await view('silent')).toMatchObject({ executionState: 'Running' });

  faults.add({ point: 'runCommand.report', where: { name: 'awaited' } });
  const awaited = command('awaited', { source: { script: 'true' }, timeoutInSeconds: 300 });
  await awaited.submitted();
  world.clock.advance(301_000);
  await expect(awaited).rejects.toThrow('VMExtensionProvisioningTimeout');

  faults.add({ point: 'runCommand.report', where: { name: 'RunShellScript' } });
  const silent = action('true');
  await silent.submitted();
  await expect(action('true')).rejects.toMatchObject({ code: 'Conflict' });
  world.clock.advance(90 * 60_000);
  await expect(silent).rejects.toThrow('VMExtensionProvisioningTimeout');
  expect((await action('echo again')).value![0]!.message).toContain('again');
  await world.sdk.virtualMachineRunCommands.delete('rg', 'vm', 'silent');
});

test('a command is patched, run again, and fails when its machine is switched off under it', async () => {
  await command('again', { source: { script: 'echo $WHO' }, parameters: [{ name: 'WHO', value: 'one' }] });
  await world.sdk.virtualMachineRunCommands.update('rg', 'vm', 'again', { tags: { a: 'b' } });
  await world.sdk.virtualMachineRunCommands.update('rg', 'vm', 'again', {
    parameters: [{ name: 'WHO', value: 'two' }],
  });
  expect((await view('again')).output).toBe('two\n');
  const cut = command('cut', { source: { script: 'touch "$HOME/up"; sleep 4731.5' } });
  await cut.submitted();
  await command('up', { source: { script: 'while [ ! -e "$HOME/up" ]; do sleep 0.02; done' } });
  await world.sdk.virtualMachines.powerOff('rg', 'vm');
  await cut;
  expect((await view('cut')).executionState).toBe('Failed');
  expect(await codes(world, 'vm')).toContain('PowerState/stopped');
  await expect(action('true')).rejects.toMatchObject({ code: 'OperationNotAllowed' });
});

test('the commands that a region offers', async () => {
  const offered = [];
  for await (const document of world.sdk.virtualMachineRunCommands.list(LOCATION)) offered.push(document.id);
  expect(offered).toContain('RunShellScript');
  expect((await world.sdk.virtualMachineRunCommands.get(LOCATION, 'RunShellScript')).script![0]).toBe('#!/bin/sh');
});

test('the traffic fits Azure’s published types', () => expectTypes(world));
