import { isIP } from 'node:net';
import type { ArmWorld } from '../arm/types.ts';
import type { Caller, Way } from '../core/types.ts';
import { networkOf, placeOf, type Place } from './places.ts';
import { privateWay } from './privateWay.ts';
import { publicWay } from './publicWay.ts';
import { resolve, type Resolution } from './resolve.ts';

/** What a world's networks let through. */
export interface Network {
  /**
   * The addresses that a host name has for a caller, and what it is an alias of; undefined: no such name.
   * @param answered whether a service of the world answers for it
   */
  resolve(caller: Caller, host: string, answered: boolean): { addresses: string[]; aliases: string[] } | undefined;
  /** Whether a caller's connection to a host comes about. */
  wayTo(caller: Caller, target: { host: string; port: number }): Way;
}

/** Reached from every machine, whatever its network says: instance metadata and the platform's own address. */
const ALWAYS = ['169.254.169.254', '168.63.129.16'];
/** What decides over ways: a change of any other resource leaves them as they are. */
const DECIDES =
  /\/(providers\/microsoft\.network|privateendpointconnections|config)\/|\/(virtualmachines|sites|serverfarms)\/[^/]+$/i;

/** Name resolution and routing for every caller of a world, from what its ARM resources say at the moment. */
export function createNetwork(world: ArmWorld): Network {
  // The answer is asked for with every request and changes only with what is declared.
  const known = new Map<string, Way>();
  world.store.onChange((id) => {
    if (DECIDES.test(id)) known.clear();
  });

  const decide = (caller: Caller, host: string, port: number): Way => {
    const place = placeOf(world, caller);
    if (ALWAYS.includes(host)) return { open: true, origin: { address: addressOf(place) } };
    if (place.kind === 'nowhere') return failed(caller, place, host, place.why);
    const found = isIP(host) === 0 ? resolve(world, place, host) : literal(host);
    if (found.kind === 'none') {
      const why = `${host} does not resolve (NXDOMAIN) for ${placeName(caller, place)}: ${found.why}.`;
      return { open: false, failure: 'no such name', why };
    }
    if (place.kind === 'internet') return { open: true, origin: { address: place.address } };
    const address = found.kind === 'private' ? (found.addresses[0] ?? '') : found.address;
    const way =
      found.kind === 'private' ? privateWay(world, place, address, port) : publicWay(world, place, host, address, port);
    return way.open ? way : failed(caller, place, `${host} (${address}:${port})`, way.why);
  };

  return {
    resolve(caller, host, answered) {
      const found = resolve(world, placeOf(world, caller), host);
      if (found.kind === 'none') return undefined;
      if (found.kind === 'private') return { addresses: found.addresses, aliases: found.aliases };
      // Public DNS also has the names of what is here without a service (SQL), once a private endpoint leads to it.
      const exists = answered || found.aliases.length > 0;
      return exists ? { addresses: [found.address], aliases: found.aliases } : undefined;
    },
    wayTo(caller, { host, port }) {
      const key = `${caller.id} ${host}:${port}`;
      const way = known.get(key) ?? decide(caller, host, port);
      known.set(key, way);
      return way;
    },
  };
}

/** An address that was asked for as such. */
function literal(address: string): Resolution {
  const inside = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/.test(address);
  return inside ? { kind: 'private', addresses: [address], aliases: [] } : { kind: 'public', address, aliases: [] };
}

function addressOf(place: Place): string {
  return place.kind === 'nowhere' ? '' : place.address;
}

function placeName({ id }: Caller, place: Place): string {
  if (place.kind !== 'network') return id;
  return `${id} in subnet ${place.subnet.name} of virtual network ${networkOf(place.subnet.id).split('/').at(-1)}`;
}

function failed(caller: Caller, place: Place, target: string, why: string): Way {
  return {
    open: false,
    failure: 'no connection',
    why: `The connection of ${placeName(caller, place)} to ${target} timed out: ${why}.`,
  };
}
