import { operation, reads, type Operation, type OperationRequest } from './operation.ts';

const SERVICE = 'Microsoft.Storage/storageAccounts/queueServices';
const QUEUES = `${SERVICE}/queues`;
const MESSAGES = `${QUEUES}/messages`;

export function queueServiceOperation({ method, url }: OperationRequest): Operation {
  switch (url.searchParams.get('comp')) {
    case 'list':
      return operation('List Queues', `${QUEUES}/read`);
    case 'userdelegationkey':
      return operation('Get User Delegation Key', `${SERVICE}/generateUserDelegationKey/action`);
    default:
      // The reference names `read` for both, which only a slip explains.
      return method === 'PUT'
        ? operation('Set Queue Service Properties', `${SERVICE}/write`)
        : operation('Get Queue Service Properties', `${SERVICE}/read`);
  }
}

export function ofQueue({ method, url }: OperationRequest): Operation {
  const read = reads(method);
  if (url.searchParams.get('comp') === 'acl') {
    return read
      ? operation('Get Queue ACL', `${QUEUES}/getAcl/action`)
      : operation('Set Queue ACL', `${QUEUES}/setAcl/action`);
  }
  if (read) return operation('Get Queue Metadata', `${QUEUES}/read`);
  if (method === 'DELETE') return operation('Delete Queue', `${QUEUES}/delete`);
  return operation(url.searchParams.has('comp') ? 'Set Queue Metadata' : 'Create Queue', `${QUEUES}/write`);
}

/** @param one whether the path names a message */
export function ofMessages({ method, url }: OperationRequest, one: boolean): Operation {
  const read = `${MESSAGES}/read`;
  const write = `${MESSAGES}/write`;
  const remove = `${MESSAGES}/delete`;
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
