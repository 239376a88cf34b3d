import { patchTags, tracked } from '../../resource.ts';
import { ArmError, type ArmResource, type ResourceStore, type ResourceType } from '../../types.ts';

const type = 'Microsoft.ManagedIdentity/userAssignedIdentities';

/** A user-assigned identity as tokens and role assignments name it. GUIDs in lower case. */
export interface UserAssignedIdentity {
  resourceId: string;
  name: string;
  clientId: string;
  /** The principal's object id. */
  objectId: string;
}

function describe({ id, name, properties }: ArmResource): UserAssignedIdentity {
  const { clientId, principalId } = properties as { clientId: string; principalId: string };
  return { resourceId: id, name, clientId, objectId: principalId };
}

/** Looks up a user-assigned identity by the one selector given; undefined when there is none of that name. */
export function findIdentity(
  store: ResourceStore,
  selector: { clientId?: string; objectId?: string; resourceId?: string },
): UserAssignedIdentity | undefined {
  const { clientId, objectId, resourceId } = selector;
  const same = (a: string | undefined, b: string) => a?.toLowerCase() === b.toLowerCase();
  return store
    .list({ type })
    .map(describe)
    .find((i) => same(clientId, i.clientId) || same(objectId, i.objectId) || same(resourceId, i.resourceId));
}

function invalidName(name: string): ArmError {
  return new ArmError(
    400,
    'InvalidResourceName',
    `The resource name '${name}' is invalid: it has 3 to 128 letters, digits, hyphens and underscores, and begins with a letter or digit.`,
  );
}

/** Microsoft.ManagedIdentity/userAssignedIdentities. */
export const userAssignedIdentities: ResourceType = {
  type,
  nameRule: { pattern: /^[a-z0-9][a-z0-9_-]{2,127}$/i, refuse: invalidName },
  put(call, existing) {
    const { tenantId, guid, store } = call.world;
    const properties = existing?.properties ?? { tenantId, principalId: guid(), clientId: guid() };
    store.put({ ...tracked(call, existing), properties });
    return { status: existing ? 200 : 201 };
  },
  patch: patchTags,
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};
