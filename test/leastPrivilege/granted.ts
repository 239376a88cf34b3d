import { grantsOf } from '../../infra/grants.ts';
import { customRoles, type CustomRole } from '../../infra/roles.ts';
import { builtInRoles } from '../../sandbox/arm/providers/authorization/builtInRoles/index.ts';
import { configurations } from '../infra/configurations.ts';
import { configWith } from '../infra/values.ts';
import type { Granted } from './compare.ts';

/** Environments that together have every grant that infra can make. */
const environments = Object.values(configurations).map((values) => configWith(values).environment);

/** Every action that infra grants an identity, role by role. */
export function grantedActions(): Granted[] {
  const held = new Map<string, Granted>();
  for (const environment of environments) {
    for (const { to, role } of grantsOf(environment, true)) {
      const name = typeof role === 'string' ? role : role.builtIn;
      for (const [data, actions] of Object.entries(actionsOf(role))) {
        for (const action of actions) {
          const one = { identity: to, role: name, action, data: data === 'dataActions' };
          held.set(JSON.stringify(one), one);
        }
      }
    }
  }
  return [...held.values()];
}

function actionsOf(role: keyof typeof customRoles | { builtIn: string }): Record<'actions' | 'dataActions', string[]> {
  if (typeof role === 'string') {
    const { actions, dataActions }: CustomRole = customRoles[role];
    return { actions: actions.map(({ action }) => action), dataActions: dataActions.map(({ action }) => action) };
  }
  const found = builtInRoles.find(({ roleName }) => roleName === role.builtIn);
  return { actions: [...(found?.actions ?? [])], dataActions: [...(found?.dataActions ?? [])] };
}
