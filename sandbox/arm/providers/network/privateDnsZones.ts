import { bodyOf, patchTags, tracked } from '../../resource.ts';
import { ArmError, type ArmReply, type ArmWorld, type ResourceType } from '../../types.ts';
import { privateDnsVersions } from './apiVersions.ts';
import { locationNotAvailable } from '../../errors.ts';
import { zoneNameRule } from './names.ts';
import { linkType } from './zoneLinks.ts';
import { remove, settling } from './written.ts';
import { recordSetsOf, writeSoa } from './recordSets.ts';
import { zoneEtag, zoneType } from './zoneRecords.ts';

function counts(world: ArmWorld, zoneId: string): Record<string, number> {
  const links = world.store.list({ type: linkType, under: zoneId });
  return {
    maxNumberOfRecordSets: 25000,
    maxNumberOfVirtualNetworkLinks: 1000,
    maxNumberOfVirtualNetworkLinksWithRegistration: 100,
    numberOfRecordSets: recordSetsOf(world, zoneId).length,
    numberOfVirtualNetworkLinks: links.length,
    numberOfVirtualNetworkLinksWithRegistration: links.filter(({ properties }) => properties?.registrationEnabled)
      .length,
  };
}

/** Microsoft.Network/privateDnsZones. Their location is `global`. */
export const privateDnsZones: ResourceType = {
  type: zoneType,
  apiVersions: privateDnsVersions,
  nameRule: zoneNameRule,
  put(call, existing) {
    const { world } = call;
    const { properties } = bodyOf(call);
    const internalId =
      existing?.properties?.internalId ?? Buffer.from(`SW1tdXRhYmxl;${world.guid()};0`).toString('base64');
    const zone = { ...tracked(call, existing), etag: zoneEtag(world) };
    if (zone.location !== 'global') throw locationNotAvailable(zoneType, zone.location!, ['global']);
    if (!existing) writeSoa(world, zone);
    world.store.put({ ...zone, properties: { ...properties, internalId, provisioningState: 'Updating' } });
    return settling(call, existing ? 200 : 201);
  },
  patch(call, existing): ArmReply {
    return patchTags(call, { ...existing, etag: zoneEtag(call.world) });
  },
  delete(call, existing) {
    const link = call.world.store.list({ type: linkType, under: existing.id })[0];
    if (link) {
      throw new ArmError(409, 'CannotDeleteResource', 'Can not delete resource before nested resources are deleted.');
    }
    return remove(call, existing);
  },
  view: (zone, call) => ({ ...zone, properties: { ...counts(call.world, zone.id), ...zone.properties } }),
};
