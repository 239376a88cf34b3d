import type { IncomingMessage } from 'node:http';
import { BlobError, invalidQuery, missingHeader } from './blobError.ts';

/** An operation of the blob service on one blob, and the SAS permission that it needs. */
export interface BlobOperation {
  name: string;
  permission: 'r' | 'w' | 'd';
}

/** The blob service's operations by method and `comp`. Those that have no behaviour here are refused by name. */
const OPERATIONS: Record<string, Record<string, string>> = {
  HEAD: { '': 'Get Blob Properties', metadata: 'Get Blob Metadata' },
  GET: {
    '': 'Get Blob',
    metadata: 'Get Blob Metadata',
    pagelist: 'Get Page Ranges',
    blocklist: 'Get Block List',
    tags: 'Get Blob Tags',
  },
  PUT: {
    '': 'Put Blob',
    page: 'Put Page',
    properties: 'Set Blob Properties',
    metadata: 'Set Blob Metadata',
    tags: 'Set Blob Tags',
    tier: 'Set Blob Tier',
    lease: 'Lease Blob',
    snapshot: 'Snapshot Blob',
    incrementalcopy: 'Incremental Copy Blob',
    undelete: 'Undelete Blob',
    block: 'Put Block',
    blocklist: 'Put Block List',
    appendblock: 'Append Block',
    immutabilityPolicies: 'Set Blob Immutability Policy',
    legalhold: 'Set Blob Legal Hold',
  },
  DELETE: { '': 'Delete Blob' },
};

/**
 * What a request asks for.
 * @throws BlobError 405 UnsupportedHttpVerb, 403 CorsPreflightFailure, 400 InvalidQueryParameterValue,
 * MissingRequiredHeader, InvalidHeaderValue
 */
export function operationOf(request: IncomingMessage, comp: string | null): BlobOperation {
  const method = request.method ?? '';
  if (method === 'OPTIONS') throw preflight(request);
  const known = OPERATIONS[method];
  if (!known) {
    throw new BlobError(405, 'UnsupportedHttpVerb', "The resource doesn't support the specified HTTP verb.", {
      headers: { allow: `${Object.keys(OPERATIONS).join(', ')}, OPTIONS` },
    });
  }
  let name = known[comp ?? ''];
  if (name === undefined) throw invalidQuery('comp', comp ?? '');
  if (name === 'Put Blob' && request.headers['x-ms-copy-source'] !== undefined) name = 'Copy Blob';
  if (name === 'Put Page' && request.headers['x-ms-copy-source'] !== undefined) name = 'Put Page from URL';
  return { name, permission: method === 'PUT' ? 'w' : method === 'DELETE' ? 'd' : 'r' };
}

/** Disks have no CORS rules: every preflight fails. */
function preflight(request: IncomingMessage): BlobError {
  for (const name of ['Origin', 'Access-Control-Request-Method']) {
    if (request.headers[name.toLowerCase()] === undefined) return missingHeader(name);
  }
  return new BlobError(403, 'CorsPreflightFailure', 'CORS not enabled or no matching rule found for this request.');
}
