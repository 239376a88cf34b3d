import type { ServerResponse } from 'node:http';
import type { Tokens } from '../../core/types.ts';
import { escapeXml } from '../../core/xml.ts';
import type { Secrets } from '../secrets.ts';
import type { Refusal } from './errors.ts';

/** From this version on, queues have user delegation keys ("Get User Delegation Key", Queue Storage). */
const SINCE = '2025-07-05';
const LONGEST_MS = 7 * 86_400_000;

/** Get User Delegation Key of the queue service, which Azurite does not have. Undefined: answered. */
export function giveQueueDelegationKey(
  response: ServerResponse,
  request: { account: string; authorization: string | undefined; version: string; body: string; now: number },
  parts: { tokens: Tokens; secrets: Secrets; tenantId: string },
): Refusal | undefined {
  const { account, version, now } = request;
  if (version < SINCE) {
    return {
      status: 400,
      code: 'InvalidHeaderValue',
      message: `User delegation keys of queues need x-ms-version ${SINCE} or later.`,
    };
  }
  const principal = parts.tokens.verify(request.authorization)?.principal;
  if (!principal) {
    const message = 'Only authentication with a bearer token is permitted for this operation.';
    return { status: 403, code: 'AuthenticationFailed', message };
  }
  const expiry = element(request.body, 'Expiry');
  const start = element(request.body, 'Start') ?? new Date(now).toISOString().replace(/\.\d+/, '');
  const from = Date.parse(start);
  const until = Date.parse(expiry ?? '');
  if (!(from < until) || until - now > LONGEST_MS || until <= now) {
    return {
      status: 400,
      code: 'InvalidXmlNodeValue',
      message: 'A user delegation key is valid for up to seven days: check Start and Expiry.',
    };
  }
  const delegation = {
    objectId: principal.objectId,
    tenantId: parts.tenantId,
    start,
    expiry: expiry!,
    service: 'q',
    version,
  };
  const fields = {
    SignedOid: delegation.objectId,
    SignedTid: delegation.tenantId,
    SignedStart: start,
    SignedExpiry: expiry!,
    SignedService: 'q',
    SignedVersion: version,
    Value: parts.secrets.delegationKey(account, delegation),
  };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(value)}</${name}>`);
  const xml = `<?xml version="1.0" encoding="utf-8"?><UserDelegationKey>${elements.join('')}</UserDelegationKey>`;
  response.writeHead(200, {
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(xml),
    'x-ms-version': version,
  });
  response.end(xml);
  return undefined;
}

function element(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>\\s*([^<]+?)\\s*</${name}>`).exec(xml)?.[1];
}
