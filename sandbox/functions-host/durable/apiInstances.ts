import { apiQuery } from './apiQuery.ts';
import { CONTINUATION, type ApiReply, type ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { isEntity } from './entityId.ts';
import { hasEnded } from './instances.ts';
import { statusOf, statusReply } from './status.ts';
import type { InstanceFilter } from './store.ts';

const PAGE = 100;

/** GET instances/{id} */
export function showInstance(hub: Hub, { url }: ApiRequest, id: string): ApiReply {
  const instance = hub.store.instance(id);
  return instance ? statusReply(hub, instance, url) : { status: 404 };
}

/** GET instances: orchestrations, by id; entities are not among them. */
export function listInstances(hub: Hub, { url, headers }: ApiRequest): ApiReply {
  const query = apiQuery(url);
  const top = Math.max(query.int('top') ?? PAGE, 1);
  const after = tokenText(headers[CONTINUATION]);
  const found = hub.store.instances({ ...filterOf(url), ...(after ? { after } : {}), limit: top + 1 });
  const page = found.slice(0, top);
  const showInput = query.flag('showInput', true);
  const next = found.length > top ? token(page.at(-1)!.instanceId) : '';
  return { status: 200, body: page.map((one) => statusOf(one, { showInput })), headers: { [CONTINUATION]: next } };
}

/** DELETE instances/{id}: an ended orchestration, or an entity. */
export function purgeInstance(hub: Hub, id: string): ApiReply {
  if (isEntity(id)) return { status: 200, body: { instancesDeleted: hub.store.deleteEntity(id) ? 1 : 0 } };
  const instance = hub.store.instance(id);
  if (!instance) return { status: 404 };
  if (!hasEnded(instance)) {
    const text =
      'Only orchestrations in a terminal state can be purged, but the orchestration with instance ID ' +
      `${id} has status ${instance.status}`;
    return { status: 412, body: text };
  }
  hub.store.transaction(() => hub.store.deleteInstance(id));
  return { status: 200, body: { instancesDeleted: 1 } };
}

/** DELETE instances?createdTimeFrom=: ended ones only, whatever statuses are asked for. */
export function purgeInstances(hub: Hub, { url }: ApiRequest): ApiReply {
  const filter = filterOf(url);
  if (filter.createdFrom === undefined) {
    return { status: 400, body: "Please provide value for 'createdTimeFrom' parameter." };
  }
  const { prefix: _, ...rest } = filter;
  const ended = hub.store.instances({ ...rest, limit: -1 }).filter(hasEnded);
  if (ended.length === 0) return { status: 404 };
  hub.store.transaction(() => ended.forEach((one) => hub.store.deleteInstance(one.instanceId)));
  return { status: 200, body: { instancesDeleted: ended.length } };
}

function filterOf(url: URL): Omit<InstanceFilter, 'limit'> {
  const query = apiQuery(url);
  const fields = {
    createdFrom: query.time('createdTimeFrom'),
    createdTo: query.time('createdTimeTo'),
    statuses: query.statuses('runtimeStatus'),
    prefix: query.text('instanceIdPrefix'),
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Where a list goes on: after that id. */
export function token(id: string): string {
  return Buffer.from(id).toString('base64');
}

/** @returns the id in a continuation token, undefined for none */
export function tokenText(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && header !== '' ? Buffer.from(header, 'base64').toString() : undefined;
}
