import { refusalOf } from './authorization.ts';
import { permissionMismatch, type Refusal } from './errors.ts';
import { refuseOrigin } from './firewall.ts';
import type { Exchange, StorageParts } from './parts.ts';
import { allowedTo, principalOf, scopeOf } from './roles.ts';

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

/** Whether a request goes on: refused, or with what its roles allow of it. */
export interface Admission {
  refusal?: Refusal | undefined;
  /** It may make a blob, not replace one. */
  creationOnly?: true;
}

/** Asks network, then who asks, then roles. */
export function admit(exchange: Exchange, parts: StorageParts): Admission {
  const refusal = refusalBeforeRoles(exchange, parts);
  if (refusal) return { refusal };
  const { world, tokens } = parts;
  const { request, account, kind, url, operation } = exchange;
  const principalId = principalOf(request.headers.authorization, url.searchParams, tokens);
  if (principalId === undefined) return {};
  switch (allowedTo(world.access, principalId, operation, scopeOf(account, kind, operation))) {
    case 'wholly':
      return {};
    case 'creation':
      return { creationOnly: true };
    case 'nothing':
      return { refusal: permissionMismatch };
  }
}

function refusalBeforeRoles(exchange: Exchange, { world, tokens }: StorageParts): Refusal | undefined {
  const { request, context, account, kind, url } = exchange;
  const unreachable = refuseOrigin(account, kind, context.origin);
  if (unreachable) return unreachable;
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
  return refusal ?? unsupportedOf(exchange);
}
