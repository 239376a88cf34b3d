import { guidOf } from '../../core/guid.ts';
import type { Clock, Principal } from '../../core/types.ts';
import { builtInRoles } from '../providers/authorization/builtInRoles/index.ts';
import type { ResourceStore } from '../types.ts';

/** A built-in role that somebody holds from the start. */
export interface RoleSeed {
  to: Principal;
  /** As the portal names it: `Storage Blob Data Owner`. */
  role: string;
  /** Id of a subscription, group or resource (that may not be there yet); none: each subscription. */
  scope?: string | undefined;
}

/**
 * Writes role assignments that are not there yet. They are like any other afterwards.
 * @throws Error when there is no built-in role of that name
 */
export function seedRoles(store: ResourceStore, clock: Pick<Clock, 'iso'>, seeds: RoleSeed[]): void {
  const subscriptions = store.list({ type: 'Microsoft.Resources/subscriptions' }).map(({ id }) => id);
  for (const { to, role, scope: given } of seeds) {
    const definition = builtInRoles.find(({ roleName }) => roleName === role);
    if (!definition) throw new Error(`There is no built-in role '${role}' here. See arm/providers/authorization.`);
    for (const scope of given === undefined ? subscriptions : [given]) {
      const name = guidOf(`${to.objectId} ${definition.id} ${scope.toLowerCase()}`);
      const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
      if (store.get(id)) continue;
      const [, subscription = ''] = /^(\/subscriptions\/[^/]+)/i.exec(scope) ?? [];
      const now = clock.iso();
      store.put({
        id,
        name,
        type: 'Microsoft.Authorization/roleAssignments',
        properties: {
          roleDefinitionId: `${subscription}/providers/Microsoft.Authorization/roleDefinitions/${definition.id}`,
          principalId: to.objectId,
          principalType: to.kind,
          scope,
          createdOn: now,
          updatedOn: now,
          createdBy: '',
          updatedBy: '',
        },
      });
    }
  }
}
