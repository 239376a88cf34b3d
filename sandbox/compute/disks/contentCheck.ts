import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { createCrc64 } from '../../core/crc64.ts';
import { BlobError, invalidHeader } from './blobError.ts';

/** The largest range whose checksum the service computes (Get Blob). */
const CHECKED_READ = 4 * 1024 * 1024;

function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64');
}

function crc64Of(bytes: Uint8Array): string {
  const crc = createCrc64();
  crc.update(bytes);
  return Buffer.from(crc.digest()).toString('base64');
}

export type ReadCheck = 'md5' | 'crc64' | undefined;

/**
 * Which checksum a read asks for with its data.
 * @param length of its range; undefined: it reads the whole blob
 * @throws BlobError 400 InvalidHeaderValue (no range, or one above 4 MiB), BothCrc64AndMd5RangeHeaderPresent
 */
export function readCheck(headers: IncomingHttpHeaders, length: number | undefined): ReadCheck {
  const asked = (['md5', 'crc64'] as const).filter((kind) => isTrue(headers, `x-ms-range-get-content-${kind}`));
  if (asked.length === 2) {
    throw new BlobError(
      400,
      'BothCrc64AndMd5RangeHeaderPresent',
      'Both x-ms-range-get-content-crc64 header and x-ms-range-get-content-md5 header are present.',
    );
  }
  const [kind] = asked;
  if (kind && (length === undefined || length > CHECKED_READ)) {
    throw invalidHeader(`x-ms-range-get-content-${kind}`, 'true');
  }
  return kind;
}

function isTrue(headers: IncomingHttpHeaders, name: string): boolean {
  const value = headers[name];
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalidHeader(name, String(value));
}

/** The header that carries a read's checksum. */
export function checksumHeader(kind: 'md5' | 'crc64', bytes: Uint8Array): Record<string, string> {
  return kind === 'md5' ? { 'content-md5': md5Of(bytes) } : { 'x-ms-content-crc64': crc64Of(bytes) };
}

/**
 * Compares a written body with the checksum that came with it (Put Page). Returns the header of the answer: the
 * MD5 when one came, else the CRC-64, as since version 2019-02-02.
 * @throws BlobError 400 BothCrc64AndMd5HeaderPresent, InvalidMd5, InvalidCrc64, Md5Mismatch, Crc64Mismatch
 */
export function checkWritten(headers: IncomingHttpHeaders, body: Uint8Array): Record<string, string> {
  const md5 = headers['content-md5'];
  const crc64 = headers['x-ms-content-crc64'];
  if (md5 !== undefined && crc64 !== undefined) {
    throw new BlobError(
      400,
      'BothCrc64AndMd5HeaderPresent',
      'Both x-ms-content-crc64 header and Content-MD5 header are present.',
    );
  }
  const claimed = String(md5 ?? crc64 ?? '');
  const found = md5 === undefined ? crc64Of(body) : md5Of(body);
  if (md5 !== undefined) compare('Md5', 16, claimed, found);
  else if (crc64 !== undefined) compare('Crc64', 8, claimed, found);
  return md5 === undefined ? { 'x-ms-content-crc64': found } : { 'content-md5': found };
}

function compare(kind: 'Md5' | 'Crc64', bytes: number, claimed: string, found: string): void {
  const name = kind.toUpperCase();
  if (Buffer.from(claimed, 'base64').length !== bytes) {
    throw new BlobError(
      400,
      `Invalid${kind}`,
      `The ${name} value specified in the request is invalid. ${name} value must be ${bytes * 8} bits and base64 encoded.`,
    );
  }
  if (claimed === found) return;
  const element = kind === 'Md5' ? 'Md5' : 'Crc';
  throw new BlobError(
    400,
    `${kind}Mismatch`,
    `The ${name} value specified in the request did not match with the ${name} value calculated by the server.`,
    { fields: { [`UserSpecified${element}`]: claimed, [`ServerCalculated${element}`]: found } },
  );
}
