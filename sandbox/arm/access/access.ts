import type { Clock } from '../../core/types.ts';
import type { ArmResource, ResourceStore } from '../types.ts';
import type { Access, AccessSettings, Needs } from './contract.ts';
import { createDemands } from './demands.ts';
import { concernsRoles, createRoles } from './roles.ts';

/** A change of roles that is on its way. */
interface Change {
  id: string;
  resource: ArmResource | undefined;
  at: number;
}

interface Decision {
  granted: boolean;
  /** Whether it stands in the record. */
  noted: boolean;
}

/** How many decisions are remembered; beyond, all are forgotten. */
const MOST_DECISIONS = 100_000;

export interface AccessOptions {
  store: ResourceStore;
  clock: Clock;
  /** The display name of a principal, for the record. */
  nameOf: (principalId: string) => string | undefined;
  /** File that gets a JSON line for each new demand. */
  demands?: string | undefined;
}

/** Evaluates the role assignments in a store. What is there at the start is in effect; each change counts after its delay. */
export function createAccess({ store, clock, nameOf, demands: file }: AccessOptions): Access {
  const settings: AccessSettings = { propagationMs: 0 };
  const roles = createRoles();
  const demands = createDemands(nameOf, file);
  const decided = new Map<string, Decision>();
  let underWay: Change[] = [];

  for (const resource of store.under('')) if (concernsRoles(resource.id)) roles.apply(resource.id, resource);
  store.onChange((id, resource) => {
    if (!concernsRoles(id)) return;
    underWay.push({ id, resource, at: clock.now() });
    settle();
  });

  function settle(): void {
    if (underWay.length === 0) return;
    const latest = clock.now() - settings.propagationMs;
    const arrived = underWay.filter(({ at }) => at <= latest);
    if (arrived.length === 0) return;
    underWay = underWay.filter(({ at }) => at > latest);
    for (const { id, resource } of arrived) roles.apply(id, resource);
    decided.clear();
  }

  function decision(principalId: string, action: string, data: boolean, scope: string): Decision {
    const key = `${principalId}\n${action}\n${data}\n${scope}`;
    const known = decided.get(key);
    if (known) return known;
    const made = { granted: roles.grant(principalId, action, data, scope), noted: false };
    if (decided.size >= MOST_DECISIONS) decided.clear();
    decided.set(key, made);
    return made;
  }

  function decide(principalId: string, { actions = [], dataActions = [] }: Needs, scope: string, note: boolean) {
    settle();
    const ask = (data: boolean) => (action: string) => {
      const found = decision(principalId, action, data, scope);
      const { granted, noted } = found;
      if (note && !noted) demands.note({ principalId, action, data, scope, granted });
      found.noted ||= note;
      return granted;
    };
    const answers = [...actions.map(ask(false)), ...dataActions.map(ask(true))];
    return answers.every(Boolean);
  }

  return {
    permits: (principalId, needs, scope) => decide(principalId, needs, scope, true),
    grants: (principalId, needs, scope) => decide(principalId, needs, scope, false),
    holdsAny(principalId, scope) {
      settle();
      return roles.any(principalId, scope);
    },
    demanded: demands.all,
    settings,
  };
}
