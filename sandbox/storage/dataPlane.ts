import { request as send } from 'node:http';
import { text } from 'node:stream/consumers';
import type { ArmResource } from '../arm/types.ts';
import type { Principal, Tokens } from '../core/types.ts';
import type { AzuritePorts } from './azurite/main.ts';
import { RULES_HEADER, type Rules } from './azurite/rules.ts';
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

/** A request of the resource provider's own. `path` with its query, `container` for the rules that hold there. */
export interface DataPlaneRequest {
  method: string;
  path: string;
  container?: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Exchanged extends DataPlaneAnswer {
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What a container, queue or table is made with. `publicAccess` as ARM has it: `Blob` or `Container`. */
export interface NewContent {
  metadata?: Record<string, string> | undefined;
  publicAccess?: string | undefined;
}

/** What a container, queue or table is made with. `publicAccess` as ARM has it: `Blob` or `Container`. */
export interface NewContent {
  metadata?: Record<string, string> | undefined;
  publicAccess?: string | undefined;
}

/** What the resource provider does with data: makes and removes containers, queues and tables, and looks into them. */
export interface DataPlane {
  /** One that exists already is no error. */
  create(account: ArmResource, kind: StorageKind, name: string, content: NewContent): Promise<DataPlaneAnswer>;
  /** One that is absent is no error. */
  remove(account: ArmResource, kind: StorageKind, name: string): Promise<DataPlaneAnswer>;
  /** Removes everything that an earlier account of that name has left. */
  empty(account: ArmResource): Promise<void>;
  /** Whether a container holds anything: blobs, snapshots, versions. */
  isEmpty(account: ArmResource, container: string): Promise<boolean>;
  send(account: ArmResource, kind: StorageKind, request: DataPlaneRequest): Promise<Exchanged>;
}

/** Reaches the data in Azurite directly, with a token of the service's own. */
export function createDataPlane(options: {
  ports: () => AzuritePorts;
  tokens: Tokens;
  rules: (account: ArmResource, kind: StorageKind, container?: string) => Rules;
}): DataPlane {
  const { ports, tokens, rules } = options;

  const call = (account: ArmResource, kind: StorageKind, request: DataPlaneRequest, more: Partial<Rules> = {}) => {
    const { token } = tokens.issue(STORAGE_SERVICE, 'https://storage.azure.com/');
    const known: Rules = { ...rules(account, kind, request.container), controlPlane: true, ...more };
    const headers = {
      host: `${account.name}.${kind}.core.windows.net`,
      authorization: `Bearer ${token}`,
      'x-ms-version': '2023-11-03',
      [RULES_HEADER]: JSON.stringify(known),
      ...request.headers,
    };
    return sendTo(ports()[kind], { ...request, headers });
  };

  const list = async (account: ArmResource, kind: StorageKind): Promise<string[]> => {
    if (kind === 'table') {
      const { body } = await call(account, kind, { method: 'GET', path: '/Tables', headers: noMetadata });
      return (JSON.parse(body) as { value: { TableName: string }[] }).value.map(({ TableName }) => TableName);
    }
    const { body } = await call(account, kind, { method: 'GET', path: '/?comp=list' }, { reset: true });
    return [...body.matchAll(/<Name>([^<]+)<\/Name>/g)].map((match) => match[1]!);
  };

  const remove: DataPlane['remove'] = async (account, kind, name) =>
    tolerating(
      404,
      await call(account, kind, {
        method: 'DELETE',
        path: pathOf(kind, name),
        // Without it Azurite takes the request for one in Atom, which it refuses.
        ...(kind === 'table' && { headers: noMetadata }),
      }),
    );

  return {
    async create(account, kind, name, { metadata = {}, publicAccess = 'None' }) {
      const headers = Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value]));
      if (publicAccess !== 'None') headers['x-ms-blob-public-access'] = publicAccess.toLowerCase();
      const table = { method: 'POST', path: '/Tables', headers: noMetadata, body: JSON.stringify({ TableName: name }) };
      const made = await call(
        account,
        kind,
        kind === 'table' ? table : { method: 'PUT', path: pathOf(kind, name), headers },
      );
      return tolerating(409, made);
    },
    remove,
    async empty(account) {
      for (const kind of STORAGE_KINDS) {
        for (const name of await list(account, kind)) await remove(account, kind, name);
      }
    },
    async isEmpty(account, container) {
      const include = 'snapshots,versions,uncommittedblobs';
      const path = `/${encodeURIComponent(container)}?restype=container&comp=list&include=${include}&maxresults=1`;
      const { body } = await call(account, 'blob', { method: 'GET', path, container });
      return !body.includes('<Blob>');
    },
    send: call,
  };
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

/** Sends a request as it stands to one of Azurite's ports. */
export function sendTo(port: number, options: DataPlaneRequest): Promise<Exchanged> {
  const { method, path, headers, body = '' } = options;
  return new Promise((resolve, reject) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const request = send({ host: '127.0.0.1', port, method, path, headers: { ...headers, ...length } }, (response) => {
      const status = response.statusCode ?? 0;
      const code = response.headers['x-ms-error-code']?.toString();
      text(response).then(
        (received) =>
          resolve({
            status,
            headers: response.headers,
            body: received,
            ...(status >= 400 && { code: code ?? 'InternalError' }),
          }),
        reject,
      );
    });
    request.once('error', reject).end(body);
  });
}
