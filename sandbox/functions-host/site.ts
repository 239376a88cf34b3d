import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { ArmResource, ResourceStore } from '../arm/types.ts';
import { forward } from '../core/forward.ts';
import type { RequestContext, Service, Tokens } from '../core/types.ts';
import { forbiddenOrigin, refuseOrigin } from './accessRestrictions.ts';
import { authenticate, isReservedHeader } from './easyAuth.ts';

const SUFFIX = '.azurewebsites.net';

/**
 * App Service's front end for the Web Apps of the world: authentication as the site's `config/authsettingsV2` says,
 * then the app's host.
 * @param hostUrl where a site's host listens; undefined: it does not run
 */
export function createSiteService(options: {
  tokens: Tokens;
  store: ResourceStore;
  hostUrl(siteName: string): string | undefined;
}): Service {
  const { tokens, store, hostUrl } = options;

  return {
    name: 'sites',
    answers: (host) => host.endsWith(SUFFIX),
    async handle(request, response, context) {
      const name = context.host.slice(0, -SUFFIX.length);
      const site = findSite(store, name);
      if (!site) return answer(response, 404, '404 Web Site not found.');
      const forbidden = forbiddenOrigin(store, site, context.origin);
      if (forbidden) return refuseOrigin(response, forbidden);
      if (site.properties?.state === 'Stopped') return answer(response, 403, 'Error 403 - This web app is stopped.');
      const path = new URL(request.url!, 'http://site').pathname;
      const holder = tokens.verify(request.headers.authorization);
      const verdict = authenticate(store, site, path, holder);
      if (!verdict.pass) {
        const challenge: Record<string, string> =
          verdict.status === 401 ? { 'WWW-Authenticate': `Bearer realm="${context.host}"` } : {};
        const text = verdict.status === 401 ? 'You do not have permission to view this directory or page.' : '';
        return answer(response, verdict.status, text, challenge);
      }
      const target = hostUrl(site.name);
      if (!target) return answer(response, 503, 'The service is unavailable.');
      const headers = { ...forwarded(request, context), ...verdict.headers };
      await forward(request, response, { origin: target, headers }).catch(() =>
        answer(response, 502, 'The specified CGI application encountered an error.'),
      );
    },
  };
}

function findSite(store: ResourceStore, name: string): ArmResource | undefined {
  const wanted = name.toLowerCase();
  return store.list({ type: 'Microsoft.Web/sites' }).find((site) => site.name.toLowerCase() === wanted);
}

/** The request's headers without those that only App Service sets. */
function forwarded(request: IncomingMessage, context: RequestContext): OutgoingHttpHeaders {
  const kept = Object.entries(request.headers).filter(([name]) => !isReservedHeader(name));
  return {
    ...Object.fromEntries(kept),
    'X-Forwarded-Proto': context.secure ? 'https' : 'http',
    'X-Forwarded-Host': context.host,
  };
}

function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'Content-Type': 'text/plain', ...headers }).end(text);
}
