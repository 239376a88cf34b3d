import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld } from './world.ts';

let world: Awaited<ReturnType<typeof startWorld>>;
let port: number;
let ca: string;

beforeAll(async () => {
  world = await startWorld();
  world.edge.use({
    name: 'echo',
    answers: (host) => !host.endsWith('.invalid'),
    async handle(request, response, { host, secure }) {
      const body = await text(request);
      response.end(`${request.method} ${secure ? 'https' : 'http'} ${host} ${request.url} ${body}.`);
    },
  });
  port = Number(new URL((await world.edge.open({ id: 'operator', kind: 'operator' })).proxyUrl).port);
  ca = await world.ca();
});
afterAll(() => world.stop());

const closing = 'Connection: close\r\n\r\n';

/** Sends bytes to the proxy as they stand, and reads all that comes back. */
async function raw(sent: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(sent);
  return text(socket);
}

/** A tunnel to a host, after the proxy's answer. */
async function tunnel(authority: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [answer] = (await new Promise<Buffer[]>((resolve) => socket.once('data', (...chunks) => resolve(chunks)))) as [
    Buffer,
  ];
  expect(answer.toString()).toMatch(/^HTTP\/1.1 200 /);
  return socket;
}

/** Speaks TLS in a tunnel. */
async function secured(authority: string, options: { servername?: string; ALPNProtocols?: string[] }, sent: string) {
  const host = authority.replace(/^\[|]?:\d+$/g, '');
  const socket = connectTls({ socket: await tunnel(authority), ca, host, ...options });
  socket.write(sent);
  return { body: await text(socket), socket };
}

describe('requests in absolute form', () => {
  it.each([
    ['http://A.test/x?y#z', 'http a.test /x?y'],
    ['http://a.test?y', 'http a.test /?y'],
    ['http://a.test:80', 'http a.test /'],
    ['http://[fd00::1]/%2e%2E/x', 'http fd00::1 /%2e%2E/x'],
    ['http://a.test./', 'http a.test /'],
    ['https://a.test/', 'https a.test /'],
  ])('%s', async (url, seen) => {
    expect(await raw(`GET ${url} HTTP/1.1\r\nHost: other\r\n${closing}`)).toContain(`GET ${seen} .`);
  });

  it('requests that are sent without waiting are answered in their order', async () => {
    const one = (name: string) => `POST http://a.test/${name} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n`;
    const answer = await raw(`${one('1')}\r\nab${one('2')}\r\ncd${one('3')}Connection: close\r\n\r\nef`);
    expect(answer.match(/\/\d \w\w\./g)).toEqual(['/1 ab.', '/2 cd.', '/3 ef.']);
  });

  it('who expects to be told to continue is told', async () => {
    const sent = `PUT http://a.test/up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n${closing}abc`;
    expect(await raw(sent)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK[^]*\/up abc\./);
  });
});

describe('tunnels', () => {
  it('take TLS without a server name, also to addresses', async () => {
    const { body } = await secured('a.test:443', { servername: '' }, `GET /x HTTP/1.1\r\nHost: a.test\r\n${closing}`);
    expect(body).toContain('GET https a.test /x .');
    const six = await secured('[fd00::1]:443', {}, `GET /y HTTP/1.1\r\nHost: [fd00::1]\r\n${closing}`);
    expect(six.body).toContain('GET https fd00::1 /y .');
  });

  it('take HTTP/1.1 from who could HTTP/2, and refuse who can nothing else', async () => {
    const options = { servername: 'a.test', ALPNProtocols: ['h2', 'http/1.1'] };
    const { socket } = await secured('a.test:443', options, `GET / HTTP/1.1\r\nHost: a\r\n${closing}`);
    expect(socket.alpnProtocol).toBe('http/1.1');
    await expect(secured('a.test:443', { ...options, ALPNProtocols: ['h2'] }, '')).rejects.toThrow(/alert|reset/i);
    const plain = await tunnel('a.test:80');
    plain.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect(await text(plain)).toMatch(/^HTTP\/1\.1 400 [^]*no HTTP\/1\.1/);
  });

  it('take plain HTTP', async () => {
    const socket = await tunnel('a.test:80');
    socket.write(`GET http://a.test/abs HTTP/1.1\r\nHost: a.test\r\n${closing}`);
    expect(await text(socket)).toContain('GET http a.test /abs .');
  });
});

describe('refusals', () => {
  const get = (url: string, headers = '') => `GET ${url} HTTP/1.1\r\nHost: a\r\n${headers}${closing}`;
  const upgrade = 'Upgrade: websocket\r\nConnection: upgrade, close\r\n\r\n';

  it.each([
    ['a tunnel to another port', 'CONNECT a.test:1433 HTTP/1.1\r\n\r\n', 502, /port 1433 of a\.test/],
    ['a tunnel without a port', 'CONNECT a.test HTTP/1.1\r\n\r\n', 400, /host:port, not "a\.test"/],
    ['another port', get('http://a.test:8080/'), 502, /port 8080 of a\.test/],
    ['a name that does not resolve', get('http://x.invalid/'), 502, /x\.invalid does not resolve/],
    ['a request to the proxy itself', get('/'), 400, /This is a proxy/],
    ['what is no HTTP', 'hello\r\n\r\n', 400, /no HTTP\/1\.1/],
    ['endless headers', get('http://a.test/', `X: ${'x'.repeat(70_000)}\r\n`), 431, /longer than 65536/],
    ['a WebSocket', `GET http://a.test/ HTTP/1.1\r\nHost: a\r\n${upgrade}`, 501, /no WebSockets/],
  ])('%s', async (_name, sent, status, why) => {
    const answer = await raw(sent);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toMatch(why);
  });
});
