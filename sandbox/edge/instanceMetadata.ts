import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext, Service, Tokens } from '../core/types.ts';
import type { PrincipalOf } from './identities.ts';
import { sendJson } from './answers.ts';

/** The address of the Azure Instance Metadata Service on every virtual machine. */
const ADDRESS = '169.254.169.254';

/**
 * The Azure Instance Metadata Service: tokens for managed identities, and the compute part of the instance document.
 * Bodies as documented in "How to use managed identities for Azure resources on an Azure VM to acquire an access token"
 * and observed on virtual machines (API version 2018-02-01).
 */
export function createInstanceMetadata(options: {
  tokens: Tokens;
  clock: { now(): number };
  principalOf: PrincipalOf;
}): Service {
  const { tokens, clock, principalOf } = options;

  const token = (url: URL, response: ServerResponse, context: RequestContext) => {
    const resource = url.searchParams.get('resource');
    if (!resource) return invalid(response, 'Required audience parameter not specified');
    const clientId = url.searchParams.get('client_id') ?? undefined;
    const objectId = url.searchParams.get('object_id') ?? undefined;
    const resourceId = url.searchParams.get('msi_res_id') ?? url.searchParams.get('mi_res_id') ?? undefined;
    const principal = principalOf(context.caller, { clientId, objectId, resourceId });
    if (!principal) return invalid(response, 'Identity not found');
    const issued = tokens.issue(principal, resource);
    const lifetime = String(issued.expiresOn - Math.floor(clock.now() / 1000));
    sendJson(response, 200, {
      access_token: issued.token,
      client_id: principal.clientId,
      expires_in: lifetime,
      expires_on: String(issued.expiresOn),
      ext_expires_in: lifetime,
      not_before: String(Math.floor(clock.now() / 1000)),
      resource,
      token_type: 'Bearer',
    });
  };

  return {
    name: 'instance-metadata',
    answers: (host) => host === ADDRESS,
    handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      if (context.caller.kind === 'functions') {
        // App Service has no instance metadata: nothing listens there.
        request.socket.destroy();
        return;
      }
      const url = new URL(request.url ?? '/', `http://${ADDRESS}`);
      if (request.headers.metadata?.toString().toLowerCase() !== 'true') {
        return invalid(response, 'Required metadata header not specified');
      }
      if (!url.searchParams.get('api-version')) {
        return invalid(response, "Required query variable 'api-version' is missing");
      }
      switch (url.pathname.replace(/\/$/, '')) {
        case '/metadata/identity/oauth2/token':
          return token(url, response, context);
        case '/metadata/instance':
          return sendJson(response, 200, { compute: compute(context) });
        case '/metadata/instance/compute':
          return sendJson(response, 200, compute(context));
        default:
          return sendJson(response, 404, { error: 'Not found' });
      }
    },
  };
}

/** What the instance document says of the machine, as far as its id tells. */
function compute({ caller }: RequestContext): Record<string, string> {
  const resourceId = caller.resourceId ?? '';
  const part = (name: string) => new RegExp(`/${name}/([^/]+)`, 'i').exec(resourceId)?.[1] ?? '';
  return {
    azEnvironment: 'AzurePublicCloud',
    name: resourceId.split('/').at(-1) ?? '',
    provider: 'Microsoft.Compute',
    resourceGroupName: part('resourceGroups'),
    resourceId,
    subscriptionId: part('subscriptions'),
  };
}

function invalid(response: ServerResponse, description: string): void {
  sendJson(response, 400, { error: 'invalid_request', error_description: description });
}
