import type { Arm } from './arm/index.ts';
import type { Caller, Principal } from './core/types.ts';
import type { IdentitySelector } from './edge/index.ts';

/**
 * The managed identity that a VM or web app gets a token for: one of the user-assigned identities that its ARM resource
 * carries. Without a selector only a sole identity is meant (system-assigned identities are not simulated).
 */
export function assignedIdentity(arm: Arm, caller: Caller, selector: IdentitySelector): Principal | undefined {
  const resource = caller.resourceId === undefined ? undefined : arm.world.store.get(caller.resourceId);
  const identity = resource?.identity as { userAssignedIdentities?: Record<string, unknown> } | undefined;
  const assigned = Object.keys(identity?.userAssignedIdentities ?? {}).flatMap(
    (resourceId) => arm.identities.find({ resourceId }) ?? [],
  );
  const { clientId, objectId, resourceId } = selector;
  const named = clientId ?? objectId ?? resourceId;
  const same = (a: string) => a.toLowerCase() === named?.toLowerCase();
  const found =
    named === undefined
      ? assigned.length === 1
        ? assigned
        : []
      : assigned.filter((i) => same(clientId ? i.clientId : objectId ? i.objectId : i.resourceId));
  const [first] = found;
  return (
    first && { objectId: first.objectId, clientId: first.clientId, kind: 'ServicePrincipal', displayName: first.name }
  );
}
