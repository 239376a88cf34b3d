import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

/** A response to a request that nobody gets. Services see an open connection that takes everything. */
export function unheard(request: IncomingMessage): ServerResponse {
  const response = new ServerResponse(request);
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  // All that ServerResponse asks of a socket is what any writable stream has.
  response.assignSocket(sink as Socket);
  return response;
}

/** Two requests that are the given one, whose body is read for that. */
export async function copyOf(request: IncomingMessage): Promise<[IncomingMessage, IncomingMessage]> {
  const body = await buffer(request);
  const copy = () => {
    const one = new IncomingMessage(request.socket);
    Object.assign(one, {
      method: request.method,
      url: request.url,
      httpVersion: request.httpVersion,
      headers: { ...request.headers },
      rawHeaders: request.rawHeaders,
      complete: true,
    });
    one.push(body.length > 0 ? body : null);
    if (body.length > 0) one.push(null);
    return one;
  };
  return [copy(), copy()];
}
