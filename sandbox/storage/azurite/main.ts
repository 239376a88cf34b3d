/**
 * Azurite in a process of its own: blob, queue and table servers on loopback ports, for any account name. Reads one line
 * of JSON ({@link AzuriteSettings}) from its input, writes one line with the ports, and ends when its input ends: that is
 * when its parent stops or dies.
 */
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { load } from './load.ts';
import { patchAzurite } from './patches.ts';
import { flushChanges } from './persistence.ts';
import { inExchange } from './rules.ts';

export interface AzuriteSettings {
  dir: string;
  seed: string;
}

export interface AzuritePorts {
  blob: number;
  queue: number;
  table: number;
}

interface Server {
  start(): Promise<void>;
  close(): Promise<void>;
  httpServer: {
    address(): { port: number };
    listeners(event: 'request'): RequestListener[];
    removeAllListeners(event: 'request'): void;
    on(event: 'request', listener: RequestListener): void;
  };
}
type Constructor<T> = new (...args: unknown[]) => T;
function createServers(dir: string): Record<keyof AzuritePorts, Server> {
  const host = '127.0.0.1';
  const keepAliveSeconds = 600; // longer than the front keeps an idle connection
  const extents = (name: string) => [{ locationId: 'Default', locationPath: join(dir, name), maxConcurrency: 50 }];
  const noLog = [false, undefined, false, undefined] as const;
  const loose = false;
  const skipApiVersionCheck = true;
  const noCertificate = ['', '', ''] as const;
  const rest = [loose, skipApiVersionCheck, ...noCertificate, 'basic'] as const;
  const databases = (name: string) =>
    [join(dir, `${name}.db`), join(dir, `${name}-extents.db`), extents(name)] as const;
  const create = (folder: string, service: string, ...args: unknown[]) => {
    const configuration = new (load<Constructor<object>>(`${folder}/${service}Configuration`))(
      host,
      0,
      keepAliveSeconds,
      ...args,
    );
    return new (load<Constructor<Server>>(`${folder}/${service}Server`))(configuration);
  };
  return {
    blob: create('blob', 'Blob', ...databases('blob'), ...noLog, ...rest),
    queue: create('queue', 'Queue', ...databases('queue'), ...noLog, ...rest),
    table: create('table', 'Table', join(dir, 'table.db'), false, false, undefined, undefined, ...rest),
  };
}

/** Every request knows its rules, and what it has changed is written down before its answer begins. */
function guard({ httpServer }: Server): void {
  const [listener] = httpServer.listeners('request');
  httpServer.removeAllListeners('request');
  httpServer.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
    response.writeHead = (...args: unknown[]) => {
      flushChanges();
      return writeHead(...args);
    };
    inExchange(request, () => listener!(request, response));
  });
}

// Ctrl-C and the terminal's end reach every process of the terminal: the parent decides when this one ends.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

const input = createInterface({ input: process.stdin });
input.once('line', (line) => {
  const { dir, seed } = JSON.parse(line) as AzuriteSettings;
  patchAzurite(seed);
  const servers = createServers(dir);
  Object.values(servers).forEach(guard);
  const started = Promise.all(Object.values(servers).map((server) => server.start()));
  started.then(
    () => {
      const port = (name: keyof AzuritePorts) => servers[name].httpServer.address().port;
      const ports: AzuritePorts = { blob: port('blob'), queue: port('queue'), table: port('table') };
      process.stdout.write(JSON.stringify(ports) + '\n');
    },
    (error: unknown) => {
      process.stderr.write(`sandbox storage: Azurite did not start: ${String(error)}\n`);
      process.exit(1);
    },
  );
});
// What was acknowledged has been written down.
input.once('close', () => process.exit(0));
