import { randomUUID } from 'node:crypto';
import { token, tokenText } from './apiInstances.ts';
import { mediaType } from './apiManage.ts';
import { apiQuery } from './apiQuery.ts';
import { apiError, CONTINUATION, type ApiReply, type ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { entityIdOf, entityTarget } from './entityId.ts';
import { parseJson } from './parseJson.ts';

const PAGE = 100;
/** Stands for the empty key. */
const EMPTY_KEY = '$';

/** GET entities/{name}/{key}: the state itself. An entity without a state counts as not there. */
export function getEntity(hub: Hub, name: string, key: string): ApiReply {
  const entity = hub.store.entity(entityTarget(name, key === EMPTY_KEY ? '' : key));
  if (!entity || entity.state === null) return { status: 404 };
  return { status: 200, body: JSON.parse(entity.state) as unknown };
}

/** GET entities/{name?}; states with `fetchState=true` only. */
export function listEntities(hub: Hub, { url, headers }: ApiRequest, name: string | undefined): ApiReply {
  const query = apiQuery(url);
  const top = Math.max(query.int('top') ?? PAGE, 1);
  const after = tokenText(headers[CONTINUATION]);
  const updatedFrom = query.time('lastOperationTimeFrom');
  const updatedTo = query.time('lastOperationTimeTo');
  const found = hub.store.entities({
    prefix: name === undefined ? '@' : entityTarget(name, ''),
    ...(after ? { after } : {}),
    ...(updatedFrom === undefined ? {} : { updatedFrom }),
    ...(updatedTo === undefined ? {} : { updatedTo }),
    limit: top + 1,
  });
  const page = found.slice(0, top);
  const fetchState = query.flag('fetchState', false);
  const body = page.map(({ id, state, updatedAt }) => ({
    entityId: entityIdOf(id),
    lastOperationTime: new Date(updatedAt).toISOString(),
    state: fetchState && state !== null ? (JSON.parse(state) as unknown) : null,
  }));
  return { status: 200, body, headers: { [CONTINUATION]: found.length > top ? token(page.at(-1)!.id) : '' } };
}

/** POST entities/{name}/{key}?op=: a signal; JSON goes as it is, any other content as text. */
export function signalEntity(hub: Hub, { url, headers, body }: ApiRequest, name: string, key: string): ApiReply {
  const op = apiQuery(url).text('op') ?? '';
  if (body === '') return signal(hub, name, key, op, {});
  if (mediaType(headers) !== 'application/json') return signal(hub, name, key, op, { input: JSON.stringify(body) });
  const parsed = parseJson(body);
  if (!parsed) return apiError(400, 'Could not parse JSON content');
  return signal(hub, name, key, op, { input: JSON.stringify(parsed.value) });
}

/** DELETE entities/{name}/{key} is the operation `delete`. */
export function deleteEntity(hub: Hub, name: string, key: string): ApiReply {
  return signal(hub, name, key, 'delete', {});
}

function signal(hub: Hub, name: string, key: string, op: string, more: { input?: string }): ApiReply {
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(key)) {
    return apiError(400, 'Entity keys must not contain /, \\, #, ?, or control characters.');
  }
  const missing = hub.functions.missing('entityTrigger', name);
  if (missing) return apiError(400, missing);
  const target = entityTarget(name, key);
  hub.store.send(target, null, { op, signal: true, id: randomUUID(), ...more });
  hub.wake([target]);
  return { status: 202 };
}
