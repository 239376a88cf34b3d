import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { BlobError, invalidHeader } from './blobError.ts';
import { SECTOR } from './layers.ts';
import type { Range } from './layers.ts';
import type { VhdBlobs } from './vhdBlobs.ts';

const MAX_UPDATE = 4 * 1024 * 1024;

/**
 * Put Page: writes or clears pages of a blob. Returns the headers of the answer (`content-md5`).
 * @throws BlobError 400 InvalidHeaderValue, Md5Mismatch, InvalidInput; 413 RequestBodyTooLarge; 416 InvalidPageRange
 */
export async function putPages(request: IncomingMessage, blobs: VhdBlobs, id: string): Promise<Record<string, string>> {
  const mode = header(request, 'x-ms-page-write').toLowerCase();
  const range = pageRange(request, blobs.length(id));
  if (mode === 'clear') {
    if (Number(request.headers['content-length'] ?? 0) !== 0) {
      throw invalidHeader('Content-Length', String(request.headers['content-length']));
    }
    blobs.clear(id, range.offset, range.length);
    return {};
  }
  if (mode !== 'update') throw invalidHeader('x-ms-page-write', mode);
  if (range.length > MAX_UPDATE) throw tooLarge();
  const body = await bodyOf(request);
  if (body.length !== range.length) {
    throw new BlobError(
      400,
      'InvalidInput',
      `The body has ${body.length} bytes, the range ${range.length}: they must be the same.`,
    );
  }
  const md5 = createHash('md5').update(body).digest('base64');
  const claimed = request.headers['content-md5'];
  if (claimed !== undefined && claimed !== md5) {
    throw new BlobError(
      400,
      'Md5Mismatch',
      'The MD5 value specified in the request did not match with the MD5 value calculated by the server.',
    );
  }
  if (request.headers['x-ms-content-crc64'] !== undefined) {
    throw new BlobError(501, 'NotImplemented', 'This local service does not check x-ms-content-crc64.');
  }
  await blobs.write(id, range.offset, body);
  return { 'content-md5': md5 };
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  if (value !== undefined) return String(value);
  throw new BlobError(
    400,
    'MissingRequiredHeader',
    `An HTTP header that's mandatory for this request is not specified. (${name})`,
  );
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
    'The request body is too large and exceeds the maximum permissible limit. (4194304)',
  );
}
