import { principalOf, scopeOf } from './access.ts';
import { refusalOf } from './authorization.ts';
import type { Refusal } from './errors.ts';
import { mayReach } from './firewall.ts';
import type { Exchange, StorageParts } from './parts.ts';

const PUBLIC_ACCESS = 'Public access is not permitted on this storage account.';

/** Public access that the account forbids, and what neither the front nor Azurite can do. */
function unsupportedOf({ request, account, url }: Exchange): Refusal | undefined {
  const opens = request.headers['x-ms-blob-public-access'] !== undefined;
  if (opens && account.properties?.allowBlobPublicAccess !== true) {
    return { status: 409, code: 'PublicAccessNotPermitted', message: PUBLIC_ACCESS };
  }
  if (url.searchParams.get('deletetype') !== 'permanent') return undefined;
  return {
    status: 501,
    code: 'NotImplemented',
    message: 'The local Azure does not delete soft-deleted blobs permanently.',
  };
}

/** Why a request must not go on: network, then who asks, then roles. */
export function whyNot(exchange: Exchange, { world, tokens, access }: StorageParts): Refusal | undefined {
  const { request, context, account, kind, url, operation } = exchange;
  const origin = access.originOf(context.caller, account, kind);
  if (origin && !mayReach(account, origin)) {
    return {
      status: 403,
      code: 'AuthorizationFailure',
      message: 'This request is not authorized to perform this operation.',
    };
  }
  const { authorization } = request.headers;
  const refusal = refusalOf(
    {
      kind,
      method: request.method ?? '',
      secure: context.secure,
      authorization,
      version: request.headers['x-ms-version']?.toString(),
      query: url.searchParams,
    },
    account,
    tokens,
    world.tenantId,
  );
  if (refusal) return refusal;
  const unsupported = unsupportedOf(exchange);
  if (unsupported) return unsupported;
  const principalId = principalOf(authorization, url.searchParams, tokens);
  if (principalId === undefined || operation.anyOf.length === 0) return undefined;
  const { name, anyOf } = operation;
  if (access.authorize({ principalId, operation: name, anyOf, scope: scopeOf(account, kind, operation) }))
    return undefined;
  return {
    status: 403,
    code: 'AuthorizationPermissionMismatch',
    message: 'This request is not authorized to perform this operation using this permission.',
  };
}
