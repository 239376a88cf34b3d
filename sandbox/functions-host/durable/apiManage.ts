import { apiQuery } from './apiQuery.ts';
import { apiError, type ApiReply, type ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { EventType, historyEvent, type HistoryEvent } from './history.ts';
import { hasEnded } from './instances.ts';
import { parseJson } from './parseJson.ts';
import { rewind } from './rewind.ts';
import type { Instance } from './store.ts';

/** The operations of {@link manageInstance}. */
export const OPERATIONS = ['terminate', 'suspend', 'resume', 'rewind'];

/** POST instances/{id}/{operation}. @returns undefined when there is no such operation */
export function manageInstance(hub: Hub, { url }: ApiRequest, id: string, operation: string): ApiReply | undefined {
  if (!OPERATIONS.includes(operation)) return undefined;
  const reason = apiQuery(url).text('reason') ?? '';
  const instance = hub.store.instance(id);
  if (operation === 'rewind') return rewindInstance(hub, instance, id, reason);
  if (!instance) return { status: 404 };
  if (hasEnded(instance)) return { status: 410 };
  const isSuspended = instance.status === 'Suspended';
  switch (operation) {
    case 'suspend':
      if (isSuspended) return refused('suspend', instance);
      return send(hub, instance, historyEvent(EventType.ExecutionSuspended, hub.iso(), { Input: reason }));
    case 'resume':
      if (!isSuspended) return refused('resume', instance);
      return send(hub, instance, historyEvent(EventType.ExecutionResumed, hub.iso(), { Input: reason }));
    default:
      return send(hub, instance, historyEvent(EventType.ExecutionTerminated, hub.iso(), { Input: reason }));
  }
}

/** POST instances/{id}/raiseEvent/{name}; the body is the event's data, `null` for none. */
export function raiseEvent(hub: Hub, { headers, body }: ApiRequest, id: string, name: string): ApiReply {
  const instance = hub.store.instance(id);
  if (!instance) return { status: 404 };
  if (hasEnded(instance)) return { status: 410 };
  if (mediaType(headers) !== 'application/json') {
    return apiError(400, 'Only application/json request content is supported');
  }
  // The extension's JSON reader wants a value: no body at all is not one.
  if (!parseJson(body)) return apiError(400, 'Invalid JSON content');
  return send(hub, instance, historyEvent(EventType.EventRaised, hub.iso(), { Name: name, Input: body }));
}

/** The media type of a request's body, in lower case. */
export function mediaType(headers: ApiRequest['headers']): string {
  const [type = ''] = String(headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase();
}

function send(hub: Hub, { instanceId }: Instance, event: HistoryEvent): ApiReply {
  hub.store.send(instanceId, null, event);
  hub.wake([instanceId]);
  return { status: 202 };
}

function refused(verb: string, { instanceId, status }: Instance): ApiReply {
  return apiError(500, 'Something went wrong while processing your request', {
    type: 'System.InvalidOperationException',
    message: `Cannot ${verb} the orchestration instance ${instanceId} because instance is in the ${status} state.`,
  });
}

function rewindInstance(hub: Hub, instance: Instance | undefined, id: string, reason: string): ApiReply {
  if (!instance) return { status: 404, body: `No orchestration with instance ID "${id}" found.` };
  if (instance.status !== 'Failed') {
    const only = 'but only orchestrations in the "Failed" state can be rewound.';
    return { status: 412, body: `This orchestration has status ${instance.status}, ${only}` };
  }
  hub.wake(hub.store.transaction(() => rewind(hub, id, reason)));
  return { status: 202 };
}
