import type { ArmResource, ArmWorld } from '../arm/types.ts';
import { connectionAt, connectionLists, connectionsOf } from '../arm/providers/network/endpointConnections.ts';
import { configurationsOf, interfaceType, type IpConfiguration } from '../arm/providers/network/interfaceAddresses.ts';
import type { Reference } from '../arm/providers/network/written.ts';
import type { PrivateLink } from '../core/types.ts';
import { networkOf } from './places.ts';

/** What has an address in a network. */
export interface Holder {
  networkInterface: ArmResource;
  configuration: IpConfiguration;
}

interface LinkProperties {
  groupId?: string;
  fqdns?: string[];
}

const linkOf = ({ properties }: IpConfiguration) =>
  properties.privateLinkConnectionProperties as LinkProperties | undefined;

function holders({ store }: ArmWorld): Holder[] {
  return store
    .list({ type: interfaceType })
    .flatMap((networkInterface) =>
      configurationsOf(networkInterface).map((configuration) => ({ networkInterface, configuration })),
    );
}

/** What has an address in a network; undefined: nothing. */
export function holderOf(world: ArmWorld, networkId: string, address: string): Holder | undefined {
  return holders(world).find(
    ({ configuration: { properties } }) =>
      properties.privateIPAddress === address &&
      networkOf(properties.subnet.id).toLowerCase() === networkId.toLowerCase(),
  );
}

/** Whether a private endpoint, in whatever network, stands for a public name: then public DNS makes it an alias. */
export function hasEndpoint(world: ArmWorld, fqdn: string): boolean {
  return holders(world).some(({ configuration }) =>
    linkOf(configuration)?.fqdns?.some((one) => one.toLowerCase() === fqdn),
  );
}

/** Where a private endpoint's address leads; undefined: it belongs to none. */
export function privateLinkAt(world: ArmWorld, holder: Holder): PrivateLink | undefined {
  const reference = holder.networkInterface.properties?.privateEndpoint as Reference | undefined;
  const endpoint = reference && world.store.get(reference.id);
  const groupId = linkOf(holder.configuration)?.groupId;
  if (!endpoint || groupId === undefined) return undefined;
  const connection = connectionLists
    .flatMap((list) => connectionsOf(endpoint, list))
    .find(({ properties }) => properties.groupIds?.includes(groupId));
  if (!connection) return undefined;
  const targetId = connection.properties.privateLinkServiceId;
  const state = connectionAt(world, targetId, endpoint.id)?.properties?.privateLinkServiceConnectionState;
  return { targetId, groupId, approved: (state as { status?: string } | undefined)?.status === 'Approved' };
}
