import type { IncomingHttpHeaders } from 'node:http';
import type { StorageKind } from '../contents.ts';

/** What a request asks of the data plane, as far as permissions go. */
export interface Operation {
  /** As the REST reference calls it. */
  name: string;
  /** Alternatives; of one of them all actions and data actions must be granted. */
  anyOf: string[][];
  /** The container, queue or table that it is about; absent: the account. */
  container?: string;
}

export interface OperationRequest {
  kind: StorageKind;
  method: string;
  /** Path and query as asked for. */
  url: URL;
  headers: IncomingHttpHeaders;
}

const ACCOUNT = 'Microsoft.Storage/storageAccounts';
const BLOB = `${ACCOUNT}/blobServices`;
const CONTAINER = `${BLOB}/containers`;
const BLOBS = `${CONTAINER}/blobs`;
const QUEUE = `${ACCOUNT}/queueServices`;
const QUEUES = `${QUEUE}/queues`;
const MESSAGES = `${QUEUES}/messages`;
const TABLE = `${ACCOUNT}/tableServices`;
const TABLES = `${TABLE}/tables`;
const ENTITIES = `${TABLES}/entities`;

/** Data actions are granted by `dataActions` of a role, the others by `actions`. */
export function isDataAction(action: string): boolean {
  return /\/(blobs|messages|entities)\//.test(action);
}

/**
 * The operation that a request asks for, with the permissions that it needs ("Authorize with Microsoft Entra ID",
 * permissions for blob, queue and table service operations).
 */
export function operationOf(request: OperationRequest): Operation {
  const segments = decodeURIComponent(request.url.pathname).split('/').filter(Boolean);
  const [container, ...rest] = segments;
  switch (request.kind) {
    case 'blob':
      if (container === undefined) return blobService(request);
      return { ...(rest.length === 0 || isContainer(request) ? ofContainer(request) : ofBlob(request)), container };
    case 'queue':
      if (container === undefined) return queueService(request);
      return { ...(rest.length === 0 ? ofQueue(request) : ofMessages(request, rest.length > 1)), container };
    case 'table':
      return ofTables(request, container ?? '');
  }
}

function isContainer({ url }: OperationRequest): boolean {
  return url.searchParams.get('restype') === 'container';
}

const operation = (name: string, ...anyOf: (string | string[])[]): Operation => ({
  name,
  anyOf: anyOf.map((alternative) => [alternative].flat()),
});

function blobService({ method, url }: OperationRequest): Operation {
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Containers', `${CONTAINER}/read`);
    case 'properties':
      if (url.searchParams.get('restype') === 'account') return accountInformation();
      return method === 'PUT'
        ? operation('Set Blob Service Properties', `${BLOB}/write`)
        : operation('Get Blob Service Properties', `${BLOB}/read`);
    case 'stats':
      return operation('Get Blob Service Stats', `${BLOB}/read`);
    case 'userdelegationkey':
      return operation('Get User Delegation Key', `${BLOB}/generateUserDelegationKey/action`);
    case 'blobs':
      return operation('Find Blobs by Tags', `${BLOBS}/filter/action`);
    default:
      // The parts of a batch are authorised one by one, behind.
      return operation('Blob Batch');
  }
}

function accountInformation(): Operation {
  return operation('Get Account Information', `${BLOB}/getInfo/action`);
}

function ofContainer({ method, url }: OperationRequest): Operation {
  const read = method === 'GET' || method === 'HEAD';
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Blobs', `${BLOBS}/read`);
    case 'acl':
      return read
        ? operation('Get Container ACL', `${CONTAINER}/getAcl/action`)
        : operation('Set Container ACL', `${CONTAINER}/setAcl/action`);
    case 'metadata':
      return read
        ? operation('Get Container Metadata', `${CONTAINER}/read`)
        : operation('Set Container Metadata', `${CONTAINER}/write`);
    case 'lease':
      return operation('Lease Container', `${CONTAINER}/write`);
    case 'undelete':
      return operation('Restore Container', `${CONTAINER}/write`);
    case 'blobs':
      return operation('Find Blobs by Tags in Container', `${BLOBS}/filter/action`);
    case 'properties':
      return accountInformation();
    case 'batch':
      return operation('Blob Batch');
    default:
      if (method === 'DELETE') return operation('Delete Container', `${CONTAINER}/delete`);
      return read
        ? operation('Get Container Properties', `${CONTAINER}/read`)
        : operation('Create Container', `${CONTAINER}/write`);
  }
}

/** Those that any holder of `write` may do. */
const BLOB_WRITES: Record<string, string> = {
  properties: 'Set Blob Properties',
  metadata: 'Set Blob Metadata',
  lease: 'Lease Blob',
  tier: 'Set Blob Tier',
  undelete: 'Undelete Blob',
  page: 'Put Page',
  block: 'Put Block',
  copy: 'Abort Copy Blob',
  incrementalcopy: 'Incremental Copy Blob',
  seal: 'Append Blob Seal',
  expiry: 'Set Blob Expiry',
};

const SUPER_USER = `${BLOBS}/immutableStorage/runAsSuperUser/action`;

