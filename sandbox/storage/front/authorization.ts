import type { ArmResource } from '../../arm/types.ts';
import type { Tokens } from '../../core/types.ts';
import type { StorageKind } from '../contents.ts';
import type { Refusal } from './errors.ts';

/** A request to the storage service, as far as its authorization goes. */
export interface StorageRequest {
  kind: StorageKind;
  method: string;
  secure: boolean;
  authorization: string | undefined;
  /** `x-ms-version` */
  version: string | undefined;
  query: URLSearchParams;
}

/** From this service version on, unauthenticated requests get a bearer challenge ("Authorize with Microsoft Entra ID"). */
const CHALLENGE_VERSION = '2019-12-12';
const SERVICE_AUDIENCE = 'https://storage.azure.com';

/**
 * Whether the storage service refuses a request before it looks at the data; undefined: it goes on. Signatures of SAS
 * and account keys are checked behind, by Azurite, which has the keys.
 */
export function refusalOf(
  request: StorageRequest,
  account: ArmResource,
  tokens: Tokens,
  tenantId: string,
): Refusal | undefined {
  const properties = account.properties ?? {};
  if (!request.secure && properties.supportsHttpsTrafficOnly !== false) {
    return refusal(400, 'AccountRequiresHttps', 'The account being accessed does not support http.');
  }
  const scheme = /^\s*(\w+)/.exec(request.authorization ?? '')?.[1]?.toLowerCase();
  if (scheme === 'bearer') return refuseToken(request, account.name, tokens, tenantId);
  const keyBased = scheme === 'sharedkey' || scheme === 'sharedkeylite' || isKeySas(request.query);
  if (keyBased && properties.allowSharedKeyAccess === false) {
    return refusal(
      403,
      'KeyBasedAuthenticationNotPermitted',
      'Key based authentication is not permitted on this storage account.',
    );
  }
  if (scheme !== undefined || request.query.has('sig')) return undefined;
  return refuseAnonymous(request, properties.allowBlobPublicAccess === true, tenantId);
}

/** Signed with an account key, not with a user delegation key (which names its owner in `skoid`). */
function isKeySas(query: URLSearchParams): boolean {
  return query.has('sig') && !query.has('skoid');
}

function refuseToken(request: StorageRequest, account: string, tokens: Tokens, tenantId: string): Refusal | undefined {
  const verified = tokens.verify(request.authorization);
  const audiences = [SERVICE_AUDIENCE, `https://${account}.${request.kind}.core.windows.net`];
  if (verified && audiences.includes(verified.audience.replace(/\/$/, ''))) return undefined;
  const detail = verified
    ? 'Audience validation failed. Audience did not match.'
    : 'Signature validation failed, or the token has expired.';
  return { ...challenge('InvalidAuthenticationInfo', tenantId), detail };
}

function refuseAnonymous(request: StorageRequest, publicAccess: boolean, tenantId: string): Refusal | undefined {
  const reading = request.kind === 'blob' && (request.method === 'GET' || request.method === 'HEAD');
  if (reading && publicAccess) return undefined;
  if (reading && (request.version ?? '') < CHALLENGE_VERSION) {
    return refusal(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
  }
  return challenge('NoAuthenticationInformation', tenantId);
}

function challenge(code: string, tenantId: string): Refusal {
  const authority = `https://login.microsoftonline.com/${tenantId}/oauth2/authorize`;
  return {
    ...refusal(
      401,
      code,
      'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    ),
    headers: { 'www-authenticate': `Bearer authorization_uri=${authority} resource_id=${SERVICE_AUDIENCE}` },
  };
}

function refusal(status: number, code: string, message: string): Refusal {
  return { status, code, message };
}
