import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '../../arm/access/contract.ts';
import type { Clock, Origin, RequestContext, Service, Tokens } from '../../core/types.ts';
import { requireBearer, requireDataRole } from './bearer.ts';
import { BlobError, errorXml, invalidHeader, missingHeader } from './blobError.ts';
import { getBlob, getPageList } from './blobReads.ts';
import type { BlobRead } from './blobReads.ts';
import { checkConditions, checkSequenceNumber } from './conditions.ts';
import { requireExport, type ExportPolicy } from './exportAccess.ts';
import type { ExportThrottle } from './exportRate.ts';
import { operationOf } from './operations.ts';
import { previousSnapshot } from './previousSnapshot.ts';
import type { SnapshotFacts } from './previousSnapshot.ts';
import { putPages } from './putPages.ts';
import { DISK_HOST } from './sas.ts';
import type { DiskSas } from './sas.ts';
import type { VhdBlobs } from './vhdBlobs.ts';

/** What the data plane knows of a disk or snapshot. */
export interface BlobFacts extends SnapshotFacts {
  policy: ExportPolicy;
  /** `dataAccessAuthMode` is AzureActiveDirectory: a token is needed beside the SAS. */
  needsToken: boolean;
}

export interface DataPlaneParts {
  clock: Clock;
  guid: () => string;
  tokens: Tokens;
  tenantId: string;
  access: Access;
  sas: DiskSas;
  blobs: VhdBlobs;
  throttle: ExportThrottle;
  /** Grows with each write. */
  version(id: string): number;
  /** When the content last changed, in milliseconds since the epoch. */
  modified(id: string): number;
  facts(id: string): BlobFacts | undefined;
  /** Data bytes sent for a resource. */
  served(id: string, bytes: number): void;
}

/** A request and where it comes from. */
interface Asked {
  request: IncomingMessage;
  origin: Origin;
}

