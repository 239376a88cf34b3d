import { createWriteStream, openSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { maskBody, maskUrl } from './mask.ts';

/** Writes one JSON line per exchange: `{method, url, status, request, response}`, secrets masked. */
export interface Recorder {
  /** Listens in on an exchange without touching its flow; the line is written when the answer is complete. */
  observe(request: IncomingMessage, response: ServerResponse, host: string): void;
  close(): Promise<void>;
}

/** A recorder that appends to a file. Bodies that are not JSON are recorded as null. @throws when it cannot be opened */
export function createRecorder(file: string): Recorder {
  const out = createWriteStream(file, { fd: openSync(file, 'a') });
  return {
    observe(request, response, host) {
      const received = tapReading(request);
      const sent = tapWriting(response);
      const { method } = request;
      const url = maskUrl(`https://${host}${request.url}`);
      response.once('finish', () => {
        const line = { method, url, status: response.statusCode, request: json(received), response: json(sent) };
        out.write(JSON.stringify(line) + '\n');
      });
    },
    close: () => new Promise((resolve) => out.end(resolve)),
  };
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
