import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startSandbox } from '../../sandbox/index.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'stop-'));

test('a world whose signal is aborted while it starts leaves nothing behind', async () => {
  const dir = folder();
  const signal = AbortSignal.abort(new Error('no more'));
  await expect(startSandbox({ dir, signal })).rejects.toThrow('no more');
  expect(existsSync(dir)).toBe(false);
});

test('an aborted world ends what it is doing, and whoever stops it waits for the end', async () => {
  const dir = folder();
  const ending = new AbortController();
  const sandbox = await startSandbox({ dir, signal: ending.signal });
  const program = join(import.meta.dirname, 'pulumi/programs/chain.ts');
  const config = { 'azure-native:subscriptionId': sandbox.subscriptionId };
  const applying = sandbox.apply({ program, project: 'p', stack: 's', config });
  const applied = expect(applying).rejects.toThrow('abort');
  ending.abort();
  await Promise.all([sandbox.stop(), sandbox.stop()]);
  expect(existsSync(dir)).toBe(false);
  await applied;
  await expect(sandbox.client.send('GET', 'https://management.azure.com/')).rejects.toThrow();
});
