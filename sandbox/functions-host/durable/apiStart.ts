import { apiQuery } from './apiQuery.ts';
import { apiError, type ApiReply, type ApiRequest } from './apiTypes.ts';
import type { Hub } from './context.ts';
import { wrongId } from './instanceId.ts';
import { createInstance, hasEnded, InstanceExistsError, newId } from './instances.ts';
import { createdLinks, type Endpoints } from './links.ts';
import { parseJson } from './parseJson.ts';
import { statusReply } from './status.ts';
import type { Instance } from './store.ts';

/** POST orchestrators/{name}/{id?} */
export async function start(
  hub: Hub,
  endpoints: Endpoints,
  request: ApiRequest,
  name: string,
  id?: string,
): Promise<ApiReply> {
  const missing = hub.functions.missing('orchestrationTrigger', name);
  if (missing) return apiError(400, missing);
  const input = request.body === '' ? null : request.body;
  if (input !== null && !parseJson(input)) return apiError(400, 'Invalid JSON content');
  const instanceId = id ?? newId();
  const wrong = wrongId(instanceId);
  if (wrong) return apiError(400, wrong);
  const version = apiQuery(request.url).text('version') ?? null;
  try {
    create(hub, { instanceId, name, input, version });
  } catch (error) {
    if (error instanceof InstanceExistsError) return apiError(409, error.message);
    throw error;
  }
  return started(hub, endpoints, request, instanceId);
}

/** POST instances/{id}/restart: another instance with the same input; the version is the default one again. */
export async function restart(hub: Hub, endpoints: Endpoints, request: ApiRequest, id: string): Promise<ApiReply> {
  const instance = hub.store.instance(id);
  const failed = (type: string, message: string, text: string, status: number) =>
    apiError(status, text, { type, message });
  const unknown = 'InstanceId does not match a valid orchestration instance.';
  if (!instance) {
    return failed(
      'System.ArgumentException',
      `An orchestration with the instanceId ${id} was not found.`,
      unknown,
      400,
    );
  }
  const { name, input } = instance;
  const missing = hub.functions.missing('orchestrationTrigger', name);
  if (missing) return failed('System.ArgumentException', missing, unknown, 400);
  const instanceId = apiQuery(request.url).flag('restartWithNewInstanceId', true) ? newId() : id;
  try {
    create(hub, { instanceId, name, input, version: null });
  } catch (error) {
    if (!(error instanceof InstanceExistsError)) throw error;
    const text = 'A non-terminal instance with this instance ID already exists.';
    return failed('DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException', error.message, text, 409);
  }
  return started(hub, endpoints, request, instanceId);
}

function create(
  hub: Hub,
  one: { instanceId: string; name: string; input: string | null; version: string | null },
): void {
  const { overridesRunning } = hub.settings;
  hub.store.transaction(() => createInstance(hub, { ...one, parent: null, overridesRunning }));
  hub.wake([one.instanceId]);
}

/** With `timeout` and `pollingInterval` (seconds of real time) it waits for the end, otherwise 202 with the links. */
async function started(hub: Hub, endpoints: Endpoints, request: ApiRequest, id: string): Promise<ApiReply> {
  const query = apiQuery(request.url);
  const timeout = query.seconds('timeout');
  const interval = query.seconds('pollingInterval');
  if (timeout !== undefined && interval !== undefined) {
    if (interval > timeout) {
      const text = `Total timeout ${timeout / 1000} should be bigger than retry timeout ${interval / 1000}`;
      return apiError(400, text);
    }
    const end = await waitForEnd(hub, id, timeout, interval);
    if (end?.status === 'Completed') return { status: 200, body: statusReply(hub, end, request.url).body.output };
    if (end) return { ...statusReply(hub, end, request.url), status: 200 };
  }
  const links = createdLinks(endpoints, request.url, id);
  return { status: 202, body: links, headers: { Location: links.statusQueryGetUri!, 'Retry-After': '10' } };
}

async function waitForEnd(hub: Hub, id: string, timeout: number, interval: number): Promise<Instance | undefined> {
  const until = performance.now() + timeout;
  for (;;) {
    const instance = hub.store.instance(id);
    if (!instance || hasEnded(instance)) return instance;
    const left = until - performance.now();
    if (left <= 0) return undefined;
    await new Promise((resolve) => setTimeout(resolve, Math.min(interval, left)));
  }
}
