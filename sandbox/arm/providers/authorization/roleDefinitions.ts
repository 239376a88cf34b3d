import { bodyOf, proxy, required } from '../../resource.ts';
import { idKey } from '../../store.ts';
import { ArmError, type ArmCall, type ArmResource, type ArmWorld, type ResourceType } from '../../types.ts';
import { builtInRoles } from './builtInRoles/index.ts';
import type { BuiltInRole } from './builtInRoles/role.ts';
import { checkPublished } from './publishedActions.ts';

const type = 'Microsoft.Authorization/roleDefinitions';
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Built-in roles were there before the world was. */
const before = '2015-01-01T00:00:00.0000000Z';

interface Permission {
  actions?: string[];
  notActions?: string[];
  dataActions?: string[];
  notDataActions?: string[];
}

function permission(from: Permission): Required<Permission> {
  const { actions = [], notActions = [], dataActions = [], notDataActions = [] } = from;
  return { actions, notActions, dataActions, notDataActions };
}

function builtIn(role: BuiltInRole, subscriptionId: string): ArmResource {
  const scope = subscriptionId && `/subscriptions/${subscriptionId}`;
  return {
    id: `${scope}/providers/${type}/${role.id}`,
    name: role.id,
    type,
    properties: {
      roleName: role.roleName,
      type: 'BuiltInRole',
      description: role.roleName,
      assignableScopes: ['/'],
      permissions: [permission(role)],
      createdOn: before,
      updatedOn: before,
    },
  };
}

/** A custom role is seen from anywhere in its tenant; its id is the one it was created under. */
function custom(world: ArmWorld, name: string): ArmResource | undefined {
  return world.store.list({ type }).find((role) => role.name.toLowerCase() === name.toLowerCase());
}

/** The role that an id such as `…/roleDefinitions/{guid}` names, built-in or custom. */
export function findRole(world: ArmWorld, roleDefinitionId: string): ArmResource | undefined {
  const name = /\/roleDefinitions\/([^/]+)\/?$/i.exec(roleDefinitionId)?.[1];
  if (!name) return undefined;
  const role = builtInRoles.find(({ id }) => id === name.toLowerCase());
  const subscriptionId = /^\/subscriptions\/([^/]+)/i.exec(roleDefinitionId)?.[1] ?? '';
  return role ? builtIn(role, subscriptionId) : custom(world, name);
}

/** `roleName eq 'Reader'`, `type eq 'CustomRole'` and `atScopeAndBelow()`. */
function filtered(roles: ArmResource[], filter: string | null): ArmResource[] {
  const clause = (field: string) => new RegExp(`${field}\\s+eq\\s+'((?:[^']|'')*)'`, 'i').exec(filter ?? '')?.[1];
  const [roleName, kind] = [clause('roleName'), clause('type')];
  const same = (a: unknown, b: string | undefined) => b === undefined || String(a).toLowerCase() === b.toLowerCase();
  return roles.filter(({ properties }) => same(properties?.roleName, roleName) && same(properties?.type, kind));
}

function checkName(call: ArmCall, roleName: string): void {
  const { store } = call.world;
  const clash = store
    .list({ type })
    .find(
      (role) => role.id !== call.path.id && String(role.properties?.roleName).toLowerCase() === roleName.toLowerCase(),
    );
  const builtInClash = builtInRoles.some((role) => role.roleName.toLowerCase() === roleName.toLowerCase());
  if (!clash && !builtInClash) return;
  throw new ArmError(
    409,
    'RoleDefinitionWithSameNameExists',
    `A custom role with the same name already exists in this directory. Use a different name`,
  );
}

/** @throws ArmError 400: a custom role needs scopes, and the root is none of them ("Understand Azure role definitions") */
function checkScopes(scopes: string[]): void {
  if (scopes.length > 0 && !scopes.some((scope) => scope === '/' || scope === '')) return;
  throw new ArmError(
    400,
    'InvalidAssignableScopes',
    'A custom role definition must have at least one assignable scope, and the root scope is not among them.',
  );
}

