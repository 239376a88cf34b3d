import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpCookie, HttpData, RegisteredFunction, TypedData } from '../app/coreModule.ts';
import type { Invoke } from '../app/invoke.ts';
import { keyMatches, type KeyRing } from '../keys.ts';
import type { Logger } from '../log.ts';
import { createRouter } from './routes.ts';

/** Azure's limit for a request body, 100 MiB unless host.json says otherwise. */
const MAX_BODY = 100 * 1024 * 1024;

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Serves the app's HTTP functions. An unknown path or method answers 404, as in Azure. */
export function httpTriggers(options: {
  functions: RegisteredFunction[];
  routePrefix: string;
  keys: KeyRing;
  invoke: Invoke;
  log: Logger;
}): Listener {
  const route = createRouter(options.functions, options.routePrefix);
  const { keys } = options;
  /** Undefined: no key is needed. */
  const allowed = ({ metadata, trigger }: RegisteredFunction): string[] | undefined => {
    const level = String(trigger.authLevel ?? 'function').toLowerCase();
    if (level === 'anonymous') return undefined;
    const { masterKey, functionKeys } = keys.host;
    if (level === 'admin') return [masterKey];
    const own = keys.list({ of: 'function', name: metadata.name });
    return [masterKey, ...Object.values(functionKeys), ...Object.values(own)];
  };

  return async (request, response) => {
    const url = requestUrl(request);
    const found = route(request.method!, url.pathname);
    if (!found) return void response.writeHead(404).end();
    const { fn, params } = found;
    const needed = allowed(fn);
    if (needed && !keyMatches(requestKey(request, url), needed)) return void response.writeHead(401).end();
    const body = await readBody(request);
    if (!body) return void response.writeHead(413, { connection: 'close' }).end();
    const data: HttpData = {
      method: request.method!,
      url: url.href,
      headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      params,
      query: Object.fromEntries(url.searchParams),
      ...(body.length > 0 ? { body: { bytes: body } } : {}),
    };
    try {
      send(response, await options.invoke(fn, { trigger: { http: data } }));
    } catch (error) {
      const { name } = fn.metadata;
      const text = `Function '${name}' failed: ${(error as Error)?.message ?? String(error)}`;
      options.log('error', text, { category: 'Host.Results', function: name, stack: (error as Error)?.stack });
      // Azure tells the caller nothing.
      response.writeHead(500).end();
    }
  };
}

/** The key of a request: `x-functions-key` or the query parameter `code`. */
export function requestKey(request: IncomingMessage, url: URL): string | undefined {
  return (request.headers['x-functions-key'] as string | undefined) ?? url.searchParams.get('code') ?? undefined;
}

/** The URL as the client wrote it: App Service's front end says which scheme and host that was. */
export function requestUrl(request: IncomingMessage): URL {
  const scheme = request.headers['x-forwarded-proto'] ?? 'http';
  const host = request.headers['x-forwarded-host'] ?? request.headers.host ?? 'localhost';
  return new URL(`${String(scheme)}://${String(host)}${request.url!}`);
}

/** @returns undefined when it is longer than {@link MAX_BODY} */
export async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Without a return value Azure answers 204. */
function send(response: ServerResponse, value: TypedData | undefined): void {
  const http = value?.http;
  if (!http) return void response.writeHead(204).end();
  const headers: Record<string, string | string[]> = { ...http.headers };
  if (http.cookies && http.cookies.length > 0) headers['set-cookie'] = http.cookies.map(cookieText);
  const body = http.body?.bytes ?? http.body?.string;
  response.writeHead(Number(http.statusCode), headers);
  response.end(body === undefined ? undefined : Buffer.from(body as Uint8Array));
}

function cookieText(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.domain) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path) parts.push(`Path=${cookie.path.value}`);
  if (cookie.maxAge) parts.push(`Max-Age=${cookie.maxAge.value}`);
  if (cookie.expires) parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  if (cookie.secure?.value) parts.push('Secure');
  if (cookie.httpOnly?.value) parts.push('HttpOnly');
  const sameSite = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[cookie.sameSite ?? ''];
  if (sameSite) parts.push(`SameSite=${sameSite}`);
  return parts.join('; ');
}
