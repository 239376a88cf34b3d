import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';
import { createDefaultHttpClient, type HttpClient } from '@azure/core-rest-pipeline';
import { expect } from 'vitest';
import { createArm, type Arm, type ArmOptions } from '../../../sandbox/arm/index.ts';
import { createClock } from '../../../sandbox/core/clock.ts';
import type { Principal, Tokens } from '../../../sandbox/core/types.ts';
import { observe, type Exchange } from '../../../sandbox/edge/record.ts';

export const subscriptionId = '11111111-1111-4111-8111-111111111111';
export const tenantId = '22222222-2222-4222-8222-222222222222';
export const operator: Principal = {
  objectId: '33333333-3333-4333-8333-333333333333',
  clientId: '44444444-4444-4444-8444-444444444444',
  kind: 'User',
  displayName: 'Operator',
};
const management = 'https://management.azure.com/';

/** An application without any role to begin with. */
export const guest: Principal = {
  objectId: '55555555-5555-4555-8555-555555555555',
  clientId: '66666666-6666-4666-8666-666666666666',
  kind: 'ServicePrincipal',
  displayName: 'Guest',
};
/** The header that makes a call the guest's. */
export const asGuest = { authorization: `Bearer guest-token-for:${management}` };

/** Tokens that carry their audience in clear: this area tests what ARM makes of them, not how they are signed. */
export const tokens: Tokens = {
  issue: (_principal, resource) => ({ token: `token-for:${resource}`, expiresOn: Date.now() + 3_600_000 }),
  verify(authorization) {
    const [, who, audience] = /^Bearer (guest-)?token-for:(.+)$/.exec(authorization ?? '') ?? [];
    return audience === undefined ? undefined : { principal: who ? guest : operator, audience };
  },
};

export const credential = {
  getToken: () => Promise.resolve({ token: `token-for:${management}`, expiresOnTimestamp: Date.now() + 3_600_000 }),
};

export interface Answer {
  status: number;
  headers: Headers;
  // Bodies of a REST API: each test knows the shape it asks for.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface TestWorld {
  arm: Arm;
  exchanges: Exchange[];
  /** Options for SDK clients: their requests come here instead of to Azure. */
  sdk: { httpClient: HttpClient };
  /** A plain call. `path` without api-version gets one. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** The version of each provider that its bodies follow here. */
const versions: Record<string, string> = {
  'microsoft.authorization': '2022-04-01',
  'microsoft.insights': '2020-02-02',
  'microsoft.managedidentity': '2024-11-30',
  'microsoft.network': '2025-09-01',
  'microsoft.operationalinsights': '2025-07-01',
  'microsoft.web': '2024-11-01',
};

function versionFor(path: string): string {
  const [before, last = ''] = path
    .toLowerCase()
    .replace(/\?.*/, '')
    .split(/\/providers\/(?!.*\/providers\/)/);
  const [namespace = '', type] = last.split('/');
  if (namespace === 'microsoft.network' && type === 'privatednszones') return '2024-06-01';
  if (namespace === 'microsoft.authorization' && type === 'locks') return '2020-05-01';
  const isProvider = type === undefined || type === 'register' || type === 'unregister';
  return (before !== undefined && !isProvider && versions[namespace]) || '2025-04-01';
}

/** A world with one subscription, behind a loopback HTTP server. */
export async function startWorld(
  options: Partial<Pick<ArmOptions, 'state' | 'subscriptions' | 'demands'>> = {},
): Promise<TestWorld> {
  const exchanges: Exchange[] = [];
  const arm = createArm({
    clock: createClock(),
    tokens,
    tenantId,
    subscriptions: [{ subscriptionId, displayName: 'Test' }],
    seed: 'arm-test',
    roles: [{ to: operator, role: 'Owner' }],
    principals: (objectId) => [operator, guest].find((one) => one.objectId === objectId),
    ...options,
  });
  const context = {
    caller: { id: 'operator', kind: 'operator' as const },
    host: 'management.azure.com',
    secure: true,
    origin: { address: '203.0.113.10' },
  };
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    observe(request, response, context.host, (exchange) => exchanges.push(exchange));
    void arm.service.handle(request, response, context);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const plain = createDefaultHttpClient();
  const here = (url: string) => url.replace('https://management.azure.com', origin);
  return {
    arm,
    exchanges,
    sdk: {
      httpClient: {
        sendRequest(request) {
          const asked = request.url;
          request.url = here(asked);
          request.allowInsecureConnection = true;
          return plain.sendRequest(request).then((response) => {
            request.url = asked;
            return response;
          });
        },
      },
    },
    async call(method, path, body, headers = {}) {
      const url = /[?&]api-version=/.test(path)
        ? path
        : `${path}${path.includes('?') ? '&' : '?'}api-version=${versionFor(path)}`;
      const response = await fetch(url.startsWith('https://') ? here(url) : `${origin}${url}`, {
        method,
        headers: {
          authorization: `Bearer token-for:${management}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
    },
    async close() {
      await arm.idle();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const checker = resolve(import.meta.dirname, '../../../../shared/arm-types/check.mjs');

type Check = (exchange: Exchange) => { errors: string[]; warnings: string[] };

/** The types tell some bodies apart by a name that stands in the path, not in the body; answers to HEAD have no body. */
const falseAlarm =
  /sites\/(config|basicpublishingcredentialspolicies)@\S+ request: unknown name undefined$|^HEAD .* without error\.code/;

/** Holds everything that was said against Azure's published types, where those stand beside the project. */
export async function expectConforming(exchanges: Exchange[]): Promise<void> {
  if (!existsSync(checker)) {
    process.stdout.write(`skipped the check of ${exchanges.length} exchanges: no ${checker}\n`);
    return;
  }
  const { checkExchange } = (await import(pathToFileURL(checker).href)) as { checkExchange: Check };
  const errors = exchanges.flatMap((exchange) => checkExchange(exchange).errors);
  expect([...new Set(errors)].filter((error) => !falseAlarm.test(error))).toEqual([]);
}

export const inGroup = (path: string, group = 'rg') =>
  `/subscriptions/${subscriptionId}/resourceGroups/${group}${path}`;
export const networkPath = (path: string, group = 'rg') => inGroup(`/providers/Microsoft.Network/${path}`, group);
