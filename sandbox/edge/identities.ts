import { createHash } from 'node:crypto';
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
export function personOf(caller: Caller): Principal | undefined {
  if (caller.kind === 'operator') return person('operator', 'User', 'Operator');
  if (caller.kind === 'deployer') return person('deployer', 'ServicePrincipal', 'Deployer');
  return undefined;
}

/** Wraps a lookup of managed identities so that people are found as well, selected by their own ids or by nothing. */
export function withPeople(managed: PrincipalOf): PrincipalOf {
  return (caller, selector) => {
    const found = personOf(caller);
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

/** A GUID (version 4 in form) that follows from a text. */
export function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
