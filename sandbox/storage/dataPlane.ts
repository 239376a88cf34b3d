import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Principal, Tokens } from '../core/types.ts';
import type { AzuritePorts } from './azurite/main.ts';
import { STORAGE_KINDS } from './contents.ts';
import type { StorageKind } from './contents.ts';

/** The storage service itself, as which the resource provider acts on data. */
const STORAGE_SERVICE: Principal = {
  objectId: '00000000-0000-4000-8000-0000000000a1',
  clientId: 'a6aa9161-5291-40bb-8c5c-923b567bee3b',
  kind: 'ServicePrincipal',
  displayName: 'Microsoft.Storage',
};

/** `code` is the storage service's error code, when it refused. */
export interface DataPlaneAnswer {
  status: number;
  code?: string;
}

/** What the resource provider does with data: makes and removes containers, queues and tables. */
export interface DataPlane {
  /** One that exists already is no error. */
  create(account: string, kind: StorageKind, name: string, metadata?: Record<string, string>): Promise<DataPlaneAnswer>;
  /** One that is absent is no error. */
  remove(account: string, kind: StorageKind, name: string): Promise<DataPlaneAnswer>;
  /** Removes everything that an earlier account of that name has left. */
  empty(account: string): Promise<void>;
}

/** Reaches the data in Azurite directly, with a token of the service's own. */
export function createDataPlane(ports: AzuritePorts, tokens: Tokens): DataPlane {
  const call = (account: string, kind: StorageKind, path: string, options: CallOptions): Promise<Exchanged> => {
    const { token } = tokens.issue(STORAGE_SERVICE, 'https://storage.azure.com/');
    const headers = {
      host: `${account}.${kind}.core.windows.net`,
      authorization: `Bearer ${token}`,
      'x-ms-version': '2023-11-03',
      ...options.headers,
    };
    return exchange(ports[kind], path, { ...options, headers });
  };

  const list = async (account: string, kind: StorageKind): Promise<string[]> => {
    if (kind === 'table') {
      const { body } = await call(account, kind, '/Tables', { method: 'GET', headers: noMetadata });
      return (JSON.parse(body) as { value: { TableName: string }[] }).value.map(({ TableName }) => TableName);
    }
    const { body } = await call(account, kind, '/?comp=list', { method: 'GET' });
    return [...body.matchAll(/<Name>([^<]+)<\/Name>/g)].map((match) => match[1]!);
  };

  const remove: DataPlane['remove'] = async (account, kind, name) =>
    tolerating(404, await call(account, kind, pathOf(kind, name), { method: 'DELETE' }));

  return {
    async create(account, kind, name, metadata = {}) {
      const headers = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value]));
      const table = { method: 'POST', headers: noMetadata, body: JSON.stringify({ TableName: name }) };
      const made =
        kind === 'table'
          ? await call(account, kind, '/Tables', table)
          : await call(account, kind, pathOf(kind, name), { method: 'PUT', headers });
      return tolerating(409, made);
    },
    remove,
    async empty(account) {
      for (const kind of STORAGE_KINDS) {
        for (const name of await list(account, kind)) await remove(account, kind, name);
      }
    },
  };
}

interface CallOptions {
  method: string;
  headers?: Record<string, string>;
  body?: string;
}

interface Exchanged extends DataPlaneAnswer {
  body: string;
}

const noMetadata = { 'content-type': 'application/json', accept: 'application/json;odata=nometadata' };

function pathOf(kind: StorageKind, name: string): string {
  const part = encodeURIComponent(name);
  if (kind === 'table') return `/Tables('${part}')`;
  return kind === 'blob' ? `/${part}?restype=container` : `/${part}`;
}

function tolerating(tolerated: number, { status, code }: Exchanged): DataPlaneAnswer {
  return status === tolerated || code === undefined ? { status } : { status, code };
}

function exchange(port: number, path: string, options: CallOptions): Promise<Exchanged> {
  const { method, headers, body = '' } = options;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const request = send({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } }, (response) => {
      const status = response.statusCode ?? 0;
      const code = response.headers['x-ms-error-code']?.toString();
      text(response).then(
        (received) => resolve({ status, body: received, ...(status >= 400 && { code: code ?? 'InternalError' }) }),
        reject,
      );
    });
    request.once('error', reject).end(body);
  });
}
