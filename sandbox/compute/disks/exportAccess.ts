import type { Origin } from '../../core/types.ts';
import { BlobError } from './blobError.ts';

/** How a disk or snapshot may be exported at this moment. */
export interface ExportPolicy {
  networkAccessPolicy: string | undefined;
  publicNetworkAccess: string | undefined;
  diskAccessId: string | undefined;
}

/**
 * Whether a disk's data are given to an origin: never with DenyAll, by an approved private endpoint of its own disk access
 * with AllowPrivate, from anywhere with AllowAll unless public access is disabled (NetworkAccessPolicy and
 * PublicNetworkAccess in the REST reference of disks). A policy that changes while a SAS is out holds at once.
 * @throws BlobError 403 AuthorizationFailure
 */
export function requireExport(policy: ExportPolicy, origin: Origin): void {
  if (isAllowed(policy, origin)) return;
  throw new BlobError(403, 'AuthorizationFailure', 'This request is not authorized to perform this operation.');
}

function isAllowed(policy: ExportPolicy, { privateLink }: Origin): boolean {
  switch (policy.networkAccessPolicy) {
    case 'AllowPrivate':
      return (
        privateLink?.approved === true && privateLink.targetId.toLowerCase() === policy.diskAccessId?.toLowerCase()
      );
    case 'DenyAll':
      return false;
    default:
      return policy.publicNetworkAccess !== 'Disabled';
  }
}
