import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { Fetch } from '../../../azure/sasRequest.ts';

const PAGE = 512;

/** A page blob as the Blob service speaks of it (Get Blob, Get Page Ranges, Put Page), and what was asked of it. */
export interface PageBlob {
  data: Buffer;
  /** Of the comparison with the base: pages in order; absent: the comparison is refused; as if its URL had expired. */
  diff?: { page: number; pages: number; cleared?: boolean }[] | 'forbidden';
  /** The signature that opens it. */
  sig: string;
}

export interface PageBlobServer {
  blobs: Map<string, PageBlob>;
  /** `GET 0-511`, `pagelist`, … in order. */
  asked: string[];
  /** Answers to give before the real one: a status with its code, or `cut` for a broken connection. */
  faults: ({ status: number; code: string } | 'cut' | 'short')[];
  /** Ranges a segment. */
  segment: number;
  /** Reaches this server whatever the host; the path names the blob. */
  fetch: Fetch;
  url(name: string): string;
  stop(): void;
}

export async function startPageBlobServer(): Promise<PageBlobServer> {
  const world = {
    blobs: new Map<string, PageBlob>(),
    asked: [] as string[],
    faults: [] as PageBlobServer['faults'],
    segment: 3,
  };
  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const full: PageBlobServer = Object.assign(world, {
    fetch: (async (url, init) => fetch(url.replace(/^https:\/\/[^/]+/, origin), init)) as Fetch,
    url: (name: string) =>
      `https://md-abc123.z12.blob.storage.azure.net/${name}/abcd?sv=2018-03-28&sr=b&sig=${world.blobs.get(name)?.sig}&sp=r`,
    stop: () => void server.close(),
  });
  return full;

  function refuse(response: ServerResponse, status: number, code: string): void {
    response.writeHead(status, { 'x-ms-error-code': code });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>sig=SECRET</Message></Error>`);
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const url = new URL(request.url!, origin);
    const blob = world.blobs.get(url.pathname.split('/')[1]!)!;
    const comp = url.searchParams.get('comp');
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers['x-ms-range'] ?? ''));
    const [start, end] = range ? [Number(range[1]), Number(range[2])] : [0, blob.data.length - 1];
    world.asked.push(`${comp ?? request.method!} ${start}-${end}`);
    const fault = world.faults.shift();
    if (fault === 'cut') return void request.socket.destroy();
    if (typeof fault === 'object') return refuse(response, fault.status, fault.code);
    if (url.searchParams.get('sig') !== blob.sig) return refuse(response, 403, 'AuthenticationFailed');
    if (request.method === 'HEAD') return void response.writeHead(200, { 'content-length': blob.data.length }).end();
    if (comp === 'page') {
      const md5 = createHash('md5').update(body).digest('base64');
      if (md5 !== request.headers['content-md5']) return refuse(response, 400, 'Md5Mismatch');
      if (start % PAGE || (end + 1) % PAGE || body.length !== end - start + 1)
        return refuse(response, 416, 'InvalidPageRange');
      blob.data.set(body, start);
      return void response.writeHead(201).end();
    }
    if (comp === 'pagelist') {
      const compared = request.headers['x-ms-previous-snapshot-url'] !== undefined;
      if (compared && blob.diff === 'forbidden') return refuse(response, 403, 'AuthenticationFailed');
      if (compared && !blob.diff) return refuse(response, 409, 'PreviousSnapshotNotFound');
      const diff = blob.diff === 'forbidden' ? [] : (blob.diff ?? []);
      const list = compared ? diff.map((d) => ({ cleared: false, ...d })) : pagesOf(blob.data);
      const inside = list.filter((r) => r.page * PAGE <= end && (r.page + r.pages) * PAGE > start);
      const from = Number(url.searchParams.get('marker') ?? 0);
      const ranges = inside.slice(from, from + world.segment).map(({ page, pages, cleared }) => {
        const name = cleared ? 'ClearRange' : 'PageRange';
        return `<${name}><Start>${page * PAGE}</Start><End>${(page + pages) * PAGE - 1}</End></${name}>`;
      });
      const next =
        from + world.segment < inside.length ? `<NextMarker>${from + world.segment}</NextMarker>` : '<NextMarker/>';
      response.writeHead(200, { 'content-type': 'application/xml' });
      return void response.end(`<?xml version="1.0" encoding="utf-8"?><PageList>${ranges.join('')}${next}</PageList>`);
    }
    const data = blob.data.subarray(start, fault === 'short' ? end : end + 1);
    response.writeHead(206, { 'content-length': data.length }).end(data);
  }
}

/** Runs of pages that are not zero. */
function pagesOf(data: Buffer): { page: number; pages: number; cleared: boolean }[] {
  const runs: { page: number; pages: number; cleared: boolean }[] = [];
  for (let page = 0; page * PAGE < data.length; page++) {
    if (data.subarray(page * PAGE, (page + 1) * PAGE).every((byte) => byte === 0)) continue;
    const last = runs.at(-1);
    if (last && last.page + last.pages === page) last.pages++;
    else runs.push({ page, pages: 1, cleared: false });
  }
  return runs;
}
