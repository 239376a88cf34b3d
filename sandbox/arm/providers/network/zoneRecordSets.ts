import { bodyOf, proxy, required } from '../../resource.ts';
import type { ArmCall, ArmReply, ArmResource, ResourceType } from '../../types.ts';
import { recordType, zoneEtag } from './zoneRecords.ts';

function write(call: ArmCall, existing: ArmResource | undefined, properties: Record<string, unknown>): ArmReply {
  const { world, path } = call;
  const zone = path.id.split('/').at(-3)!;
  const fqdn = path.name === '@' ? `${zone}.` : `${path.name}.${zone}.`;
  const ttl = required(properties.ttl, 'properties.ttl');
  world.store.put({
    ...proxy(call),
    etag: zoneEtag(world),
    properties: { ...properties, ttl, fqdn, isAutoRegistered: false },
  });
  return { status: existing ? 200 : 201 };
}

/** Microsoft.Network/privateDnsZones/A: address records. */
export const addressRecords: ResourceType = {
  type: recordType,
  put: (call, existing) => write(call, existing, required(bodyOf(call).properties, 'properties')),
  patch: (call, existing) => write(call, existing, { ...existing.properties, ...bodyOf(call).properties }),
  delete(call, existing) {
    call.world.store.delete(existing.id);
    return { status: 200 };
  },
};
