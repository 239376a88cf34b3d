import { operation, reads, type Operation, type OperationRequest } from './operation.ts';

const SERVICE = 'Microsoft.Storage/storageAccounts/blobServices';
const CONTAINERS = `${SERVICE}/containers`;
const BLOBS = `${CONTAINERS}/blobs`;

/** What reading a blob asks for, also one that another is copied from. */
export const READ_BLOB = `${BLOBS}/read`;

export function blobServiceOperation({ method, url }: OperationRequest): Operation {
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Containers', `${CONTAINERS}/read`);
    case 'properties':
      if (url.searchParams.get('restype') === 'account') return accountInformation();
      return method === 'PUT'
        ? operation('Set Blob Service Properties', `${SERVICE}/write`)
        : operation('Get Blob Service Properties', `${SERVICE}/read`);
    case 'stats':
      return operation('Get Blob Service Stats', `${SERVICE}/read`);
    case 'userdelegationkey':
      return operation('Get User Delegation Key', `${SERVICE}/generateUserDelegationKey/action`);
    case 'blobs':
      return operation('Find Blobs by Tags', `${BLOBS}/filter/action`);
    default:
      return batch();
  }
}

function accountInformation(): Operation {
  return operation('Get Account Information', `${SERVICE}/getInfo/action`);
}

/** Its parts are authorised one by one beside. */
function batch(): Operation {
  return operation('Blob Batch', `${CONTAINERS}/write`);
}

export function containerOperation({ method, url }: OperationRequest): Operation {
  const read = reads(method);
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Blobs', READ_BLOB);
    case 'acl':
      return read
        ? operation('Get Container ACL', `${CONTAINERS}/getAcl/action`)
        : operation('Set Container ACL', `${CONTAINERS}/setAcl/action`);
    case 'metadata':
      return read
        ? operation('Get Container Metadata', `${CONTAINERS}/read`)
        : operation('Set Container Metadata', `${CONTAINERS}/write`);
    case 'lease':
      return operation('Lease Container', `${CONTAINERS}/write`);
    case 'undelete':
      return operation('Restore Container', `${CONTAINERS}/write`);
    case 'blobs':
      return operation('Find Blobs by Tags in Container', `${BLOBS}/filter/action`);
    case 'properties':
      return accountInformation();
    case 'batch':
      return batch();
    default:
      if (method === 'DELETE') return operation('Delete Container', `${CONTAINERS}/delete`);
      return read
        ? operation('Get Container Properties', `${CONTAINERS}/read`)
        : operation('Create Container', `${CONTAINERS}/write`);
  }
}

const WRITE = `${BLOBS}/write`;
const ADD = `${BLOBS}/add/action`;
const SUPER_USER = `${BLOBS}/immutableStorage/runAsSuperUser/action`;

/** Those that any holder of `write` may do. */
const WRITES: Record<string, string> = {
  properties: 'Set Blob Properties',
  metadata: 'Set Blob Metadata',
  lease: 'Lease Blob',
  tier: 'Set Blob Tier',
  undelete: 'Undelete Blob',
  page: 'Put Page',
  block: 'Put Block',
  copy: 'Abort Copy Blob',
  seal: 'Append Blob Seal',
  expiry: 'Set Blob Expiry',
};

export function ofBlob(request: OperationRequest): Operation {
  const { method, url, headers } = request;
  const comp = url.searchParams.get('comp') ?? '';
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
  // The reference names `containers/write`; "Azure RBAC actions and attributes for conditions" names this.
  if (comp === 'legalhold') return operation('Set Blob Legal Hold', SUPER_USER);
  if (method === 'HEAD') return operation('Get Blob Properties', READ_BLOB);
  if (method === 'GET') return operation('Get Blob', READ_BLOB);
  if (method === 'DELETE') return deletionOf(url);
  if (method === 'POST') return operation('Query Blob Contents', READ_BLOB);
  if (comp === 'snapshot') return operation('Snapshot Blob', WRITE, ADD);
  if (comp === 'appendblock') return operation('Append Block', WRITE, ADD);
  const named = WRITES[comp];
  return named === undefined ? ofContent(comp, headers) : operation(named, WRITE);
}

/** Writes that make a blob or replace it. */
function ofContent(comp: string, headers: OperationRequest['headers']): Operation {
  const more = [
    ...(headers['x-ms-immutability-policy-until-date'] || headers['x-ms-legal-hold'] ? [SUPER_USER] : []),
    ...(headers['x-ms-tags'] ? [`${BLOBS}/tags/write`] : []),
  ];
  const write = [WRITE, ...more];
  if (comp === 'blocklist') return operation('Put Block List', write);
  const copies = headers['x-ms-copy-source'] !== undefined;
  const name = comp === 'incrementalcopy' ? 'Incremental Copy Blob' : copies ? 'Copy Blob' : 'Put Blob';
  return {
    ...operation(name, write),
    creation: { needs: [ADD, ...more], only: headers['if-none-match'] === '*' },
  };
}

function deletionOf(url: URL): Operation {
  if (url.searchParams.get('deletetype') === 'permanent') {
    return operation('Delete Blob', `${BLOBS}/permanentDelete/action`);
  }
  if (url.searchParams.has('versionid')) return operation('Delete Blob', `${BLOBS}/deleteBlobVersion/action`);
  return operation('Delete Blob', `${BLOBS}/delete`);
}
