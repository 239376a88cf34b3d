import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import { startEdge, type Edge } from '../../../sandbox/edge/index.ts';
import { VaultError } from '../../../sandbox/keyvault/errors.ts';
import { loneVault, type LoneVault } from '../../sandbox/keyvault/vault.ts';

const tenantId = '11111111-1111-4111-8111-111111111111';
const clientId = '33333333-3333-4333-8333-333333333333';
const principal = { objectId: clientId, clientId, kind: 'ServicePrincipal', displayName: 'worker' } as const;
let vault: LoneVault;
let root: string;
let edge: Edge;
/** Whether the roles on the key of that name are gone. */
let forbidden = false;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'keys test-'));
  const clock = createClock();
  edge = await startEdge({ clock, faults: createFaults(), dir: root, tenantId, principalOf: () => principal });
  vault = loneVault('vault1', {
    tokens: edge.tokens,
    tenantId,
    clock,
    access: ({ scope }) =>
      scope.endsWith('/forbidden') && forbidden
        ? new VaultError(403, 'Forbidden', 'Caller is not authorized.', 'ForbiddenByRbac')
        : undefined,
  });
  await vault.createKey('repository', ['wrapKey', 'unwrapKey']);
  await vault.createKey('signing', ['sign']);
  edge.use(vault.service);
});
afterAll(async () => {
  await edge.stop();
  await rm(root, { recursive: true });
});

