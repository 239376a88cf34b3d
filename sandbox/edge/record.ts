import { createWriteStream, openSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { maskBody, maskUrl } from './mask.ts';

/** One exchange, secrets masked. Bodies that are not JSON are null. */
export interface Exchange {
  method: string;
  url: string;
  status: number;
  request: unknown;
  response: unknown;
}

/** Writes one JSON line per exchange. */
export interface Recorder {
  /** See {@link observe}. */
  observe(request: IncomingMessage, response: ServerResponse, host: string): void;
  close(): Promise<void>;
}

/** A recorder that appends to a file. @throws when it cannot be opened */
export function createRecorder(file: string): Recorder {
  const out = createWriteStream(file, { fd: openSync(file, 'a') });
  return {
    observe: (request, response, host) =>
      observe(request, response, host, (exchange) => out.write(JSON.stringify(exchange) + '\n')),
    close: () => new Promise((resolve) => out.end(resolve)),
  };
}

/** Listens in on an exchange without touching its flow, and tells of it when the answer is complete. */
export function observe(
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  tell: (exchange: Exchange) => void,
): void {
  const received = tapReading(request);
  const sent = tapWriting(response);
  const { method = '' } = request;
  const url = maskUrl(`https://${host}${request.url}`);
  response.once('finish', () =>
    tell({ method, url, status: response.statusCode, request: json(received), response: json(sent) }),
  );
}

/** Collects what is read from a request. A listener of our own would start the flow before the service is ready. */
function tapReading(request: IncomingMessage): Buffer[] {
  const chunks: Buffer[] = [];
  const emit = request.emit.bind(request) as (event: string | symbol, ...args: unknown[]) => boolean;
  request.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event === 'data') chunks.push(Buffer.from(args[0] as Uint8Array | string));
    return emit(event, ...args);
  };
  return chunks;
}

/** Collects what is written to a response. */
function tapWriting(response: ServerResponse): Buffer[] {
  const chunks: Buffer[] = [];
  const collect = (chunk: unknown, encoding: unknown) => {
    if (typeof chunk === 'string') {
      chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
    } else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
  };
  for (const name of ['write', 'end'] as const) {
    const original = response[name].bind(response) as (...args: unknown[]) => unknown;
    const tapped = (...args: unknown[]) => {
      collect(args[0], args[1]);
      return original(...args);
    };
    Object.assign(response, { [name]: tapped });
  }
  return chunks;
}

function json(chunks: Buffer[]): unknown {
  if (chunks.length === 0) return null;
  try {
    return maskBody(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return null;
  }
}
