import { BlobError, invalidHeader } from './blobError.ts';
import type { Range } from './layers.ts';

/**
 * The range that a request names in `x-ms-range` or `Range`; undefined when it names none. An end beyond the blob is
 * cut to it.
 * @throws BlobError 400 InvalidHeaderValue; 416 InvalidRange when it starts beyond the blob
 */
export function requestedRange(
  headers: Record<string, string | string[] | undefined>,
  blobLength: number,
): Range | undefined {
  const name = headers['x-ms-range'] === undefined ? 'range' : 'x-ms-range';
  const value = headers[name];
  if (value === undefined) return undefined;
  const match = /^bytes=(\d+)-(\d*)$/.exec(String(value));
  const start = Number(match?.[1]);
  const last = match?.[2] ? Number(match[2]) : blobLength - 1;
  if (!match || (match[2] && last < start)) throw invalidHeader(name, String(value));
  if (start >= blobLength) {
    throw new BlobError(416, 'InvalidRange', 'The range specified is invalid for the current size of the resource.');
  }
  return { offset: start, length: Math.min(last, blobLength - 1) - start + 1 };
}
