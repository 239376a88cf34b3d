import type { Access } from '../arm/access/contract.ts';
import type { VaultGate, VaultRequest } from './access.ts';
import { callerOf, placeOf, VaultError } from './errors.ts';

interface AccessPolicy {
  tenantId?: string;
  objectId?: string;
  /** The application that acts for the user; absent: the principal itself. */
  applicationId?: string;
  permissions?: { keys?: string[]; secrets?: string[] };
}

/**
 * Role assignments for a vault with `enableRbacAuthorization`, else its access policies. One does not count where the other
 * decides ("Azure RBAC vs. access policies").
 */
export function permissionGate(access: Access, tenantId: string): VaultGate['access'] {
  return (request) => {
    const { vault } = request;
    return vault.properties?.enableRbacAuthorization === true
      ? byRoles(access, tenantId, request)
      : byPolicies(tenantId, request);
  };
}

function byRoles(access: Access, tenantId: string, request: VaultRequest): VaultError | undefined {
  const { vault, principal, dataAction, scope } = request;
  if (access.permits(principal.objectId, { dataActions: [dataAction] }, scope)) return undefined;
  const lines = [
    'Caller is not authorized to perform action on resource.',
    'If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
    `Caller: ${callerOf(principal, tenantId)}`,
    `Action: '${dataAction}'`,
    `Resource: '${scope.toLowerCase()}'`,
    'Assignment: (not found)',
    'DenyAssignmentId: null',
    "DecisionReason: 'DeniedWithNoValidRBAC' ",
    `Vault: ${placeOf(vault)}`,
    '',
  ];
  return new VaultError(403, 'Forbidden', lines.join('\r\n'), 'ForbiddenByRbac');
}

function byPolicies(tenantId: string, request: VaultRequest): VaultError | undefined {
  const { vault, principal, permission } = request;
  const policies = (vault.properties?.accessPolicies ?? []) as AccessPolicy[];
  const mine = policies.filter(({ objectId, applicationId }) => objectId === principal.objectId && !applicationId);
  const wanted = permission.name.toLowerCase();
  const granted = mine
    .flatMap(({ permissions }) => permissions?.[permission.kind] ?? [])
    .map((name) => name.toLowerCase());
  // `all` stands for all but purging.
  if (granted.includes(wanted) || (granted.includes('all') && wanted !== 'purge')) return undefined;
  return new VaultError(
    403,
    'Forbidden',
    `The user, group or application '${callerOf(principal, tenantId)}' does not have ${permission.kind} ${permission.name} ` +
      `permission on key vault '${placeOf(vault)}'. For help resolving this issue, please see ` +
      'https://go.microsoft.com/fwlink/?linkid=2125287',
    mine.length > 0 ? 'ForbiddenByPolicy' : 'AccessDenied',
  );
}
