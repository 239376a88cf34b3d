import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { ArmResource, ResourceStore } from '../arm/types.ts';
import type { Principal, RequestContext, Service, Tokens } from '../core/types.ts';
import { authenticate, isReservedHeader } from './easyAuth.ts';

const SUFFIX = '.azurewebsites.net';
/** Headers that belong to one connection. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'te', 'upgrade']);

/**
 * App Service's front end for the Web Apps of the world: authentication as the site's `config/authsettingsV2` says,
 * then the app's host.
 * @param hostUrl where a site's host listens; undefined: it does not run
 * @param rolesOf the app roles of a principal for an audience (Entra's app role assignments are no ARM resources)
 */
export function createSiteService(options: {
  tokens: Tokens;
  store: ResourceStore;
  hostUrl(siteName: string): string | undefined;
  rolesOf?(principal: Principal, audience: string): string[];
}): Service {
  const { tokens, store, hostUrl, rolesOf } = options;

  return {
    name: 'sites',
    answers: (host) => host.endsWith(SUFFIX),
    async handle(request, response, context) {
      const name = context.host.slice(0, -SUFFIX.length);
      const site = findSite(store, name);
      if (!site) return answer(response, 404, '404 Web Site not found.');
      const path = new URL(request.url!, 'http://site').pathname;
      const holder = tokens.verify(request.headers.authorization);
      const roles = (holder && rolesOf?.(holder.principal, holder.audience)) ?? [];
      const verdict = authenticate(store, site, path, holder, roles);
      if (!verdict.pass) {
        const challenge: Record<string, string> =
          verdict.status === 401 ? { 'WWW-Authenticate': `Bearer realm="${context.host}"` } : {};
        const text = verdict.status === 401 ? 'You do not have permission to view this directory or page.' : '';
        return answer(response, verdict.status, text, challenge);
      }
      const target = hostUrl(site.name);
      if (!target) return answer(response, 503, 'The service is unavailable.');
      await forward(request, response, target, { ...forwarded(request, context), ...verdict.headers });
    },
  };
}

function findSite(store: ResourceStore, name: string): ArmResource | undefined {
  const wanted = name.toLowerCase();
  return store.list({ type: 'Microsoft.Web/sites' }).find((site) => site.name.toLowerCase() === wanted);
}

/** The request's headers without those of the connection and those that only App Service sets. */
function forwarded(request: IncomingMessage, context: RequestContext): Record<string, string | string[]> {
  const kept = Object.entries(endToEnd(request)).filter(([name]) => !isReservedHeader(name));
  return {
    ...Object.fromEntries(kept),
    'X-Forwarded-Proto': context.secure ? 'https' : 'http',
    'X-Forwarded-Host': context.host,
  };
}

function endToEnd({ headers }: IncomingMessage): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && !HOP_BY_HOP.has(name)) kept[name] = value;
  }
  return kept;
}

/** Passes a request on and its answer back, both as streams. A host that is gone answers 502. */
async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  target: string,
  headers: Record<string, string | string[]>,
): Promise<void> {
  const upstream = httpRequest(new URL(request.url!, target), { method: request.method!, headers, agent: false });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  // A host that answers before it has read everything is no error: the answer decides.
  pipeline(request, upstream).catch(() => undefined);
  let reply: IncomingMessage;
  try {
    reply = await answered;
  } catch {
    return answer(response, 502, 'The specified CGI application encountered an error.');
  }
  response.writeHead(reply.statusCode!, endToEnd(reply));
  await pipeline(reply, response).catch(() => response.destroy());
}

function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...headers }).end(text);
}
