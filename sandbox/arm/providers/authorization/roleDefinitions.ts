import { bodyOf, proxy, required } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmResource, type ArmWorld, type ResourceType } from '../../types.ts';
import { builtInRoles } from './builtInRoles/index.ts';
import type { BuiltInRole } from './builtInRoles/role.ts';

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
    checkName(call, roleName);
    const now = world.clock.iso();
    world.store.put({
      ...proxy(call),
      properties: {
        roleName,
        type: 'CustomRole',
        description: properties.description ?? '',
        assignableScopes: required(properties.assignableScopes, 'properties.assignableScopes'),
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
