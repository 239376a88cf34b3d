import { createServer, STATUS_CODES } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { sendText } from './answers.ts';
import type { CertificateAuthority } from './certificates.ts';
import { absoluteTarget, connectTarget, unserved, type Refusal, type Target } from './target.ts';

/** A request that came through the proxy, and where it is meant to go. */
export type ProxiedHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
  secure: boolean,
) => void;

export interface ProxyServer {
  port: number;
  /** `http://127.0.0.1:<port>` */
  url: string;
  close(): Promise<void>;
}

/** First byte of a TLS record of the handshake type. */
const TLS_HANDSHAKE = 0x16;
/** Long signed URLs and tokens with many claims fit. */
const MAX_HEADER_BYTES = 64 * 1024;

/**
 * A forward proxy on a loopback port that is itself the end of every tunnel: TLS inside CONNECT is terminated with the
 * authority's certificates, plain HTTP inside CONNECT (`fetch` does that for `http:` URLs) is taken as it is, and so are
 * requests in absolute form. Requests in origin form, to the port itself, go to `direct`.
 */
export async function startProxyServer(options: {
  authority: CertificateAuthority;
  proxied: ProxiedHandler;
  direct: (request: IncomingMessage, response: ServerResponse) => void;
  /** Why no connection to a target comes about; undefined: it does. */
  refusalOf?: (target: Target) => Refusal | undefined;
  /** The port to listen on when it is free; any other when it is not, or none is given. */
  port?: number;
}): Promise<ProxyServer> {
  const { authority, proxied, direct } = options;
  const refusalOf = (target: Target) => unserved(target) ?? options.refusalOf?.(target);
  const sockets = new Set<Duplex>();
  const tunnels = new WeakMap<Duplex, { target: Target; secure: boolean }>();

  // Never listens: it parses the HTTP inside tunnels.
  const inner = httpServer((request, response) => {
    const { target, secure } = tunnels.get(request.socket)!;
    // A client in a tunnel may still send the absolute form, which every server has to understand (RFC 9112, 3.2.2).
    request.url = absoluteTarget(request.url ?? '')?.path ?? request.url;
    proxied(request, response, target, secure);
  });

  const outer = httpServer((request, response) => {
    const absolute = absoluteTarget(request.url ?? '');
    if (!absolute) return direct(request, response);
    const { target, path, secure } = absolute;
    const refusal = refusalOf(target);
    if (refusal) return sendText(response, refusal.status, refusal.why);
    request.url = path;
    proxied(request, response, target, secure);
  });

  outer.on('connection', (socket) => track(socket));
  outer.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const target = connectTarget(request.url ?? '');
    if (!target) return refuse(socket, '400 Bad Request', `CONNECT wants host:port, not "${request.url}".\n`);
    const refusal = refusalOf(target);
    if (refusal) return refuse(socket, `${refusal.status} ${STATUS_CODES[refusal.status]}`, refusal.why);
    socket.setNoDelay(true);
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) socket.unshift(head);
    whenReadable(socket, (first) => {
      if (first === TLS_HANDSHAKE) terminate(socket, target).catch(() => socket.destroy());
      else enter(socket, target, false);
    });
  });

  async function terminate(socket: Socket, target: Target): Promise<void> {
    const secureContext = await authority.contextFor(target.host);
    // A client that wants HTTP/2 and nothing else is refused with TLS's own alert.
    const secured = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: ['http/1.1'] });
    secured.on('error', () => secured.destroy());
    track(secured);
    enter(secured, target, true);
  }

  function enter(socket: Socket, target: Target, secure: boolean): void {
    tunnels.set(socket, { target, secure });
    inner.emit('connection', socket);
  }

  function track(socket: Duplex): void {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  }

  await listen(outer, options.port ?? 0);
  const { port } = outer.address() as AddressInfo;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    close() {
      const closed = new Promise<void>((resolve) => outer.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      return closed;
    },
  };
}

/** Listens on a loopback port, on any when that one is taken. */
async function listen(server: Server, port: number): Promise<void> {
  const attempt = (number: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(number, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await attempt(port).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' || port === 0) throw error;
    server.removeAllListeners('error');
    return attempt(0);
  });
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
function httpServer(listener: (request: IncomingMessage, response: ServerResponse) => void): Server {
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, listener);
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 65_000;
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'HPE_HEADER_OVERFLOW') {
      const text = `The headers are longer than ${MAX_HEADER_BYTES} bytes.\n`;
      return refuse(socket, '431 Request Header Fields Too Large', text);
    }
    refuse(socket, '400 Bad Request', 'This is no HTTP/1.1 request.\n');
  });
  return server;
}

function refuse(socket: Duplex, status: string, text: string): void {
  if (!socket.writable) return void socket.destroy();
  const headers = `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close`;
  socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${text}`);
}
