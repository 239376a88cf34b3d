import type { ArmWorld } from '../arm/types.ts';
import type { Way } from '../core/types.ts';
import { holderOf, privateLinkAt } from './endpoints.ts';
import { stoppedEntering, stoppedLeaving } from './filters.ts';
import { networkOf, peersOf, type Inside } from './places.ts';

const closed = (why: string): Way => ({ open: false, failure: 'no connection', why });

/**
 * The way to a private address: it must belong to a private endpoint in the caller's network or in one that is peered with
 * it. Whether its connection is approved is for the target to say: Azure's services answer 403 to what comes by one that is not.
 */
export function privateWay(world: ArmWorld, place: Inside, address: string, port: number): Way {
  const networks = [place.networkId, ...peersOf(world, place.networkId)];
  const [holder] = networks.flatMap((network) => holderOf(world, network, address) ?? []);
  if (!holder) return closed(`nothing has the address ${address} there, nor in a peered network`);
  const connection = {
    source: { address: place.address, tags: ['VirtualNetwork'] },
    destination: { address, tags: ['VirtualNetwork'] },
    port,
  };
  const subnetId = holder.configuration.properties.subnet.id;
  const subnet = world.store.require(subnetId);
  const stopped = stoppedLeaving(world, place, connection) ?? stoppedEntering(world, subnet, connection);
  if (stopped !== undefined) return closed(stopped);
  const privateLink = privateLinkAt(world, holder);
  if (!privateLink) {
    const { name } = holder.networkInterface;
    return closed(
      `${address} in ${networkOf(subnetId).split('/').at(-1)} is network interface ${name}, which is no private endpoint's`,
    );
  }
  return { open: true, origin: { address: place.address, privateLink } };
}
