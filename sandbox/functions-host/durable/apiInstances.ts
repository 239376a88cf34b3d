import type { ApiReply, ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { missingFunction } from './functions.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import { createInstance, hasEnded, InstanceExistsError, newId, wrongId } from './instances.ts';
import { managementUrls, type Endpoints } from './links.ts';
import { historyEventsOf, statusOf } from './status.ts';
import type { Instance, InstanceFilter } from './store.ts';

const CONTINUATION = 'x-ms-continuation-token';
const PAGE = 100;
const MAX_ID_LENGTH = 100;

/** POST orchestrators/{name}/{id?}; with `timeout` (seconds) it waits for the end. */
export async function start(
  hub: Hub,
  endpoints: Endpoints,
  request: ApiRequest,
  name: string,
  id?: string,
): Promise<ApiReply> {
  const { query } = request;
  const input = request.body === '' ? null : request.body;
  if (!hub.functions.find('orchestrationTrigger', name)) return bad(missingFunction('orchestrationTrigger', name));
  if (input !== null && !isJson(input)) return bad('Invalid JSON content.');
  const instanceId = id ?? newId();
  const wrong = wrongId(instanceId);
  if (wrong) return bad(wrong);
  if (instanceId.length > MAX_ID_LENGTH) {
    return bad(`Instance ids must not be longer than ${MAX_ID_LENGTH} characters.`);
  }
  try {
    const { overridesRunning } = hub.settings;
    const one = { instanceId, name, input, version: query.get('version'), parent: null, overridesRunning };
    hub.store.transaction(() => createInstance(hub, one));
  } catch (error) {
    // Releases up to 2024 answered 500 here.
    if (error instanceof InstanceExistsError) return { status: 409, body: { Message: error.message } };
    throw error;
  }
  hub.wake([instanceId]);
  const end = query.has('timeout') ? await waitForEnd(hub, instanceId, query) : undefined;
  if (end) return { status: end.status === 'Failed' ? 500 : 200, body: statusOf(end, { showInput: true }).output };
  return accepted(endpoints, instanceId, 10);
}

/** GET instances/{id} */
export function showInstance(hub: Hub, endpoints: Endpoints, request: ApiRequest, id: string): ApiReply {
  const { query } = request;
  const instance = hub.store.instance(id);
  if (!instance) return notFound(id);
  const body = {
    ...statusOf(instance, { showInput: flag(query, 'showInput', true) }),
    ...(flag(query, 'showHistory', false)
      ? { historyEvents: historyEventsOf(hub.store.history(id), flag(query, 'showHistoryOutput', false)) }
      : {}),
  };
  if (!hasEnded(instance)) return { ...accepted(endpoints, id, 5), body };
  const isError = instance.status === 'Failed' && flag(query, 'returnInternalServerErrorOnFailure', false);
  return { status: isError ? 500 : 200, body };
}

/** GET instances/ */
export function listInstances(hub: Hub, request: ApiRequest): ApiReply {
  const { query, headers } = request;
  const top = Number(query.get('top') ?? 0) || PAGE;
  const token = headers[CONTINUATION];
  const after = typeof token === 'string' && token !== '' ? Buffer.from(token, 'base64').toString() : undefined;
  const filter = { ...filterOf(query), ...(after === undefined ? {} : { after }), limit: top + 1 };
  const found = hub.store.instances(filter);
  const page = found.slice(0, top);
  const body = page.map((one) => statusOf(one, { showInput: flag(query, 'showInput', true) }));
  const more: Record<string, string> =
    found.length > top ? { [CONTINUATION]: Buffer.from(page.at(-1)!.instanceId).toString('base64') } : {};
  return { status: 200, body, headers: more };
}

/** DELETE instances/{id} */
export function purgeInstance(hub: Hub, id: string): ApiReply {
  if (!hub.store.instance(id)) return notFound(id);
  hub.store.transaction(() => hub.store.deleteInstance(id));
  return { status: 200, body: { instancesDeleted: 1 } };
}

/** DELETE instances/?createdTimeFrom=: ended ones only. */
export function purgeInstances(hub: Hub, request: ApiRequest): ApiReply {
  if (!request.query.has('createdTimeFrom')) return bad("Please provide value for 'createdTimeFrom' parameter.");
  const filter = { ...filterOf(request.query), limit: -1 };
  const ended = hub.store.instances(filter).filter(hasEnded);
  if (ended.length === 0) return { status: 404, body: { Message: 'No instances match the filter.' } };
  hub.store.transaction(() => ended.forEach((one) => hub.store.deleteInstance(one.instanceId)));
  return { status: 200, body: { instancesDeleted: ended.length } };
}

/** POST instances/{id}/{operation} */
export function manageInstance(
  hub: Hub,
  endpoints: Endpoints,
  request: ApiRequest,
  id: string,
  operation: string,
  eventName: string | undefined,
): ApiReply {
  const instance = hub.store.instance(id);
  if (!instance) return notFound(id);
  const reason = request.query.get('reason') ?? '';
  switch (operation.toLowerCase()) {
    case 'raiseevent':
      return raiseEvent(hub, instance, request, eventName);
    case 'terminate':
      return send(hub, instance, historyEvent(EventType.ExecutionTerminated, hub.iso(), { Input: reason }));
    case 'suspend':
      return send(hub, instance, historyEvent(EventType.ExecutionSuspended, hub.iso(), { Input: reason }));
    case 'resume':
      return send(hub, instance, historyEvent(EventType.ExecutionResumed, hub.iso(), { Input: reason }));
    case 'restart':
      return restart(hub, endpoints, instance, flag(request.query, 'restartWithNewInstanceId', true));
    case 'rewind':
      return { status: 501, body: 'The rewind operation is not supported by the underlying storage provider.' };
    default:
      return { status: 404, body: { Message: `No such operation: ${operation}` } };
  }
}

function raiseEvent(hub: Hub, instance: Instance, request: ApiRequest, name: string | undefined): ApiReply {
  const type = String(request.headers['content-type'] ?? '')
    .split(';')[0]!
    .trim();
  if (!name) return bad("'eventName' is missing.");
  if (type.toLowerCase() !== 'application/json') return bad('Only application/json request content is supported');
  if (request.body !== '' && !isJson(request.body)) return bad('Invalid JSON content.');
  const fields = { Name: name, Input: request.body === '' ? null : request.body };
  return send(hub, instance, historyEvent(EventType.EventRaised, hub.iso(), fields));
}

function send(hub: Hub, instance: Instance, event: HistoryEvent): ApiReply {
  if (hasEnded(instance)) return { status: 410 };
  hub.store.send(instance.instanceId, null, event);
  hub.wake([instance.instanceId]);
  return { status: 202 };
}

function restart(hub: Hub, endpoints: Endpoints, instance: Instance, withNewId: boolean): ApiReply {
  if (!withNewId && !hasEnded(instance)) return bad('The instance is still running.');
  const { name, input, version } = instance;
  const instanceId = withNewId ? newId() : instance.instanceId;
  hub.store.transaction(() => createInstance(hub, { instanceId, name, input, version, parent: null }));
  hub.wake([instanceId]);
  return accepted(endpoints, instanceId, 10);
}

async function waitForEnd(hub: Hub, id: string, query: URLSearchParams): Promise<Instance | undefined> {
  const until = performance.now() + Number(query.get('timeout')) * 1000;
  const interval = Number(query.get('pollingInterval') ?? 1) * 1000;
  for (;;) {
    const instance = hub.store.instance(id);
    if (!instance || hasEnded(instance)) return instance;
    const left = until - performance.now();
    if (left <= 0) return undefined;
    await new Promise((resolve) => setTimeout(resolve, Math.min(interval, left)));
  }
}

function accepted(endpoints: Endpoints, id: string, retryAfter: number): ApiReply {
  const links = managementUrls(endpoints, id);
  const headers = { Location: links.statusQueryGetUri!, 'Retry-After': String(retryAfter) };
  return { status: 202, body: links, headers };
}

function filterOf(query: URLSearchParams): Omit<InstanceFilter, 'limit'> {
  const time = (name: string) => (query.get(name) ? Date.parse(query.get(name)!) : undefined);
  const createdFrom = time('createdTimeFrom');
  const createdTo = time('createdTimeTo');
  const statuses = query.get('runtimeStatus');
  const prefix = query.get('instanceIdPrefix');
  return {
    ...(createdFrom === undefined ? {} : { createdFrom }),
    ...(createdTo === undefined ? {} : { createdTo }),
    ...(statuses ? { statuses: statuses.split(',').map((one) => one.trim()) } : {}),
    ...(prefix ? { prefix } : {}),
  };
}

function flag(query: URLSearchParams, name: string, otherwise: boolean): boolean {
  const value = query.get(name);
  return value === null ? otherwise : value.toLowerCase() === 'true';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function bad(message: string): ApiReply {
  return { status: 400, body: { Message: message } };
}

function notFound(id: string): ApiReply {
  return { status: 404, body: { Message: `No instance with ID '${id}' found.` } };
}
