import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { durableApi } from './durable/api.ts';
import type { Hub } from './durable/context.ts';
import { WEBHOOK_PATH, type Endpoints } from './durable/links.ts';
import { ADMIN_PATH } from './admin.ts';
import { keyMatches, type KeyRing } from './keys.ts';
import type { Logger } from './log.ts';
import { readBody, requestKey, requestUrl } from './triggers/http.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A server on a loopback port, which is there at once; what it answers is told later with `serve`. */
export interface LoopbackServer {
  port: number;
  serve(listener: Listener): void;
}

/** Opens a server. Requests that come before `serve` wait. */
export async function openServer(port: number, log: Logger): Promise<LoopbackServer> {
  let start: (listener: Listener) => void;
  const listener = new Promise<Listener>((resolve) => (start = resolve));
  const server: Server = createServer((request, response) => {
    listener
      .then((serve) => serve(request, response))
      .catch((error: Error) => {
        const malformed = error instanceof URIError;
        if (!malformed) log('critical', `Request failed: ${error.stack}`, { category: 'Host.Http' });
        if (!response.headersSent) response.writeHead(malformed ? 400 : 500);
        response.end();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    serve: (given) => start(given),
  };
}

/** The public side: the durable webhooks (system or master key), the host's own API and the app's HTTP functions. */
export function publicListener(
  hub: Hub,
  endpoints: Endpoints,
  keys: KeyRing,
  serve: { admin: Listener; functions: Listener },
): Listener {
  return async (request, response) => {
    const url = requestUrl(request);
    if (url.pathname.toLowerCase().startsWith(ADMIN_PATH)) return serve.admin(request, response);
    const { masterKey, systemKeys } = keys.host;
    const allowed = [masterKey, systemKeys.durabletask_extension];
    if (!url.pathname.toLowerCase().startsWith(`${WEBHOOK_PATH}/`)) return serve.functions(request, response);
    if (!keyMatches(requestKey(request, url), allowed)) return void response.writeHead(401).end();
    return serveDurable(hub, endpoints, request, response, WEBHOOK_PATH);
  };
}

/** The app's side: the durable API without a key. */
export function appListener(hub: Hub, endpoints: Endpoints): Listener {
  const base = new URL(endpoints.rpcBaseUrl).pathname.slice(0, -1);
  return (request, response) => serveDurable(hub, endpoints, request, response, base);
}

async function serveDurable(
  hub: Hub,
  endpoints: Endpoints,
  request: IncomingMessage,
  response: ServerResponse,
  base: string,
): Promise<void> {
  const url = requestUrl(request);
  const body = await readBody(request);
  if (!body) return void response.writeHead(413, { connection: 'close' }).end();
  const parts = url.pathname.slice(base.length).split('/');
  const reply = await durableApi(hub, endpoints, {
    method: request.method!,
    url,
    // The extension decodes paths as form fields are: a plus is a space.
    path: parts.filter((part) => part !== '').map((part) => decodeURIComponent(part.replaceAll('+', ' '))),
    headers: request.headers,
    body: body.toString('utf8'),
  });
  const text = reply.body === undefined ? '' : JSON.stringify(reply.body);
  response.writeHead(reply.status, { 'content-type': 'application/json; charset=utf-8', ...reply.headers });
  response.end(text);
}
