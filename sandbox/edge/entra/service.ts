import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Clock, Service, Tokens } from '../../core/types.ts';
import { sendJson } from '../answers.ts';
import type { TokenKey } from '../tokens.ts';
import { principalOf, wrongProof, type Applications, type Proof } from './applications.ts';
import { HOSTS, instanceDiscovery, keySet, openIdConfiguration } from './discovery.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** An OAuth error as Entra gives it ("Microsoft Entra authentication and authorization error codes"). */
class EntraError extends Error {
  readonly status: number;
  readonly error: string;
  readonly code: number;
  constructor(status: number, error: string, code: number, message: string) {
    super(message);
    this.status = status;
    this.error = error;
    this.code = code;
  }
}

/**
 * Microsoft Entra ID as far as applications sign in: discovery, keys, and tokens for client credentials. Nobody can sign
 * in as a user; Microsoft Graph answers 501.
 */
export function createEntra(options: {
  tokens: Tokens;
  key: TokenKey;
  clock: Clock;
  tenantId: string;
  applications: Applications;
}): Service {
  const { tokens, key, clock, tenantId, applications } = options;

  const checkTenant = (tenant: string) => {
    if ([tenantId, 'common', 'organizations'].includes(tenant.toLowerCase())) return;
    const text = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. The one tenant of this sandbox is ${tenantId}.`;
    throw new EntraError(400, 'invalid_request', 90002, text);
  };

  async function token(request: IncomingMessage, tenant: string, version: 1 | 2): Promise<object> {
    const form = new URLSearchParams(await text(request));
    const grant = form.get('grant_type');
    if (grant === null) throw missing('grant_type');
    if (grant !== 'client_credentials') {
      throw new EntraError(
        501,
        'unsupported_grant_type',
        70003,
        `The sandbox has no grant '${grant}': only client_credentials.`,
      );
    }
    const { clientId, proof } = credentials(request, form);
    const application = applications.find(clientId);
    if (!application) {
      const text = `Application with identifier '${clientId}' was not found in the directory '${tenantId}'. A scenario's applications are those that there are.`;
      throw new EntraError(400, 'unauthorized_client', 700016, text);
    }
    const endpoints = HOSTS.flatMap((host) => [
      `https://${host}/${tenant}/oauth2/v2.0/token`,
      `https://${host}/${tenant}/oauth2/token`,
      `https://${host}/${tenant}/v2.0`,
      `https://${host}/${tenant}/`,
    ]);
    const wrong = wrongProof(application, proof, endpoints, clock.now() / 1000);
    if (wrong) throw new EntraError(401, 'invalid_client', wrong.code, wrong.text);
    const resource = version === 1 ? form.get('resource') : resourceOf(form.get('scope'));
    if (resource === null) throw missing(version === 1 ? 'resource' : 'scope');
    const { token: access_token, expiresOn } = tokens.issue(principalOf(application), resource);
    const seconds = expiresOn - Math.floor(clock.now() / 1000);
    if (version === 2) return { token_type: 'Bearer', expires_in: seconds, ext_expires_in: seconds, access_token };
    const expires = { expires_in: String(seconds), ext_expires_in: String(seconds), expires_on: String(expiresOn) };
    return { token_type: 'Bearer', ...expires, not_before: String(expiresOn - seconds), resource, access_token };
  }

  async function answer(request: IncomingMessage): Promise<object> {
    const url = new URL(request.url ?? '/', 'https://login.microsoftonline.com');
    const [tenant = '', ...rest] = url.pathname.split('/').filter((part) => part !== '');
    const operation = `${request.method} ${rest.join('/')}`;
    if (operation === 'GET discovery/instance')
      return instanceDiscovery(url.searchParams.get('authorization_endpoint'));
    checkTenant(tenant);
    switch (operation) {
      case 'GET v2.0/.well-known/openid-configuration':
        return openIdConfiguration(tenant, tenantId, 2);
      case 'GET .well-known/openid-configuration':
        return openIdConfiguration(tenant, tenantId, 1);
      case 'GET discovery/v2.0/keys':
      case 'GET discovery/keys':
        return keySet(key, tenantId);
      case 'POST oauth2/v2.0/token':
        return token(request, tenant, 2);
      case 'POST oauth2/token':
        return token(request, tenant, 1);
      default:
        throw new EntraError(
          501,
          'not_supported',
          0,
          `The sandbox's Entra ID has no ${request.method} ${url.pathname}: nobody signs in as a user.`,
        );
    }
  }

  function refuse(response: ServerResponse, { status, error, code, message }: EntraError): void {
    const ids = { trace_id: randomUUID(), correlation_id: randomUUID() };
    const timestamp = clock
      .iso()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, 'Z');
    const prefix = code === 0 ? '' : `AADSTS${code}: `;
    const description = `${prefix}${message} Trace ID: ${ids.trace_id} Correlation ID: ${ids.correlation_id} Timestamp: ${timestamp}`;
    const codes = code === 0 ? [] : [code];
    sendJson(response, status, { error, error_description: description, error_codes: codes, timestamp, ...ids });
  }

  return {
    name: 'entra',
    answers: (host) => HOSTS.includes(host) || host === 'graph.microsoft.com' || host === 'graph.windows.net',
    async handle(request, response, { host }) {
      if (!HOSTS.includes(host)) {
        const message = `The sandbox has no Microsoft Graph (${request.method} ${request.url}).`;
        request.resume();
        return sendJson(response, 501, { error: { code: 'NotImplemented', message } });
      }
      try {
        sendJson(response, 200, await answer(request));
      } catch (error) {
        if (!(error instanceof EntraError)) throw error;
        request.resume();
        refuse(response, error);
      }
    },
  };
}

/** Who a client says it is, and its proof: in the form, or as Basic authorization. */
function credentials(request: IncomingMessage, form: URLSearchParams): { clientId: string; proof: Proof } {
  const basic = /^Basic\s+(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const [id, password] = basic === undefined ? [] : Buffer.from(basic, 'base64').toString('utf8').split(':', 2);
  const clientId = form.get('client_id') ?? (id === undefined ? undefined : decodeURIComponent(id));
  if (clientId === undefined) throw missing('client_id');
  const secret = form.get('client_secret') ?? (password === undefined ? undefined : decodeURIComponent(password));
  const assertion = form.get('client_assertion');
  if (secret !== undefined) return { clientId, proof: { secret } };
  if (assertion !== null && form.get('client_assertion_type') === ASSERTION_TYPE)
    return { clientId, proof: { assertion } };
  const text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
  throw new EntraError(401, 'invalid_client', 7000218, text);
}

/** `https://vault.azure.net/.default` → `https://vault.azure.net`. */
function resourceOf(scope: string | null): string | null {
  if (scope === null) return null;
  const [resource] = scope.split(' ').flatMap((one) => /^(.+)\/\.default$/.exec(one)?.[1] ?? []);
  if (resource !== undefined) return resource;
  const text = `The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).`;
  throw new EntraError(400, 'invalid_scope', 1002012, text);
}

function missing(parameter: string): EntraError {
  return new EntraError(
    400,
    'invalid_request',
    900144,
    `The request body must contain the following parameter: '${parameter}'.`,
  );
}
