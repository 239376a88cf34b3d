import { bodyOf, oneOf, required } from './resource.ts';
import { resourceNotFound } from './store.ts';
import type { ArmResource, ResourceType } from './types.ts';

const states = ['Pending', 'Approved', 'Rejected', 'Disconnected'];

/**
 * `{owner}/privateEndpointConnections`, the owner's side of private endpoints: Microsoft.Network makes them, the owner
 * approves, rejects or removes them.
 */
export function ownerConnections(owner: string): ResourceType {
  return {
    type: `${owner}/privateEndpointConnections`,
    put(call, existing) {
      if (!existing) throw resourceNotFound(call.path.id);
      const name = 'privateLinkServiceConnectionState';
      const given = required(required(bodyOf(call).properties, 'properties')[name], `properties.${name}`);
      const state = given as { status?: unknown };
      oneOf(state.status, states, `properties.${name}.status`);
      const before = existing.properties as Record<string, object>;
      const changed: ArmResource = { ...existing, properties: { ...before, [name]: { ...before[name], ...state } } };
      call.world.store.put(changed);
      return { status: 200 };
    },
    delete(call, existing) {
      call.world.store.delete(existing.id);
      return { status: 200 };
    },
  };
}
