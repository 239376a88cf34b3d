import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { forward } from '../../core/forward.ts';
import type { RequestContext, Service } from '../../core/types.ts';
import { findAccount } from '../accounts.ts';
import { RULES_HEADER, type Rules } from '../azurite/rules.ts';
import { contentResource } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import { rulesOf } from '../rules.ts';
import { whyNot } from './admission.ts';
import { answerBatch } from './batch.ts';
import { contentChange } from './contentChange.ts';
import { refuseCopySource } from './copySource.ts';
import { refuse, type Refusal } from './errors.ts';
import { refuseManagedDiskHeader } from './managedDiskHeader.ts';
import { operationOf } from './operations.ts';
import type { Exchange, StorageParts } from './parts.ts';
import { giveQueueDelegationKey } from './queueDelegation.ts';

const HOST = /^([a-z0-9]+)\.(blob|queue|table)\.core\.windows\.net$/;
const SERVER_NAMES: Record<StorageKind, string> = {
  blob: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
  queue: 'Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0',
  table: 'Windows-Azure-Table/1.0 Microsoft-HTTPAPI/2.0',
};

/** "Common REST API error codes": clients try again. */
const UNAVAILABLE: Refusal = {
  status: 503,
  code: 'ServerBusy',
  message: 'The server is currently unable to receive requests. Please retry your request.',
};

/** The data plane of storage accounts: decides which exist and who may enter; Azurite does the rest. */
export function createStorageService(parts: StorageParts): Service {
  const { world, secrets } = parts;

  const accountAt = (host: string) => {
    const [, name, kind] = HOST.exec(host) ?? [];
    const account = name === undefined ? undefined : findAccount(world, name);
    return account && { account, kind: kind as StorageKind };
  };

  /** Containers, queues and tables made or removed here are seen by ARM as well. */
  const follow = (exchange: Exchange, change: ReturnType<typeof contentChange>) => {
    if (!change) return;
    const { account, kind, request } = exchange;
    const access = request.headers['x-ms-blob-public-access']?.toString();
    const given = access === undefined ? {} : { publicAccess: access === 'blob' ? 'Blob' : 'Container' };
    const resource = contentResource(world, account, { kind, name: change.name, given });
    if (change.removed) world.store.delete(resource.id);
    else if (!world.store.get(resource.id)) world.store.put(resource);
  };

  return {
    name: 'storage',
    answers: (host) => accountAt(host) !== undefined,
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const { account, kind } = accountAt(context.host)!;
      const url = new URL(request.url ?? '/', `https://${context.host}`);
      const { method = '', headers } = request;
      const operation = operationOf({ kind, method, url, headers });
      const exchange = { request, context, account, kind, url, operation };
      let refusal =
        whyNot(exchange, parts) ??
        refuseManagedDiskHeader(kind, url, headers) ??
        (kind === 'blob' ? await refuseCopySource(account.name, url, headers, parts) : undefined);
      if (!refusal && kind === 'queue' && operation.name === 'Get User Delegation Key') {
        const version = headers['x-ms-version']?.toString() ?? '';
        const { authorization } = headers;
        const asked = {
          account: account.name,
          authorization,
          version,
          body: await text(request),
          now: world.clock.now(),
        };
        refusal = giveQueueDelegationKey(response, asked, { ...parts, tenantId: world.tenantId });
        if (!refusal) return;
      }
      if (!refusal && operation.name === 'Blob Batch') {
        refusal = await answerBatch(exchange, response, parts);
        if (!refusal) return;
      }
      if (refusal) {
        request.resume();
        return refuse(response, kind, refusal, world.clock.iso());
      }
      // The name of a new table stands in the body, which is small.
      const body = operation.name === 'Create Table' ? await buffer(request) : undefined;
      const rules = rulesOf(world, secrets, { account, kind, container: operation.container });
      const status = await toAzurite({ request, response, context, kind, rules, body }, parts).catch(() => {
        if (!response.headersSent) refuse(response, kind, UNAVAILABLE, world.clock.iso());
        return undefined;
      });
      if (status !== undefined && status < 300) follow(exchange, contentChange(kind, method, url, body));
    },
  };
}

/** @throws when the data servers have died, and until they listen again */
async function toAzurite(
  exchange: Pick<Exchange, 'context' | 'kind'> & {
    request: IncomingMessage;
    response: ServerResponse;
    rules: Rules;
    body: Buffer | undefined;
  },
  { azurite }: StorageParts,
): Promise<number | undefined> {
  const { request, response, context, kind, rules, body } = exchange;
  await azurite.ready();
  return forward(request, response, {
    origin: `http://127.0.0.1:${azurite.ports()[kind]}`,
    headers: { ...request.headers, host: context.host, [RULES_HEADER]: JSON.stringify(rules) },
    body,
    answerHeaders: { server: SERVER_NAMES[kind] },
  });
}
