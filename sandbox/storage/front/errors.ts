import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { escapeXml } from '../../core/xml.ts';
import type { StorageKind } from '../contents.ts';

/** An answer that the storage service gives instead of doing what was asked. */
export interface Refusal {
  status: number;
  code: string;
  message: string;
  /** Why authentication failed: `AuthenticationErrorDetail`. */
  detail?: string;
  headers?: Record<string, string>;
}

export const SERVER_NAMES: Record<StorageKind, string> = {
  blob: 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0',
  queue: 'Windows-Azure-Queue/1.0 Microsoft-HTTPAPI/2.0',
  table: 'Windows-Azure-Table/1.0 Microsoft-HTTPAPI/2.0',
};

/** What Azure answers to somebody whose roles do not grant what an operation needs. */
export const permissionMismatch: Refusal = {
  status: 403,
  code: 'AuthorizationPermissionMismatch',
  message: 'This request is not authorized to perform this operation using this permission.',
};

/** An error as the service sends it: XML from blob and queue, OData JSON from table ("Status and error codes"). */
export function errorAnswer(kind: StorageKind, refusal: Refusal, now: string) {
  const requestId = randomUUID();
  const message = `${refusal.message}\nRequestId:${requestId}\nTime:${now}`;
  const json = kind === 'table';
  const body = json
    ? JSON.stringify({ 'odata.error': { code: refusal.code, message: { lang: 'en-US', value: message } } })
    : xml(refusal, message);
  const headers: Record<string, string> = {
    'content-type': json ? 'application/json;odata=minimalmetadata;charset=utf-8' : 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
    'x-ms-error-code': refusal.code,
    'x-ms-request-id': requestId,
    ...refusal.headers,
  };
  return { status: refusal.status, headers, body };
}

export function refuse(response: ServerResponse, kind: StorageKind, refusal: Refusal, now: string): void {
  const { status, headers, body } = errorAnswer(kind, refusal, now);
  for (const name of ['x-ms-version', 'x-ms-client-request-id']) {
    const given = response.req.headers[name];
    if (given !== undefined) response.setHeader(name, given);
  }
  response.writeHead(status, { server: SERVER_NAMES[kind], ...headers });
  response.end(body);
}

function xml({ code, detail }: Refusal, message: string): string {
  const why = detail === undefined ? '' : `<AuthenticationErrorDetail>${escapeXml(detail)}</AuthenticationErrorDetail>`;
  return `\ufeff<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${escapeXml(message)}</Message>${why}</Error>`;
}
