import { guidOf } from '../core/guid.ts';
import type { Caller, Principal } from '../core/types.ts';

/** Which of a caller's identities is asked for; empty: its system-assigned or only one. */
export interface IdentitySelector {
  clientId?: string;
  objectId?: string;
  resourceId?: string;
}

/** The identity of a caller that the selector names, or undefined when it has no such identity. */
export type PrincipalOf = (caller: Caller, selector: IdentitySelector) => Principal | undefined;

/**
 * The principals of the people around a world, who have no resource in ARM: the operator is a user, the deployer a
 * service principal. Their ids are the same in every world.
 */
export const people = {
  operator: person('operator', 'User', 'Operator'),
  deployer: person('deployer', 'ServicePrincipal', 'Deployer'),
};

/** Wraps a lookup of managed identities so that people are found as well, selected by their own ids or by nothing. */
export function withPeople(managed: PrincipalOf): PrincipalOf {
  return (caller, selector) => {
    const found = caller.kind === 'operator' || caller.kind === 'deployer' ? people[caller.kind] : undefined;
    if (!found) return managed(caller, selector);
    const { clientId, objectId, resourceId } = selector;
    const fits =
      resourceId === undefined &&
      (clientId === undefined || clientId === found.clientId) &&
      (objectId === undefined || objectId === found.objectId);
    return fits ? found : undefined;
  };
}

function person(seed: string, kind: Principal['kind'], displayName: string): Principal {
  return { objectId: guidOf(`${seed} object`), clientId: guidOf(`${seed} client`), kind, displayName };
}
