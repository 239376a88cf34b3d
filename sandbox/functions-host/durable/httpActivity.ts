import type { HttpRequestAction, TokenSource } from './actions.ts';
import type { HttpActivityResult } from './httpCall.ts';

/**
 * Runs the activity behind `callHttp`.
 * @throws Error when no answer comes, or no token
 */
export async function runHttpActivity([request]: [HttpRequestAction]): Promise<HttpActivityResult> {
  const headers = new Headers(request.headers ?? {});
  const { content, tokenSource } = request;
  const hasContent = content !== undefined && content !== null;
  if (headers.get('content-type')?.includes('multipart')) {
    throw new Error('Multipart content is not supported with CallHttpAsync.');
  }
  if (hasContent && !headers.has('content-type')) headers.set('content-type', 'text/plain');
  if (tokenSource) headers.set('authorization', `Bearer ${await identityToken(tokenSource)}`);
  const init = { method: request.method, headers, ...(hasContent ? { body: content } : {}) };
  const answer = await send(request.uri, init);
  return { statusCode: answer.status, headers: Object.fromEntries(answer.headers), content: await answer.text() };
}

/** A token of the app's managed identity, from the endpoint that App Service gives every app. */
async function identityToken({ kind, resource }: TokenSource): Promise<string> {
  if (kind !== 'AzureManagedIdentity') throw new Error(`callHttp: unknown kind of token source "${kind}"`);
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: secret, AZURE_CLIENT_ID: clientId } = process.env;
  if (!endpoint || !secret) {
    throw new Error('callHttp with a tokenSource: the app has no managed identity (IDENTITY_ENDPOINT is not set)');
  }
  const url = new URL(endpoint);
  url.searchParams.set('api-version', '2019-08-01');
  url.searchParams.set('resource', resource.replace(/\/\.default$/, ''));
  if (clientId) url.searchParams.set('client_id', clientId);
  const answer = await send(url.href, { headers: { 'x-identity-header': secret } });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`callHttp: no token for ${resource}: ${answer.status} ${text}`);
  return (JSON.parse(text) as { access_token: string }).access_token;
}

async function send(uri: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(uri, init);
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${init.method ?? 'GET'} ${uri}: ${cause instanceof Error ? cause.message : message}`);
  }
}
