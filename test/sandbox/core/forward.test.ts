import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, expect, test } from 'vitest';
import { forward } from '../../../sandbox/core/forward.ts';

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close().closeAllConnections()));

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A front before a process; it answers 502 itself when that cannot be reached. */
const front = (origin: string) =>
  listen((request, response) => {
    const headers = { ...request.headers, host: 'site.test', te: 'trailers' };
    forward(request, response, { origin, headers, answerHeaders: { server: 'front' } }).catch(() =>
      response.writeHead(502).end('gone'),
    );
  });

test('bodies and headers go both ways over connections that are kept', async () => {
  const sockets = new Set<unknown>();
  const origin = await listen((request, response) => {
    sockets.add(request.socket);
    const { host, te } = request.headers;
    response.writeHead(201, { server: 'behind', seen: `${host} ${te}` });
    void buffer(request).then((body) => response.end(body.reverse()));
  });
  const url = await front(origin);
  const body = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => i % 251));
  for (let i = 0; i < 3; i++) {
    const answer = await fetch(url, { method: 'POST', body });
    expect([answer.status, answer.headers.get('server'), answer.headers.get('seen')]).toEqual([
      201,
      'front',
      'site.test undefined',
    ]);
    expect(
      Buffer.from(await answer.arrayBuffer())
        .reverse()
        .equals(body),
    ).toBe(true);
  }
  expect(sockets.size).toBe(1);
});

test('a process that is gone is an error, with and without a body to send', async () => {
  const origin = await listen(() => {});
  await new Promise((done) => servers.pop()!.close(done));
  const url = await front(origin);
  for (const body of [undefined, Buffer.alloc(8_000_000)]) {
    const answer = await fetch(url, body ? { method: 'POST', body } : {});
    expect([answer.status, await answer.text()]).toEqual([502, 'gone']);
  }
});
