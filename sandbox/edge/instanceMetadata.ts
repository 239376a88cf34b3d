import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, RequestContext, Service, Tokens } from '../core/types.ts';
import type { PrincipalOf } from './identities.ts';
import { sendJson, sendText } from './answers.ts';

/** The address of the Azure Instance Metadata Service on every virtual machine. */
const ADDRESS = '169.254.169.254';
const INSTANCE = '/metadata/instance';

/** The instance document of a machine: texts, lists and objects. */
export interface InstanceDocument {
  compute: Record<string, unknown>;
  network: { interface: object[] };
}

/**
 * The Azure Instance Metadata Service: tokens for managed identities, and the instance document. Bodies as documented in
 * "How to use managed identities for Azure resources on an Azure VM to acquire an access token" and "Azure Instance
 * Metadata Service", and observed on virtual machines (API version 2018-02-01).
 * @param options.instanceOf the document of a machine; people have none
 */
export function createInstanceMetadata(options: {
  tokens: Tokens;
  clock: { now(): number };
  principalOf: PrincipalOf;
  instanceOf: (caller: Caller) => InstanceDocument | undefined;
}): Service {
  const { tokens, clock, principalOf, instanceOf } = options;

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
      const path = url.pathname.replace(/\/$/, '');
      if (path === '/metadata/identity/oauth2/token') return token(url, response, context);
      const found = path === INSTANCE || path.startsWith(`${INSTANCE}/`) ? instanceOf(context.caller) : undefined;
      const part = found && partOf(found, path.slice(INSTANCE.length + 1));
      if (part === undefined) return sendJson(response, 404, { error: 'Not found' });
      if (url.searchParams.get('format') === 'text') return sendText(response, 200, asText(part));
      if (typeof part !== 'object') {
        return sendJson(response, 400, { error: 'Bad request. format=text is needed for a single value' });
      }
      return sendJson(response, 200, part);
    },
  };
}

/** The part of a document that a path names (`network/interface/0/macAddress`). */
function partOf(document: object, path: string): unknown {
  const names = path.split('/').filter((name) => name !== '');
  return names.reduce<unknown>(
    (part, name) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, name)
        ? (part as Record<string, unknown>)[name]
        : undefined,
    document,
  );
}

/** A value, or the names of what is below, with a slash where more is below them. */
function asText(part: unknown): string {
  if (typeof part !== 'object' || part === null) return String(part);
  return Object.entries(part)
    .map(([name, value]) => (typeof value === 'object' ? `${name}/` : name))
    .join('\n');
}

function invalid(response: ServerResponse, description: string): void {
  sendJson(response, 400, { error: 'invalid_request', error_description: description });
}