/**
 * A scope cannot be taken from a role that is assigned there (bicep #17145).
 * @throws ArmError 400 RoleScopeBeingRemovedContainsAssignments
 */
function checkRemoved({ world }: ArmCall, name: string, before: string[], after: string[]): void {
  const removed = before.filter((scope) => !isAssignableAt(after, scope));
  const assigned = world.store
    .list({ type: 'Microsoft.Authorization/roleAssignments' })
    .filter(({ properties }) => String(properties?.roleDefinitionId).toLowerCase().endsWith(`/${name.toLowerCase()}`));
  const held = removed.find((scope) =>
    assigned.some(({ properties }) => isAssignableAt([scope], String(properties?.scope))),
  );
  if (held === undefined) return;
  throw new ArmError(
    400,
    'RoleScopeBeingRemovedContainsAssignments',
    `Role assignments found under scope '${held}' which is being removed. Removing this scope from the role will orphan ` +
      'these assignments. Delete these assignments before removing the scope.',
  );
}

/** Whether one of a role's assignable scopes is a scope or above it. */
export function isAssignableAt(scopes: string[], scope: string): boolean {
  const at = `${idKey(scope)}/`;
  return scopes.some((one) => at.startsWith(`${idKey(one)}/`));
}

/** Microsoft.Authorization/roleDefinitions: built-in roles and custom ones. */
export const roleDefinitions: ResourceType = {
  type,
  extension: true,
  shape: {
    properties: {
      roleName: 'string',
      description: 'string',
      assignableScopes: ['string'],
      permissions: [
        { actions: ['string'], notActions: ['string'], dataActions: ['string'], notDataActions: ['string'] },
      ],
    },
  },
  // "Azure custom roles", who can create: the operation is needed at every assignable scope.
  links: [{ at: 'properties.assignableScopes[]', action: `${type}/write` }],
  find: (call) => findRole(call.world, call.path.id),
  list(call) {
    const all = [
      ...builtInRoles.map((role) => builtIn(role, call.path.subscriptionId)),
      ...call.world.store.list({ type }),
    ];
    return filtered(all, call.query.get('$filter'));
  },
  put(call, existing) {
    const { world, path, principalId } = call;
    if (!guid.test(path.name)) {
      throw new ArmError(
        400,
        'InvalidRoleDefinitionId',
        `The role definition ID '${path.name}' is not valid. The role definition ID must be a GUID.`,
      );
    }
    const properties = required(bodyOf(call).properties, 'properties');
    const roleName = String(required(properties.roleName, 'properties.roleName'));
    const permissions = required(properties.permissions, 'properties.permissions') as Permission[];
    const assignableScopes = required(properties.assignableScopes, 'properties.assignableScopes') as string[];
    for (const { actions = [], notActions = [] } of permissions) checkPublished([...actions, ...notActions]);
    checkName(call, roleName);
    checkScopes(assignableScopes);
    checkRemoved(call, path.name, (existing?.properties?.assignableScopes ?? []) as string[], assignableScopes);
    const now = world.clock.iso();
    world.store.put({
      ...proxy(call),
      properties: {
        roleName,
        type: 'CustomRole',
        description: properties.description ?? '',
        assignableScopes,
        permissions: permissions.map(permission),
        createdOn: existing?.properties?.createdOn ?? now,
        updatedOn: now,
        createdBy: existing?.properties?.createdBy ?? principalId,
        updatedBy: principalId,
      },
    });
    return { status: 201 };
  },
  delete(call, existing) {
    const { store } = call.world;
    if (existing.properties?.type === 'BuiltInRole') {
      throw new ArmError(403, 'CannotDeleteBuiltInRole', 'The built-in role cannot be deleted.');
    }
    const used = store
      .list({ type: 'Microsoft.Authorization/roleAssignments' })
      .some(({ properties }) =>
        String(properties?.roleDefinitionId).toLowerCase().endsWith(existing.name.toLowerCase()),
      );
    if (used) {
      throw new ArmError(400, 'RoleDefinitionHasAssignments', 'There are existing role assignments referencing role.');
    }
    store.delete(existing.id);
    return { status: 200, body: existing };
  },
};
