import { randomUUID } from 'node:crypto';
import type { ApiReply, ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { entityIdOf, entityTarget } from './entity.ts';
import { missingFunction } from './functions.ts';

/** GET entities/{name}/{key}: the state itself. */
export function getEntity(hub: Hub, name: string, key: string): ApiReply {
  const entity = hub.store.entity(entityTarget(name, key));
  if (!entity) return { status: 404 };
  return { status: 200, body: entity.state === null ? null : (JSON.parse(entity.state) as unknown) };
}

/** GET entities/{name?} */
export function listEntities(hub: Hub, name: string | undefined): ApiReply {
  const prefix = name === undefined ? '@' : entityTarget(name, '');
  const body = hub.store.entities(prefix).map((entity) => ({
    entityId: entityIdOf(entity.id),
    lastOperationTime: new Date(entity.updatedAt).toISOString(),
    state: entity.state === null ? null : (JSON.parse(entity.state) as unknown),
  }));
  return { status: 200, body };
}

/** POST entities/{name}/{key}?op=: a signal from a client. */
export function signalEntity(hub: Hub, request: ApiRequest, name: string, key: string): ApiReply {
  return signal(hub, name, key, request.query.get('op') ?? '', request.body === '' ? undefined : request.body);
}

/** DELETE entities/{name}/{key} is the operation `delete`. */
export function deleteEntity(hub: Hub, name: string, key: string): ApiReply {
  return signal(hub, name, key, 'delete', undefined);
}

function signal(hub: Hub, name: string, key: string, op: string, input: string | undefined): ApiReply {
  if (!hub.functions.find('entityTrigger', name)) {
    return { status: 400, body: { Message: missingFunction('entityTrigger', name) } };
  }
  const target = entityTarget(name, key);
  hub.store.send(target, null, { op, signal: true, id: randomUUID(), ...(input === undefined ? {} : { input }) });
  hub.wake([target]);
  return { status: 202 };
}
