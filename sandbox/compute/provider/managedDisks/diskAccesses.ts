import { bodyOf, tracked } from '../../../arm/resource.ts';
import type { ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { notAllowed } from '../errors.ts';
import { sameId, text } from '../fields.ts';
import { DISK, DISK_ACCESS, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';

const CONNECTION = `${DISK_ACCESS}/privateEndpointConnections`;

/** Disk accesses: what private endpoints for exports and imports of disks lead to. */
export function diskAccessType(parts: ComputeParts): ResourceType {
  const { store, clock } = parts.world;
  return {
    type: DISK_ACCESS,
    put(call, existing) {
      const timeCreated = existing?.properties?.['timeCreated'] ?? clock.iso();
      store.put({ ...tracked(call, existing), properties: { provisioningState: 'Succeeded', timeCreated } });
      return accepted();
    },
    patch(call, existing) {
      const { tags } = bodyOf(call);
      if (tags) store.put({ ...existing, tags });
      return accepted();
    },
    delete(_call, existing) {
      const users = [DISK, SNAPSHOT].flatMap((type) => store.list({ type }));
      const user = users.find((r) => sameId(text(r.properties, 'diskAccessId'), existing.id));
      if (user) throw notAllowed(`Disk access ${existing.name} is still used by ${user.id}.`);
      store.delete(existing.id);
      return accepted();
    },
    view(access) {
      const connections = store.list({ type: CONNECTION, under: access.id });
      return { ...access, properties: { privateEndpointConnections: connections, ...access.properties } };
    },
  };
}

/** The disk access's side of private endpoints: Microsoft.Network makes them, the owner approves or removes them. */
export function diskAccessConnectionType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;
  return {
    type: CONNECTION,
    put(call, existing) {
      const { id, name, type } = call.path;
      const properties = { ...existing?.properties, ...bodyOf(call).properties, provisioningState: 'Succeeded' };
      store.put({ id, name, type, properties });
      return accepted();
    },
    delete(_call, existing) {
      store.delete(existing.id);
      return accepted();
    },
  };
}

/** GET …/privateLinkResources */
export function privateLinkResources(access: ArmResource): ArmReply {
  return {
    status: 200,
    body: {
      value: [
        {
          id: `${access.id}/privateLinkResources/disks`,
          name: 'disks',
          type: `${DISK_ACCESS}/privateLinkResources`,
          properties: {
            groupId: 'disks',
            requiredMembers: ['diskAccess_1'],
            requiredZoneNames: ['privatelink.blob.core.windows.net'],
          },
        },
      ],
    },
  };
}