/** The blob service behind disk SAS URLs (`md-<id>.z<nn>.blob.storage.azure.net`, `md-impexp-<id>.blob.core.windows.net`). */
export function createDiskDataPlane(parts: DataPlaneParts): Service {
  const { clock, sas, blobs } = parts;

  const etagOf = (id: string) => `"0x8DD${parts.version(id).toString(16).toUpperCase().padStart(12, '0')}"`;

  const blobHeaders = (id: string): Record<string, string> => ({
    'x-ms-blob-type': 'PageBlob',
    'x-ms-blob-sequence-number': '0',
    'x-ms-creation-time': new Date(parts.facts(id)?.created ?? parts.modified(id)).toUTCString(),
    'x-ms-lease-state': 'available',
    'x-ms-lease-status': 'unlocked',
    'x-ms-server-encrypted': 'true',
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: etagOf(id),
    'last-modified': new Date(parts.modified(id)).toUTCString(),
  });

  /** The resource that a URL opens to this request. */
  const open = ({ request, origin }: Asked, url: URL, permission: 'r' | 'w' | 'd'): string => {
    const id = sas.authorize(url, permission);
    const facts = parts.facts(id);
    if (facts) requireExport(facts.policy, origin);
    if (facts?.needsToken) {
      const principal = requireBearer(parts.tokens, parts.tenantId, request.headers.authorization);
      requireDataRole(parts.access, principal, id, permission);
    }
    return id;
  };

  const pageList = (asked: Asked, response: ServerResponse, url: URL, read: BlobRead) => {
    const { request } = asked;
    const version = String(request.headers['x-ms-version'] ?? url.searchParams.get('sv'));
    const previous = request.headers['x-ms-previous-snapshot-url'];
    if (url.searchParams.has('prevsnapshot')) {
      throw new BlobError(409, 'PreviousSnapshotNotFound', 'The previous snapshot is not found.');
    }
    const comparison = { open: (other: URL) => open(asked, other, 'r'), snapshot: parts.facts, version };
    const base = previous === undefined ? undefined : previousSnapshot(comparison, read.id, String(previous));
    getPageList(request, response, read, { query: url.searchParams, version, base });
  };

  const putPage = async (request: IncomingMessage, response: ServerResponse, url: URL, read: BlobRead) => {
    checkSequenceNumber(request.headers);
    const headers = await putPages(request, blobs, read.id, read.admit, () => void sas.authorize(url, 'w'));
    const { etag, 'last-modified': modified } = blobHeaders(read.id);
    response.writeHead(201, {
      ...headers,
      etag: etag!,
      'last-modified': modified!,
      'x-ms-blob-sequence-number': '0',
      'x-ms-request-server-encrypted': 'true',
      'content-length': '0',
    });
    response.end();
  };

  const properties = (response: ServerResponse, read: BlobRead, content: boolean) => {
    read.admit(0);
    const { etag, 'last-modified': modified } = read.headers;
    const length = content ? String(blobs.length(read.id)) : '0';
    response.writeHead(200, {
      ...(content ? read.headers : { etag: etag!, 'last-modified': modified! }),
      'content-length': length,
    });
    response.end();
  };

  const route = async (asked: Asked, response: ServerResponse, url: URL) => {
    const { request } = asked;
    checkVersion(request);
    const { name, permission } = operationOf(request, url.searchParams.get('comp'));
    const id = open(asked, url, permission);
    const { sizeBytes } = parts.facts(id) ?? { sizeBytes: 0 };
    const read: BlobRead = {
      id,
      blobs,
      headers: blobHeaders(id),
      admit: (bytes) => parts.throttle.admit(id, sizeBytes, bytes),
      served: (bytes) => parts.served(id, bytes),
    };
    checkConditions(request.headers, { etag: etagOf(id), modified: parts.modified(id) }, permission === 'r');
    switch (name) {
      case 'Get Blob Properties':
        return properties(response, read, true);
      case 'Get Blob Metadata':
        return properties(response, read, false);
      case 'Get Blob':
        return getBlob(request, response, read);
      case 'Get Page Ranges':
        return pageList(asked, response, url, read);
      case 'Put Page':
        return putPage(request, response, url, read);
      default:
        throw new BlobError(501, 'NotImplemented', `${name} is not simulated for a disk's SAS.`);
    }
  };

  return {
    name: 'disks',
    answers: (host) => DISK_HOST.test(host),
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const requestId = parts.guid();
      response.setHeader('server', 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0');
      response.setHeader('x-ms-request-id', requestId);
      response.setHeader('x-ms-version', String(request.headers['x-ms-version'] ?? '2021-12-02'));
      response.setHeader('date', new Date(clock.now()).toUTCString());
      const clientId = request.headers['x-ms-client-request-id'];
      if (clientId !== undefined) response.setHeader('x-ms-client-request-id', clientId);
      try {
        if (!context.secure) {
          throw new BlobError(400, 'AccountRequiresHttps', 'The account being accessed does not support http.');
        }
        const { origin } = context;
        await route({ request, origin }, response, new URL(request.url ?? '/', `https://${context.host}`));
      } catch (error) {
        if (response.headersSent || response.destroyed) {
          response.destroy();
          return;
        }
        request.resume();
        answerError(response, error, request.method === 'HEAD', requestId, clock.iso());
      }
    },
  };
}

/** @throws BlobError 400 InvalidHeaderValue, MissingRequiredHeader */
function checkVersion(request: IncomingMessage): void {
  const version = request.headers['x-ms-version'];
  if (version !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(String(version))) {
    throw invalidHeader('x-ms-version', String(version));
  }
  if (version === undefined && request.headers.authorization !== undefined) throw missingHeader('x-ms-version');
}

function answerError(response: ServerResponse, error: unknown, head: boolean, requestId: string, time: string): void {
  const blobError =
    error instanceof BlobError
      ? error
      : new BlobError(500, 'InternalError', `The server encountered an internal error: ${String(error)}`);
  const bodiless = head || blobError.status === 304;
  const body = errorXml(blobError, requestId, time);
  response.writeHead(blobError.status, {
    ...blobError.headers,
    'x-ms-error-code': blobError.code,
    ...(!bodiless && { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)) }),
    connection: blobError.status === 413 ? 'close' : 'keep-alive',
  });
  response.end(bodiless ? undefined : body);
}
