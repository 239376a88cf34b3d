import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { CallerPort, Clock } from './core/types.ts';

export interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Parsed when it is JSON, else text; undefined when empty. */
  body: unknown;
}

/** A person at a terminal: sends HTTP through a caller's proxy, with that caller's tokens. */
export interface Client {
  /** `resource`: the token's audience; none sends no token. `text`: a body as it stands, instead of `body` as JSON. */
  send(
    method: string,
    url: string,
    options?: { body?: unknown; text?: string; resource?: string; headers?: Record<string, string> },
  ): Promise<Reply>;
  /** A call to ARM, waited for to its end. @throws when the answer or the operation's end is a failure. */
  arm(method: string, pathAndQuery: string, body?: unknown): Promise<unknown>;
  close(): void;
}

const management = 'https://management.azure.com';
/** Far less than tokens live. */
const TOKEN_REUSE_MS = 10 * 60_000;

/** A client that speaks as the given caller. `ca`: the sandbox's certificate authority, PEM; `clock`: the world's, when it may be moved. */
export function createClient(port: CallerPort, ca: string, clock: Pick<Clock, 'now'> = Date): Client {
  const proxyEnv = { HTTP_PROXY: port.proxyUrl, HTTPS_PROXY: port.proxyUrl };
  const agents = {
    http: new http.Agent({ keepAlive: true, proxyEnv }),
    https: new https.Agent({ keepAlive: true, ca, proxyEnv }),
  };
  const tokens = new Map<string, { token: string; until: number }>();

  function raw(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const options = { method, headers, agent: secure ? agents.https : agents.http };
      const request = (secure ? https : http).request(url, options, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: parse(Buffer.concat(chunks).toString()),
          }),
        );
      });
      request.on('error', reject);
      request.end(body);
    });
  }

  async function token(resource: string): Promise<string> {
    const known = tokens.get(resource);
    if (known && known.until > clock.now()) return known.token;
    const url = `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(resource)}`;
    const reply = await raw('GET', url, { Metadata: 'true' });
    if (reply.status !== 200) throw new Error(`No token for ${resource}: ${JSON.stringify(reply.body)}`);
    const { access_token } = reply.body as { access_token: string };
    tokens.set(resource, { token: access_token, until: clock.now() + TOKEN_REUSE_MS });
    return access_token;
  }

  const send: Client['send'] = async (method, url, options = {}) => {
    const headers: Record<string, string> = { ...options.headers };
    if (options.resource) headers.authorization = `Bearer ${await token(options.resource)}`;
    const body = options.body === undefined ? options.text : JSON.stringify(options.body);
    if (body !== undefined) {
      headers['content-type'] ??= 'application/json';
      headers['content-length'] = String(Buffer.byteLength(body));
    }
    return raw(method, url, headers, body);
  };

  async function arm(method: string, pathAndQuery: string, body?: unknown): Promise<unknown> {
    const url = management + pathAndQuery;
    const get = (address: string) => send('GET', address, { resource: `${management}/` });
    const first = await send(method, url, { body, resource: `${management}/` });
    const fail = (reply: Reply) =>
      new Error(`${method} ${pathAndQuery}: ${reply.status} ${JSON.stringify(reply.body)}`);
    if (first.status >= 400) throw fail(first);
    const operation = first.headers['azure-asyncoperation'] as string | undefined;
    const location = first.headers.location;
    if (operation) {
      for (;;) {
        const reply = await get(operation);
        const { status } = reply.body as { status: string };
        if (status === 'Succeeded') break;
        if (reply.status >= 400 || status === 'Failed' || status === 'Canceled') throw fail(reply);
        await delay(50);
      }
    }
    if (method === 'PUT' || method === 'PATCH') return operation ? (await get(url)).body : first.body;
    if (!location) return first.body;
    for (;;) {
      const reply = await get(location);
      if (reply.status >= 400) throw fail(reply);
      if (reply.status !== 202) return reply.body;
      await delay(50);
    }
  }

  return {
    send,
    arm,
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
