import type { ArmWorld } from '../arm/types.ts';
import { privateLinkName } from '../arm/providers/network/privateLink.ts';
import { hasEndpoint } from './endpoints.ts';
import type { Place } from './places.ts';
import { askZone, zoneFor } from './privateZones.ts';
import { publicAddressOf } from './services.ts';

/** What a name leads to. `aliases` are the names that it is an alias of, in order. */
export type Resolution =
  | { kind: 'private'; addresses: string[]; aliases: string[] }
  | { kind: 'public'; address: string; aliases: string[] }
  | { kind: 'none'; why: string };

/** Aliases may lead in a circle. */
const LONGEST_CHAIN = 8;

/**
 * Resolves a name as Azure's resolver (168.63.129.16) does for a network: private zones that are linked to it first, then
 * public DNS, whose alias for a resource with private endpoints is asked of the zones again. A linked zone that lacks the
 * name ends the search, unless its link redirects. Outside of networks there is public DNS alone; whether a public name
 * exists is not known here.
 */
export function resolve(world: ArmWorld, place: Place, host: string): Resolution {
  const aliases: string[] = [];
  const publicly = (): Resolution => ({ kind: 'public', address: publicAddressOf(host), aliases });
  let name = host;
  while (aliases.length < LONGEST_CHAIN) {
    const zone = place.kind === 'network' ? zoneFor(world, place.networkId, name) : undefined;
    const answer = zone && askZone(world, zone, name);
    if (answer && 'addresses' in answer) return { kind: 'private', addresses: answer.addresses, aliases };
    let next = answer?.alias;
    if (zone && !answer && !zone.redirects) {
      const why = `private zone ${zone.name}, which is linked to the network, has no record of ${name}`;
      return { kind: 'none', why };
    }
    if (next === undefined && zone) return publicly();
    next ??= hasEndpoint(world, name) ? privateLinkName(name) : undefined;
    if (next === undefined) return publicly();
    aliases.push(next);
    name = next;
  }
  return { kind: 'none', why: `its aliases lead in a circle: ${aliases.join(', ')}` };
}
