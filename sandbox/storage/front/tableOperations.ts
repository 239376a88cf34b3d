import { operation, reads, type Operation, type OperationRequest } from './operation.ts';

const SERVICE = 'Microsoft.Storage/storageAccounts/tableServices';
const TABLES = `${SERVICE}/tables`;
const ENTITIES = `${TABLES}/entities`;

/** A transaction's name; its parts stand in its body (`transaction.ts`). */
export const ENTITY_GROUP = 'Entity Group Transaction';

/** @param path without the slash before it: `Tables('name')`, `name(PartitionKey='a',RowKey='b')`, `$batch` */
export function ofTables(request: OperationRequest, path: string): Operation {
  const { method } = request;
  if (path === '') {
    return method === 'PUT'
      ? operation('Set Table Service Properties', `${SERVICE}/write`)
      : operation('Get Table Service Properties', `${SERVICE}/read`);
  }
  const [, table = '', key = ''] = /^([^(]+)(?:\(([^)]*)\))?$/.exec(path) ?? [];
  if (table === '$batch') return operation(ENTITY_GROUP);
  if (table !== 'Tables') return { ...ofEntities(request, key), container: table };
  if (reads(method)) return operation('Query Tables', `${TABLES}/read`);
  if (method === 'POST') return operation('Create Table', `${TABLES}/write`);
  return { ...operation('Delete Table', `${TABLES}/delete`), container: key.replaceAll("'", '') };
}

function ofEntities({ method, url, headers }: OperationRequest, key: string): Operation {
  const read = reads(method);
  if (url.searchParams.get('comp') === 'acl') {
    return read
      ? operation('Get Table ACL', `${TABLES}/getAcl/action`)
      : operation('Set Table ACL', `${TABLES}/setAcl/action`);
  }
  if (read) return operation('Query Entities', `${ENTITIES}/read`);
  if (method === 'DELETE') return operation('Delete Entity', `${ENTITIES}/delete`);
  const write = `${ENTITIES}/write`;
  const [add, update] = [`${ENTITIES}/add/action`, `${ENTITIES}/update/action`];
  if (!key) return operation('Insert Entity', write, add);
  return headers['if-match'] === undefined
    ? operation('Insert Or Update Entity', write, [add, update])
    : operation('Update Entity', write, update);
}
