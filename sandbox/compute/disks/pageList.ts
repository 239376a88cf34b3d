import { BlobError, invalidQuery } from './blobError.ts';
import type { Range } from './layers.ts';

/** At most this many ranges stand in one answer (Get Page Ranges, version 2020-10-02 and later). */
export const MAX_RANGES = 10_000;

/** The query of one answer of Get Page Ranges. */
export interface PageListQuery {
  maxResults: number;
  /** Where the answer goes on; 0 at the start. */
  from: number;
}

/**
 * Reads `maxresults` and `marker`. Versions before 2020-10-02 know neither and answer with everything.
 * @throws BlobError 400 OutOfRangeQueryParameterValue, InvalidQueryParameterValue
 */
export function pageListQuery(query: URLSearchParams, version: string): PageListQuery {
  if (version < '2020-10-02') return { maxResults: Number.MAX_SAFE_INTEGER, from: 0 };
  const asked = query.get('maxresults');
  const maxResults = asked === null ? MAX_RANGES : Number(asked);
  if (!Number.isInteger(maxResults) || maxResults <= 0) {
    throw new BlobError(
      400,
      'OutOfRangeQueryParameterValue',
      'One of the query parameters specified in the request URI is outside the permissible range.',
      {
        fields: {
          QueryParameterName: 'maxresults',
          QueryParameterValue: String(asked),
          MinimumAllowed: '1',
          MaximumAllowed: String(MAX_RANGES),
        },
      },
    );
  }
  const marker = query.get('marker');
  const from = marker
    ? Number(
        Buffer.from(marker, 'base64url')
          .toString('latin1')
          .replace(/^range:/, ''),
      )
    : 0;
  if (!Number.isSafeInteger(from) || from < 0) {
    throw invalidQuery('marker', String(marker));
  }
  return { maxResults: Math.min(maxResults, MAX_RANGES), from };
}

/** The `PageList` document: ranges in order of offset, cleared ones among the others, inclusive ends. */
export function pageListXml(ranges: Iterable<Range & { clear?: boolean }>, query: PageListQuery): string {
  const shown: (Range & { clear?: boolean })[] = [];
  let next: Range | undefined;
  for (const range of ranges) {
    if (shown.length === query.maxResults) {
      next = range;
      break;
    }
    shown.push(range);
  }
  const marker = next ? Buffer.from(`range:${next.offset}`, 'latin1').toString('base64url') : '';
  const items = shown.map(({ offset, length, clear }) => {
    const name = clear ? 'ClearRange' : 'PageRange';
    return `<${name}><Start>${offset}</Start><End>${offset + length - 1}</End></${name}>`;
  });
  return (
    `<?xml version="1.0" encoding="utf-8"?><PageList>${items.join('')}` +
    `${marker ? `<NextMarker>${marker}</NextMarker>` : '<NextMarker />'}</PageList>`
  );
}
