import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ComputeManagementClient } from '@azure/arm-compute';
import { createDefaultHttpClient, type HttpClient, type PipelineRequest } from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';
import { createArm } from '../../../sandbox/arm/index.ts';
import type { Arm } from '../../../sandbox/arm/index.ts';
import { createCompute } from '../../../sandbox/compute/index.ts';
import type { Compute } from '../../../sandbox/compute/index.ts';
import { openState } from '../../../sandbox/core/state.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import type { Faults } from '../../../sandbox/core/faults.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import type { Caller, Clock, Tokens } from '../../../sandbox/core/types.ts';
import { observe } from '../../../sandbox/edge/record.ts';
import type { Exchange } from '../../../sandbox/edge/record.ts';

export const SUBSCRIPTION = '11111111-1111-4111-8111-111111111111';
export const LOCATION = 'westeurope';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg`;
export const SUBNET = `${GROUP}/providers/Microsoft.Network/virtualNetworks/net/subnets/workers`;
export const KEY_SET = `${GROUP}/providers/Microsoft.Compute/diskEncryptionSets/keys`;
export const IDENTITY = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/worker`;

export const operator = { objectId: 'o', clientId: 'c', kind: 'User', displayName: 'Operator' } as const;
const tokens: Tokens = {
  issue: () => ({ token: 't', expiresOn: Date.now() + 3_600_000 }),
  verify: (authorization) =>
    authorization === undefined || authorization === 'Bearer forged'
      ? undefined
      : { principal: operator, audience: audienceOf(authorization) },
};

/** `Bearer disk` is a token for exports of disks, any other one for ARM. */
function audienceOf(authorization: string): string {
  return authorization === 'Bearer disk' ? 'https://disk.azure.com/' : 'https://management.azure.com/';
}

export interface ComputeWorld {
  arm: Arm;
  compute: Compute;
  clock: Clock;
  faults: Faults;
  exchanges: Exchange[];
  sdk: ComputeManagementClient;
  /** What any ARM client needs to speak to this world. */
  access: { credential: TokenCredential; options: { httpClient: HttpClient } };
  /** Callers with an open port. */
  ports: Map<string, Caller>;
  /** A request to the disks' data plane, by SAS URL. */
  fetch(url: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

/**
 * ARM and compute behind one loopback HTTP server; the real SDK client speaks to it.
 * @param folder keeps the world; undefined: it is gone when it stops
 */
export async function startWorld(folder?: string): Promise<ComputeWorld> {
  const dir = folder ?? mkdtempSync(join(tmpdir(), 'compute-'));
  const state = openState(folder);
  const clock = createClock();
  const faults = createFaults();
  const exchanges: Exchange[] = [];
  const ports = new Map<string, Caller>();
  const arm = createArm({
    clock,
    tokens,
    tenantId: '22222222-2222-4222-8222-222222222222',
    subscriptions: [{ subscriptionId: SUBSCRIPTION, displayName: 'Test' }],
    seed: 'compute-test',
    roles: [{ to: operator, role: 'Owner' }],
    state,
    faults,
  });
  const compute = createCompute({
    world: arm.world,
    tokens,
    dir,
    edge: {
      open: async (caller) => {
        ports.set(caller.id, caller);
        return { caller, proxyUrl: 'http://127.0.0.1:9', env: { HTTPS_PROXY: 'http://127.0.0.1:9' } };
      },
      close: async (id) => void ports.delete(id),
    },
  });
  arm.register(compute.provider);
  seed(arm);
  const server = createServer((request, response) => {
    const host = String(request.headers['x-azure-host']);
    const service = [arm.service, compute.service].find((s) => s.answers(host));
    const caller: Caller = { id: 'operator', kind: 'operator' };
    if (service === arm.service) observe(request, response, host, (exchange) => exchanges.push(exchange));
    void service!.handle(request, response, { caller, host, secure: true, origin: { address: '203.0.113.10' } });
  });
  await compute.resume();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const plain = createDefaultHttpClient();
  const access = {
    credential: { getToken: async () => ({ token: 't', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    options: {
      httpClient: {
        async sendRequest(request: PipelineRequest) {
          const asked = request.url;
          const url = new URL(asked);
          request.url = asked.replace(url.origin, origin);
          request.headers.set('x-azure-host', url.host);
          request.allowInsecureConnection = true;
          const response = await plain.sendRequest(request);
          request.url = asked;
          return response;
        },
      },
    },
  };
  const sdk = new ComputeManagementClient(access.credential, SUBSCRIPTION, access.options);
  return {
    arm,
    compute,
    clock,
    faults,
    exchanges,
    sdk,
    access,
    ports,
    fetch: (url, init = {}) => {
      const { host, pathname, search } = new URL(url);
      return fetch(origin + pathname + search, { ...init, headers: { ...init.headers, 'x-azure-host': host } });
    },
    async stop() {
      await compute.stop();
      await arm.idle();
      server.closeAllConnections();
      server.close();
      state.close();
      if (folder === undefined) rmSync(dir, { recursive: true });
    },
  };
}

/** A key that Azure takes; nobody has its private half. */
export const SSH_KEY = sshKey();

function sshKey(): string {
  const field = (bytes: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const blob = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(Buffer.alloc(32, 7))]);
  return `ssh-ed25519 ${blob.toString('base64')} test`;
}

function seed(arm: Arm): void {
  const { store } = arm.world;
  store.put({
    id: KEY_SET,
    name: 'keys',
    type: 'Microsoft.Compute/diskEncryptionSets',
    location: LOCATION,
    properties: {
      encryptionType: 'EncryptionAtRestWithCustomerKey',
      activeKey: { keyUrl: 'https://vault.vault.azure.net/keys/disks/0123456789abcdef0123456789abcdef' },
      previousKeys: [],
      provisioningState: 'Succeeded',
    },
  });
  store.put({ id: GROUP, name: 'rg', type: 'Microsoft.Resources/resourceGroups', location: LOCATION, properties: {} });
  store.put({
    id: SUBNET.split('/subnets/')[0]!,
    name: 'net',
    type: 'Microsoft.Network/virtualNetworks',
    location: LOCATION,
  });
  store.put({
    id: SUBNET,
    name: 'workers',
    type: 'Microsoft.Network/virtualNetworks/subnets',
    properties: { addressPrefix: '10.1.0.0/24' },
  });
  store.put({
    id: IDENTITY,
    name: 'worker',
    type: 'Microsoft.ManagedIdentity/userAssignedIdentities',
    location: LOCATION,
    properties: {
      principalId: 'aaaaaaaa-0000-4000-8000-000000000001',
      clientId: 'aaaaaaaa-0000-4000-8000-000000000002',
      tenantId: 't',
    },
  });
}

/** What Azure's published types say against the recorded traffic; undefined where they are not at hand. */
export async function problems(exchanges: Exchange[]): Promise<string[] | undefined> {
  const file = resolve(import.meta.dirname, '../../../../shared/arm-types/check.mjs');
  if (!existsSync(file)) return undefined;
  const { checkExchange } = (await import(pathToFileURL(file).href)) as {
    checkExchange(exchange: Exchange): { errors: string[]; warnings: string[] };
  };
  return [...new Set(exchanges.flatMap((exchange) => checkExchange(exchange).errors))];
}
