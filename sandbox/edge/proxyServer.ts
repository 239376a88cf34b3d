import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { CertificateAuthority } from './certificates.ts';

/** A request that came through the proxy. `host` is the name asked for, lower case, without port. */
export type ProxiedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  host: string,
  secure: boolean,
) => void;

export interface ProxyServer {
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

/** First byte of a TLS record of the handshake type. */
const TLS_HANDSHAKE = 0x16;

/**
 * A forward proxy on a loopback port that is itself the end of every tunnel: TLS inside CONNECT is terminated with the
 * authority's certificates, plain HTTP inside CONNECT (`fetch` does that for `http:` URLs) is taken as it is, and so are
 * requests in absolute form. Requests in origin form, to the port itself, go to `direct`.
 */
export async function startProxyServer(options: {
  authority: CertificateAuthority;
  proxied: ProxiedHandler;
  direct: (request: IncomingMessage, response: ServerResponse) => void;
}): Promise<ProxyServer> {
  const { authority, proxied, direct } = options;
  const sockets = new Set<Duplex>();
  const tunnels = new WeakMap<Duplex, { host: string; secure: boolean }>();

  // Never listens: it parses the HTTP inside tunnels.
  const inner = lenient(
    createServer((request, response) => {
      const { host, secure } = tunnels.get(request.socket)!;
      proxied(request, response, host, secure);
    }),
  );

  const outer = lenient(
    createServer((request, response) => {
      const absolute = /^http:\/\/([^/?#:]+)(?::\d+)?(.*)$/i.exec(request.url ?? '');
      if (!absolute) return direct(request, response);
      request.url = absolute[2]!.startsWith('/') ? absolute[2] : `/${absolute[2]}`;
      proxied(request, response, absolute[1]!.toLowerCase(), false);
    }),
  );

  outer.on('connection', (socket) => track(socket));
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const host = (request.url ?? '').replace(/:\d+$/, '').toLowerCase();
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    whenReadable(socket, (first) => {
      if (first === TLS_HANDSHAKE) terminate(socket, host).catch(() => socket.destroy());
      else enter(socket, host, false);
    });
  });

  async function terminate(socket: Socket, host: string): Promise<void> {
    const secureContext = await authority.contextFor(host);
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
    secured.on('error', () => secured.destroy());
    track(secured);
    enter(secured, host, true);
  }

  function enter(socket: Socket, host: string, secure: boolean): void {
    tunnels.set(socket, { host, secure });
    inner.emit('connection', socket);
  }

  function track(socket: Duplex): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  await new Promise<void>((resolve, reject) => outer.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(outer.address() as AddressInfo).port}`,
    close() {
      const closed = new Promise<void>((resolve) => outer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

/** Calls back with the first byte of a socket, which stays unread; never, when the socket ends before. */
function whenReadable(socket: Socket, found: (first: number) => void): void {
  const ended = () => socket.destroy();
  const look = () => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      if (!socket.destroyed) socket.once('readable', look);
      return;
    }
    socket.off('end', ended);
    socket.unshift(chunk);
    found(chunk[0]!);
  };
  socket.once('end', ended);
  look();
}

/** No time limits, since bodies of many gigabytes pass; what is no HTTP is refused and cut off. */
function lenient(server: Server): Server {
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 65_000;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}
