import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { ArmResource, ArmWorld } from '../../arm/types.ts';
import { forward } from '../../core/forward.ts';
import type { RequestContext, Service, Tokens } from '../../core/types.ts';
import { findAccount } from '../accounts.ts';
import type { AzuritePorts } from '../azurite/main.ts';
import { contentResource } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import { refusalOf } from './authorization.ts';
import { contentChange } from './contentChange.ts';
import { refuse } from './errors.ts';

const HOST = /^([a-z0-9]+)\.(blob|queue|table)\.core\.windows\.net$/;
const SERVER_NAMES: Record<StorageKind, string> = {
  blob: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
  queue: 'Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0',
  table: 'Windows-Azure-Table/1.0 Microsoft-HTTPAPI/2.0',
};

/** The data plane of storage accounts: decides which exist and who may enter; Azurite does the rest. */
export function createStorageService(options: { world: ArmWorld; tokens: Tokens; ports: AzuritePorts }): Service {
  const { world, tokens, ports } = options;

  const accountAt = (host: string) => {
    const [, name, kind] = HOST.exec(host) ?? [];
    const account = name === undefined ? undefined : findAccount(world, name);
    return account && { account, kind: kind as StorageKind };
  };

  /** Containers, queues and tables made or removed here are seen by ARM as well. */
  const follow = (account: ArmResource, kind: StorageKind, change: ReturnType<typeof contentChange>) => {
    if (!change) return;
    const resource = contentResource(world, account, { kind, name: change.name });
    if (change.removed) world.store.delete(resource.id);
    else if (!world.store.get(resource.id)) world.store.put(resource);
  };

  return {
    name: 'storage',
    answers: (host) => accountAt(host) !== undefined,
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const { account, kind } = accountAt(context.host)!;
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
      const status = await forward(request, response, {
        origin: `http://127.0.0.1:${ports[kind]}`,
        headers: { ...request.headers, host: context.host },
        body,
        answerHeaders: { server: SERVER_NAMES[kind] },
      });
      if (status !== undefined && status < 300) {
        follow(account, kind, contentChange(kind, request.method ?? '', url, body));
      }
    },
  };
}
