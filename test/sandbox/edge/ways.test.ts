import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Way } from '../../../sandbox/core/types.ts';
import { startWorld } from './world.ts';

const open: Way = { open: true, origin: { address: '10.0.0.4' } };
let world: Awaited<ReturnType<typeof startWorld>>;
let way: Way = open;
let proxy: URL;

beforeAll(async () => {
  world = await startWorld({ wayTo: () => way });
  world.edge.use({
    name: 'origin',
    answers: (host) => host === 'a.test',
    handle: (_request, response, { origin }) => void response.end(origin.address),
  });
  proxy = new URL((await world.edge.open({ id: 'vm:1', kind: 'machine' })).proxyUrl);
});
afterAll(() => world.stop());

async function absolute(host: string): Promise<[number, string]> {
  const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
    const request = http.get({ host: proxy.hostname, port: proxy.port, path: `http://${host}/` }, resolve);
    request.on('error', reject);
  });
  return [response.statusCode!, await text(response)];
}

async function tunnel(): Promise<{ socket: Socket; answer: string }> {
  const socket = connect(Number(proxy.port), proxy.hostname);
  socket.write('CONNECT a.test:80 HTTP/1.1\r\nHost: a.test:80\r\n\r\n');
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  return { socket, answer: answer.toString() };
}

it('services are told where a request comes from', async () => {
  expect(await absolute('a.test')).toEqual([200, '10.0.0.4']);
});

it.each([
  ['no such name', 502, 'Bad Gateway'],
  ['no connection', 504, 'Gateway Timeout'],
] as const)('%s: %i, in a tunnel and without one', async (failure, status, phrase) => {
  way = { open: false, failure, why: 'because' };
  expect(await absolute('a.test')).toEqual([status, 'because\n']);
  const { socket, answer } = await tunnel();
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} ${phrase}\r\n`));
  expect(answer).toMatch(/\r\n\r\nbecause\n$/);
  socket.destroy();
});

it('a connection that stands is cut when its way closes', async () => {
  way = open;
  const { socket } = await tunnel();
  const get = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
  socket.write(get);
  const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  expect(first.toString()).toContain('200 OK');
  way = { open: false, failure: 'no connection', why: 'closed' };
  socket.write(get);
  expect(await text(socket).catch(() => 'reset')).not.toContain('HTTP');
});