/** Runs a module's body as a process on a machine does: identity, proxy and certificates come from its environment. */
async function onMachine(body: string): Promise<Record<string, unknown>> {
  const { env } = await edge.open({ id: 'vm:keys', kind: 'machine' });
  const file = join(root, 'body.ts');
  const azure = new URL('../../../azure/', import.meta.url).href;
  const repository = new URL('../../../repository/', import.meta.url).href;
  await writeFile(
    file,
    `import { managedIdentity } from '${azure}credential.ts';
     import { keyWrapper, openWithVault, sealWithVault, vaultOf } from '${azure}keys.ts';
     import { createRepository, folderStore, openRepository } from '${repository}index.ts';
     import { setSecret } from '${azure}secrets.ts';
     const credential = managedIdentity('${clientId}');
     const code = (work) => work.then(() => 'no error', (e) => e.code + ': ' + e.message);
     const id = 'https://vault1.vault.azure.net/keys/repository';
     const told = {};
     ${body}
     console.log(JSON.stringify(told));`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { PATH: process.env.PATH, ...edge.guestEnv, ...env },
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

test('a key is wrapped and unwrapped by the vault, by its exact version; refusals are KEY_REFUSED', async () => {
  const told = await onMachine(`
    const wrapper = keyWrapper(id, credential);
    const secret = Buffer.alloc(32, 5);
    const { wrapped, keyVersion } = await wrapper.wrap(secret);
    told.version = keyVersion;
    told.length = wrapped.length;
    told.same = (await wrapper.unwrap(wrapped, keyVersion)).equals(secret);
    const sealed = await sealWithVault(wrapper, secret);
    told.opened = (await openWithVault(wrapper, sealed)).equals(secret);
    told.versioned = (await keyWrapper(id + '/' + keyVersion, credential).wrap(secret)).keyVersion === keyVersion;
    told.altered = await code(wrapper.unwrap(wrapped.fill(1, 10, 20), keyVersion));
    told.missing = await code(keyWrapper(id + 'x', credential).wrap(secret));
    told.operation = await code(keyWrapper(id.replace('repository', 'signing'), credential).wrap(secret));
    told.malformed = await code(openWithVault(wrapper, 'nonsense'));
  `);
  expect(told).toMatchObject({
    version: vault.vaults.keys.version('vault1', 'repository').version,
    length: 256,
    same: true,
    opened: true,
    versioned: true,
  });
  for (const refusal of ['altered', 'missing', 'operation', 'malformed'])
    expect(told[refusal]).toMatch(/^KEY_REFUSED: /);
});

test('a secret is kept in the vault; a refusal does not repeat it', async () => {
  const told = await onMachine(`
    await setSecret(vaultOf(id), 'strongroom-recovery-r1', 'RECOVERY', credential);
    told.refused = await code(setSecret(vaultOf(id), 'not_a_name', 'RECOVERY', credential));
    told.gone = await code(setSecret('https://vault2.vault.azure.net', 'a', 'RECOVERY', credential));
  `);
  expect(vault.vaults.secrets.version('vault1', 'strongroom-recovery-r1').value).toBe('RECOVERY');
  expect(told.refused).toMatch(/^KEY_REFUSED: .*not_a_name: 400/);
  expect(JSON.stringify(told)).not.toContain('RECOVERY');
});

test('a repository whose vault key is disabled, deleted, purged or forbidden says so; its recovery key opens it', async () => {
  const names = ['disabled', 'deleted', 'purged', 'forbidden', 'rotated'];
  for (const name of names) await vault.createKey(name, ['wrapKey', 'unwrapKey']);
  const keyOf = (name: string) => `keyWrapper('https://vault1.vault.azure.net/keys/${name}', credential)`;
  const storeOf = (name: string) => `folderStore(${JSON.stringify(root)} + '/${name}')`;
  const made = await onMachine(
    names
      .map(
        (name) => `{
          const { recoveryKey } = await createRepository(${storeOf(name)}, {
            wrapper: ${keyOf(name)}, recovery: true, now: () => new Date().toISOString() });
          told.${name} = recoveryKey;
        }`,
      )
      .join('\n'),
  );

  vault.vaults.keys.change('vault1', 'disabled', undefined, { enabled: false });
  for (const name of ['deleted', 'purged']) vault.vaults.keys.delete('vault1', name, 90);
  vault.vaults.keys.purge('vault1', 'purged');
  forbidden = true;
  await vault.createKey('rotated', ['wrapKey', 'unwrapKey']);

  const told = await onMachine(`
    const open = (name, how) => openRepository(folderStore(${JSON.stringify(root)} + '/' + name), how);
    ${names
      .filter((name) => name !== 'rotated')
      .map((name) => `told.${name} = await code(open('${name}', { kind: 'wrapped', wrapper: ${keyOf(name)} }));`)
      .join('\n')}
    told.recovered = await code(open('purged', { kind: 'recovery', key: '${String(made['purged'])}' }));

    const { keys } = await open('rotated', { kind: 'wrapped', wrapper: ${keyOf('rotated')} });
    const [before] = await keys.list();
    const after = await keys.rotate(before.id, { kind: 'wrapped', wrapper: ${keyOf('rotated')} });
    told.rotated = [before.keyVersion, after.keyVersion, await code(open('rotated', { kind: 'wrapped', wrapper: ${keyOf('rotated')} }))];
  `);
  const wayOut = 'The repository opens also with the recovery key.';
  expect(told).toMatchObject({
    disabled: expect.stringMatching(/^KEY_REFUSED: .*403 KeyDisabled\. The key is disabled/) as string,
    deleted: expect.stringMatching(/^KEY_REFUSED: .*404.* deleted; until 20\d\d-.* recovered/) as string,
    purged: expect.stringMatching(/^KEY_REFUSED: .*404.* purged, or never was/) as string,
    forbidden: expect.stringMatching(/^KEY_REFUSED: .*ForbiddenByRbac.*keys\/unwrap\/action/) as string,
    recovered: 'no error',
  });
  for (const name of ['disabled', 'deleted', 'purged', 'forbidden'])
    expect(told[name]).toMatch(new RegExp(`${wayOut}$`));
  const versions = vault.vaults.keys.require('vault1', 'rotated').versions.map(({ version }) => version);
  expect(told.rotated).toEqual([...versions, 'no error']);
});
