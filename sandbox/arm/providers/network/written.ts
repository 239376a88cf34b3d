import { setProvisioningState } from '../../resource.ts';
import type { ArmCall, ArmReply, ArmResource, ArmWorld } from '../../types.ts';

/** Where something in a network resource points. */
export interface Reference {
  id: string;
}

/** A new ETag in Microsoft.Network's form. */
export function newEtag(world: ArmWorld): string {
  return `W/"${world.guid()}"`;
}

/**
 * Stores a resource as Microsoft.Network does: state Updating, new ETag, its resource GUID kept; the operation that
 * follows sets it to Succeeded.
 */
export function write(call: ArmCall, existing: ArmResource | undefined, resource: ArmResource): ArmReply {
  const { world } = call;
  const resourceGuid = existing?.properties?.resourceGuid ?? world.guid();
  const properties = { ...resource.properties, resourceGuid, provisioningState: 'Updating' };
  world.store.put({ ...resource, etag: newEtag(world), properties });
  return settling(call, existing ? 200 : 201);
}

/** The reply to a write whose resource is in the store already. */
export function settling(call: ArmCall, status: number): ArmReply {
  const work = () => {
    setProvisioningState(call.world.store, call.path.id, 'Succeeded');
    return Promise.resolve();
  };
  return { status, longRunning: { style: 'azure-async', work } };
}

/** Deletes a resource asynchronously; `also` clears up what goes with it. */
export function remove(call: ArmCall, existing: ArmResource, also: () => void = () => {}): ArmReply {
  setProvisioningState(call.world.store, existing.id, 'Deleting');
  const work = () => {
    also();
    call.world.store.delete(existing.id);
    return Promise.resolve();
  };
  return { status: 202, longRunning: { style: 'both', work } };
}

/** Resources of a type one of whose properties is a reference to `id`. */
export function usersOf(world: ArmWorld, type: string, property: string, id: string): ArmResource[] {
  const wanted = id.toLowerCase();
  return world.store
    .list({ type })
    .filter(({ properties }) => (properties?.[property] as Reference | undefined)?.id?.toLowerCase() === wanted);
}

export function references(resources: { id: string }[]): Reference[] {
  return resources.map(({ id }) => ({ id }));
}
