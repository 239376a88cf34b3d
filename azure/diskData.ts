import { createHash } from 'node:crypto';
import { StrongroomError } from '../model/errors.ts';
import { mergeExtents, type Extent } from '../model/extents.ts';
import { parsePageList } from './pageList.ts';
import { sasSender, type Fetch, type SasSender } from './sasRequest.ts';
import { VHD_FOOTER_BYTES, vhdFooter } from './vhdFooter.ts';

/** Lists are asked for window by window, so that no single answer covers a disk of 32 TiB. */
const WINDOW = 64 * 1024 ** 3;

/**
 * The data of a managed disk or snapshot behind a read export URL: a fixed VHD as a page blob, so that disk offset and
 * blob offset are the same and the last 512 bytes are no data. Errors: see {@link SasSender.send}.
 */
export interface DiskReader {
  /** Bytes of the disk, without the footer. */
  size(signal?: AbortSignal): Promise<number>;
  /** What holds data; the rest reads as zeros. Sorted, disjoint. */
  allocated(signal?: AbortSignal): Promise<Extent[]>;
  /**
   * What differs from an older snapshot of the same family, given by its own export URL. Sorted, disjoint; pages that
   * were cleared are among them.
   * @throws DIFF_UNSUPPORTED when Azure refuses the comparison.
   */
  changedSince(baseSas: string, signal?: AbortSignal): Promise<Extent[]>;
  /** Exactly `length` bytes. */
  read(offset: number, length: number, signal?: AbortSignal): Promise<Buffer>;
}

/** @throws INVALID_INPUT when the URL is not a managed disk's. */
export function diskReader(sas: string, fetch?: Fetch): DiskReader {
  const sender = sasSender(sas, fetch);
  const list = async (headers: Record<string, string>, signal?: AbortSignal) => {
    const size = await diskSize(sender, signal);
    const extents: Extent[] = [];
    for (let start = 0; start < size; start += WINDOW) {
      const range = { 'x-ms-range': `bytes=${start}-${Math.min(start + WINDOW, size) - 1}` };
      for await (const extent of pageRanges(sender, { ...headers, ...range }, signal)) extents.push(extent);
    }
    return mergeExtents(extents, size);
  };
  return {
    size: (signal) => diskSize(sender, signal),
    allocated: (signal) => list({}, signal),
    async changedSince(baseSas, signal) {
      sasSender(baseSas, fetch); // refuses a URL that is not a disk's before Azure is given it
      try {
        return await list({ 'x-ms-previous-snapshot-url': baseSas }, signal);
      } catch (error) {
        if (!(error instanceof StrongroomError) || error.code !== 'AZURE_REFUSED') throw error;
        throw new StrongroomError('DIFF_UNSUPPORTED', `Azure refused the comparison: ${error.message}`, {
          cause: error,
        });
      }
    },
    read: (offset, length, signal) =>
      sender.send(
        { method: 'GET', headers: { 'x-ms-range': `bytes=${offset}-${offset + length - 1}` } },
        signal,
        async (r) => {
          const data = Buffer.from(await r.arrayBuffer());
          if (r.status === 206 && data.length === length) return data;
          throw new StrongroomError(
            'AZURE_UNAVAILABLE',
            `${sender.name} gave ${data.length} bytes where ${length} were asked for.`,
          );
        },
      ),
  };
}

/** An empty disk behind a write export URL (`createOption: Upload`). Errors: see {@link SasSender.send}. */
export interface DiskWriter {
  /** Bytes of the disk, without the footer. */
  size(signal?: AbortSignal): Promise<number>;
  /** Writes whole pages: offset and length multiples of 512, at most 4 MiB. Azure checks an MD5. */
  write(offset: number, data: Uint8Array, signal?: AbortSignal): Promise<void>;
  /** Writes the VHD footer; last, because with it the disk is whole. `id`: 16 random bytes; `time`: ISO 8601 UTC. */
  finish(size: number, id: Uint8Array, time: string, signal?: AbortSignal): Promise<void>;
}

/** @throws INVALID_INPUT when the URL is not a managed disk's. */
export function diskWriter(sas: string, fetch?: Fetch): DiskWriter {
  const sender = sasSender(sas, fetch);
  const write: DiskWriter['write'] = (offset, data, signal) => {
    const headers = {
      'x-ms-page-write': 'update',
      'x-ms-range': `bytes=${offset}-${offset + data.length - 1}`,
      'content-md5': createHash('md5').update(data).digest('base64'),
    };
    return sender.send(
      { method: 'PUT', comp: 'page', headers, body: data },
      signal,
      async (r) => void (await r.arrayBuffer()),
    );
  };
  return {
    size: (signal) => diskSize(sender, signal),
    write,
    finish: (size, id, time, signal) => write(size, vhdFooter(size, id, time), signal),
  };
}

async function diskSize(sender: SasSender, signal?: AbortSignal): Promise<number> {
  const length = await sender.send({ method: 'HEAD' }, signal, async (r) =>
    Number(r.headers.get('content-length') ?? NaN),
  );
  if (!Number.isSafeInteger(length) || length <= VHD_FOOTER_BYTES || length % 512) {
    throw new StrongroomError('UNSUPPORTED', `${sender.name} is ${length} bytes long, which is no fixed VHD's length.`);
  }
  return length - VHD_FOOTER_BYTES;
}

/** One window's ranges, segment by segment. */
async function* pageRanges(
  sender: SasSender,
  headers: Record<string, string>,
  signal?: AbortSignal,
): AsyncGenerator<Extent> {
  let marker: string | undefined;
  for (;;) {
    const query = marker === undefined ? '' : `&marker=${encodeURIComponent(marker)}`;
    const segment = await sender.send({ method: 'GET', comp: 'pagelist', query, headers }, signal, (response) =>
      parsePageList(response.body!),
    );
    for (const { extent } of segment.ranges) yield extent;
    if (segment.nextMarker === undefined) return;
    if (segment.nextMarker === marker) {
      throw new StrongroomError('AZURE_REFUSED', `${sender.name} gave the same page list marker twice.`);
    }
    marker = segment.nextMarker;
  }
}
