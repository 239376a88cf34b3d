import { z } from 'zod';
import type { ErrorInfo } from './errors.ts';

/** Why something on the network could not be used: what has to be put right differs for each. */
export const faultSchema = z.enum([
  'nameUnknown', // the name has no address in this network (NXDOMAIN)
  'resolver', // the network's DNS server does not answer
  'publicAddress', // the name leads out of the private network
  'unreachable', // no connection, or no answer in time
  'firewall', // 403: the request did not come through an approved private endpoint
  'role', // 403: the identity may not do this
  'identity', // the machine gives no token
  'sasRefused', // a disk's export URL opens nothing
  'missing', // 404
  'other',
]);
export type Fault = z.infer<typeof faultSchema>;

/**
 * Azure's error codes and the system's. Storage: AuthorizationFailure is the network's refusal,
 * AuthorizationPermissionMismatch the roles'. Key Vault says Forbidden, and why in `innererror`.
 */
const faultByCode: Record<string, Fault> = {
  ENOTFOUND: 'nameUnknown',
  ENODATA: 'nameUnknown',
  EAI_AGAIN: 'resolver',
  EAI_FAIL: 'resolver',
  AuthorizationFailure: 'firewall',
  ForbiddenByFirewall: 'firewall',
  ForbiddenByConnection: 'firewall',
  AuthorizationPermissionMismatch: 'role',
  InsufficientAccountPermissions: 'role',
  ForbiddenByRbac: 'role',
  AccessDenied: 'role',
  Forbidden: 'role',
  CredentialUnavailableError: 'identity',
  AuthenticationRequiredError: 'identity',
  AuthenticationError: 'identity',
  AggregateAuthenticationError: 'identity',
};

/** Puts an error of a gateway down to a fault, by its code and by `status` and `code` of its details. */
export function faultOf({ code, details = {} }: Pick<ErrorInfo, 'code' | 'details'>): Fault {
  if (code === 'NETWORK_OPEN') return 'publicAddress';
  if (code === 'SAS_EXPIRED') return 'sasRefused';
  const known = faultByCode[details['code'] ?? ''];
  if (known) return known;
  const status = details['status'] ?? '';
  if (status === '404' || code === 'NOT_FOUND') return 'missing';
  // 502 and 504 are how a proxy in between says that there is no way.
  return code === 'AZURE_UNAVAILABLE' && ['', '502', '504'].includes(status) ? 'unreachable' : 'other';
}

/** A sentence for people on what stands between them and a host, with where to look; '' when there is nothing to add. */
export function reachHint(fault: Fault, host: string): string {
  switch (fault) {
    case 'nameUnknown':
      return `${host} does not resolve in this network. GET /api/sites shows the endpoint, zone link and record that it needs.`;
    case 'resolver':
      return `The DNS server of this network does not answer for ${host}. See the DNS servers of the network.`;
    case 'unreachable':
      return `${host} cannot be reached. GET /api/sites shows whether its private endpoint stands and is approved.`;
    case 'firewall':
      return `${host} answers only through an approved private endpoint. GET /api/sites shows its state.`;
    case 'role':
      return `The identity lacks a role on ${host}; a new assignment takes up to ten minutes to apply. POST …/check under /api/sites names the action.`;
    case 'publicAddress':
    case 'identity':
    case 'sasRefused':
    case 'missing':
    case 'other':
      return '';
  }
}
