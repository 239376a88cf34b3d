import type { ArmResource, ArmWorld } from '../../types.ts';

export const zoneType = 'Microsoft.Network/privateDnsZones';
export const recordType = `${zoneType}/A`;

/** Private DNS writes its ETags without quotes. */
export function zoneEtag(world: ArmWorld): string {
  return world.guid();
}

/** A record's metadata say which endpoint wrote it. */
function creator(endpoint: ArmResource): string {
  return `created by private endpoint ${endpoint.name} with resource guid ${String(endpoint.properties?.resourceGuid)}`;
}

/**
 * Writes an A record for a private endpoint. A record of the same name that another endpoint wrote is overwritten: in
 * one zone a name has one address.
 */
export function writeRecord(
  world: ArmWorld,
  zone: ArmResource,
  record: { name: string; addresses: string[]; ttl: number },
  endpoint: ArmResource,
): void {
  if (world.faults.strike('dns.record', { zone: zone.name, name: record.name })) return;
  const id = `${zone.id}/A/${record.name}`;
  world.store.put({
    id: world.store.get(id)?.id ?? id,
    name: record.name,
    type: recordType,
    etag: zoneEtag(world),
    properties: {
      metadata: { creator: creator(endpoint) },
      fqdn: `${record.name}.${zone.name}.`,
      ttl: record.ttl,
      isAutoRegistered: false,
      aRecords: record.addresses.map((ipv4Address) => ({ ipv4Address })),
    },
  });
}

/** Takes an endpoint's own records out of all zones; those that another endpoint has taken over stay. */
export function removeRecords(world: ArmWorld, endpoint: ArmResource): void {
  const mine = world.store.list({ type: recordType }).filter(({ properties }) => {
    const metadata = properties?.metadata as { creator?: string } | undefined;
    return metadata?.creator === creator(endpoint);
  });
  for (const { id } of mine) world.store.delete(id);
}
