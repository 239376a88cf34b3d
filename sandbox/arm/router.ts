import { authorize, authorizePoll, shownTo } from './access/authorize.ts';
import { checkBody, checkConditions, checkName, checkParent, checkPlace, checkSubscription } from './checks.ts';
import { methodNotAllowed, notSupported } from './errors.ts';
import { checkLocks } from './locks.ts';
import type { Operations } from './operations.ts';
import { page, pageSizeOf } from './paging.ts';
import type { Paths, Target } from './paths.ts';
import type { Registry } from './registry.ts';
import { checkRegistered } from './registrations.ts';
import { resourceNotFound } from './store.ts';
import type { ArmCall, ArmReply, ArmResource, ArmWorld, ResourceType } from './types.ts';
import { checkVersion } from './versions.ts';
import type { Caller } from '../core/types.ts';

/** A request with its token, api-version and JSON already checked. */
export interface ArmRequest {
  method: string;
  url: URL;
  apiVersion: string;
  headers: Record<string, string>;
  body: unknown;
  caller: Caller;
  principalId: string;
  /** ARM itself asks, to follow what it began for the principal. */
  follows?: true;
}

const writes = new Set(['PUT', 'PATCH', 'POST']);

/** Brings requests to the resource types, and answers what needs no type: GET, lists, operations, what is missing. */
export function createRouter(parts: {
  world: ArmWorld;
  registry: Registry;
  paths: Paths;
  operations: Operations;
  pageSize: () => number;
}) {
  const { world, registry, paths, operations, pageSize } = parts;
  const { store } = world;

  function view(type: ResourceType | undefined, resource: ArmResource, call: ArmCall): ArmResource {
    return type?.view?.(resource, call) ?? resource;
  }

  async function unclaimed(call: ArmCall, action?: string): Promise<ArmReply> {
    const namespace = call.path.type.split('/')[0]!;
    const answer = await registry.provider(namespace)?.other?.(call);
    if (answer) return answer;
    const path = action === undefined ? call.path.id : `${call.path.id}/${action}`;
    throw notSupported(call.method, path, `Type ${call.path.type}, api-version ${call.apiVersion}.`);
  }

  function collect(target: Target, call: ArmCall, url: URL): ArmReply {
    const parent = target.path.id.split('/').slice(0, -1).join('/');
    const under =
      target.path.scope ?? (target.path.names.length > 0 ? parent : parent.replace(/\/providers\/[^/]+$/i, ''));
    const type = target.type!;
    const all = shownTo(call, type.list?.(call) ?? store.list({ type: type.type, under }));
    const cut = page(all, url, pageSizeOf(url, pageSize()));
    return { status: 200, body: { ...cut, value: cut.value.map((item) => view(type, item, call)) } };
  }

  /** What GET on a call's path shows. */
  function shown(call: ArmCall): ArmResource {
    const type = registry.type(call.path.type);
    const now = type?.find?.(call) ?? store.get(call.path.id);
    if (!now) throw resourceNotFound(call.path.id);
    return view(type, now, { ...call, method: 'GET', body: undefined });
  }

  /** What a handler answered, made into what goes on the wire. */
  function finish(call: ArmCall, existing: ArmResource | undefined, reply: ArmReply): ArmReply {
    const stores = call.method === 'PUT' || call.method === 'PATCH';
    const body = reply.body === undefined && stores ? shown(call) : reply.body;
    if (!reply.longRunning) return { ...reply, body };
    const sent = call.body as { location?: unknown } | undefined;
    const location = existing?.location ?? store.get(call.path.id)?.location ?? sent?.location ?? 'global';
    const headers = operations.start(reply.longRunning, {
      method: call.method,
      path: call.path,
      location: String(location),
      apiVersion: call.apiVersion,
    });
    return { status: reply.status, body, headers: { ...headers, ...reply.headers } };
  }

  /** Lists that a provider composed itself are paged too, when their items have ids. */
  function paged(reply: ArmReply, url: URL): ArmReply {
    const { value } = (reply.body ?? {}) as { value?: unknown };
    const listed =
      Array.isArray(value) && value.every((item) => typeof (item as { id?: unknown } | null)?.id === 'string');
    return listed ? { ...reply, body: page(value as { id: string }[], url, pageSizeOf(url, pageSize())) } : reply;
  }

  async function onCollection(call: ArmCall, target: Target, url: URL): Promise<ArmReply> {
    if (!target.type) return paged(await unclaimed(call), url);
    if (call.method !== 'GET') throw methodNotAllowed(call.method);
    return collect(target, call, url);
  }

  async function onResource(call: ArmCall, target: Target): Promise<ArmReply> {
    const { type, action } = target;
    const existing = type && (type.find?.(call) ?? store.get(call.path.id));
    if (!type) return unclaimed(call, action);
    checkConditions(call, existing);
    switch (call.method) {
      case 'GET':
        if (existing) return { status: 200, body: view(type, existing, call) };
        throw resourceNotFound(call.path.id);
      case 'HEAD':
        return { status: existing ? 204 : 404 };
      case 'PUT':
        checkName(call, type, existing);
        checkBody(call, type, existing);
        return type.put ? finish(call, existing, await type.put(call, existing)) : unclaimed(call);
      case 'PATCH':
        checkBody(call, type, existing);
        if (!type.patch) return unclaimed(call);
        if (!existing) throw resourceNotFound(call.path.id);
        return finish(call, existing, await type.patch(call, existing));
      case 'DELETE':
        if (!type.delete) return unclaimed(call);
        return existing ? finish(call, existing, await type.delete(call, existing)) : { status: 204 };
      case 'POST': {
        const handler = type.actions?.[action ?? ''];
        if (!handler) return unclaimed(call, action);
        if (!existing) throw resourceNotFound(call.path.id);
        return finish(call, existing, await handler(call, existing));
      }
      default:
        throw methodNotAllowed(call.method);
    }
  }

  return {
    /** @throws ArmError */
    async dispatch(request: ArmRequest): Promise<ArmReply> {
      const polled =
        request.method === 'GET' &&
        operations.poll(
          request.url,
          (poll) => request.follows ?? authorizePoll(world, request.principalId, poll),
          ({ path }) => shown({ ...request, path, query: new URLSearchParams(), world }),
        );
      if (polled) return polled;
      const target = paths.target(request.method, request.url.pathname);
      // A type that extends nothing cannot stand on a resource.
      if (target.path.scope !== undefined && !target.type?.extension) target.type = undefined;
      const { path, action } = target;
      const query = request.url.searchParams;
      const call: ArmCall = { ...request, path, query, world, ...(action !== undefined && { action }) };
      const { pathname } = request.url;
      checkSubscription(call);
      authorize(call, { collection: target.collection, pathname, links: target.type?.links ?? [] });
      checkPlace(call);
      checkVersion(registry, call);
      checkLocks(call);
      const [namespace = ''] = target.path.type.split('/');
      if (writes.has(call.method)) checkRegistered(world, target.path.subscriptionId, namespace);
      if (target.type) checkParent(call, registry, target.collection);
      return target.collection ? onCollection(call, target, request.url) : onResource(call, target);
    },
  };
}

export type Router = ReturnType<typeof createRouter>;
