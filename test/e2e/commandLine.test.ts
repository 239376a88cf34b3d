/** The command line as an operator uses it, against a container and a vault key of the local Azure. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';

const program = join(import.meta.dirname, '../../cli/strongroom.mjs');
const ACCOUNT = 'strongroomcli';
const VAULT = 'strongroom-cli';
const repository = `https://${ACCOUNT}.blob.core.windows.net/repository`;
const vaultKey = `https://${VAULT}.vault.azure.net/keys/repository`;

let sandbox: Sandbox;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-e2e-cli-'));
  sandbox = await startSandbox({
    grants: [
      { to: 'operator', role: 'Storage Blob Data Contributor' },
      { to: 'operator', role: 'Key Vault Crypto Officer' },
    ],
  });
  const group = `/subscriptions/${sandbox.subscriptionId}/resourceGroups/backup`;
  const location = 'westeurope';
  const account = `${group}/providers/Microsoft.Storage/storageAccounts/${ACCOUNT}`;
  const vault = `${group}/providers/Microsoft.KeyVault/vaults/${VAULT}`;
  await put(`${group}?api-version=2025-04-01`, { location });
  await put(`${account}?api-version=2024-01-01`, {
    location,
    sku: { name: 'Standard_LRS' },
    kind: 'StorageV2',
    properties: {},
  });
  await put(`${account}/blobServices/default/containers/repository?api-version=2024-01-01`, { properties: {} });
  const tenantId = sandbox.tenantId;
  const properties = { tenantId, sku: { family: 'A', name: 'standard' }, enableRbacAuthorization: true };
  await put(`${vault}?api-version=2023-07-01`, { location, properties });
  await put(`${vault}/keys/repository?api-version=2023-07-01`, { properties: { kty: 'RSA', keySize: 2048 } });
});
afterAll(async () => {
  await sandbox.stop();
  await rm(folder, { recursive: true });
});

/** Makes a resource and waits until it is ready. */
async function put(path: string, body: object): Promise<void> {
  const management = 'https://management.azure.com';
  const send = (method: string, sent: object) =>
    sandbox.client.send(method, management + path, { ...sent, resource: `${management}/` });
  const made = await send('PUT', { body });
  expect([200, 201, 202], JSON.stringify(made.body)).toContain(made.status);
  await vi.waitFor(async () => expect((await send('GET', {})).status).toBe(200), { timeout: 20_000 });
}

const run = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { ...sandbox.operator.env, PATH: process.env.PATH, STRONGROOM_REPO: repository };
    execFile(process.execPath, [program, 'repo', ...args], { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });

it('makes a repository in a container, opened by a vault key or the recovery key, and brings an image back', async () => {
  const path = (name: string) => join(folder, name);
  const image = randomBytes(1024 * 1024);
  await writeFile(path('disk.img'), image);
  const made = await run('init', '--key-vault-key', vaultKey, '--recovery-key-file', path('key'));
  expect(made).toMatchObject({ code: 0, stderr: '' });
  const backup = await run('backup', path('disk.img'), '--source', 'web', '--key-vault-key', vaultKey);
  expect(backup).toMatchObject({ code: 0, stderr: '' });
  const restored = await run('restore', 'latest', '--to', path('back.img'), '--recovery-key-file', path('key'));
  expect(restored).toMatchObject({ code: 0, stderr: '' });
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
  expect(digest(await readFile(path('back.img')))).toBe(digest(image));
});

it('says what to do about a container that is not there', async () => {
  const nowhere = `https://${ACCOUNT}.blob.core.windows.net/nowhere`;
  const init = await run('init', nowhere, '--key-vault-key', vaultKey, '--no-recovery');
  expect(init).toMatchObject({
    code: 6,
    stderr: `strongroom: There is no container ${nowhere}: make it first, then repeat.\n`,
  });
  const points = await run('points', '--repo', nowhere, '--key-vault-key', vaultKey);
  expect(points).toMatchObject({ code: 3, stderr: expect.stringContaining('There is no repository at') as string });
});
