import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openState } from '../../../sandbox/core/state.ts';
import type { VaultGate } from '../../../sandbox/keyvault/access.ts';
import { VaultError } from '../../../sandbox/keyvault/errors.ts';
import { expectConforming, inGroup, subscriptionId, tenantId } from '../arm/world.ts';
import { startVaultWorld, type VaultWorld } from './world.ts';

const DAY = 86_400_000;
const sku = { family: 'A', name: 'premium' } as const;
const newVault = { location: 'westeurope', properties: { tenantId, sku } };
const vaultPath = (name: string, below = '') =>
  `${inGroup(`/providers/Microsoft.KeyVault/vaults/${name}${below}`)}?api-version=2026-02-01`;
const deletedPath = (name: string, below = '') =>
  `/subscriptions/${subscriptionId}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/${name}${below}` +
  '?api-version=2026-02-01';

let world: VaultWorld;
let folder: string;
let refuse: VaultError | undefined;
let unreachable: VaultError | undefined;
const asked: string[] = [];
const gate: VaultGate = {
  network: () => unreachable,
  access({ dataAction, permission }) {
    asked.push(`${dataAction} ${permission.kind} ${permission.name}`);
    return refuse;
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vault test-'));
  world = await startVaultWorld({ state: openState(folder), gate });
  await world.call('PUT', inGroup(''), { location: 'westeurope' });
  await world.management.vaults.createOrUpdate('rg', 'main', newVault);
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

const secrets = (method: string, path: string, body?: unknown) => world.data('main', method, path, body);

test('a vault says what it was given, with the defaults of its API version', async () => {
  const made = await world.call('GET', vaultPath('main'));
  expect(made.body).toMatchObject({
    name: 'main',
    location: 'westeurope',
    properties: {
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enableRbacAuthorization: true,
      vaultUri: 'https://main.vault.azure.net/',
      provisioningState: 'Succeeded',
    },
  });
  const older = await world.call('PUT', vaultPath('older').replace('2026-02-01', '2023-07-01'), {
    ...newVault,
    properties: {
      ...newVault.properties,
      networkAcls: { defaultAction: 'Deny', bypass: 'None', ipRules: [{ value: '192.0.2.1' }] },
    },
  });
  expect(older.body.properties).toMatchObject({
    enableRbacAuthorization: false,
    networkAcls: { defaultAction: 'Deny', ipRules: [{ value: '192.0.2.1/32' }] },
  });
  const listed = [];
  for await (const { name } of world.management.vaults.listByResourceGroup('rg')) listed.push(name);
  expect(listed).toEqual(['main', 'older']);
  const patched = await world.management.vaults.update('rg', 'older', {
    tags: { a: 'b' },
    properties: { publicNetworkAccess: 'disabled', softDeleteRetentionInDays: 90 },
  });
  expect(patched).toMatchObject({ tags: { a: 'b' }, properties: { publicNetworkAccess: 'disabled' } });
});

test.each([
  ['2bad', {}, 'VaultNameNotValid'],
  ['a--b', {}, 'VaultNameNotValid'],
  ['good', { sku: undefined }, 'BadRequest'],
  ['good', { tenantId: 'nobody' }, 'BadRequest'],
  ['good', { sku: { family: 'A', name: 'gold' } }, 'BadRequest'],
  ['good', { softDeleteRetentionInDays: 5 }, 'BadRequest'],
  ['good', { enableSoftDelete: false }, 'BadRequest'],
  ['good', { networkAcls: { ipRules: [{ value: 'here' }] } }, 'BadRequest'],
  ['gone', { createMode: 'recover' }, 'DeletedVaultNotFound'],
])('PUT of vault %s with %o is refused: %s', async (name, properties, code) => {
  const reply = await world.call('PUT', vaultPath(name), {
    location: 'westeurope',
    properties: { ...newVault.properties, ...properties },
  });
  expect(reply.body.error?.code).toBe(code);
});

test('access policies are added, replaced and removed', async () => {
  const policy = (objectId: string, keys: 'get'[]) => ({ tenantId, objectId, permissions: { keys } });
  const change = (kind: 'add' | 'replace' | 'remove', ...accessPolicies: ReturnType<typeof policy>[]) =>
    world.management.vaults.updateAccessPolicy('rg', 'main', kind, { properties: { accessPolicies } });
  const kept = async () =>
    (await world.call('GET', vaultPath('main'))).body.properties.accessPolicies.map(
      (one: { objectId: string }) => one.objectId,
    );
  await change('add', policy('a', ['get']), policy('b', []));
  await change('add', policy('a', []));
  expect(await kept()).toEqual(['b', 'a']);
  await change('remove', policy('b', []));
  expect(await kept()).toEqual(['a']);
  await change('replace');
  expect(await kept()).toEqual([]);
});

test('a deleted vault keeps its name and contents until it is recovered or purged', async () => {
  const { vaults } = world.management;
  await vaults.createOrUpdate('rg', 'soft', newVault);
  await world.data('soft', 'PUT', '/secrets/s', { value: 'kept' });
  await vaults.delete('rg', 'soft');
  expect((await world.data('soft', 'GET', '/secrets/s')).status).toBe(502);
  expect((await world.call('PUT', vaultPath('soft'), newVault)).body.error.code).toBe('ConflictError');
  expect(await vaults.checkNameAvailability({ name: 'soft', type: 'Microsoft.KeyVault/vaults' })).toMatchObject({
    nameAvailable: false,
    reason: 'AlreadyExists',
  });
  const listed = [];
  for await (const { name, properties } of vaults.listDeleted()) listed.push([name, properties?.location]);
  expect(listed).toEqual([['soft', 'westeurope']]);
  expect((await world.call('GET', deletedPath('other'))).body.error.code).toBe('DeletedVaultNotFound');

  await vaults.createOrUpdate('rg', 'soft', {
    ...newVault,
    properties: { ...newVault.properties, createMode: 'recover' },
  });
  expect((await world.data('soft', 'GET', '/secrets/s')).body.value).toBe('kept');

  await vaults.delete('rg', 'soft');
  await vaults.purgeDeleted('soft', 'westeurope');
  expect(await vaults.checkNameAvailability({ name: 'soft', type: 'Microsoft.KeyVault/vaults' })).toEqual({
    nameAvailable: true,
  });
});

test('purge protection cannot be taken back and forbids purging, of the vault and of what is in it', async () => {
  const guarded = { ...newVault, properties: { ...newVault.properties, enablePurgeProtection: true } };
  await world.call('PUT', vaultPath('guarded'), guarded);
  const undo = { ...newVault, properties: { ...newVault.properties, enablePurgeProtection: false } };
  expect((await world.call('PUT', vaultPath('guarded'), undo)).body.error.code).toBe('BadRequest');
  const set = await world.data('guarded', 'PUT', '/secrets/s', { value: 'v' });
  expect(set.body.attributes).toMatchObject({ recoveryLevel: 'Recoverable', recoverableDays: 90 });
  await world.data('guarded', 'DELETE', '/secrets/s');
  expect((await world.data('guarded', 'DELETE', '/deletedsecrets/s')).status).toBe(403);
  await world.call('DELETE', vaultPath('guarded'));
  const purged = await world.call('POST', deletedPath('guarded', '/purge'));
  expect([purged.status, purged.body.error.code]).toEqual([405, 'MethodNotAllowed']);
});

test('keys have versions, attributes and a second life after deletion', async () => {
  const client = world.keys('main');
  const first = await client.createRsaKey('k', { keySize: 2048, tags: { a: 'b' } });
  const second = await client.createRsaKey('k', { hsm: true, keyOps: ['wrapKey', 'unwrapKey'] });
  expect([first.keyType, second.keyType, second.properties.recoveryLevel]).toEqual([
    'RSA',
    'RSA-HSM',
    'Recoverable+Purgeable',
  ]);
  expect((await client.getKey('k')).properties.version).toBe(second.properties.version);
  const versions = [];
  for await (const { version } of client.listPropertiesOfKeyVersions('k')) versions.push(version);
  expect(versions).toEqual([first.properties.version, second.properties.version]);

  const poller = await client.beginDeleteKey('k', { intervalInMs: 1 });
  const deleted = await poller.pollUntilDone();
  expect(deleted.properties.recoveryId).toBe('https://main.vault.azure.net/deletedkeys/k');
  await expect(client.createRsaKey('k')).rejects.toMatchObject({
    statusCode: 409,
    message: expect.stringContaining('deleted but recoverable'),
  });
  await (await client.beginRecoverDeletedKey('k', { intervalInMs: 1 })).pollUntilDone();
  const expired = await client.updateKeyProperties('k', second.properties.version!, { expiresOn: new Date(1000) });
  expect(expired.properties.expiresOn).toEqual(new Date(1000));
  await expect(client.createKey('aes', 'oct')).rejects.toMatchObject({ statusCode: 400 });
});

test('lists come in pages of 25', async () => {
  await world.management.vaults.createOrUpdate('rg', 'many', newVault);
  for (let i = 0; i < 30; i++) await world.data('many', 'PUT', `/secrets/s${i}`, { value: 'v' });
  const first = await world.data('many', 'GET', '/secrets');
  expect(first.body.value).toHaveLength(25);
  const { pathname, search } = new URL(first.body.nextLink);
  const rest = await world.data('many', 'GET', `${pathname}${search}`);
  expect([rest.body.value.length, rest.body.nextLink]).toEqual([5, null]);
});

test('what a key did while it was valid can be undone when it is not; disabled it does nothing', async () => {
  const client = world.keys('main');
  const key = await client.createRsaKey('window', { expiresOn: new Date(world.arm.world.clock.now() + DAY) });
  const version = `/keys/window/${key.properties.version}`;
  const wrapped = await secrets('POST', `${version}/wrapkey`, { alg: 'RSA-OAEP-256', value: 'AQID' });
  const unwrap = () =>
    secrets('POST', `${version}/unwrapkey`, { alg: 'RSA-OAEP-256', value: wrapped.body.value as string });
  world.arm.world.clock.advance(2 * DAY);
  const late = await secrets('POST', `${version}/wrapkey`, { alg: 'RSA-OAEP-256', value: 'AQID' });
  expect([late.status, late.body.error.innererror.code]).toEqual([403, 'KeyExpired']);
  expect((await unwrap()).body.value).toBe('AQID');
  await secrets('PATCH', version, { attributes: { enabled: false } });
  expect((await unwrap()).body.error).toMatchObject({
    code: 'Forbidden',
    message: 'Operation unwrapKey is not allowed on a disabled key.',
    innererror: { code: 'KeyDisabled' },
  });
  await secrets('PATCH', version, { attributes: { enabled: true }, key_ops: ['sign'] });
  expect((await unwrap()).body.error.innererror.code).toBe('KeyOperationForbidden');
});

test.each([
  ['RSA', '', 'RS256', 'sha256'],
  ['RSA', '', 'PS512', 'sha512'],
  ['EC', 'P-256', 'ES256', 'sha256'],
  ['EC', 'P-256K', 'ES256K', 'sha256'],
  ['EC', 'P-384', 'ES384', 'sha384'],
  ['EC', 'P-521', 'ES512', 'sha512'],
])('a %s %s key signs with %s what others verify', async (kty, crv, alg, hash) => {
  const { body: made } = await secrets('POST', '/keys/signer/create', { kty, ...(crv && { crv }) });
  const message = Buffer.from('to be signed');
  const digest = createHash(hash).update(message).digest();
  const base = `/keys/signer/${made.key.kid.split('/').at(-1)}`;
  const { body: signed } = await secrets('POST', `${base}/sign`, { alg, value: digest.toString('base64url') });
  const jwk = { ...made.key, ...(crv === 'P-256K' && { crv: 'secp256k1' }) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const how = alg.startsWith('PS') ? { padding: 6, saltLength: -1 } : { dsaEncoding: 'ieee-p1363' as const };
  const signature = Buffer.from(signed.value, 'base64url');
  expect(verify(hash, message, { key, ...how }, signature)).toBe(true);
  const asks = async (value: Buffer) =>
    (
      await secrets('POST', `${base}/verify`, {
        alg,
        digest: digest.toString('base64url'),
        value: value.toString('base64url'),
      })
    ).body.value;
  expect(await asks(signature)).toBe(true);
  signature[10]! ^= 1;
  expect(await asks(signature)).toBe(false);
});

test.each(['RSA1_5', 'RSA-OAEP', 'RSA-OAEP-256'])('%s encrypts what it decrypts, and nothing else', async (alg) => {
  await secrets('POST', '/keys/cipher/create', { kty: 'RSA' });
  const { body } = await secrets('POST', '/keys/cipher/encrypt', { alg, value: 'AQID' });
  expect((await secrets('POST', '/keys/cipher/decrypt', { alg, value: body.value as string })).body.value).toBe('AQID');
  const long = await secrets('POST', '/keys/cipher/encrypt', { alg, value: 'A'.repeat(400) });
  const other = await secrets('POST', '/keys/cipher/encrypt', { alg: 'ES256', value: 'AQID' });
  const nothing = await secrets('POST', '/keys/cipher/encrypt', { alg });
  for (const refused of [long, other, nothing]) expect(refused.body.error.code).toBe('BadParameter');
});

test('keys that somebody brings work here and there', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const bytes = (text: string | undefined) => Buffer.from(text!, 'base64url');
  const key = await world.keys('main').importKey('brought', {
    kty: 'RSA',
    n: bytes(jwk.n),
    e: bytes(jwk.e),
    d: bytes(jwk.d),
    p: bytes(jwk.p),
    q: bytes(jwk.q),
    dp: bytes(jwk.dp),
    dq: bytes(jwk.dq),
    qi: bytes(jwk.qi),
  });
  const message = Buffer.from('hello');
  const { result } = await world.cryptography(key).signData('PS256', message);
  expect(verify('sha256', message, { key: publicKey, padding: 6, saltLength: 32 }, result)).toBe(true);
  const bad = await secrets('PUT', '/keys/brought2', { key: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } });
  expect(bad.body.error.code).toBe('BadParameter');
});

test('rotation makes a version like the newest, which expires as the policy says', async () => {
  const client = world.keys('main');
  await client.createEcKey('turning', { curve: 'P-384', tags: { a: 'b' } });
  expect((await client.getKeyRotationPolicy('turning')).lifetimeActions).toEqual([
    { action: 'Notify', timeBeforeExpiry: 'P30D', timeAfterCreate: undefined },
  ]);
  await client.updateKeyRotationPolicy('turning', { expiresIn: 'P1M', lifetimeActions: [] });
  const turned = await client.rotateKey('turning');
  expect(turned.key?.crv).toBe('P-384');
  expect(turned.properties.tags).toEqual({ a: 'b' });
  const days = (turned.properties.expiresOn!.getTime() - turned.properties.createdOn!.getTime()) / DAY;
  expect([28, 29, 30, 31]).toContain(days);
  const odd = await secrets('PUT', '/keys/turning/rotationpolicy', { attributes: { expiryTime: 'soon' } });
  expect(odd.body.error.code).toBe('BadParameter');
});

test('a backup restores every version, in the same subscription alone, and tells nothing', async () => {
  const client = world.keys('main');
  const key = await client.createRsaKey('saved');
  const backup = (await client.backupKey('saved'))!;
  expect(Buffer.from(backup).includes('PRIVATE KEY')).toBe(false);
  const again = await secrets('POST', '/keys/restore', { value: Buffer.from(backup).toString('base64url') });
  expect(again.body.error.code).toBe('Conflict');
  await (await client.beginDeleteKey('saved', { intervalInMs: 1 })).pollUntilDone();
  await client.purgeDeletedKey('saved');
  const restored = await client.restoreKeyBackup(backup);
  expect(restored.properties.version).toBe(key.properties.version);
  const secret = await secrets('PUT', '/secrets/saved', { value: 'v' });
  const sealed = await secrets('POST', '/secrets/saved/backup');
  expect(secret.status).toBe(200);
  expect((await secrets('POST', '/keys/restore', sealed.body)).body.error.code).toBe('BadParameter');
  await secrets('DELETE', '/secrets/saved');
  await secrets('DELETE', '/deletedsecrets/saved');
  expect((await secrets('POST', '/secrets/restore', sealed.body)).body).not.toHaveProperty('value');
  expect((await secrets('GET', '/secrets/saved')).body).toMatchObject({ value: 'v', id: secret.body.id as string });
});

test('secrets: versions, attributes, a second life, and errors that name them', async () => {
  const set = (value: unknown, more = {}) => secrets('PUT', '/secrets/s', { value, ...more });
  const first = await set('one', { contentType: 'text/plain', tags: { a: 'b' } });
  await set('two');
  expect((await secrets('GET', '/secrets/s')).body.value).toBe('two');
  const version = first.body.id.split('/').at(-1);
  expect((await secrets('GET', `/secrets/s/${version}`)).body).toMatchObject({
    value: 'one',
    contentType: 'text/plain',
    tags: { a: 'b' },
  });
  expect((await secrets('GET', '/secrets/s/versions')).body.value.map((item: object) => 'value' in item)).toEqual([
    false,
    false,
  ]);
  await secrets('PATCH', `/secrets/s/${version}`, { attributes: { enabled: false } });
  expect((await secrets('GET', `/secrets/s/${version}`)).body.error).toMatchObject({
    message: 'Operation get is not allowed on a disabled secret.',
    innererror: { code: 'SecretDisabled' },
  });
  const deleted = await secrets('DELETE', '/secrets/s');
  expect(deleted.body).not.toHaveProperty('value');
  expect(deleted.body.scheduledPurgeDate - deleted.body.deletedDate).toBe(90 * 86_400);
  expect((await secrets('GET', '/secrets/s')).body.error.code).toBe('SecretNotFound');
  expect((await set('three')).body.error.innererror.code).toBe('ObjectIsDeletedButRecoverable');
  await secrets('POST', '/deletedsecrets/s/recover');
  expect((await secrets('GET', '/secrets/s')).body.value).toBe('two');
  await secrets('DELETE', '/secrets/s');
  world.arm.world.clock.advance(91 * DAY);
  expect((await secrets('GET', '/deletedsecrets/s')).body.error.message).toBe('Deleted Secret not found: s');
  expect((await set('fresh')).status).toBe(200);
  expect((await set(7)).body.error.code).toBe('BadParameter');
  expect((await set('x'.repeat(25_601))).body.error.code).toBe('BadParameter');
  expect((await secrets('PUT', '/secrets/no_name', { value: 'v' })).body.error.message).toContain('no_name');
  expect((await secrets('GET', '/certificates')).body.error).toMatchObject({
    code: 'SandboxNotSupported',
    message: expect.stringContaining('GET /certificates'),
  });
});

test('ARM makes keys once, and secrets whose values it never shows', async () => {
  const { keys, secrets: armSecrets } = world.management;
  const made = await keys.createIfNotExist('rg', 'main', 'arm', { properties: { kty: 'RSA', keySize: 3072 } });
  const again = await keys.createIfNotExist('rg', 'main', 'arm', { properties: { kty: 'EC' } });
  expect([again.keyUriWithVersion, again.keySize]).toEqual([made.keyUriWithVersion, 3072]);
  const versions = [];
  for await (const { keyUriWithVersion } of keys.listVersions('rg', 'main', 'arm')) versions.push(keyUriWithVersion);
  expect(versions).toEqual([made.keyUriWithVersion]);
  const secret = await armSecrets.createOrUpdate('rg', 'main', 'arm', { properties: { value: 'quiet' } });
  expect(secret.properties).not.toHaveProperty('value', 'quiet');
  await armSecrets.update('rg', 'main', 'arm', { properties: { attributes: { enabled: false } } });
  expect((await secrets('GET', '/secrets/arm')).body.error.innererror.code).toBe('SecretDisabled');
  const bad = await world.call('PUT', vaultPath('main', '/keys/odd'), { properties: { kty: 'oct' } });
  expect(bad.body.error.code).toBe('BadParameter');
});

test('the gate is asked for each request with a sound token: network first, then the action by both its names', async () => {
  asked.length = 0;
  await secrets('POST', '/keys/arm/wrapkey', { alg: 'RSA-OAEP', value: 'AQID' });
  await secrets('GET', '/secrets');
  expect(asked).toEqual([
    'Microsoft.KeyVault/vaults/keys/wrap/action keys wrapKey',
    'Microsoft.KeyVault/vaults/secrets/readMetadata/action secrets list',
  ]);
  refuse = new VaultError(403, 'Forbidden', 'Caller is not authorized.', 'ForbiddenByRbac');
  expect((await secrets('GET', '/keys')).body.error.innererror.code).toBe('ForbiddenByRbac');
  refuse = undefined;
  asked.length = 0;
  unreachable = new VaultError(403, 'Forbidden', 'Public network access is disabled.', 'ForbiddenByConnection');
  expect((await secrets('GET', '/keys')).body.error.innererror.code).toBe('ForbiddenByConnection');
  expect(
    (await world
      .keys('main')
      .getKey('arm')
      .catch((error: Error) => error)) as Error,
  ).toMatchObject({
    statusCode: 403, // the challenge came all the same
  });
  unreachable = undefined;
  expect(asked).toEqual([]);
});

test('everything was said as Azure publishes it', () => expectConforming(world.exchanges));

test('a world that comes back has its vaults, keys, secrets and what is deleted', async () => {
  const before = await secrets('GET', '/keys/arm');
  await secrets('PUT', '/secrets/gone', { value: 'v' });
  await secrets('DELETE', '/secrets/gone');
  const { value } = (await secrets('POST', '/keys/arm/encrypt', { alg: 'RSA-OAEP', value: 'AQID' })).body;
  await world.close();
  world.arm.world.state.close();
  world = await startVaultWorld({ state: openState(folder), gate });
  expect((await secrets('GET', '/keys/arm')).body).toEqual(before.body);
  expect((await secrets('POST', '/keys/arm/decrypt', { alg: 'RSA-OAEP', value })).body.value).toBe('AQID');
  expect((await secrets('GET', '/deletedsecrets/gone')).status).toBe(200);
  expect((await world.call('GET', deletedPath('guarded'))).body.properties.purgeProtectionEnabled).toBe(true);
});
