import { bodyOf, proxy, required } from '../../resource.ts';
import type { ArmResource, ArmWorld, ResourceType } from '../../types.ts';
import { invalidResourceReference } from './errors.ts';
import { nameRule } from './names.ts';
import { endpointNames, endpointType } from './privateEndpoints.ts';
import { recordName } from './privateLink.ts';
import { newEtag, remove, settling } from './written.ts';
import { removeRecords, writeRecord } from './zoneRecords.ts';

/** Records of private endpoints live ten seconds. */
const TTL = 10;

interface ZoneConfigBody {
  name: string;
  properties: { privateDnsZoneId: string };
}

/** Writes an endpoint's names into one zone and says which records it wrote. */
function recordSets(world: ArmWorld, endpoint: ArmResource, zone: ArmResource): unknown[] {
  return endpointNames(world, endpoint).flatMap(({ fqdn, ipAddresses }) => {
    const name = recordName(fqdn, zone.name);
    if (name === undefined) return [];
    writeRecord(world, zone, { name, addresses: ipAddresses, ttl: TTL }, endpoint);
    const record = { recordType: 'A', recordSetName: name, fqdn: `${name}.${zone.name}`, ttl: TTL, ipAddresses };
    return [{ ...record, provisioningState: 'Succeeded' }];
  });
}

/** Microsoft.Network/privateEndpoints/privateDnsZoneGroups: keeps the endpoint's A records in private zones. */
export const privateDnsZoneGroups: ResourceType = {
  type: `${endpointType}/privateDnsZoneGroups`,
  nameRule,
  put(call, existing) {
    const { world, path } = call;
    const endpoint = world.store.require(path.id.split('/').slice(0, -2).join('/'));
    const properties = required(bodyOf(call).properties, 'properties');
    const configs = (properties.privateDnsZoneConfigs ?? []) as ZoneConfigBody[];
    const zones = configs.map(({ name, properties: { privateDnsZoneId } }) => {
      const zone = world.store.get(privateDnsZoneId);
      if (!zone) throw invalidResourceReference(privateDnsZoneId, path.id);
      return { name, zone };
    });
    removeRecords(world, endpoint);
    world.store.put({
      ...proxy(call),
      etag: newEtag(world),
      properties: {
        provisioningState: 'Updating',
        privateDnsZoneConfigs: zones.map(({ name, zone }) => ({
          name,
          properties: { privateDnsZoneId: zone.id, recordSets: recordSets(world, endpoint, zone) },
        })),
      },
    });
    return settling(call, existing ? 200 : 201);
  },
  delete(call, existing) {
    const endpoint = call.world.store.require(existing.id.split('/').slice(0, -2).join('/'));
    return remove(call, existing, () => removeRecords(call.world, endpoint));
  },
};
