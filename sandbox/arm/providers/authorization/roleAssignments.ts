import { invalidRequestContent, notSupported } from '../../errors.ts';
import { bodyOf, proxy, required } from '../../resource.ts';
import { idKey } from '../../store.ts';
import { ArmError, type ArmCall, type ArmResource, type ResourceType } from '../../types.ts';
import { findRole, isAssignableAt } from './roleDefinitions.ts';

const type = 'Microsoft.Authorization/roleAssignments';
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Grant {
  roleDefinitionId: string;
  principalId: string;
  scope: string;
}

const grantOf = (assignment: ArmResource) => assignment.properties as unknown as Grant;

function sameGrant(a: Grant, b: Grant): boolean {
  return (
    idKey(a.scope) === idKey(b.scope) &&
    a.principalId.toLowerCase() === b.principalId.toLowerCase() &&
    idKey(a.roleDefinitionId).split('/').at(-1) === idKey(b.roleDefinitionId).split('/').at(-1)
  );
}

const principalTypes = ['User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device'];

/** @throws ArmError 400 InvalidPrincipalId, InvalidRequestContent */
function checkPrincipal(principalId: string, principalType: unknown): void {
  if (!guid.test(principalId)) {
    throw new ArmError(
      400,
      'InvalidPrincipalId',
      `A valid principal ID must be provided for role assignment: '${principalId}' is no GUID.`,
    );
  }
  if (principalType === undefined || principalTypes.includes(String(principalType))) return;
  throw invalidRequestContent(
    `Error converting value "${String(principalType)}" of 'properties.principalType'. The values are ${principalTypes.join(', ')}`,
  );
}

/** One grant once: the same role for the same principal at the same scope under another name is refused. */
function checkUnique(call: ArmCall, wanted: Grant, existing: ArmResource | undefined): void {
  if (existing && !sameGrant(grantOf(existing), wanted)) {
    throw new ArmError(
      400,
      'RoleAssignmentUpdateNotPermitted',
      'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.',
    );
  }
  const twin = call.world.store.list({ type }).find((other) => sameGrant(grantOf(other), wanted));
  if (!twin || twin === existing) return;
  throw new ArmError(
    409,
    'RoleAssignmentExists',
    `The role assignment already exists. The ID of the conflicting role assignment is ${twin.name.replaceAll('-', '')}.`,
  );
}

/**
 * A custom role is for its assignable scopes and what is below them (code and text: ALZ-PowerShell-Module #144).
 * @throws ArmError 400 RoleAssignmentScopeNotAssignableToRoleDefinition
 */
function checkAssignable({ properties = {} }: ArmResource, scope: string): void {
  if (isAssignableAt(properties.assignableScopes as string[], scope)) return;
  throw new ArmError(
    400,
    'RoleAssignmentScopeNotAssignableToRoleDefinition',
    `The role ${String(properties.roleName)} is not available for assignment at the requested scope.`,
  );
}

/** Conditions are not evaluated: one that was kept without effect would grant more than it says. @throws ArmError 501 */
function refuseCondition({ method, path }: ArmCall, condition: unknown): void {
  if (condition === undefined || condition === null || condition === '') return;
  throw notSupported(
    method,
    path.id,
    `Role assignments with a condition: assign the role without 'properties.condition'.`,
  );
}

/** `atScope()` leaves out what lies below the scope; `principalId eq` and `assignedTo('…')` choose a principal. */
function listed(call: ArmCall): ArmResource[] {
  const scope = idKey(call.path.scope ?? '');
  const filter = call.query.get('$filter') ?? '';
  const principal = /(?:principalId\s+eq\s+|assignedTo\()'([^']+)'/i.exec(filter)?.[1]?.toLowerCase();
  const below = !/atScope\(\)/i.test(filter);
  return call.world.store.list({ type }).filter((assignment) => {
    const grant = grantOf(assignment);
    const at = idKey(grant.scope);
    const above = at === scope || at === '' || scope.startsWith(`${at}/`);
    const inScope = above || (below && at.startsWith(`${scope}/`));
    return inScope && (principal === undefined || grant.principalId.toLowerCase() === principal);
  });
}

/** Microsoft.Authorization/roleAssignments, at any scope. A PUT answers 201, also for one that is there already. */
export const roleAssignments: ResourceType = {
  type,
  extension: true,
  shape: { properties: { roleDefinitionId: 'string', principalId: 'string', principalType: 'string' } },
  list: listed,
  put(call, existing) {
    const { world, path } = call;
    if (!guid.test(path.name)) {
      throw new ArmError(
        400,
        'InvalidRoleAssignmentId',
        `The role assignment ID '${path.name}' is not valid. The role assignment ID must be a GUID.`,
      );
    }
    const properties = required(bodyOf(call).properties, 'properties');
    const grant: Grant = {
      roleDefinitionId: String(required(properties.roleDefinitionId, 'properties.roleDefinitionId')),
      principalId: String(required(properties.principalId, 'properties.principalId')),
      scope: path.scope ?? '',
    };
    checkPrincipal(grant.principalId, properties.principalType);
    const role = findRole(world, grant.roleDefinitionId);
    if (!role) {
      const name = grant.roleDefinitionId.split('/').at(-1)!.replaceAll('-', '');
      throw new ArmError(
        404,
        'RoleDefinitionDoesNotExist',
        `The specified role definition with ID '${name}' does not exist.`,
      );
    }
    checkAssignable(role, grant.scope);
    refuseCondition(call, properties.condition);
    checkUnique(call, grant, existing);
    const now = world.clock.iso();
    world.store.put({
      ...proxy(call),
      properties: {
        principalType: 'User',
        ...(existing?.properties ?? { createdOn: now, createdBy: call.principalId }),
        ...properties,
        ...grant,
        updatedOn: now,
        updatedBy: call.principalId,
      },
    });
    return { status: 201 };
  },
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200, body: existing };
  },
};
