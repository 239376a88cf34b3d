import type { Access } from '../../arm/access/contract.ts';
import type { Principal, Tokens } from '../../core/types.ts';
import { BlobError } from './blobError.ts';

/** The audience of tokens for exports of disks. Clients ask for it with the slash: `https://disk.azure.com//.default`. */
const DISK_AUDIENCE = 'https://disk.azure.com/';

/**
 * A disk or snapshot with `dataAccessAuthMode: AzureActiveDirectory` wants a token beside its SAS. The challenge is what
 * clients find the audience by (azcopy pings with a SAS alone and reads it).
 * @throws BlobError 401 NoAuthenticationInformation, InvalidAuthenticationInfo
 */
export function requireBearer(tokens: Tokens, tenantId: string, authorization: string | undefined): Principal {
  if (authorization === undefined) throw challenge('NoAuthenticationInformation', tenantId);
  const verified = tokens.verify(authorization);
  if (!verified) {
    throw challenge('InvalidAuthenticationInfo', tenantId, 'Signature validation failed, or the token has expired.');
  }
  if (`${verified.audience.replace(/\/+$/, '')}/` !== DISK_AUDIENCE) {
    throw challenge(
      'InvalidAuthenticationInfo',
      tenantId,
      `Audience validation failed. Audience did not match: ${verified.audience}`,
    );
  }
  return verified.principal;
}

/**
 * Whoever shows the token needs the right to the data itself ("Secure downloads and uploads of Azure managed disks"; the
 * role Data Operator for Managed Disks has it). How Azure refuses is not documented: as the storage service does, here.
 * @param permission of the SAS: read or write
 * @throws BlobError 403 AuthorizationPermissionMismatch
 */
export function requireDataRole(
  access: Access,
  { objectId }: Principal,
  id: string,
  permission: 'r' | 'w' | 'd',
): void {
  const type = /\/snapshots\/[^/]+$/i.test(id) ? 'snapshots' : 'disks';
  const dataAction = `Microsoft.Compute/${type}/${permission === 'r' ? 'download' : 'upload'}/action`;
  if (access.permits(objectId, { dataActions: [dataAction] }, id)) return;
  throw new BlobError(
    403,
    'AuthorizationPermissionMismatch',
    'This request is not authorized to perform this operation using this permission.',
  );
}

function challenge(code: string, tenantId: string, detail?: string): BlobError {
  const authority = `https://login.microsoftonline.com/${tenantId}/oauth2/authorize`;
  return new BlobError(
    401,
    code,
    'Server failed to authenticate the request. Please refer to the information in the www-authenticate header.',
    {
      headers: { 'www-authenticate': `Bearer authorization_uri=${authority} resource_id=${DISK_AUDIENCE}` },
      ...(detail && { fields: { AuthenticationErrorDetail: detail } }),
    },
  );
}
