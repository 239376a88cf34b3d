import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, Tokens } from '../core/types.ts';
import { sendJson } from './answers.ts';
import type { PrincipalOf } from './identities.ts';

/** Path of `IDENTITY_ENDPOINT` on a caller's own port. */
export const IDENTITY_PATH = '/msi/token';

/**
 * The identity endpoint that App Service gives to an app through `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`
 * ("How to use managed identities for App Service and Azure Functions", API version 2019-08-01).
 */
export function answerIdentityRequest(
  options: { tokens: Tokens; principalOf: PrincipalOf; caller: Caller; secret: string },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { tokens, principalOf, caller, secret } = options;
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  if (request.headers['x-identity-header'] !== secret) {
    return refuse(response, 401, 'The X-IDENTITY-HEADER header is missing or wrong.');
  }
  const resource = searchParams.get('resource');
  if (!searchParams.get('api-version') || !resource) {
    return refuse(response, 400, 'The api-version and resource parameters are required.');
  }
  const clientId = searchParams.get('client_id') ?? undefined;
  const objectId = searchParams.get('principal_id') ?? searchParams.get('object_id') ?? undefined;
  const resourceId = searchParams.get('mi_res_id') ?? undefined;
  const principal = principalOf(caller, { clientId, objectId, resourceId });
  if (!principal) {
    return refuse(
      response,
      400,
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.',
    );
  }
  const { token, expiresOn } = tokens.issue(principal, resource);
  sendJson(response, 200, {
    access_token: token,
    client_id: principal.clientId,
    expires_on: String(expiresOn),
    resource,
    token_type: 'Bearer',
  });
}

function refuse(response: ServerResponse, statusCode: number, message: string): void {
  sendJson(response, statusCode, { statusCode, message });
}
