import { SaxesParser } from 'saxes';
import { StrongroomError } from '../model/errors.ts';
import type { Extent } from '../model/extents.ts';

/** One answer of `comp=pagelist`. */
export interface PageListSegment {
  /** In the order of the document, cleared ranges among them: they are as changed as written ones. */
  ranges: { extent: Extent; cleared: boolean }[];
  /** Where the next segment begins; absent at the end. */
  nextMarker?: string;
}

/**
 * Reads a page list as it arrives. `PageRange` and `ClearRange` interleave, so the document is read in order; `Start`
 * and `End` are inclusive byte offsets (Get Page Ranges, REST).
 * @throws AZURE_UNAVAILABLE when the document is cut short, AZURE_REFUSED when a range makes no sense.
 */
export async function parsePageList(chunks: AsyncIterable<Uint8Array>): Promise<PageListSegment> {
  const segment: PageListSegment = { ranges: [] };
  const parser = new SaxesParser();
  let text = '';
  let start = NaN;
  let end = NaN;
  let closed = false;
  parser.on('opentag', () => (text = ''));
  parser.on('text', (more) => (text += more));
  parser.on('closetag', ({ name }) => {
    if (name === 'Start') start = Number(text);
    else if (name === 'End') end = Number(text);
    else if (name === 'PageRange' || name === 'ClearRange') {
      segment.ranges.push({ extent: extentOf(start, end), cleared: name === 'ClearRange' });
      start = end = NaN;
    } else if (name === 'NextMarker' && text.trim() !== '') segment.nextMarker = text.trim();
    else if (name === 'PageList') closed = true;
    text = '';
  });
  parser.on('error', (cause) => {
    throw new StrongroomError('AZURE_UNAVAILABLE', 'A page list is cut short or not XML.', { cause });
  });
  const decoder = new TextDecoder();
  for await (const chunk of chunks) parser.write(decoder.decode(chunk, { stream: true }));
  parser.write(decoder.decode()).close();
  if (!closed) throw new StrongroomError('AZURE_UNAVAILABLE', 'A page list is cut short.');
  return segment;
}

function extentOf(start: number, end: number): Extent {
  const length = end - start + 1;
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || length <= 0 || start % 512 || length % 512) {
    throw new StrongroomError(
      'AZURE_REFUSED',
      `A page list names the range ${start}-${end}, which is not one of pages.`,
    );
  }
  return { offset: start, length };
}
