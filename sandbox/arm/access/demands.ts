import { appendFileSync } from 'node:fs';
import { idKey } from '../store.ts';
import type { Demand } from './contract.ts';

/** `tenant`, `subscription`, `resourceGroup`, or the type that an id ends with, in the casing of the id. */
export function scopeTypeOf(scope: string): string {
  const at = scope.toLowerCase().lastIndexOf('/providers/');
  if (at >= 0) {
    const [namespace, ...rest] = scope.slice(at + '/providers/'.length).split('/');
    return [namespace, ...rest.filter((_, i) => i % 2 === 0)].join('/');
  }
  const depth = scope.split('/').filter(Boolean).length;
  return depth === 0 ? 'tenant' : depth === 2 ? 'subscription' : 'resourceGroup';
}

/**
 * What was demanded, by whom and on what kind of scope; each once when granted and once when refused.
 * @param file gets a JSON line for each, the moment it comes up
 */
export function createDemands(nameOf: (principalId: string) => string | undefined, file?: string) {
  const seen = new Map<string, Demand>();
  return {
    note(given: Pick<Demand, 'principalId' | 'action' | 'data' | 'scope' | 'granted'>): void {
      const scopeType = scopeTypeOf(given.scope);
      const { principalId, action, data, granted } = given;
      const key = idKey(`${principalId} ${action} ${data} ${scopeType} ${granted}`);
      if (seen.has(key)) return;
      const demand = { ...given, principal: nameOf(principalId) ?? principalId, scopeType };
      seen.set(key, demand);
      if (file !== undefined) appendFileSync(file, `${JSON.stringify(demand)}\n`);
    },
    all: (): Demand[] => [...seen.values()],
  };
}
