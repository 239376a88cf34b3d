import { blobServiceOperation, containerOperation, ofBlob } from './blobOperations.ts';
import type { Operation, OperationRequest } from './operation.ts';
import { ofMessages, ofQueue, queueServiceOperation } from './queueOperations.ts';
import { ofTables } from './tableOperations.ts';

/**
 * The operation that a request asks for, with the permissions that it needs ("Authorize with Microsoft Entra ID",
 * permissions for blob, queue and table service operations).
 */
export function operationOf(request: OperationRequest): Operation {
  const segments = decodeURIComponent(request.url.pathname).split('/').filter(Boolean);
  const [container, ...rest] = segments;
  switch (request.kind) {
    case 'blob': {
      if (container === undefined) return blobServiceOperation(request);
      const ofContainer = rest.length === 0 || request.url.searchParams.get('restype') === 'container';
      return { ...(ofContainer ? containerOperation(request) : ofBlob(request)), container };
    }
    case 'queue':
      if (container === undefined) return queueServiceOperation(request);
      return { ...(rest.length === 0 ? ofQueue(request) : ofMessages(request, rest.length > 1)), container };
    case 'table':
      return ofTables(request, container ?? '');
  }
}