function ofBlob(request: OperationRequest): Operation {
  const { method, url, headers } = request;
  const comp = url.searchParams.get('comp') ?? '';
  const write = `${BLOBS}/write`;
  const add = `${BLOBS}/add/action`;
  if (comp === 'tags') {
    return method === 'PUT'
      ? operation('Set Blob Tags', `${BLOBS}/tags/write`)
      : operation('Get Blob Tags', `${BLOBS}/tags/read`);
  }
  if (comp === 'immutabilityPolicies') {
    return operation(
      method === 'DELETE' ? 'Delete Blob Immutability Policy' : 'Set Blob Immutability Policy',
      SUPER_USER,
    );
  }
  if (comp === 'legalhold') return operation('Set Blob Legal Hold', SUPER_USER);
  if (method === 'HEAD') return operation('Get Blob Properties', `${BLOBS}/read`);
  if (method === 'GET') return operation('Get Blob', `${BLOBS}/read`);
  if (method === 'DELETE') return deletionOf(url);
  if (method === 'POST') return operation('Query Blob Contents', `${BLOBS}/read`);
  if (comp === 'snapshot') return operation('Snapshot Blob', write, add);
  if (comp === 'appendblock') return operation('Append Block', write, add);
  const named = BLOB_WRITES[comp];
  if (named !== undefined) return operation(named, write);
  // `add` is enough for a blob that is not there yet.
  const name = headers['x-ms-copy-source'] ? 'Copy Blob' : comp === 'blocklist' ? 'Put Block List' : 'Put Blob';
  const more = [
    ...(headers['x-ms-immutability-policy-until-date'] || headers['x-ms-legal-hold'] ? [SUPER_USER] : []),
    ...(headers['x-ms-tags'] ? [`${BLOBS}/tags/write`] : []),
  ];
  return operation(name, [write, ...more], [add, ...more]);
}

function deletionOf(url: URL): Operation {
  if (url.searchParams.get('deletetype') === 'permanent') {
    return operation('Delete Blob', `${BLOBS}/permanentDelete/action`);
  }
  if (url.searchParams.has('versionid')) return operation('Delete Blob', `${BLOBS}/deleteBlobVersion/action`);
  return operation('Delete Blob', `${BLOBS}/delete`);
}

function queueService({ method, url }: OperationRequest): Operation {
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Queues', `${QUEUES}/read`);
    case 'userdelegationkey':
      return operation('Get User Delegation Key', `${QUEUE}/generateUserDelegationKey/action`);
    default:
      return method === 'PUT'
        ? operation('Set Queue Service Properties', `${QUEUE}/write`)
        : operation('Get Queue Service Properties', `${QUEUE}/read`);
  }
}

function ofQueue({ method, url }: OperationRequest): Operation {
  const read = method === 'GET' || method === 'HEAD';
  if (url.searchParams.get('comp') === 'acl') {
    return read
      ? operation('Get Queue ACL', `${QUEUES}/getAcl/action`)
      : operation('Set Queue ACL', `${QUEUES}/setAcl/action`);
  }
  if (read) return operation('Get Queue Metadata', `${QUEUES}/read`);
  if (method === 'DELETE') return operation('Delete Queue', `${QUEUES}/delete`);
  return operation(url.searchParams.has('comp') ? 'Set Queue Metadata' : 'Create Queue', `${QUEUES}/write`);
}

function ofMessages({ method, url }: OperationRequest, one: boolean): Operation {
  const [read, write, remove] = ['read', 'write', 'delete'].map((last) => `${MESSAGES}/${last}`) as [
    string,
    string,
    string,
  ];
  const process = `${MESSAGES}/process/action`;
  if (method === 'GET') {
    return url.searchParams.get('peekonly') === 'true'
      ? operation('Peek Messages', read)
      : operation('Get Messages', process, [remove, read]);
  }
  if (method === 'POST') return operation('Put Message', `${MESSAGES}/add/action`, write);
  if (method === 'PUT') return operation('Update Message', write);
  return one ? operation('Delete Message', process, remove) : operation('Clear Messages', remove);
}

function ofTables({ method, url, headers }: OperationRequest, path: string): Operation {
  const comp = url.searchParams.get('comp');
  const read = method === 'GET' || method === 'HEAD';
  if (path === '') {
    return method === 'PUT'
      ? operation('Set Table Service Properties', `${TABLE}/write`)
      : operation('Get Table Service Properties', `${TABLE}/read`);
  }
  const [, table, key] = /^([^(]+)(?:\(([^)]*)\))?$/.exec(path) ?? [];
  if (table === '$batch') return operation('Entity Group Transaction');
  if (table === 'Tables') {
    if (read) return operation('Query Tables', `${TABLES}/read`);
    if (method === 'POST') return operation('Create Table', `${TABLES}/write`);
    return { ...operation('Delete Table', `${TABLES}/delete`), container: (key ?? '').replaceAll("'", '') };
  }
  const container = table!;
  if (comp === 'acl') {
    return read
      ? { ...operation('Get Table ACL', `${TABLES}/getAcl/action`), container }
      : { ...operation('Set Table ACL', `${TABLES}/setAcl/action`), container };
  }
  if (read) return { ...operation('Query Entities', `${ENTITIES}/read`), container };
  const write = `${ENTITIES}/write`;
  const [add, update] = [`${ENTITIES}/add/action`, `${ENTITIES}/update/action`];
  if (method === 'DELETE') return { ...operation('Delete Entity', write, `${ENTITIES}/delete`), container };
  if (!key) return { ...operation('Insert Entity', write, add), container };
  return headers['if-match'] === undefined
    ? { ...operation('Insert Or Update Entity', write, [add, update]), container }
    : { ...operation('Update Entity', write, update), container };
}
