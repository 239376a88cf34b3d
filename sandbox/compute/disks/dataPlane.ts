import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Clock, RequestContext, Service } from '../../core/types.ts';
import { BlobError, errorXml, invalidHeader } from './blobError.ts';
import { previousSnapshot } from './previousSnapshot.ts';
import type { SnapshotFacts } from './previousSnapshot.ts';
import { SECTOR } from './layers.ts';
import type { Change } from './layers.ts';
import { pageListQuery, pageListXml } from './pageList.ts';
import { requestedRange } from './ranges.ts';
import { DISK_HOST } from './sas.ts';
import type { DiskSas } from './sas.ts';
import type { VhdBlobs } from './vhdBlobs.ts';
import { putPages } from './putPages.ts';

/** Read and sent at a time: bounds the memory that a download of a whole disk takes. */
const PIECE = 1024 * 1024;
/** The largest range whose MD5 the service computes. */
const MD5_LIMIT = 4 * 1024 * 1024;

export interface DataPlaneParts {
  clock: Clock;
  guid: () => string;
  sas: DiskSas;
  blobs: VhdBlobs;
  /** Changes with each write. */
  version(id: string): number;
  snapshot(id: string): SnapshotFacts | undefined;
  /** Data bytes sent for a resource. */
  served(id: string, bytes: number): void;
}

/** The blob service behind disk SAS URLs (`md-<id>.z<nn>.blob.storage.azure.net`). Requests carry no bearer token. */
export function createDiskDataPlane(parts: DataPlaneParts): Service {
  const { clock, sas, blobs } = parts;

  const blobHeaders = (id: string): Record<string, string> => ({
    'x-ms-blob-type': 'PageBlob',
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    etag: `"0x8DD${parts.version(id).toString(16).toUpperCase().padStart(13, '0')}"`,
    'last-modified': new Date(clock.now()).toUTCString(),
  });

  const ifMatch = (request: IncomingMessage, id: string) => {
    const wanted = request.headers['if-match'];
    if (wanted === undefined || wanted === '*' || wanted === blobHeaders(id)['etag']) return;
    throw new BlobError(412, 'ConditionNotMet', 'The condition specified using HTTP conditional header(s) is not met.');
  };

  const getBlob = async (request: IncomingMessage, response: ServerResponse, id: string) => {
    const length = blobs.length(id);
    const range = requestedRange(request.headers, length);
    const { offset, length: count } = range ?? { offset: 0, length };
    const headers = { ...blobHeaders(id), 'content-length': String(count) };
    if (range) Object.assign(headers, { 'content-range': `bytes ${offset}-${offset + count - 1}/${length}` });
    if (request.headers['x-ms-range-get-content-md5'] === 'true') {
      if (!range || count > MD5_LIMIT) throw invalidHeader('x-ms-range-get-content-md5', 'true');
      const md5 = createHash('md5')
        .update(await blobs.read(id, offset, count))
        .digest('base64');
      Object.assign(headers, { 'content-md5': md5 });
    }
    response.writeHead(range ? 206 : 200, headers);
    const body = async function* () {
      for (let at = offset; at < offset + count; at += PIECE) {
        const piece = await blobs.read(id, at, Math.min(PIECE, offset + count - at));
        parts.served(id, piece.length);
        yield piece;
      }
    };
    await pipeline(Readable.from(body(), { objectMode: false, highWaterMark: PIECE }), response);
  };

  const getPageList = (request: IncomingMessage, response: ServerResponse, id: string, url: URL) => {
    const version = String(request.headers['x-ms-version'] ?? url.searchParams.get('sv'));
    const query = pageListQuery(url.searchParams, version);
    const length = blobs.length(id);
    const asked = requestedRange(request.headers, length) ?? { offset: 0, length };
    const start = Math.max(query.from, asked.offset - (asked.offset % SECTOR));
    const end = Math.ceil((asked.offset + asked.length) / SECTOR) * SECTOR;
    const range = { offset: start, length: Math.max(0, end - start) };
    const previous = request.headers['x-ms-previous-snapshot-url'];
    const ranges: Change[] =
      previous === undefined
        ? blobs.allocated(id, range).map((r) => ({ ...r, clear: false }))
        : blobs.changes(previousSnapshot({ sas, snapshot: parts.snapshot, version }, id, String(previous)), id, range);
    const body = pageListXml(ranges, query);
    response.writeHead(200, {
      ...blobHeaders(id),
      'content-type': 'application/xml',
      'content-length': String(Buffer.byteLength(body)),
      'x-ms-blob-content-length': String(length),
    });
    response.end(body);
  };

  const head = (response: ServerResponse, id: string) => {
    response.writeHead(200, { ...blobHeaders(id), 'content-length': String(blobs.length(id)) });
    response.end();
  };

  const route = async (request: IncomingMessage, response: ServerResponse, url: URL) => {
    const comp = url.searchParams.get('comp');
    const operation = `${request.method}${comp ? ` ${comp}` : ''}`;
    const id = sas.authorize(url, request.method === 'PUT' ? 'w' : 'r');
    if (operation !== 'PUT page') ifMatch(request, id);
    if (operation === 'HEAD') return head(response, id);
    if (operation === 'GET') return getBlob(request, response, id);
    if (operation === 'GET pagelist') return getPageList(request, response, id, url);
    if (operation === 'PUT page') {
      const headers = await putPages(request, blobs, id);
      response.writeHead(201, { ...headers, etag: blobHeaders(id)['etag'], 'x-ms-blob-sequence-number': '0' });
      response.end();
      return undefined;
    }
    throw new BlobError(
      comp ? 400 : 405,
      comp ? 'InvalidQueryParameterValue' : 'UnsupportedHttpVerb',
      `A disk's SAS does not answer ${operation}.`,
    );
  };

  return {
    name: 'disks',
    answers: (host) => DISK_HOST.test(host),
    async handle(request: IncomingMessage, response: ServerResponse, context: RequestContext) {
      const requestId = parts.guid();
      response.setHeader('server', 'Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0');
      response.setHeader('x-ms-request-id', requestId);
      response.setHeader('x-ms-version', String(request.headers['x-ms-version'] ?? '2021-12-02'));
      try {
        if (!context.secure) {
          throw new BlobError(400, 'AccountRequiresHttps', 'The account being accessed does not support http.');
        }
        await route(request, response, new URL(request.url ?? '/', `https://${context.host}`));
      } catch (error) {
        if (response.headersSent || response.destroyed) {
          response.destroy();
          return;
        }
        answerError(response, error, request.method === 'HEAD', requestId, clock.iso());
      }
    },
  };
}

function answerError(response: ServerResponse, error: unknown, head: boolean, requestId: string, time: string): void {
  const blobError =
    error instanceof BlobError
      ? error
      : new BlobError(500, 'InternalError', `The server encountered an internal error: ${String(error)}`);
  const body = errorXml(blobError, requestId, time);
  response.writeHead(blobError.status, {
    'x-ms-error-code': blobError.code,
    'content-type': 'application/xml',
    'content-length': String(head ? 0 : Buffer.byteLength(body)),
    connection: blobError.status === 413 ? 'close' : 'keep-alive',
  });
  response.end(head ? undefined : body);
}
