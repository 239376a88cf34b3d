import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer, text } from 'node:stream/consumers';
import { forward } from '../../core/forward.ts';
import type { RequestContext, Service } from '../../core/types.ts';
import { findAccount } from '../accounts.ts';
import { RULES_HEADER, type Rules } from '../azurite/rules.ts';
import { contentResource } from '../contents.ts';
import type { StorageKind } from '../contents.ts';
import { rulesOf } from '../rules.ts';
import { admit } from './admission.ts';
import { answerBatch } from './batch.ts';
import { contentChange } from './contentChange.ts';
import { refuseCopySource } from './copySource.ts';
import { refuse, SERVER_NAMES, type Refusal } from './errors.ts';
import { refuseManagedDiskHeader } from './managedDiskHeader.ts';
import type { Operation } from './operation.ts';
import { operationOf } from './operations.ts';
import type { Exchange, StorageParts } from './parts.ts';
import { giveQueueDelegationKey } from './queueDelegation.ts';
import { ENTITY_GROUP } from './tableOperations.ts';
import { refuseTransaction } from './transaction.ts';

const HOST = /^([a-z0-9]+)\.(blob|queue|table)\.core\.windows\.net$/;

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
      const admission = admit(exchange, parts);
      let refusal =
        admission.refusal ??
        refuseManagedDiskHeader(kind, url, headers) ??
        (kind === 'blob' ? await refuseCopySource(exchange, parts) : undefined);
      const body = refusal ? undefined : await bodyOf(request, operation);
      refusal ??= operation.name === ENTITY_GROUP ? refuseTransaction(exchange, body!, parts) : undefined;
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
      const { creationOnly } = admission;
      const rules = { ...rulesOf(world, secrets, { account, kind, container: operation.container }), creationOnly };
      const status = await toAzurite({ request, response, context, kind, rules, body }, parts).catch(() => {
        if (!response.headersSent) refuse(response, kind, UNAVAILABLE, world.clock.iso());
        return undefined;
      });
      if (status !== undefined && status < 300) follow(exchange, contentChange(kind, method, url, body));
    },
  };
}

/** The body of what cannot be judged without it: the name of a new table, the parts of a transaction. Both are small. */
function bodyOf(request: IncomingMessage, { name }: Operation): Promise<Buffer> | undefined {
  return name === 'Create Table' || name === ENTITY_GROUP ? buffer(request) : undefined;
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
