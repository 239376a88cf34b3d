import type { ArmCall, LinkedAccess, ResourceType } from '../types.ts';
import type { Required } from './actions.ts';

/** Resource types with what their bodies name, by type as it is written. */
export function withLinks(types: ResourceType[], links: Record<string, readonly LinkedAccess[]>): ResourceType[] {
  return types.map((type) => {
    const own = links[type.type];
    return own === undefined ? type : { ...type, links: own };
  });
}

/** To give a user-assigned identity to something one has to hold `assign` on it ("Managed Identity Operator"). */
export const assignsIdentities: LinkedAccess = {
  at: 'identity.userAssignedIdentities{}',
  action: 'Microsoft.ManagedIdentity/userAssignedIdentities/assign/action',
};

/** A subnet from which a service lets in requests. */
export const joinsViaServiceEndpoint = (at: string): LinkedAccess => ({
  at,
  action: 'Microsoft.Network/virtualNetworks/subnets/joinViaServiceEndpoint/action',
});

/** A subnet that something is put into. */
export const joinsSubnet = (at: string): LinkedAccess => ({
  at,
  action: 'Microsoft.Network/virtualNetworks/subnets/join/action',
});

/** An action that is needed on a linked scope. */
export interface LinkedNeed extends Required {
  shown: string;
}

/** The values at a place in a body. */
function valuesAt(body: unknown, place: string[]): unknown[] {
  const [step, ...rest] = place;
  if (step === undefined) return body === undefined || body === null ? [] : [body];
  if (typeof body !== 'object' || body === null) return [];
  if (step === '[]') return Array.isArray(body) ? body.flatMap((item) => valuesAt(item, rest)) : [];
  if (step === '{}') return Object.keys(body).flatMap((key) => valuesAt(key, rest));
  return valuesAt((body as Record<string, unknown>)[step], rest);
}

/** The type that a resource's id ends with. */
function typeOf(id: string): string {
  const [namespace, ...rest] = id.slice(id.toLowerCase().lastIndexOf('/providers/') + '/providers/'.length).split('/');
  return [namespace, ...rest.filter((_, i) => i % 2 === 0)].join('/');
}

const asId = (value: unknown) => (typeof value === 'string' ? value : undefined);

/** What the body of a PUT or PATCH needs on the resources that it names, each once. */
export function linkedNeeds(links: readonly LinkedAccess[], call: ArmCall): LinkedNeed[] {
  const found = links.flatMap(({ at, action, shown, id = asId }) =>
    valuesAt(call.body, at.replaceAll('[]', '.[]').replaceAll('{}', '.{}').split('.')).flatMap((value) => {
      const scope = id(value, call);
      if (scope === undefined || !scope.startsWith('/')) return [];
      const needed = action.replace('{type}', typeOf(scope));
      return [{ action: needed, scope, shown: shown ?? needed }];
    }),
  );
  const keys = found.map((one) => `${one.action} ${one.scope}`.toLowerCase());
  return found.filter((_, i) => keys.indexOf(keys[i]!) === i);
}
