import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import type { RequestContext, Service, Tokens } from '../../core/types.ts';
import { findAccount } from '../accounts.ts';
import type { AzuritePorts } from '../azurite/main.ts';
import { contentResource } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import { refusalOf } from './authorization.ts';
import { contentChange } from './contentChange.ts';
import { refuse } from './errors.ts';
import type { Forwarder } from './forward.ts';

const HOST = /^([a-z0-9]+)\.(blob|queue|table)\.core\.windows\.net$/;
const SERVER_NAMES: Record<StorageKind, string> = {
  blob: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
  queue: 'Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0',
  table: 'Windows-Azure-Table/1.0 Microsoft-HTTPAPI/2.0',
};

/** The data plane of storage accounts: decides which exist and who may enter; Azurite does the rest. */
export function createStorageService(options: {
  world: ArmWorld;
  tokens: Tokens;
  ports: AzuritePorts;
  forwarder: Forwarder;
}): Service {
  const { world, tokens, ports, forwarder } = options;

  /** Containers, queues and tables made or removed here are seen by ARM as well. */
  const follow = (account: ArmResource, kind: StorageKind, change: ReturnType<typeof contentChange>) => {
    if (!change) return;
    const resource = contentResource(world, account, { kind, name: change.name });
    if (change.removed) world.store.delete(resource.id);
    else if (!world.store.get(resource.id)) world.store.put(resource);
  };

  return {
    name: 'storage',
    answers: (host) => HOST.test(host),
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const [, name, kind] = HOST.exec(context.host) as unknown as [string, string, StorageKind];
      const account = findAccount(world, name);
      if (!account) return nameNotFound(response, context.host);
      const url = new URL(request.url ?? '/', `https://${context.host}`);
      const refusal = refusalOf(
        {
          kind,
          method: request.method ?? '',
          secure: context.secure,
          authorization: request.headers.authorization,
          version: request.headers['x-ms-version']?.toString(),
          query: url.searchParams,
        },
        account,
        tokens,
        world.tenantId,
      );
      if (refusal) {
        request.resume();
        return refuse(response, kind, refusal, world.clock.iso());
      }
      // The name of a new table stands in the body, which is small.
      const makesTable = kind === 'table' && request.method === 'POST' && url.pathname === '/Tables';
      const body = makesTable ? await buffer(request) : undefined;
      const change = (headers: OutgoingHttpHeaders) => {
        headers.server = SERVER_NAMES[kind];
      };
      const status = await forwarder.forward(request, response, {
        port: ports[kind],
        host: context.host,
        body,
        change,
      });
      if (status !== undefined && status < 300) {
        follow(account, kind, contentChange(kind, request.method ?? '', url, body));
      }
    },
  };
}

/** In Azure, the name of an account that does not exist does not resolve; a proxy can only say so. */
function nameNotFound(response: ServerResponse, host: string): void {
  const text = `The name ${host} does not resolve: there is no such storage account.\n`;
  response.writeHead(502, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
