import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyVaultManagementClient } from '@azure/arm-keyvault';
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
} from '@azure/core-rest-pipeline';
import { CryptographyClient, KeyClient, type KeyVaultKey } from '@azure/keyvault-keys';
import type { State } from '../../../sandbox/core/state.ts';
import type { Principal, Tokens } from '../../../sandbox/core/types.ts';
import type { VaultGate } from '../../../sandbox/keyvault/access.ts';
import { createKeyVault } from '../../../sandbox/keyvault/index.ts';
import { credential, operator, startWorld, subscriptionId, type Answer, type TestWorld } from '../arm/world.ts';

export interface VaultWorld extends TestWorld {
  management: KeyVaultManagementClient;
  /** The SDK's clients for a vault. */
  keys(vault: string): KeyClient;
  cryptography(key: KeyVaultKey): CryptographyClient;
  /** A plain call to a vault, with a token of the operator or of another. */
  data(vault: string, method: string, path: string, body?: unknown, as?: Principal): Promise<Answer>;
}

const AUDIENCE = 'https://vault.azure.net';
const API_VERSION = '2025-07-01';
/** Tokens that carry audience and principal in clear. */
const tokens: Tokens = {
  issue: (principal, resource) => ({
    token: `${resource} ${Buffer.from(JSON.stringify(principal)).toString('base64url')}`,
    expiresOn: Date.now() + 3_600_000,
  }),
  verify(authorization) {
    const [, audience, principal] = /^Bearer (\S+) (\S+)$/.exec(authorization ?? '') ?? [];
    if (audience === undefined || principal === undefined) return undefined;
    return { principal: JSON.parse(Buffer.from(principal, 'base64url').toString()) as Principal, audience };
  },
};
const vaultCredential = {
  getToken: () =>
    Promise.resolve({
      token: tokens.issue(operator, AUDIENCE).token,
      expiresOnTimestamp: Date.now() + 3_600_000,
      refreshAfter: 0,
    }),
};

/** Key Vault behind ARM and behind its own loopback server, which takes the host name from the header. */
export async function startVaultWorld(options: { state?: State; gate?: Partial<VaultGate> } = {}): Promise<VaultWorld> {
  const { gate, ...rest } = options;
  const world = await startWorld(rest);
  const { provider, service } = createKeyVault({ world: world.arm.world, tokens, ...(gate && { gate }) });
  world.arm.register(provider);
  const caller = { id: 'operator', kind: 'operator' as const };
  const server = createServer((request, response) => {
    const host = request.headers.host!;
    if (service.answers(host))
      void service.handle(request, response, { caller, host, secure: true, origin: { address: '203.0.113.10' } });
    else response.writeHead(502).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const plain = createDefaultHttpClient();
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const asked = request.url;
      const { host, pathname, search } = new URL(asked);
      request.headers.set('host', host);
      request.url = `http://127.0.0.1:${port}${pathname}${search}`;
      request.allowInsecureConnection = true;
      const response = await plain.sendRequest(request);
      request.url = asked;
      return response;
    },
  };
  const url = (vault: string) => `https://${vault}.vault.azure.net`;
  return {
    ...world,
    management: new KeyVaultManagementClient(credential, subscriptionId, world.sdk),
    keys: (vault) => new KeyClient(url(vault), vaultCredential, { httpClient }),
    cryptography: (key) => new CryptographyClient(key, vaultCredential, { httpClient }),
    async data(vault, method, path, body, as = operator) {
      const headers = createHttpHeaders({
        authorization: `Bearer ${tokens.issue(as, AUDIENCE).token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      });
      const request = createPipelineRequest({
        url: `${url(vault)}${path}${path.includes('?') ? '&' : '?'}api-version=${API_VERSION}`,
        method: method as 'GET',
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const response = await httpClient.sendRequest(request);
      const text = response.bodyAsText;
      return {
        status: response.status,
        headers: new Headers(response.headers.toJSON()),
        body: text ? JSON.parse(text) : undefined,
      };
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
      await world.close();
    },
  };
}
