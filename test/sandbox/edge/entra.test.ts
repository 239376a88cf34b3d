import { createPublicKey, createSign, generateKeyPairSync, verify, webcrypto } from 'node:crypto';
import 'reflect-metadata'; // @peculiar/x509 needs it loaded first
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, type Client } from '../../../sandbox/client.ts';
import { runModule } from './child.ts';
import { startWorld, TENANT } from './world.ts';

const clientId = '0f6f6f53-6c1e-4d9c-8a59-0a5f6b1f8d11';
const login = `https://login.microsoftonline.com/${TENANT}`;
const form = { 'content-type': 'application/x-www-form-urlencoded' };
let world: Awaited<ReturnType<typeof startWorld>>;
let client: Client;
let keyPem: string;

beforeAll(async () => {
  world = await startWorld();
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
  keyPem = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const name = 'RSASSA-PKCS1-v1_5';
  const algorithm = { name, hash: 'SHA-256' };
  const importAs = (format: 'pkcs8' | 'spki', key: Buffer, use: 'sign' | 'verify') =>
    webcrypto.subtle.importKey(format, new Uint8Array(key), algorithm, true, [use]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=pipeline',
    keys: {
      privateKey: await importAs('pkcs8', keys.privateKey.export({ type: 'pkcs8', format: 'der' }), 'sign'),
      publicKey: await importAs('spki', keys.publicKey.export({ type: 'spki', format: 'der' }), 'verify'),
    },
    signingAlgorithm: algorithm,
  });
  world.edge.register({ name: 'pipeline', clientId, secret: 'pass&word', certificate: certificate.toString('pem') });
  client = createClient(await world.edge.open({ id: 'operator', kind: 'operator' }), await world.ca());
});
afterAll(async () => {
  client.close();
  await world.stop();
});

const ask = (path: string, fields: Record<string, string>, more: Record<string, string> = {}) =>
  client.send('POST', login + path, {
    text: new URLSearchParams(fields).toString(),
    headers: { ...form, ...more },
  });
const scope = 'https://management.core.windows.net//.default';
const grant = { grant_type: 'client_credentials', client_id: clientId };

describe('applications sign in', () => {
  it('with a secret, at both endpoints; the key set verifies the token', async () => {
    const { body } = await ask('/oauth2/v2.0/token', { ...grant, scope, client_secret: 'pass&word' });
    const { access_token: token, token_type } = body as { access_token: string; token_type: string };
    expect(token_type).toBe('Bearer');
    const [header, claims, signature] = token.split('.') as [string, string, string];
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      aud: 'https://management.core.windows.net/',
      appid: clientId,
      idtyp: 'app',
      tid: TENANT,
    });
    const found = await client.send('GET', `${login}/v2.0/.well-known/openid-configuration`);
    const { jwks_uri, token_endpoint } = found.body as { jwks_uri: string; token_endpoint: string };
    expect(token_endpoint).toBe(`${login}/oauth2/v2.0/token`);
    const { keys } = (await client.send('GET', jwks_uri)).body as { keys: { kid: string }[] };
    const key = createPublicKey({ key: keys.find((one) => one.kid === kid)!, format: 'jwk' });
    expect(verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
    expect(world.edge.tokens.verify(`Bearer ${token}`)?.principal).toMatchObject({ clientId, displayName: 'pipeline' });

    const authorization = `Basic ${Buffer.from(`${clientId}:pass%26word`).toString('base64')}`;
    const one = await ask(
      '/oauth2/token',
      { grant_type: 'client_credentials', resource: 'https://x' },
      { authorization },
    );
    expect(one.body).toMatchObject({ resource: 'https://x', expires_in: '86400' });
  });

  it("with @azure/identity's ClientSecretCredential", async () => {
    const { env } = await world.edge.open({ id: 'operator', kind: 'operator' });
    const ids = await runModule(
      `import { ClientSecretCredential } from '@azure/identity';
       const credential = new ClientSecretCredential('${TENANT}', '${clientId}', 'pass&word');
       const { token } = await credential.getToken('https://vault.azure.net/.default');
       console.log(JSON.stringify(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).aud));`,
      env,
    );
    expect(ids).toBe('https://vault.azure.net');
  });

  it('with an assertion that their certificate signs', async () => {
    const now = Math.floor(Date.now() / 1000);
    const assertion = (claims: object) => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const all = { iss: clientId, sub: clientId, aud: `${login}/oauth2/v2.0/token`, exp: now + 600, ...claims };
      const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(all)}`;
      return `${text}.${createSign('sha256').update(text).sign(keyPem, 'base64url')}`;
    };
    const sign = (client_assertion: string) =>
      ask('/oauth2/v2.0/token', {
        ...grant,
        scope,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion,
      });
    expect((await sign(assertion({}))).status).toBe(200);
    const refusals = [
      [assertion({ exp: now - 1 }), 700024],
      [assertion({ aud: 'https://elsewhere' }), 700023],
      [assertion({ sub: 'another' }), 700027],
      [assertion({}).slice(0, -6) + 'AAAAAA', 700027],
      ['nothing', 700027],
    ] as const;
    for (const [given, code] of refusals) {
      expect(await sign(given)).toMatchObject({ status: 401, body: { error: 'invalid_client', error_codes: [code] } });
    }
  });
});

describe('refusals', () => {
  const secret = { client_secret: 'pass&word' };
  it.each([
    ['a wrong secret', { ...grant, scope, client_secret: 'x' }, 401, 'invalid_client', 7000215],
    ['no proof', { ...grant, scope }, 401, 'invalid_client', 7000218],
    ['an unknown application', { ...grant, scope, ...secret, client_id: TENANT }, 400, 'unauthorized_client', 700016],
    ['no scope', { ...grant, ...secret }, 400, 'invalid_request', 900144],
    ['a scope of users', { ...grant, ...secret, scope: 'User.Read' }, 400, 'invalid_scope', 1002012],
    ['another grant', { grant_type: 'password' }, 501, 'unsupported_grant_type', 70003],
  ])('%s', async (_name, fields, status, error, code) => {
    const answer = await ask('/oauth2/v2.0/token', fields as Record<string, string>);
    expect(answer).toMatchObject({ status, body: { error, error_codes: [code] } });
    const { error_description: text } = answer.body as { error_description: string };
    expect(text).toContain(`AADSTS${code}: `);
  });

  it('another tenant, signing in as a user, Microsoft Graph; discovery names the tenant', async () => {
    const get = (url: string) => client.send('GET', url);
    const other = 'https://login.microsoftonline.com/contoso.com/v2.0/.well-known/openid-configuration';
    expect(await get(other)).toMatchObject({ status: 400, body: { error_codes: [90002] } });
    expect(await get(`${login}/oauth2/v2.0/authorize?client_id=x`)).toMatchObject({ status: 501 });
    expect(await get('https://graph.microsoft.com/v1.0/me')).toMatchObject({
      status: 501,
      body: { error: { message: 'The sandbox has no Microsoft Graph (GET /v1.0/me).' } },
    });
    const authorize = encodeURIComponent(`${login}/oauth2/v2.0/authorize`);
    const discovery = `https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=${authorize}`;
    expect((await get(discovery)).body).toMatchObject({
      tenant_discovery_endpoint: `${login}/v2.0/.well-known/openid-configuration`,
    });
  });
});
