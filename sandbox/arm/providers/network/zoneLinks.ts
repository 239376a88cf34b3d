import { bodyOf, required, tracked } from '../../resource.ts';
import { ArmError, type ArmCall, type ArmReply, type ArmResource, type ResourceType } from '../../types.ts';
import { remove, settling, type Reference } from './written.ts';
import { nameRule } from './names.ts';
import { zoneEtag, zoneType } from './zoneRecords.ts';

export const linkType = `${zoneType}/virtualNetworkLinks`;

const zoneIdOf = (linkId: string) => linkId.split('/').slice(0, -2).join('/');
const zoneNameOf = (linkId: string) => linkId.split('/').at(-3)!;

/** One network is linked to one zone of a name at most. @throws ArmError 400 BadRequest, 409 Conflict */
function checkNetwork(call: ArmCall, networkId: string): void {
  const { world, path } = call;
  if (!world.store.get(networkId)) {
    throw new ArmError(400, 'BadRequest', `The virtual network '${networkId}' could not be found.`);
  }
  const others = world.store
    .list({ type: linkType })
    .filter(
      ({ id, properties }) =>
        id.toLowerCase() !== path.id.toLowerCase() &&
        (properties?.virtualNetwork as Reference).id.toLowerCase() === networkId.toLowerCase(),
    );
  const name = zoneNameOf(path.id);
  for (const { id } of others) {
    if (zoneNameOf(id).toLowerCase() !== name.toLowerCase()) continue;
    if (zoneIdOf(id).toLowerCase() === zoneIdOf(path.id).toLowerCase()) {
      const message = `A virtual network link to the virtual network '${networkId}' exists already in the zone '${name}'.`;
      throw new ArmError(409, 'Conflict', message);
    }
    throw new ArmError(
      400,
      'BadRequest',
      'A virtual network cannot be linked to multiple zones with overlapping namespaces. You tried to link virtual ' +
        `network with '${zoneNameOf(id)}' and '${name}' zones.`,
    );
  }
}

function store(call: ArmCall, base: ArmResource, properties: Record<string, unknown>): void {
  call.world.store.put({
    ...base,
    etag: zoneEtag(call.world),
    properties: {
      registrationEnabled: false,
      resolutionPolicy: 'Default',
      ...properties,
      virtualNetworkLinkState: 'Completed',
      provisioningState: 'Updating',
    },
  });
}

/** Microsoft.Network/privateDnsZones/virtualNetworkLinks. */
export const virtualNetworkLinks: ResourceType = {
  type: linkType,
  nameRule,
  put(call, existing) {
    const properties = required(bodyOf(call).properties, 'properties');
    const network = required(properties.virtualNetwork as Reference | undefined, 'properties.virtualNetwork');
    checkNetwork(call, network.id);
    store(call, tracked(call, existing), properties);
    return settling(call, existing ? 200 : 201);
  },
  patch(call, existing): ArmReply {
    const { tags, properties } = bodyOf(call);
    store(call, { ...existing, ...(tags && { tags }) }, { ...existing.properties, ...properties });
    return settling(call, 200);
  },
  delete: (call, existing) => remove(call, existing),
};
