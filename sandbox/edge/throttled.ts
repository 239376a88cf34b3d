import type { RequestFault } from '../core/faults.ts';
import { escapeXml } from '../core/xml.ts';

/**
 * The answer of a service that is asked too often: Storage's is XML with 503 `ServerBusy` ("Blob service error codes"),
 * all others' is JSON.
 */
export function throttled(
  { status = 429, retryAfterSeconds }: NonNullable<RequestFault['throttle']>,
  host: string,
): NonNullable<RequestFault['answer']> {
  const [code, message] =
    status === 429
      ? ['TooManyRequests', 'The request was denied because too many requests have been received.']
      : ['ServerBusy', 'The server is currently unable to receive requests. Please retry your request.'];
  const headers = { 'retry-after': String(retryAfterSeconds), 'x-ms-error-code': code };
  if (!/\.(blob|queue|table)\.core\.windows\.net$|\.blob\.storage\.azure\.net$/.test(host)) {
    return { status, headers, body: { error: { code, message } } };
  }
  const body = `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`;
  return { status, headers: { ...headers, 'content-type': 'application/xml' }, body };
}
