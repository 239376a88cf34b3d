import type { IncomingHttpHeaders } from 'node:http';
import { BlobError, invalidHeader } from './blobError.ts';

/** What conditional headers are compared with. */
export interface BlobState {
  etag: string;
  /** Milliseconds since the epoch; headers know seconds. */
  modified: number;
}

/**
 * Conditional headers (Specifying conditional headers for Blob service operations).
 * @throws BlobError 304 (reads) and 412 ConditionNotMet; 412 SequenceNumberConditionNotMet; 400 InvalidHeaderValue
 */
export function checkConditions(headers: IncomingHttpHeaders, blob: BlobState, reading: boolean): void {
  const seconds = Math.floor(blob.modified / 1000) * 1000;
  const match = headers['if-match'];
  if (match !== undefined && !names(match, blob.etag)) throw notMet(412);
  const unmodifiedSince = date(headers, 'if-unmodified-since');
  if (unmodifiedSince !== undefined && seconds > unmodifiedSince) throw notMet(412);
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined && names(noneMatch, blob.etag)) throw notMet(reading ? 304 : 412);
  const modifiedSince = date(headers, 'if-modified-since');
  // A tag that does not match decides before the time does (RFC 9110, 13.1.3).
  if (noneMatch === undefined && modifiedSince !== undefined && seconds <= modifiedSince) {
    throw notMet(reading ? 304 : 412);
  }
}

/** A disk's blob has the sequence number 0 for ever. @throws BlobError 412 SequenceNumberConditionNotMet */
export function checkSequenceNumber(headers: IncomingHttpHeaders): void {
  const rules = { le: (n: number) => n >= 0, lt: (n: number) => n > 0, eq: (n: number) => n === 0 };
  for (const [rule, holds] of Object.entries(rules)) {
    const name = `x-ms-if-sequence-number-${rule}`;
    const value = headers[name];
    if (value === undefined) continue;
    if (!/^\d+$/.test(String(value))) throw invalidHeader(name, String(value));
    if (!holds(Number(value))) {
      throw new BlobError(412, 'SequenceNumberConditionNotMet', 'The sequence number condition specified was not met.');
    }
  }
}

function names(header: string, etag: string): boolean {
  return header
    .split(',')
    .map((tag) => tag.trim())
    .some((tag) => tag === '*' || tag.replaceAll('"', '') === etag.replaceAll('"', ''));
}

function date(headers: IncomingHttpHeaders, name: 'if-modified-since' | 'if-unmodified-since'): number | undefined {
  const value = headers[name];
  if (value === undefined) return undefined;
  const time = Date.parse(value);
  if (Number.isNaN(time)) throw invalidHeader(name, value);
  return time;
}

function notMet(status: 304 | 412): BlobError {
  return new BlobError(
    status,
    'ConditionNotMet',
    'The condition specified using HTTP conditional header(s) is not met.',
  );
}
