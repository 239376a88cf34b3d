import type { IncomingMessage } from 'node:http';
import { BlobError, invalidHeader, missingHeader } from './blobError.ts';
import { checkWritten } from './contentCheck.ts';
import { SECTOR } from './layers.ts';
import type { Range } from './layers.ts';
import type { VhdBlobs } from './vhdBlobs.ts';

const MAX_UPDATE = 4 * 1024 * 1024;

/**
 * Put Page: writes or clears pages of a blob. Returns the headers of the answer (`content-md5`, `x-ms-content-crc64`).
 * @param admit is told how many bytes are about to be written, and may refuse
 * @param allow refuses when the SAS ended while the body came: an upload that has ended takes nothing more
 * @throws BlobError 400 InvalidHeaderValue, InvalidInput and those of checkWritten; 411 MissingContentLengthHeader;
 * 413 RequestBodyTooLarge; 416 InvalidPageRange
 */
export async function putPages(
  request: IncomingMessage,
  blobs: VhdBlobs,
  id: string,
  admit: (bytes: number) => void,
  allow: () => void,
): Promise<Record<string, string>> {
  const mode = header(request, 'x-ms-page-write').toLowerCase();
  const range = pageRange(request, blobs.length(id));
  if (mode === 'clear') {
    if (Number(request.headers['content-length'] ?? 0) !== 0) {
      throw invalidHeader('Content-Length', String(request.headers['content-length']));
    }
    admit(0);
    blobs.clear(id, range.offset, range.length);
    return {};
  }
  if (mode !== 'update') throw invalidHeader('x-ms-page-write', mode);
  if (request.headers['content-length'] === undefined) throw missingHeader('Content-Length');
  if (range.length > MAX_UPDATE) throw tooLarge();
  admit(range.length);
  const body = await bodyOf(request);
  if (body.length !== range.length) {
    throw new BlobError(
      400,
      'InvalidInput',
      `The body has ${body.length} bytes, the range ${range.length}: they must be the same.`,
    );
  }
  const checked = checkWritten(request.headers, body);
  allow();
  await blobs.write(id, range.offset, body);
  return checked;
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  if (value !== undefined) return String(value);
  throw missingHeader(name);
}

/** The pages to write: whole ones, inside the blob. */
function pageRange(request: IncomingMessage, blobLength: number): Range {
  const name = request.headers['x-ms-range'] === undefined ? 'range' : 'x-ms-range';
  const value = header(request, name);
  const match = /^bytes=(\d+)-(\d+)$/.exec(value);
  if (!match) throw invalidHeader(name, value);
  const [start, last] = [Number(match[1]), Number(match[2])];
  if (start % SECTOR !== 0 || (last + 1) % SECTOR !== 0 || last < start || last >= blobLength) {
    throw new BlobError(416, 'InvalidPageRange', 'The page range specified is invalid.');
  }
  return { offset: start, length: last - start + 1 };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_UPDATE) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): BlobError {
  return new BlobError(
    413,
    'RequestBodyTooLarge',
    'The request body is too large and exceeds the maximum permissible limit.',
    { fields: { MaxLimit: String(MAX_UPDATE) } },
  );
}
