import { builtInRoles } from '../providers/authorization/builtInRoles/index.ts';
import { idKey } from '../store.ts';
import type { ArmResource } from '../types.ts';
import { grantsOf, type Grants, type Permission } from './pattern.ts';

const assignmentType = 'microsoft.authorization/roleassignments';
const definitionType = 'microsoft.authorization/roledefinitions';

const builtIn = new Map(builtInRoles.map((role) => [role.id, grantsOf([role])]));

/** An assignment in effect. */
interface Held {
  principalId: string;
  /** As `idKey` writes it; empty for the whole tenant. */
  scope: string;
  role: string;
}

/** Whether a change of a resource is one of roles. */
export function concernsRoles(id: string): boolean {
  const key = idKey(id);
  return key.includes(`/${assignmentType}/`) || key.includes(`/${definitionType}/`);
}

/** The role assignments and definitions in effect, found by principal. */
export function createRoles() {
  const custom = new Map<string, Grants>();
  const held = new Map<string, Held>();
  const byPrincipal = new Map<string, Map<string, Held>>();

  function forget(key: string): void {
    const before = held.get(key);
    if (before) byPrincipal.get(before.principalId)?.delete(key);
    held.delete(key);
  }

  function hold(key: string, { properties = {} }: ArmResource): void {
    const { principalId, roleDefinitionId, scope } = properties as Record<string, string>;
    const one = { principalId: principalId!.toLowerCase(), scope: idKey(scope!), role: guidOf(roleDefinitionId!) };
    held.set(key, one);
    const others = byPrincipal.get(one.principalId) ?? new Map<string, Held>();
    byPrincipal.set(one.principalId, others.set(key, one));
  }

  return {
    /** Takes in what a resource of either type has become; undefined: it is gone. */
    apply(id: string, resource: ArmResource | undefined): void {
      const key = idKey(id);
      if (key.includes(`/${definitionType}/`)) {
        const permissions = (resource?.properties?.permissions ?? []) as Permission[];
        if (resource) custom.set(guidOf(key), grantsOf(permissions));
        else custom.delete(guidOf(key));
        return;
      }
      forget(key);
      if (resource) hold(key, resource);
    },
    /** Whether the principal has a role at the scope, above or below it. */
    any(principalId: string, scope: string): boolean {
      const at = idKey(scope);
      const held = [...(byPrincipal.get(principalId.toLowerCase())?.values() ?? [])];
      return held.some((one) => covers(one.scope, at) || covers(at, one.scope));
    },
    /** Whether one of the principal's roles at the scope or above it grants the action. */
    grant(principalId: string, action: string, data: boolean, scope: string): boolean {
      const at = idKey(scope);
      for (const one of byPrincipal.get(principalId.toLowerCase())?.values() ?? []) {
        if (covers(one.scope, at) && (builtIn.get(one.role) ?? custom.get(one.role))?.(action, data)) return true;
      }
      return false;
    },
  };
}

/** Whether a scope is another or above it. Both as `idKey` writes them. */
function covers(scope: string, other: string): boolean {
  return scope === '' || other === scope || other.startsWith(`${scope}/`);
}

/** The GUID at the end of a role definition's id, lower case. */
function guidOf(id: string): string {
  return idKey(id).split('/').at(-1)!;
}
