import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { StrongroomError } from '../../model/errors.ts';
import type { ImageReader } from '../read/image.ts';
import { BlockCache } from './blockCache.ts';
import { CachedImage } from './cachedImage.ts';
import { serveConnection } from './connection.ts';
import type { Source } from './transmission.ts';

/** An image that clients may read, by name. */
export interface NbdExport {
  name: string;
  /** For people. */
  description: string;
  image: ImageReader;
}

export interface NbdOptions {
  /** A TCP address (port 0: any that is free), or the path of a Unix socket that does not exist yet. */
  listen: { host: string; port: number } | { path: string };
  /** Bytes of blocks to keep. */
  cacheBytes?: number;
  /** Clients at once; more are turned away. */
  clients?: number;
  /** Takes one line about a block that cannot be read, or a client that was sent away. */
  log(line: string): void;
}

export interface NbdServer {
  /** Of an export, as `qemu-img`, `nbdcopy` and `nbdinfo` take it. */
  uri(name?: string): string;
  /** Ends all connections, and the listening. */
  close(): Promise<void>;
}

const CACHE_BYTES = 64 * 1024 * 1024;
const CLIENTS = 16;

/**
 * Serves images read-only over NBD, without TLS and to whoever can reach the address. Memory: the cache (64 MiB), and up to
 * 32 MiB of answers in flight for each client.
 * @param exports the first is the default
 * @throws INVALID_INPUT (two exports of one name, an address that cannot be listened on), RESOURCE_BUSY (it is taken)
 */
export async function serveNbd(exports: readonly NbdExport[], options: NbdOptions): Promise<NbdServer> {
  const { listen, cacheBytes = CACHE_BYTES, clients = CLIENTS, log } = options;
  if (exports.length === 0 || new Set(exports.map(({ name }) => name)).size !== exports.length) {
    throw new StrongroomError('INVALID_INPUT', 'There have to be exports, each with a name of its own.');
  }
  const stop = new AbortController();
  const cache = new BlockCache(cacheBytes);
  const sources = exports.map(({ name, description, image }): Source => {
    const cached = new CachedImage(image, cache, name, stop.signal);
    const { size, blockSize } = image;
    return {
      name,
      description,
      size,
      blockSize,
      read: (offset, length) => cached.read(offset, length),
      extents: (range) => image.extents(range),
    };
  });

  const open = new Set<Promise<void>>();
  const server = createServer((socket) => {
    const ends = () => socket.destroy();
    stop.signal.addEventListener('abort', ends);
    const served = serveConnection(socket, sources, log).then(() => {
      stop.signal.removeEventListener('abort', ends);
      open.delete(served);
    });
    open.add(served);
  });
  server.maxConnections = clients;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(listen, cause)));
    server.listen(listen, resolve);
  });

  return {
    uri(name = '') {
      if ('path' in listen) return `nbd+unix:///${encodeURIComponent(name)}?socket=${listen.path}`;
      const { address, port, family } = server.address() as AddressInfo;
      return `nbd://${family === 'IPv6' ? `[${address}]` : address}:${port}/${encodeURIComponent(name)}`;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      stop.abort();
      await Promise.all([closed, ...open]);
    },
  };
}

function cannotListen(listen: NbdOptions['listen'], cause: Error): StrongroomError {
  const where = 'path' in listen ? listen.path : `${listen.host}:${listen.port}`;
  const { code } = cause as NodeJS.ErrnoException;
  return code === 'EADDRINUSE'
    ? new StrongroomError('RESOURCE_BUSY', `${where} is taken: choose another, or end what listens there.`, { cause })
    : new StrongroomError('INVALID_INPUT', `${where} cannot be listened on (${code ?? cause.message}).`, { cause });
}
