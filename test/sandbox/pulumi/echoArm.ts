import type { IncomingMessage } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClock } from '../../../sandbox/core/clock.ts';
import { createFaults } from '../../../sandbox/core/faults.ts';
import type { Service } from '../../../sandbox/core/types.ts';
import { startEdge } from '../../../sandbox/edge/index.ts';

export interface Exchange {
  method: string;
  url: string;
  request: Record<string, unknown>;
}

/** What ARM adds to any resource, so that a program's outputs have something to depend on. */
const readOnly = {
  provisioningState: 'Succeeded',
  clientId: '0c000000-0000-4000-8000-000000000001',
  principalId: '0c000000-0000-4000-8000-000000000002',
  ConnectionString: 'InstrumentationKey=0c000000-0000-4000-8000-000000000003',
  defaultHostName: 'app.azurewebsites.net',
};

export interface EchoArm {
  /** Environment of the deployer. */
  env: Record<string, string>;
  /** PUT requests in the order in which they came. */
  puts: Exchange[];
  /** Makes the next PUTs below a path answer with an error. */
  refuse: Map<string, { status: number; code: string; message: string }>;
  stop(): Promise<void>;
}

/**
 * The least that answers like ARM: gives back what was put, with an id. Storage accounts take a long operation, roles
 * answer 201 as Azure does.
 */
export async function startEchoArm(): Promise<EchoArm> {
  const dir = await mkdtemp(join(tmpdir(), 'echo-arm-'));
  const puts: Exchange[] = [];
  const refuse: EchoArm['refuse'] = new Map();
  const done = new Map<string, unknown>();
  const edge = await startEdge({
    clock: createClock(),
    dir,
    tenantId: '0c000000-0000-4000-8000-0000000000aa',
    principalOf: () => undefined,
    faults: createFaults(),
  });
  const service: Service = {
    name: 'echo',
    answers: (host) => host === 'management.azure.com',
    async handle(request, response) {
      const reply = (status: number, body?: unknown, headers: Record<string, string> = {}) =>
        response
          .writeHead(status, { 'content-type': 'application/json', ...headers })
          .end(body && JSON.stringify(body));
      const url = new URL(request.url!, 'https://management.azure.com');
      if (!edge.tokens.verify(request.headers.authorization))
        return void reply(401, { error: { code: 'AuthenticationFailed', message: 'no token' } });
      if (request.method === 'GET') {
        const found = done.get(url.pathname);
        return void (found
          ? reply(200, found)
          : reply(404, { error: { code: 'NotFound', message: 'It is not there.' } }));
      }
      const body = JSON.parse(await text(request)) as Record<string, unknown>;
      puts.push({ method: request.method!, url: url.href, request: body });
      for (const [path, { status, code, message }] of refuse) {
        if (url.pathname.includes(path)) return void reply(status, { error: { code, message } });
      }
      const resource = {
        ...body,
        id: url.pathname,
        name: url.pathname.split('/').at(-1),
        type: 'Echo/echoes',
        properties: { ...(body.properties as object), ...readOnly },
      };
      if (/storageAccounts\/[^/]+$/.test(url.pathname)) {
        done.set('/later', resource);
        return void reply(202, undefined, { location: 'https://management.azure.com/later', 'retry-after': '17' });
      }
      return void reply(url.pathname.includes('/Microsoft.Authorization/') ? 201 : 200, resource);
    },
  };
  edge.use(service);
  const { env } = await edge.open({ id: 'deployer', kind: 'deployer' });
  return {
    env,
    puts,
    refuse,
    async stop() {
      await edge.stop();
      await rm(dir, { recursive: true });
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
