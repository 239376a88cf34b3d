import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checksumHeader, readCheck } from './contentCheck.ts';
import { SECTOR } from './layers.ts';
import { pageListQuery, pageListXml } from './pageList.ts';
import { requestedRange } from './ranges.ts';
import type { VhdBlobs } from './vhdBlobs.ts';

/** Read and sent at a time: bounds the memory that a download of a whole disk takes. */
const PIECE = 1024 * 1024;

/** An authorized read of one blob. */
export interface BlobRead {
  id: string;
  blobs: VhdBlobs;
  /** Headers that describe the blob. */
  headers: Record<string, string>;
  /** Is told how many bytes are about to be sent, and may refuse. */
  admit(bytes: number): void;
  /** Bytes that have been sent. */
  served(bytes: number): void;
}

/** Get Blob: all of it (200) or a range (206), with a checksum when one is asked for. */
export async function getBlob(request: IncomingMessage, response: ServerResponse, read: BlobRead): Promise<void> {
  const { id, blobs } = read;
  const length = blobs.length(id);
  const range = requestedRange(request.headers, length);
  const { offset, length: count } = range ?? { offset: 0, length };
  const check = readCheck(request.headers, range && count);
  read.admit(count);
  const headers = { ...read.headers, 'content-length': String(count) };
  if (range) Object.assign(headers, { 'content-range': `bytes ${offset}-${offset + count - 1}/${length}` });
  if (check) Object.assign(headers, checksumHeader(check, await blobs.read(id, offset, count)));
  response.writeHead(range ? 206 : 200, headers);
  const body = async function* () {
    for (let at = offset; at < offset + count; at += PIECE) {
      const piece = await blobs.read(id, at, Math.min(PIECE, offset + count - at));
      read.served(piece.length);
      yield piece;
    }
  };
  await pipeline(Readable.from(body(), { objectMode: false, highWaterMark: PIECE }), response);
}

/**
 * Get Page Ranges: the allocated ranges, or what differs from a previous snapshot.
 * @param version of the service that the request speaks to
 * @param base the previous snapshot
 */
export function getPageList(
  request: IncomingMessage,
  response: ServerResponse,
  read: BlobRead,
  asked: { query: URLSearchParams; version: string; base: string | undefined },
): void {
  const { id, blobs } = read;
  const query = pageListQuery(asked.query, asked.version);
  const length = blobs.length(id);
  const wanted = requestedRange(request.headers, length) ?? { offset: 0, length };
  const start = Math.max(query.from, wanted.offset - (wanted.offset % SECTOR));
  const end = Math.ceil((wanted.offset + wanted.length) / SECTOR) * SECTOR;
  const range = { offset: start, length: Math.max(0, end - start) };
  read.admit(0);
  const ranges = asked.base === undefined ? blobs.allocated(id, range) : blobs.changes(asked.base, id, range);
  const body = pageListXml(ranges, query);
  response.writeHead(200, {
    etag: read.headers['etag']!,
    'last-modified': read.headers['last-modified']!,
    'content-type': 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
    'x-ms-blob-content-length': String(length),
  });
  response.end(body);
}
