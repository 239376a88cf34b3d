import { exportSuffix } from '../../../arm/providers/network/privateLink.ts';
import { bodyOf, tracked } from '../../../arm/resource.ts';
import { ArmError } from '../../../arm/types.ts';
import type { ArmReply, ArmResource, ResourceType } from '../../../arm/types.ts';
import { checkName, invalidParameter, notAllowed, notOneOf, referenceNotFound } from '../errors.ts';
import { object, sameId, text } from '../fields.ts';
import { DISK, DISK_ACCESS, DISK_RESTORE_POINT, SNAPSHOT } from '../parts.ts';
import type { ComputeParts } from '../parts.ts';
import { accepted } from '../replies.ts';

const CONNECTION = `${DISK_ACCESS}/privateEndpointConnections`;
const STATES = ['Approved', 'Pending', 'Rejected'];

/** The id of a disk access that exists in a region. @throws ArmError 400 InvalidParameter, 404 NotFound */
export function checkedAccess(parts: ComputeParts, id: string, location: string): string {
  const access = parts.world.store.get(id);
  if (access?.type !== DISK_ACCESS) throw referenceNotFound(id);
  if (access.location !== location) {
    throw invalidParameter('diskAccessId', `Disk access ${access.id} is not in ${location}.`);
  }
  return access.id;
}

/** Disk accesses: what private endpoints for exports and imports of disks lead to. */
export function diskAccessType(parts: ComputeParts): ResourceType {
  const { store, clock } = parts.world;
  return {
    type: DISK_ACCESS,
    put(call, existing) {
      checkName('diskAccess', call.path.name);
      const timeCreated = existing?.properties?.['timeCreated'] ?? clock.iso();
      // Not shown: where its disks are exported stays as it was when it was made.
      const suffix = existing ? exportSuffix(existing) : parts.limits.exportSuffix;
      store.put({
        ...tracked(call, existing),
        properties: { provisioningState: 'Succeeded', timeCreated, exportSuffix: suffix },
      });
      return accepted();
    },
    patch(call, existing) {
      const { tags } = bodyOf(call);
      if (tags) store.put({ ...existing, tags });
      return accepted();
    },
    delete(_call, existing) {
      const users = [DISK, SNAPSHOT, DISK_RESTORE_POINT].flatMap((type) => store.list({ type }));
      const user = users.find((r) => sameId(text(r.properties, 'diskAccessId'), existing.id));
      if (user) throw notAllowed(`Disk access ${existing.name} is still used by ${user.id}.`);
      const [connection] = store.list({ type: CONNECTION, under: existing.id });
      if (connection) {
        const endpoint = text(object(connection.properties, 'privateEndpoint'), 'id');
        throw notAllowed(`Disk access ${existing.name} has a private endpoint connection: delete ${endpoint} first.`);
      }
      store.delete(existing.id);
      return accepted();
    },
    view(access) {
      const connections = store.list({ type: CONNECTION, under: access.id });
      const { exportSuffix: _hidden, ...properties } = access.properties ?? {};
      return { ...access, properties: { privateEndpointConnections: connections, ...properties } };
    },
  };
}

/** The disk access's side of private endpoints: Microsoft.Network makes them, the owner approves or removes them. */
export function diskAccessConnectionType(parts: ComputeParts): ResourceType {
  const { store } = parts.world;
  return {
    type: CONNECTION,
    put(call, existing) {
      // Connections begin with an endpoint, never here.
      if (!existing) {
        throw new ArmError(404, 'NotFound', `Private endpoint connection ${call.path.name} is not found.`);
      }
      const state = object(bodyOf(call).properties, 'privateLinkServiceConnectionState');
      const status = text(state, 'status');
      if (status !== undefined && !STATES.includes(status)) {
        throw notOneOf('privateLinkServiceConnectionState.status', status, STATES);
      }
      const before = object(existing.properties, 'privateLinkServiceConnectionState');
      store.put({
        ...existing,
        properties: { ...existing.properties, privateLinkServiceConnectionState: { ...before, ...state } },
      });
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
            requiredZoneNames: [`privatelink.${exportSuffix(access)}`],
          },
        },
      ],
    },
  };
}
