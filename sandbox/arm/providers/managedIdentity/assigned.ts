import { oneOf } from '../../resource.ts';
import { inShape } from '../../shape.ts';
import { ArmError, type ArmResource, type ArmWorld } from '../../types.ts';
import { findIdentity } from './identities.ts';

/** The `identity` of a VM or web app as ARM returns it. */
export interface AssignedIdentity {
  type: string;
  principalId?: string;
  tenantId?: string;
  userAssignedIdentities?: Record<string, { principalId: string; clientId: string }>;
}

const kinds = ['None', 'SystemAssigned', 'UserAssigned', 'SystemAssigned, UserAssigned', 'SystemAssigned,UserAssigned'];

const shape = { identity: { type: 'string', userAssignedIdentities: {} } } as const;

/**
 * Fills in what Azure adds to a requested `identity`: the system-assigned principal (kept once it exists) and the ids of
 * each user-assigned one. Undefined when nothing is assigned.
 * @throws ArmError 400 FailedIdentityOperation when a user-assigned identity does not exist
 */
export function assignIdentity(
  world: ArmWorld,
  requested: unknown,
  existing: ArmResource | undefined,
): AssignedIdentity | undefined {
  const { identity = {} } = inShape({ identity: requested }, shape);
  const { type = 'None', userAssignedIdentities = {} } = identity as {
    type?: string;
    userAssignedIdentities?: Record<string, unknown>;
  };
  oneOf(type, kinds, 'identity.type');
  if (type.toLowerCase() === 'none') return undefined;
  const before = existing?.identity as AssignedIdentity | undefined;
  const system = /SystemAssigned/i.test(type);
  const users = Object.keys(userAssignedIdentities).map((resourceId) => {
    const found = findIdentity(world.store, { resourceId });
    if (!found) {
      throw new ArmError(
        400,
        'FailedIdentityOperation',
        `Identity operation failed with error 'Failed to perform resource identity operation. Status: 'NotFound'. ` +
          `Response: 'The Resource '${resourceId}' was not found.'.`,
      );
    }
    return [resourceId, { principalId: found.objectId, clientId: found.clientId }] as const;
  });
  return {
    type,
    ...(system && { principalId: before?.principalId ?? world.guid(), tenantId: world.tenantId }),
    ...(users.length > 0 && { userAssignedIdentities: Object.fromEntries(users) }),
  };
}
