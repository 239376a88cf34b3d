import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestContext, Service, Tokens } from '../core/types.ts';
import { invalidRequestContent, missingApiVersion, unsupportedMediaType } from './errors.ts';
import { parseRelaxedJson } from './relaxedJson.ts';
import type { ArmRequest, Router } from './router.ts';
import type { Throttle } from './throttle.ts';
import { ArmError, type ArmReply, type ArmWorld } from './types.ts';

const host = 'management.azure.com';
const audiences = ['https://management.core.windows.net', 'https://management.azure.com'].flatMap((a) => [`${a}/`, a]);
const maxBody = 4 * 1024 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    // Read to its end all the same: who is cut off while it writes sees no answer.
    if (size <= maxBody) chunks.push(chunk);
  }
  if (size > maxBody) {
    throw new ArmError(
      413,
      'RequestContentTooLarge',
      `The request content size exceeds the maximum size of ${maxBody} bytes.`,
    );
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** What is no JSON may be what ARM takes for it all the same. @throws ArmError 400, with what JSON has against it */
function relaxed(text: string, strict: Error): unknown {
  try {
    return parseRelaxedJson(text);
  } catch {
    throw invalidRequestContent(strict.message);
  }
}

function parseBody(text: string, contentType: string): unknown {
  if (text.trim() === '') return undefined;
  if (!/^application\/([a-z.+-]+\+)?json\b/i.test(contentType)) throw unsupportedMediaType(contentType || '(none)');
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    return relaxed(text, error as Error);
  }
}

function checkedVersion(url: URL): string {
  const version = [...url.searchParams].find(([key]) => key.toLowerCase() === 'api-version')?.[1];
  if (!version) throw missingApiVersion();
  return version;
}

/** Who asks. ARM tells an absent token, a bad one and one for another audience apart. */
function authenticate(tokens: Tokens, tenantId: string, header: string | undefined): string {
  const refuse = (code: string, message: string, description: string) =>
    new ArmError(401, code, message, {
      headers: {
        'WWW-Authenticate':
          `Bearer authorization_uri="https://login.microsoftonline.com/${tenantId}", error="invalid_token", ` +
          `error_description="${description}"`,
      },
    });
  if (!header) {
    throw refuse(
      'AuthenticationFailed',
      "Authentication failed. The 'Authorization' header is missing.",
      "The authentication failed because of missing 'Authorization' header.",
    );
  }
  const verified = tokens.verify(header);
  if (!verified)
    throw refuse('InvalidAuthenticationToken', 'The access token is invalid.', 'The access token is invalid.');
  if (!audiences.includes(verified.audience)) {
    const wrong =
      `The access token has been obtained for wrong audience or resource '${verified.audience}'. ` +
      `It should exactly match with one of the allowed audiences '${audiences.join("','")}'.`;
    throw refuse('InvalidAuthenticationTokenAudience', wrong, 'The access token has a wrong audience.');
  }
  return verified.principal.objectId;
}

function errorReply(error: unknown): ArmReply {
  if (error instanceof ArmError) {
    const { status, code, message, details, headers } = error;
    return { status, headers, body: { error: { code, message, ...details } } };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 500, body: { error: { code: 'InternalServerError', message: text } } };
}

/**
 * SDKs put scopes, which begin with a slash, behind a slash, and azure-cli leaves out parents between two; ARM takes
 * several slashes for one.
 */
function urlOf(asked: string): URL {
  const at = asked.indexOf('?');
  const path = at < 0 ? asked : asked.slice(0, at);
  return new URL(`https://${host}${`/${path}`.replaceAll(/\/{2,}/g, '/')}${asked.slice(path.length)}`);
}

/** Azure Resource Manager on the wire: what stands before and after the router. */
export function createService(parts: { world: ArmWorld; tokens: Tokens; router: Router; throttle: Throttle }): Service {
  const { world, tokens, router, throttle } = parts;

  function standardHeaders(request: IncomingMessage): Record<string, string> {
    const id = world.guid();
    const correlation = request.headers['x-ms-correlation-request-id'];
    const clientId = request.headers['x-ms-client-request-id'];
    const wantsClientId = request.headers['x-ms-return-client-request-id'] === 'true';
    return {
      'Cache-Control': 'no-cache',
      'x-ms-request-id': id,
      'x-ms-correlation-request-id': typeof correlation === 'string' ? correlation : id,
      'x-ms-routing-request-id': `SANDBOX:${world.clock.iso()}:${id}`,
      ...(wantsClientId && typeof clientId === 'string' && { 'x-ms-client-request-id': clientId }),
    };
  }

  /** `limits` gets the headers that every answer has from then on. */
  async function answer(
    request: IncomingMessage,
    url: URL,
    context: RequestContext,
    limits: Record<string, string>,
  ): Promise<ArmReply> {
    const text = await readBody(request);
    const principalId = authenticate(tokens, world.tenantId, request.headers.authorization);
    const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(url.pathname)?.[1] ?? '';
    Object.assign(limits, throttle.take(request.method ?? 'GET', subscriptionId, principalId));
    const apiVersion = checkedVersion(url);
    const body = parseBody(text, request.headers['content-type'] ?? '');
    const headers = Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)]));
    const call: ArmRequest = {
      method: request.method ?? 'GET',
      url,
      apiVersion,
      headers,
      body,
      caller: context.caller,
      principalId,
    };
    return router.dispatch(call);
  }

  return {
    name: 'Azure Resource Manager',
    answers: (name) => name === host,
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const url = urlOf(request.url ?? '');
      const limits: Record<string, string> = {};
      let reply: ArmReply;
      try {
        reply = await answer(request, url, context, limits);
      } catch (error) {
        reply = error instanceof URIError ? errorReply(invalidRequestContent(error.message)) : errorReply(error);
      }
      const payload = reply.body === undefined ? '' : JSON.stringify(reply.body);
      response.writeHead(reply.status, {
        ...standardHeaders(request),
        ...limits,
        ...(payload && { 'Content-Type': 'application/json; charset=utf-8' }),
        // A 204 has no length at all.
        ...(reply.status !== 204 && { 'Content-Length': String(Buffer.byteLength(payload)) }),
        ...reply.headers,
      });
      response.end(request.method === 'HEAD' ? undefined : payload);
    },
  };
}
