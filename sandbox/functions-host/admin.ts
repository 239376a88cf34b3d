import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegisteredFunction } from './app/coreModule.ts';
import type { Invoke } from './app/invoke.ts';
import { keyMatches, type KeyLevel, type KeyRing } from './keys.ts';
import type { Logger } from './log.ts';
import { readBody, requestKey, requestUrl } from './triggers/http.ts';

type Reply = { status: number; body?: unknown };

interface AdminParts {
  functions: RegisteredFunction[];
  keys: KeyRing;
  /** `https://shop.azurewebsites.net` */
  origin: string;
  routePrefix: string;
  invoke: Invoke;
  log: Logger;
}

export const ADMIN_PATH = '/admin/';
const STARTED = Date.now();

/**
 * The host's own API below `/admin/`, for the master key: status, functions, running one by hand, and the keys
 * (the host's wiki, "Key management API"; learn.microsoft.com, "Manually run a non HTTP-triggered function").
 */
export function adminListener(parts: AdminParts) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = requestUrl(request);
    if (!keyMatches(requestKey(request, url), [parts.keys.host.masterKey])) return void response.writeHead(401).end();
    const body = await readBody(request);
    if (!body) return void response.writeHead(413, { connection: 'close' }).end();
    const path = url.pathname.slice(ADMIN_PATH.length).split('/').map(decodeURIComponent);
    const reply = answer(parts, request.method!, path, body.toString('utf8')) ?? { status: 404 };
    const text = reply.body === undefined ? undefined : JSON.stringify(reply.body);
    response.writeHead(reply.status, text === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' });
    response.end(text);
  };
}

function answer(parts: AdminParts, method: string, path: string[], body: string): Reply | undefined {
  const [kind, name, sub, key, ...rest] = path;
  if (rest.length > 0) return undefined;
  if (kind === 'host') return host(parts, method, name, sub, body);
  if (kind !== 'functions') return undefined;
  if (name === undefined) return method === 'GET' ? { status: 200, body: parts.functions.map(show(parts)) } : undefined;
  const fn = parts.functions.find((one) => one.metadata.name.toLowerCase() === name.toLowerCase());
  if (!fn) return undefined;
  if (sub === 'keys') return keyApi(parts, { of: 'function', name }, `functions/${name}/keys`, method, key, body);
  if (sub === 'status' && method === 'GET') return { status: 200, body: {} };
  if (sub !== undefined) return undefined;
  return method === 'POST'
    ? runByHand(parts, fn, body)
    : method === 'GET'
      ? { status: 200, body: show(parts)(fn) }
      : undefined;
}

function host(parts: AdminParts, method: string, name: string | undefined, key: string | undefined, body: string) {
  if (name === 'status' && method === 'GET') return { status: 200, body: status() };
  if (name === 'ping') return { status: 200 };
  if (name === 'keys' || name === 'functionkeys') {
    if (key === '_master') return master(parts, method);
    return keyApi(parts, { of: 'host' }, `host/${name}`, method, key, body);
  }
  return name === 'systemkeys' ? keyApi(parts, { of: 'system' }, `host/${name}`, method, key, body) : undefined;
}

function status() {
  return {
    id: 'localhost',
    state: 'Running',
    version: '4.0.0.0',
    versionDetails: '4.0.0',
    processUptime: Date.now() - STARTED,
    functionAppContentEditingState: 'Unknown',
  };
}

/** The master key is shown to whoever has it, and neither changed nor deleted here. */
function master({ keys, origin }: AdminParts, method: string): Reply | undefined {
  if (method !== 'GET')
    return { status: method === 'DELETE' ? 403 : 501, body: { message: 'The master key stays as it is.' } };
  return { status: 200, body: shownKey(`${origin}${ADMIN_PATH}host/keys`, '_master', keys.host.masterKey) };
}

function shownKey(base: string, name: string, value: string) {
  return { name, value, links: [{ rel: 'self', href: `${base}/${name}` }] };
}

function keyApi(
  { keys, origin }: AdminParts,
  level: KeyLevel,
  path: string,
  method: string,
  name: string | undefined,
  body: string,
): Reply | undefined {
  const base = `${origin}${ADMIN_PATH}${path}`;
  if (name === undefined) {
    if (method !== 'GET') return undefined;
    const shown = Object.entries(keys.list(level)).map(([one, value]) => shownKey(base, one, value));
    return { status: 200, body: { keys: shown, links: [{ rel: 'self', href: base }] } };
  }
  const known = keys.list(level)[name];
  switch (method) {
    case 'GET':
      return known === undefined ? undefined : { status: 200, body: shownKey(base, name, known) };
    case 'POST':
    case 'PUT': {
      const given = method === 'PUT' ? valueOf(body) : undefined;
      if (method === 'PUT' && !given)
        return { status: 400, body: { message: `Key ${name}: the body needs a "value".` } };
      if (name.startsWith('_')) return { status: 400, body: { message: `Key ${name}: names with _ are reserved.` } };
      const { value, created } = keys.set(level, name, given);
      return { status: created ? 201 : 200, body: shownKey(base, name, value) };
    }
    case 'DELETE':
      return keys.delete(level, name) ? { status: 204 } : undefined;
    default:
      return undefined;
  }
}

function valueOf(body: string): string | undefined {
  const parsed = parse(body) as { value?: unknown } | undefined;
  return typeof parsed?.value === 'string' && parsed.value !== '' ? parsed.value : undefined;
}

/** Undefined for what is no JSON object. */
function parse(body: string): object | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** `POST {"input": "text"}`: the function runs with that as its trigger's value; the answer does not wait for it. */
function runByHand({ invoke, log }: AdminParts, fn: RegisteredFunction, body: string): Reply {
  const { name } = fn.metadata;
  const type = fn.trigger.type.toLowerCase();
  if (type === 'httptrigger' || /^(orchestration|activity|entity)trigger$/.test(type)) {
    return { status: 400, body: { message: `Function ${name} has a ${fn.trigger.type}: call it by HTTP.` } };
  }
  const given = parse(body) as { input?: unknown } | undefined;
  if (!given) return { status: 400, body: { message: 'The body must be JSON: {"input": "…"}' } };
  const timer = { Schedule: { AdjustForDST: true }, ScheduleStatus: null, IsPastDue: false };
  const trigger = type === 'timertrigger' ? { json: JSON.stringify(timer) } : { string: String(given.input ?? '') };
  invoke(fn, { trigger }).catch((error: Error) =>
    log('error', `Function '${name}' failed: ${error.message}`, { category: 'Host.Results', function: name }),
  );
  return { status: 202 };
}

/** A function as the host and ARM describe it. */
function show({ origin, routePrefix }: AdminParts) {
  return ({ metadata, trigger }: RegisteredFunction) => {
    const route = (trigger as { route?: string }).route ?? metadata.name;
    const prefix = routePrefix === '' ? '' : `${routePrefix}/`;
    const isHttp = trigger.type.toLowerCase() === 'httptrigger';
    return {
      name: metadata.name,
      script_href: null,
      config_href: null,
      test_data_href: null,
      href: `${origin}${ADMIN_PATH}functions/${metadata.name}`,
      invoke_url_template: isHttp ? `${origin}/${prefix}${route}` : null,
      language: 'node',
      config: { name: metadata.name, language: 'node', bindings: Object.values(metadata.bindings) },
      isDisabled: false,
    };
  };
}
